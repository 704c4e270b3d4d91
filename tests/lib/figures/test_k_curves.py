"""The figure of the signals over all candidates."""

import matplotlib.pyplot as plt
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text

from conftest import LOW, REPEATING, scan_results
from lib.clusters.k_selection import choose, tabulate
from lib.figures.k_curves import plot_curves


def texts(figure: Figure) -> list[str]:
    """All that is written on the figure."""
    figure.canvas.draw()
    found = [text.get_text() for text in figure.findobj(Text)]
    plt.close(figure)
    return [text for text in found if text]


def draw(scans: list[dict], caption: str = "a caption") -> Figure:
    table = tabulate(scans)
    return plot_curves(table, choose(table), 10, caption)


@pytest.mark.parametrize("smallest", [0.001, 0.01, 0.05, 0.2])
def test_nothing_is_written_as_a_formula(smallest):
    scans = scan_results(LOW, REPEATING)
    for scan in scans:
        scan["sizes"] = [300, *[250] * 2, int(1000 * smallest)]
    said = texts(draw(scans))
    assert not [text for text in said if "$" in text or "\\" in text]
    assert {"10", "20", "a caption"} <= set(said)
    # the shares have a labeled axis whatever they span, and the labels are their values
    shares = [float(text.removesuffix(" %")) for text in said if text.endswith(" %")]
    assert len(shares) >= 2 and min(shares) <= 30 <= max(shares)


def test_a_caption_is_written_as_it_is():
    assert r"costs $5 to $7 \frac{" in texts(draw(scan_results(LOW, REPEATING), r"costs $5 to $7 \frac{"))


def test_without_a_scan_the_figure_holds_the_caption_alone():
    assert texts(draw([], "K = 3 is set")) == ["K = 3 is set"]
