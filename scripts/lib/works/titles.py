"""Compare titles: the same, one without its subtitle, close to each other, or those of different works."""

import re
import unicodedata
from enum import IntEnum

ARTICLES = {"a", "an", "the", "and"}  # often left out; "&" is no word
# Commands of TeX that change the look of letters. Other commands are read as words: \alpha is alpha.
LOOKS = re.compile(
    r"\\(?:math(?:bb|bf|cal|frak|it|rm|sf|scr|tt|bin|op|ord|rel)|text(?:bf|it|rm|sc|sf|tt|normal)?|emph|operatorname\*?"
    r"|ensuremath|[mh]box|left|right|over(?:line|rightarrow)|under(?:line)?|wide(?:hat|tilde)|hat|tilde|bar|vec|dot|ddot"
    r"|bf|it|rm|sc|em|cal|displaystyle|limits|,|;|!|:|\s)(?![a-zA-Z])"
)
VARIANT = re.compile(r"\\var(?=[a-z])")  # \varepsilon
TEX = re.compile(r"[\\{}$_^]")
RETRACTED = re.compile(r"^\W*retracted(?:\s+(?:article|paper|chapter))?\s*[:\]—–-]\s*", re.I)
GREEK = {
    code: unicodedata.name(chr(code)).split()[-1].lower()
    for code in range(0x3B1, 0x3CA)
    if unicodedata.name(chr(code), "").startswith("GREEK SMALL LETTER")
}
WORD = re.compile(r"[^\W_]+")
SUBTITLE = re.compile(r"[:.?!;(\[–—]|\s-+\s|---?")

ROMAN = {
    name: str(number)
    for number, name in enumerate(
        "i ii iii iv v vi vii viii ix x xi xii xiii xiv xv xvi xvii xviii xix xx".split(), 1
    )
}
SPELLED = {
    name: str(number)
    for number, pair in enumerate(
        (
            "one first",
            "two second",
            "three third",
            "four fourth",
            "five fifth",
            "six sixth",
            "seven seventh",
            "eight eighth",
            "nine ninth",
            "ten tenth",
        ),
        1,
    )
    for name in pair.split()
}
BEFORE_NUMBERS = {
    "part",
    "parts",
    "pt",
    "paper",
    "chapter",
    "volume",
    "vol",
    "episode",
}
LINKS = {"of", "in", "on", "for", "to", "by", "with", "from", "via", "at", "using"}
# What is written about another work
NOTES = frozenset(
    "comment comments commentary reply replies response rebuttal discussion editorial erratum errata corrigendum"
    " correction corrections addendum addenda retraction supplement supplementary".split()
)
WITH_NUMBERS = ROMAN.keys() | BEFORE_NUMBERS
# Words by which titles of different works differ
TELLING = NOTES | set(
    "appendix protocol update updated revisited continued sequel not no non without".split()
)
# First words of titles that many works have: the words behind them, if any, name what is commented on
SHARED = frozenset(
    "editorial introduction preface foreword comment comments commentary reply response discussion conclusion"
    " conclusions letter letters book review reviews obituary memoriam abstract abstracts proceedings report"
    " summary overview news announcement welcome guest author authors index contents annual untitled".split()
)
# "Part II", "pt. 3"; a Roman number at the end or before a subtitle, unless it counts something else: "Photosystem II"
NAMED_PART = (
    r"(?i)\b(?:part|pt\.?|paper)[\s.]+(?P<number>[ivx]{1,5}|\d{1,2}|one|two|three|four|five|six|[a-h])\b"
)
ROMAN_PART = r"(?P<before>[^\W\d_]+)[\s,.:;(–—-]+(?P<number>[IVX]{1,5})\)?(?:\s*[:.(–—]|\s+-|$)"
_NAMED, _ROMAN = re.compile(NAMED_PART), re.compile(ROMAN_PART)
COUNTED = frozenset(
    "angiotensin apolipoprotein category class collagen cohort complex coronavirus era factor generation grade group"
    " hla john king level louis mark method mode model period phase photosystem pope population region run stage"
    " step trial type vitamin war world year zone".split()
)
LONG = 4  # words; a title of SHARED words and a few more can be that of another work
SHORT_HEAD = 12  # letters that a title without subtitle has at least
CLOSE_WORDS = 0.8  # share of the letters that are in common words, from which titles are close
SPELLED_ALIKE = 5  # letters that a word has at least, so that one more or less makes no other word of it


class Likeness(IntEnum):
    """How much two titles are alike."""

    DISTINCT = 0  # they differ in a number or in a word such as "comment"
    FAR = 1
    CLOSE = 2  # one has some words more or other spellings, or lacks the subtitle
    EQUAL = 3


def title_words(title: str) -> tuple[str, ...]:
    """The words of a title without articles, accents, case and TeX; part numbers as digits.

    `On $\\mathbb{Z}_p$-modules, Part II` and `ON Z_P-MODULES PART 2` have the same words.
    """
    words = _words(RETRACTED.sub("", title) if "retract" in title[:30].lower() else title)
    if not WITH_NUMBERS.isdisjoint(words):
        last = len(words) - 1
        words = [_number(word, words[i - 1] if i else "", i == last) for i, word in enumerate(words)]
    return tuple(word for word in words if word not in ARTICLES) or tuple(words)


def _words(text: str) -> list[str]:
    if "\\" in text or "$" in text or "{" in text:
        text = TEX.sub("", VARIANT.sub(r"\\", LOOKS.sub("", text)).replace("~", " "))
    if not text.isascii():
        text = unicodedata.normalize("NFKD", text.casefold())
        text = "".join(letter for letter in text if not unicodedata.combining(letter)).translate(GREEK)
    else:
        text = text.lower().replace("_", "").replace("^", "")
    return WORD.findall(text)


def _number(word: str, before: str, last: bool) -> str:
    if before in BEFORE_NUMBERS:
        return ROMAN.get(word) or SPELLED.get(word) or word
    if word in ROMAN and (len(word) > 1 or (last and word != "x")):
        return ROMAN[word]
    return word


def tells_apart(word: str) -> bool:
    """Whether titles that differ in this word are those of different works: numbers, lone letters, "comment"."""
    return (
        len(word) == 1
        or word in TELLING
        or word in SPELLED
        or word in BEFORE_NUMBERS
        or any(letter.isdigit() for letter in word)
    )


def is_shared(words: tuple[str, ...]) -> bool:
    """Whether different works often have this title: Editorial, Reply, Comment on …"""
    return len(words) < 2 or (words[0] in SHARED and (len(words) <= LONG or words[0] in NOTES))


def likeness(a: str, b: str, words_a: tuple[str, ...], words_b: tuple[str, ...]) -> Likeness:
    """How much two titles are alike.

    Parameters
    ----------
    a, b : the titles
    words_a, words_b : `title_words` of them
    """
    joined_a, joined_b = "".join(words_a), "".join(words_b)
    if joined_a == joined_b:
        return Likeness.EQUAL
    rest_a, rest_b = list(words_a), list(words_b)
    for word in words_a:
        if word in rest_b:
            rest_a.remove(word)
            rest_b.remove(word)
    if any(map(tells_apart, rest_a + rest_b)):
        return Likeness.DISTINCT
    rest_a, rest_b = ([word for word in rest if word not in LINKS] for rest in (rest_a, rest_b))
    more = len("".join(rest_a + rest_b)) <= (1 - CLOSE_WORDS) * len(joined_a + joined_b)
    respelled = len(rest_a) == len(rest_b) < len(words_a) and all(map(is_respelled, rest_a, rest_b))
    if (more and not (rest_a and rest_b)) or respelled or _lacks_subtitle(a, joined_a, b, joined_b):
        return Likeness.CLOSE
    return Likeness.FAR


def is_respelled(a: str, b: str) -> bool:
    """Whether one letter makes a long word of the other: tumor and tumour, not hypertension and hypotension."""
    if min(len(a), len(b)) < SPELLED_ALIKE or a[0] != b[0]:
        return False
    at = next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
    return a[at + 1 :] == b[at:] or a[at:] == b[at + 1 :] or a[at + 1 :] == b[at + 1 :]


def _lacks_subtitle(a: str, joined_a: str, b: str, joined_b: str) -> bool:
    """Whether one title is what stands before or behind a colon or dash in the other."""
    if len(joined_a) > len(joined_b):
        a, joined_a, b, joined_b = b, joined_b, a, joined_a
    if len(joined_a) < SHORT_HEAD or joined_a not in joined_b:
        return False
    parts = [(b[: match.start()], b[match.end() :]) for match in SUBTITLE.finditer(b)]
    return any("".join(title_words(part)) == joined_a for pair in parts for part in pair)


def part_number(title: str) -> str | None:
    """The number of the part of a longer work that a title announces, in digits or a letter; else None."""
    if match := _NAMED.search(title):
        number = match["number"].lower()
        return ROMAN.get(number) or SPELLED.get(number) or number
    for match in _ROMAN.finditer(title):
        if match["before"].lower() not in COUNTED and (number := ROMAN.get(match["number"].lower())):
            return number
    return None
