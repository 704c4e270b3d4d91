"""The opening of the report, and what is said of trends where the years are uneven."""

import numpy as np
import pandas as pd

from lib.evaluation.brief import how_far_to_trust, listed, what_it_found, what_it_is
from lib.evaluation.report_tables import sparkline, trend_cells
from lib.figures.style import whole_parts
from lib.figures.tree_figure import group_lines
from lib.trends.periods import MIN_PAPERS, shares_by_year, span, uneven

ROWS = [
    {"topic": topic, "trend": trend, "change_per_year": change}
    for topic, (trend, change) in enumerate(
        [("rising", 0.2), ("fading", -0.1), ("", 0.01), ("too young to test", None)]
    )
]


LEDGER = {
    "input": "a.csv",
    "unit": "record",
    "lines": 20,
    "buckets": {"kept": {"count": 20}, "note": {"count": 0}},
}


def periods(papers: dict[int, int]) -> pd.DataFrame:
    """One topic with these papers per year."""
    days = pd.to_datetime([f"{year}-01-01" for year in papers])
    rows = {"topic": 0, "unit": "year", "period": days.date, "papers": list(papers.values()), "share": 1.0}
    return pd.DataFrame(rows | {"partial": False})


def topic(name="a · b · c", **changes):
    plain = {"name": name, "share": 0.5, "trend": None, "loose": False, "mixed": False, "stability": 0.9}
    return plain | changes


def test_years_with_few_papers_between_others_make_a_sample():
    even = dict.fromkeys(range(2001, 2007), MIN_PAPERS)
    assert not uneven(shares_by_year(periods(even))[0])
    assert not uneven(
        shares_by_year(periods(even | {2000: 1, 2007: 2}))[0]
    )  # a thin beginning and end are none
    assert uneven(shares_by_year(periods(even | {2003: MIN_PAPERS - 1}))[0])
    assert span(periods({1999: 0, 2000: 3, 2004: 1})) == (2000, 2004)
    assert span(periods({2000: 0})) is None


def test_every_trend_of_an_uneven_sample_says_so():
    shares = np.full((4, 3), 0.2)
    even = trend_cells(ROWS, np.array([2001, 2002, 2003]), shares)
    assert [cell["text"] for cell in even.values()] == [
        "rising, +20% per year",
        "fading, -10% per year",
        "",
        "too young to test",
    ]
    gap = trend_cells(ROWS, np.array([2001, 2005, 2006]), shares)
    assert [cell["text"] for cell in gap.values()] == [
        "rising in this sample, +20% per year",
        "fading in this sample, -10% per year",
        "",
        "too young to test",
    ]
    # a line through each year, or a bar per year
    assert [len(cell["line"]) for cell in (even[0], gap[0])] == [1, 3]
    bars = sparkline(np.array([2000, 2010, 2011]), np.array([0.1, 0.2, 0.0]))
    assert [[float(point.split(",")[1]) for point in bar.split()] for bar in bars] == [
        [17, 9],
        [17, 1],
        [17, 17],
    ]
    assert "in this sample, “a · b” has" in what_it_found([topic(trend=gap[0])])
    assert "in this sample" not in what_it_found([topic(trend=even[0])])
    assert "do not quote them" in what_it_found([topic(trend=gap[0])])
    assert "quote" not in what_it_found([topic(trend=even[0])])


def test_the_opening_names_only_what_there_is():
    assert what_it_is([topic()], None, LEDGER, 20).startswith(
        "This is a map of 20 papers from a.csv in 1 topic. Topics"
    )
    lost = {
        "kept": {"count": 17},
        "malformed_json": {"count": 1},
        "not_an_object": {"count": 1},
        "filtered": {"count": 1},
    }
    said = what_it_is([topic()], None, LEDGER | {"buckets": lost}, 17)
    assert "Of 20 records there, 3 were left out: not readable (2) and outside the selection (1)." in said
    assert "soft" not in how_far_to_trust([topic()], 0.0)
    assert " of 2001 from 2 files in" in what_it_is(
        [topic()] * 2, (2001, 2001), LEDGER | {"input": ["a", "b"]}, 20
    )
    assert what_it_found([topic()]) == "The largest topic is “a · b” (50%)."
    stable = how_far_to_trust([topic()] * 3, 0.1)
    assert stable.startswith("3 of the 3 topics are stable") and "oose" not in stable and "ixed" not in stable
    many = how_far_to_trust([topic(f"t{i}", loose=True) for i in range(9)], 0.1)
    assert "0 of the 9 topics are stable" in many and "“t5” and 3 more." in many
    edited = how_far_to_trust([topic(), topic(stability=None)], 0.1)
    assert "1 of the 2 topics is stable" in edited and "1 was changed by edits" in edited
    assert listed(["a", "b", "c"]) == "a, b and c"


def test_names_in_figures_are_whole_parts():
    long = "Computer Vision and Pattern Recognition"
    assert group_lines(f"Algebra · {long}", 3) == ["Algebra", "Computer Vision and Pattern", "Recognition"]
    assert group_lines(f"Algebra · {long}", 2) == ["Algebra"]
    assert group_lines(long, 0) == ["Computer Vision and Pattern", "Recognition"]
    assert whole_parts("neural networks · networks · machine learning", 38) == "neural networks · networks"
    assert whole_parts("x" * 50, 38) == "x" * 37 + "…"
