"""The normal form of titles and abstracts: no markup, no TeX letters, composed Unicode, single spaces."""

import re
import unicodedata
from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lib.records.markup import drop_markup
from lib.records.tex import CANDIDATE, convert_letters

# Other forms of plain letters, digits and characters, which would make a word of its own of each spelling:
# ligatures, the micro sign, subscripts, Roman numerals, radicals and squared units of Chinese, Arabic letters
# by position, full and half width, and the bold and italic letters of mathematics.
_FORMS = (
    "\u00b5\u0132\u0133\u2080-\u209c\u2160-\u217f\u2f00-\u2fd5\u3300-\u33ff\ufb00-\ufb06\ufb13-\ufb17"
    "\ufb50-\ufdff\ufe70-\ufefc\uff10-\uff19\uff21-\uff3a\uff41-\uff5a\uff66-\uff9f\U0001d400-\U0001d7ff"
)
FORMS = re.compile(f"[{_FORMS}]+")
HYPHENS = re.compile("[\u2010\u2011]")  # of word processors, one of them without a line break
# A word that was divided at the end of a line
DIVIDED = re.compile(r"\u00ad\s+(?=[^\W\d_])")
# Soft hyphen, zero-width space, direction marks, variation selectors, tags, …
_INVISIBLE = (
    "\u00ad\u034f\u061c\u180b-\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff"
    "\ufff9-\ufffb\U000e0000-\U000e01ef"
)
INVISIBLE = re.compile(f"[{_INVISIBLE}]")
# Joiners decide the shape of letters in Arabic and Indic scripts; elsewhere they only split words.
JOINER = re.compile("(?<![\u0600-\u0fff\u1000-\u109f\u1780-\u17ff])[\u200c\u200d]")
SPECIAL = re.compile(f"[{_INVISIBLE}{_FORMS}\u200c\u200d\u2010\u2011\ud800-\udfff]")  # one set is fast
CONTROL = re.compile(r"[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f]")
SURROGATE = re.compile("[\ud800-\udfff]")
# Markup, TeX letters, double spaces, control characters and all outside ASCII need a closer look.
ODD = rf"[\x00-\x1f<&\x7f]|[^\x00-\x7f]|  |{CANDIDATE.pattern}"
CHANGES = ("markup", "tex_letters", "unicode")
LAYERS = 8  # of markup inside TeX inside markup
SIGNS = re.compile(r"[<>&\\]")


def normalise(text: str) -> tuple[str, set[str]]:
    """The normal form of a text, and which of CHANGES were needed (besides folded whitespace).

    Normal forms do not change when they are normalised again. Where more than LAYERS are nested, the signs
    of markup and TeX are dropped.
    """
    changes: set[str] = set()
    for _ in range(LAYERS):
        before = text
        if "<" in text or "&" in text:
            text = _applied(drop_markup, text, "markup", changes)
        if not text.isascii():
            text = _applied(_plain_unicode, text, "unicode", changes)
        if "\\" in text or "{" in text:
            text = _applied(convert_letters, text, "tex_letters", changes)
        unchanged = text == before
        if not text.isprintable():  # all whitespace but the space
            text = " ".join(CONTROL.sub(" ", text).split())
        elif "  " in text or text.strip() != text:
            text = " ".join(text.split())
        if unchanged:
            return text, changes
    return " ".join(_plain_unicode(SIGNS.sub(" ", text)).split()), changes


def _applied(function: Callable[[str], str], text: str, name: str, changes: set[str]) -> str:
    """The text after a change, whose name is noted if there was one."""
    changed = function(text)
    if changed != text:
        changes.add(name)
    return changed


def _plain_unicode(text: str) -> str:
    """NFC without ligatures, other forms of letters, invisible characters and lone surrogates."""
    if SPECIAL.search(text):
        text = SURROGATE.sub("\ufffd", text)
        text = JOINER.sub("", INVISIBLE.sub("", DIVIDED.sub("", text)))
        text = HYPHENS.sub("-", FORMS.sub(lambda match: unicodedata.normalize("NFKC", match[0]), text))
    return unicodedata.normalize("NFC", text)


def without_invisible(strings: pa.StringArray) -> pa.StringArray:
    """Strings such as ids without zero-width and other invisible characters, which copying brings in."""
    odd = pc.fill_null(pc.match_substring_regex(strings, r"[^\x00-\x7f]"), False)
    if not pc.any(odd).as_py():
        return strings
    bare = [JOINER.sub("", INVISIBLE.sub("", string)) for string in strings.filter(odd).to_pylist()]
    return pc.replace_with_mask(strings, odd, pa.array(bare, pa.string()))


def confirmed(
    candidates: pa.BooleanArray, judge: Callable[..., bool], *texts: pa.StringArray
) -> pa.BooleanArray:
    """Of the candidates those that `judge(text, ...)` confirms: bool.

    A long pattern is matched by Python in the few texts that a cheap search of Arrow finds: Arrow would compile it
    again for each block.
    """
    rows = pc.indices_nonzero(candidates)
    columns = [column.take(rows).to_pylist() for column in texts]
    verdicts = pa.array(map(judge, *columns), pa.bool_())
    return pc.replace_with_mask(candidates, candidates, verdicts)


def normalise_strings(strings: pa.StringArray) -> tuple[pa.StringArray, dict[str, np.ndarray]]:
    """The normal form of each string. Null values stay null.

    Returns
    -------
    strings, and for each of CHANGES the rows that needed it: int (m,)
    """
    # Nearly all whitespace is single spaces and newlines, so that most rows need no more than
    # these two passes in C++; the others are normalised one by one.
    folded = pc.ascii_trim_whitespace(pc.replace_substring(strings, "\n", " "))
    odd = pc.fill_null(pc.match_substring_regex(folded, ODD), False).to_numpy(zero_copy_only=False)
    rows = np.flatnonzero(odd)
    changed: dict[str, list[int]] = {name: [] for name in CHANGES}
    if not len(rows):
        return folded, {name: np.array([], np.int64) for name in CHANGES}
    normal = []
    for row, string in zip(rows.tolist(), folded.take(pa.array(rows)).to_pylist(), strict=True):
        text, changes = normalise(string)
        normal.append(text)
        for name in changes:
            changed[name].append(row)
    folded = pc.replace_with_mask(folded, pa.array(odd), pa.array(normal, pa.string()))
    return folded, {name: np.array(changed_rows, np.int64) for name, changed_rows in changed.items()}
