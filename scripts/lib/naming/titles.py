"""Titles without TeX, and short titles for labels."""

import re
from functools import cache

from pylatexenc.latex2text import LatexNodes2Text

from lib.records.tex import split_formulae

COMMAND = re.compile(r"""\\[A-Za-z"'`^~=.]|[{}]""")
# Signs of TeX outside formulas that need no parser.
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
ELLIPSIS = "…"
MIN_HEAD = 15  # characters of a title before its subtitle that can stand alone
CARET = "\ue000"  # of the private use area; the parser would make it an accent
# A command whose argument is another piece of the text, and its braces.
LONE = re.compile(r"\\[A-Za-z]+\*?|[{}]")
# before a number a ~ means "about"; elsewhere it is a space that does not break
ABOUT = re.compile(r"(?<!\\)~(?=[\d.])")


@cache
def _converter() -> LatexNodes2Text:
    return LatexNodes2Text(math_mode="text", keep_comments=True, strict_latex_spaces=False)


def latex_to_text(title: str) -> str:
    """A title without TeX: formulas become Unicode, unknown commands are dropped, prices stay."""
    parts = split_formulae(title)
    parts[::2] = map(_prose_to_text, parts[::2])
    parts[1::2] = map(_parse, parts[1::2])
    return " ".join("".join(parts).split()) or title


def piece_to_text(piece: str) -> str:
    """Remove TeX from a piece of a text, such as a word or the text between two words; spaces at its ends stay."""
    core = piece.strip()
    if not re.search(r"[\\$]|[{}]", core):
        return piece
    text = LONE.sub("", latex_to_text(core)).strip()
    start = len(piece) - len(piece.lstrip())
    return piece[:start] + text + piece[len(piece.rstrip()) :]


def _prose_to_text(text: str) -> str:
    text = ABOUT.sub("∼", text)
    if COMMAND.search(text):
        escaped = PLAIN.sub(lambda sign: f"\\{sign[0]}", text.replace("^", CARET))
        return _parse(escaped).replace(CARET, "^")
    return SIGN.sub(lambda match: SIGNS[match[0]], text.replace("~", " "))


def _parse(tex: str) -> str:
    """TeX as text, by pylatexenc; unchanged if it fails or finds no text."""
    try:
        text = _converter().latex_to_text(tex)
    except (ValueError, IndexError, RecursionError):
        return tex
    return text if text.strip() or not tex.strip() else tex


def short_titles(title: str, width: int) -> list[str]:
    """Variants of a title with at most `width` characters, without TeX and the final period.

    The whole title if it is short enough; otherwise the part before its subtitle, and the title truncated at a
    word boundary, with an ellipsis.
    """
    text = latex_to_text(title).rstrip(".")
    if len(text) <= width:
        return [text]
    head, colon, _ = text.partition(": ")
    cut = text[: width - 1]
    at = cut.rfind(" ")
    if at > 0 and text[width - 1] != " ":
        cut = cut[:at]
    cut = cut.rstrip(" ,;:-–—") + ELLIPSIS
    return [head, cut] if colon and MIN_HEAD <= len(head) <= width else [cut]
