"""Titles without TeX, and short titles for labels."""

import re
from functools import cache

from pylatexenc.latex2text import LatexNodes2Text

TEX = re.compile(r"[\\$^_{}~]|--|``|''")
SUBTITLE = re.compile(r"\s*(?::\s+|\s[-–—]+\s|[.?!]\s+(?=[A-Z])).*", re.DOTALL)


@cache
def _converter() -> LatexNodes2Text:
    # a % in a title is a per cent sign, not a comment
    return LatexNodes2Text(math_mode="text", keep_comments=True, strict_latex_spaces=False)


def latex_to_text(title: str) -> str:
    """A title without TeX: accents become letters, formulae Unicode; unknown commands are dropped."""
    if not TEX.search(title):
        return title
    # between words and numbers a ~ means "about"; the converter would make it a space
    kept = re.sub(r"(?<!\\)~(?=[\d.])", "∼", title)
    try:
        text = " ".join(_converter().latex_to_text(kept).split())
    except (ValueError, IndexError, RecursionError):
        text = ""
    return text or title


def short_title(title: str, width: int) -> str:
    """A title without TeX and subtitle, cut at a word boundary to at most `width` characters.

    If a single word stands before the colon, it names a system and not the subject. The title then
    keeps its subtitle.
    """
    text = latex_to_text(title)
    head = SUBTITLE.sub("", text).strip().rstrip(".")
    text = head if len(head.split()) > 1 else text.rstrip(".")
    if len(text) <= width:
        return text
    cut = text[: width - 1]
    at = cut.rfind(" ")
    if at > 0 and text[width - 1] != " ":
        cut = cut[:at]
    return cut.rstrip(" ,;:-–—") + "…"
