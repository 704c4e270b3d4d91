"""Whether two words are forms of one, by their letters alone."""


def same_stem(word: str, other: str) -> bool:
    """Whether two words begin alike for three quarters of the shorter one, and five letters at least.

    `sub` at the beginning does not count: `subalgebras` are algebras.
    """
    word, other = word.removeprefix("sub"), other.removeprefix("sub")
    alike = next((i for i, (a, b) in enumerate(zip(word, other, strict=False)) if a != b), None)
    shorter = min(len(word), len(other))
    return word == other or (shorter if alike is None else alike) >= max(5, 0.75 * shorter)
