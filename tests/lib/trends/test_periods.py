"""Papers by year and month."""

import numpy as np
import pandas as pd
import pytest

from lib.trends.periods import (
    MIN_PAPERS,
    count_papers,
    is_partial,
    median_year,
    periods,
    shares_by_year,
    shares_in,
)


def test_periods_and_counts():
    days = np.array(["1999-12-31", "2000-01-01", "2000-03-05", "1969-02-01"], "datetime64[D]")
    assert periods(days, "year").tolist() == [1999, 2000, 2000, 1969]
    assert periods(days, "month").tolist() == [1999 * 12 + 11, 2000 * 12, 2000 * 12 + 2, 1969 * 12 + 1]
    numbers, counts = count_papers(periods(days[:3], "month"), np.array([0, 1, 1]), 3)
    assert numbers.tolist() == [1999 * 12 + 11, 2000 * 12, 2000 * 12 + 1, 2000 * 12 + 2]
    assert counts.tolist() == [[1, 0, 0, 0], [0, 1, 0, 1], [0, 0, 0, 0]]
    assert median_year(np.array([1, 0, 5, 4]), np.arange(2000, 2004)) == 2002


@pytest.mark.parametrize(
    ("newest", "year", "month"),
    [
        ("2026-11-25", True, False),
        ("2026-11-05", True, True),
        ("2025-12-01", False, True),
        ("2025-12-28", False, False),
    ],
)
def test_partial_periods(newest, year, month):
    day = np.datetime64(newest)
    assert (is_partial(day, "year"), is_partial(day, "month")) == (year, month)


def test_shares_are_of_whole_years_with_enough_papers():
    table = pd.DataFrame(
        {
            "topic": [0, 0, 0, 1, 1, 1, 0],
            "unit": ["year"] * 6 + ["month"],
            "period": pd.to_datetime(["2020-01-01", "2021-01-01", "2022-01-01"] * 2 + ["2020-01-01"]).date,
            "papers": [MIN_PAPERS, 1, 90, 0, 1, 10, 5],
            "share": [1.0, 0.5, 0.9, 0.0, 0.5, 0.1, 1.0],
            "partial": [False, False, True] * 2 + [False],
        }
    )
    years, shares = shares_by_year(table)
    assert years.tolist() == [2020] and shares.tolist() == [[1.0], [0.0]]


def test_shares_of_subtopics_are_those_of_the_years_asked_for():
    table = pd.DataFrame(
        {
            "subtopic": [1, 1, 1, 0, 0, 0, 0],
            "unit": ["year"] * 6 + ["month"],
            "period": pd.to_datetime(["2020-01-01", "2021-01-01", "2022-01-01"] * 2 + ["2020-01-01"]).date,
            "share": [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 1.0],
        }
    )
    assert shares_in(np.array([2020, 2022]), table).tolist() == [[0.4, 0.6], [0.1, 0.3]]
    assert shares_in(np.array([], int), table[:0]).shape == (0, 0)
