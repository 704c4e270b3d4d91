"""The look of every figure: one font, one ink and a few colours."""

import logging
from collections.abc import Sequence
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
from matplotlib.figure import Figure

# A family without a bold font is drawn in its normal one; that needs no warning.
logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)

FONT = "DejaVu Sans"
INK = "#1c2230"
FAINT = "#8a91a0"
PAPER = "#fbfbf9"
ACCENT = "#c2410c"
BLUE = "#2f5d9b"


def use_style(families: Sequence[str] = ()) -> None:
    """Set matplotlib's defaults for the figures of this workflow.

    Parameters
    ----------
    families : fonts for the characters that the first font lacks, from `lib.map.fonts`
    """
    plt.rcParams.update(
        {
            "font.family": [FONT, *families],
            "font.size": 10,
            "text.parse_math": False,  # titles hold dollars and backslashes
            "text.color": INK,
            "axes.edgecolor": FAINT,
            "axes.labelcolor": INK,
            "axes.facecolor": PAPER,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "figure.facecolor": PAPER,
            "savefig.facecolor": PAPER,
            "xtick.color": FAINT,
            "ytick.color": FAINT,
            "xtick.labelcolor": INK,
            "ytick.labelcolor": INK,
        }
    )


def save(figure: Figure, path: Path, dpi: int) -> None:
    """Write a PNG without date and version, so that equal figures are equal files."""
    figure.savefig(path, dpi=dpi, format="png", metadata={"Software": None})
    plt.close(figure)
