"""The look of every figure: one font, one ink and a few colors."""

import logging
from collections.abc import Sequence
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
from matplotlib.figure import Figure

from lib.naming.names import SEPARATOR

# A family without a bold font is drawn in its normal one; that needs no warning.
logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)

FONT = "DejaVu Sans"
INK = "#1c2230"
FAINT = "#8a91a0"
PAPER = "#fbfbf9"
ACCENT = "#c2410c"
BLUE = "#2f5d9b"
DARK_INK, DARK_FAINT, DARK_PAPER = "#eceef3", "#8e97a8", "#12151c"


def use_style(families: Sequence[str] = (), *, dark: bool = False) -> None:
    """Set matplotlib's defaults for the figures of this workflow.

    Parameters
    ----------
    families : fonts for the characters that the first font lacks, from `lib.figures.fonts`
    dark : light on dark
    """
    ink, faint, paper = (DARK_INK, DARK_FAINT, DARK_PAPER) if dark else (INK, FAINT, PAPER)
    plt.rcParams.update(
        {
            "font.family": [FONT, *families],
            "font.size": 10,
            "text.parse_math": False,  # titles hold dollars and backslashes
            "text.color": ink,
            "axes.edgecolor": faint,
            "axes.labelcolor": ink,
            "axes.facecolor": paper,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "figure.facecolor": paper,
            "savefig.facecolor": paper,
            "svg.hashsalt": "map",  # otherwise the ids in an SVG differ from run to run
            "pdf.fonttype": 42,  # text that can be edited
            "xtick.color": faint,
            "ytick.color": faint,
            "xtick.labelcolor": ink,
            "ytick.labelcolor": ink,
        }
    )


def cut(text: str, width: int) -> str:
    """A text of at most `width` characters, with an ellipsis for what is left out."""
    return text if len(text) <= width else f"{text[: width - 1].rstrip()}…"


def whole_parts(name: str, width: int) -> str:
    """The first parts of a name that fit in `width` characters; a first part that is longer is cut."""
    parts = name.split(SEPARATOR)
    while len(parts) > 1 and len(SEPARATOR.join(parts)) > width:
        parts.pop()
    return cut(SEPARATOR.join(parts), width)


def save(figure: Figure, path: Path, dpi: int) -> None:
    """Write a .png, .svg or .pdf without date and version, so that equal figures are equal files."""
    absent = {".png": ["Software"], ".svg": ["Date"], ".pdf": ["CreationDate", "Creator", "Producer"]}
    metadata = dict.fromkeys(absent[path.suffix])
    figure.savefig(path, dpi=dpi, format=path.suffix[1:], metadata=metadata)
    plt.close(figure)
