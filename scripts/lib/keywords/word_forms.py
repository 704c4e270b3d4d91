"""Whether two words are forms of one word, judged by their letters alone."""


def same_stem(word: str, other: str) -> bool:
    """Whether two words share their first letters: three quarters of the shorter word, and at least five.

    A prefix `sub` is ignored: `subalgebras` are algebras.
    """
    word, other = word.removeprefix("sub"), other.removeprefix("sub")
    alike = next((i for i, (a, b) in enumerate(zip(word, other, strict=False)) if a != b), None)
    shorter = min(len(word), len(other))
    return word == other or (shorter if alike is None else alike) >= max(5, 0.75 * shorter)
