"""Fonts for what the font of the figures lacks, such as Chinese; without one, Latin letters."""

import re
import unicodedata
from collections.abc import Collection, Iterator

from anyascii import anyascii
from matplotlib.font_manager import FontProperties, findfont, findSystemFonts, fontManager, get_font

from lib.cli import warn
from lib.figures.style import FONT

# Beginnings of families that are made for reading, the most complete ones first. Others follow by name.
PREFERRED = (
    *("Noto Sans CJK SC", "Noto Sans CJK", "Source Han Sans", "PingFang", "Microsoft YaHei"),
    *("WenQuanYi", "Droid Sans Fallback", "IPAGothic", "IPA", "Hiragino", "Yu Gothic", "Nanum", "Malgun"),
    *("Noto Naskh Arabic", "Amiri", "Noto Sans", "Noto Serif", "Noto Emoji", "Symbola", "FreeSans", "Arial"),
)
# Colors cannot be drawn here; the others show every character as a box or as nothing.
UNUSABLE = ("Color", "Last Resort", "LastResort", "Blank")


def drawable(texts: list[str]) -> tuple[list[str], list[str]]:
    """The families needed beside the font of the figures, and the texts as they can be drawn.

    What no installed font has is written in Latin letters, with a warning, or else left out: a box
    says nothing.
    """
    texts = [without_unreadable(text) for text in texts]
    families = []
    missing = {c for text in texts for c in text if not c.isspace()} - characters(FONT)
    if missing:
        for family in installed_families():
            if covered := missing & characters(family):
                families.append(family)
                missing -= covered
            if not missing:
                break
    if not missing:
        return families, texts
    lost = [c for text in texts for c in text if c in missing]
    warn(
        f"in no font of this machine and therefore written in Latin letters: {len(lost):,} of the characters "
        f"of the labels ({''.join(dict.fromkeys(lost))[:20]}). Install one that has them, such as fonts-noto-cjk "
        "(Chinese, Japanese, Korean), fonts-noto-core (other scripts) or fonts-symbola (emoji) from Debian, "
        "and draw the figures again with `snakemake --forcerun plot trends explain`"
    )
    return families, [in_latin_letters(text, missing) for text in texts]


def in_latin_letters(text: str, lost: Collection[str]) -> str:
    """The text with the lost characters transliterated, or left out if they cannot be."""
    runs = re.compile(f"[{re.escape(''.join(sorted(lost)))}]+")
    return runs.sub(lambda run: anyascii(run[0]), text)


def without_unreadable(text: str) -> str:
    """The text without control characters, those that mean nothing outside one font, and variation selectors."""
    return "".join(
        c
        for c in " ".join(text.split())
        if unicodedata.category(c) not in ("Cc", "Cn", "Co", "Cs")
        and "VARIATION SELECTOR" not in unicodedata.name(c, "")
    )


def installed_families() -> Iterator[str]:
    """The font families of this machine, the best ones for reading first."""
    files = set(findSystemFonts())
    # matplotlib lists the fonts once, at its first start: one installed since then is not known to it
    for file in sorted(files - {entry.fname for entry in fontManager.ttflist}):
        try:
            fontManager.addfont(file)
        except Exception:  # a damaged file or a font of bitmaps, which matplotlib skips too
            continue
    names = {entry.name for entry in fontManager.ttflist if entry.fname in files}
    usable = (name for name in names if not any(word in name for word in UNUSABLE))

    def rank(name: str) -> tuple[int, str]:
        place = (i for i, beginning in enumerate(PREFERRED) if name.startswith(beginning))
        return next(place, len(PREFERRED)), name

    yield from sorted(usable, key=rank)


def characters(family: str) -> set[str]:
    """The characters that a family has both in its normal and in its bold font."""
    fonts = [findfont(FontProperties(family, weight=weight)) for weight in ("normal", "bold")]
    normal, bold = (set(map(chr, get_font(font).get_charmap())) for font in fonts)
    return normal & bold
