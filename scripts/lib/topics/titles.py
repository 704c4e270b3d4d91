"""Titles without TeX, and short titles for labels."""

import re
from functools import cache

from pylatexenc.latex2text import LatexNodes2Text

from lib.corpus.tex import split_formulae

COMMAND = re.compile(r"""\\[A-Za-z"'`^~=.]|[{}]""")
# Signs of TeX outside formulae that need no parser.
SIGNS = {
    r"\$": "$",
    r"\%": "%",
    r"\&": "&",
    r"\#": "#",
    r"\_": "_",
    "``": "“",
    "''": "”",
    "---": "—",
    "--": "–",
}
SIGN = re.compile("|".join(map(re.escape, sorted(SIGNS, key=len, reverse=True))))
# Signs that are TeX to the parser, but not in a title.
PLAIN = re.compile(r"(?<!\\)[$%&#_]")
CARET = "\ue000"  # of the private use area; the parser would make it an accent
# before a number a ~ means "about"; elsewhere it is a space that does not break
ABOUT = re.compile(r"(?<!\\)~(?=[\d.])")


@cache
def _converter() -> LatexNodes2Text:
    return LatexNodes2Text(math_mode="text", keep_comments=True, strict_latex_spaces=False)


def latex_to_text(title: str) -> str:
    """A title without TeX: formulae become Unicode, unknown commands are dropped, prices stay."""
    parts = split_formulae(title)
    parts[::2] = map(_prose_to_text, parts[::2])
    parts[1::2] = map(_parse, parts[1::2])
    return " ".join("".join(parts).split()) or title


def _prose_to_text(text: str) -> str:
    text = ABOUT.sub("∼", text)
    if COMMAND.search(text):
        escaped = PLAIN.sub(lambda sign: f"\\{sign[0]}", text.replace("^", CARET))
        return _parse(escaped).replace(CARET, "^")
    return SIGN.sub(lambda match: SIGNS[match[0]], text.replace("~", " "))


def _parse(tex: str) -> str:
    """The text of TeX by pylatexenc; as it is if that fails or finds no text."""
    try:
        text = _converter().latex_to_text(tex)
    except (ValueError, IndexError, RecursionError):
        return tex
    return text if text.strip() or not tex.strip() else tex


def short_title(title: str, width: int) -> str:
    """A title without TeX and last full stop, cut at a word boundary to at most `width` characters."""
    text = latex_to_text(title).rstrip(".")
    if len(text) <= width:
        return text
    cut = text[: width - 1]
    at = cut.rfind(" ")
    if at > 0 and text[width - 1] != " ":
        cut = cut[:at]
    return cut.rstrip(" ,;:-–—") + "…"
