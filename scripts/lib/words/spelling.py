"""Which spellings are one word: plural and singular, hyphen and none, British and American."""

import re

IRREGULAR = {
    "matrices": "matrix",
    "vertices": "vertex",
    "indices": "index",
    "vortices": "vortex",
    "spectra": "spectrum",
    "phenomena": "phenomenon",
    "criteria": "criterion",
    "nuclei": "nucleus",
    "analyses": "analysis",
    "hypotheses": "hypothesis",
    "formulae": "formula",
    "supernovae": "supernova",
    "novae": "nova",
    "quanta": "quantum",
    "bacteria": "bacterium",
}
# From British to American endings. A rule may make nonsense of a word (`noise`): spellings are one
# word only if the corpus has both.
AMERICAN = [
    (re.compile(pattern), replacement)
    for pattern, replacement in (
        (r"is(e[sdr]?|ing|ation|able|er)$", r"iz\1"),
        (r"ys(e[sdr]?|ing|er)$", r"yz\1"),
        (r"(?<=\w{3})our(s|ed|ing|al|ally|able|ism|istic|less|hood)?$", r"or\1"),
        (r"(cent|fib|calib|lit|met|theat|spect|lust)re$", r"\1er"),
        (r"(?<=\w{3})ll(ed|ing|er|ers)$", r"l\1"),
        (r"(?<=\w\w)ogue$", "og"),
        (r"(?<=\w\w)ence$", "ense"),
        (r"^sulph", "sulf"),
        (r"^aluminium$", "aluminum"),
        (r"^grey", "gray"),
        (r"^haemo", "hemo"),
        (r"(?<=\w)aemi", "emi"),
    )
]

# Nearly all words have none of these, and one search is cheaper than thirteen.
BRITISH = re.compile("is(?:e|i|a)|ys(?:e|i)|our|[tb]re$|ll(?:e|i)|ogue$|ence$|sulph|aluminium|grey|aem")


SIGNS = re.compile("[-'’ ]")


def stem(word: str) -> str:
    """A word without its plural ending, to tell that `galaxies` repeats `galaxy`."""
    if singular := IRREGULAR.get(word):
        return singular
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("sses", "xes", "ches", "shes")):
        return word[:-2]
    if word.endswith("s") and not word.endswith(("ss", "us", "is")) and len(word) > 3:
        return word[:-1]
    return word


def stems(term: str) -> str:
    """A term without the plural endings of its words."""
    return " ".join(map(stem, term.split()))


def plain(word: str) -> str:
    """A word without hyphens, apostrophes, spaces and plural ending: `non-linear`, `non linear`, `nonlinear`."""
    return stem(SIGNS.sub("", word))


def _singular(word: str, words: set[str]) -> str:
    """The singular if the corpus has it: `biases` is `bias`, but `physics` stays."""
    forms = (stem(word), word[:-2] if word.endswith("es") else word)
    return next((form for form in forms if form in words), word)


def american(word: str) -> str:
    """A word with the first American ending that applies."""
    if not BRITISH.search(word):
        return word
    for pattern, replacement in AMERICAN:
        changed = pattern.sub(replacement, word)
        if changed != word:
            return changed
    return word


def one_per_word(spellings: list[str]) -> list[str]:
    """For each spelling a key that all spellings of the word share.

    Plurals and British spellings are changed only into words that the corpus has.
    """
    bare = [SIGNS.sub("", spelling) for spelling in spellings]
    words = {*bare, *map(american, bare)}
    keys = [_singular(word, words) for word in bare]
    known = set(keys)
    return [changed if (changed := american(key)) in known else key for key in keys]
