"""The papers of topics by year and month."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

FALSE_DISCOVERIES = 0.05  # among the topics that are said to grow or decline
MIN_PAPERS = 30  # of the corpus in a year; a share of fewer is noise
SURE = 100  # papers of a year; the shares of fewer are drawn pale
IN_SAMPLE = " in this sample"  # said of a trend where `uneven`


def periods(days: np.ndarray, unit: str) -> np.ndarray:
    """The year, or the number of months since year 0, of each day: int64 (n,).

    Parameters
    ----------
    days : datetime64[D] (n,)
    unit : "year" or "month"
    """
    months = days.astype("datetime64[M]").astype(np.int64) + 1970 * 12
    return months // 12 if unit == "year" else months


def count_papers(period: np.ndarray, topics: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """The papers of each topic in each period from the first to the last.

    Parameters
    ----------
    topics : int (n,), 0 to k - 1

    Returns
    -------
    periods : int64 (m,), consecutive
    counts : int64 (k, m)
    """
    first = int(period.min())
    width = int(period.max()) - first + 1
    counts = np.bincount(topics * width + (period - first), minlength=k * width).reshape(k, width)
    return np.arange(first, first + width), counts


def shares_by_year(periods: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """The whole years with enough papers to speak of shares, and the shares: int (m,), float64 (k, m).

    Parameters
    ----------
    periods : columns of PERIODS
    """
    whole = periods[(periods["unit"] == "year") & ~periods["partial"].astype(bool)]
    enough = whole.groupby("period")["papers"].transform("sum") >= MIN_PAPERS
    shares = _by_year(whole[enough], "topic")
    return shares.columns.to_numpy(np.int64), shares.to_numpy()


def uneven(years: np.ndarray) -> bool:
    """Whether years with too few papers lie between the others: how the papers were drawn then decides the trends, too.

    Parameters
    ----------
    years : int (m,), ascending, as `shares_by_year` returns them
    """
    return bool((np.diff(years) > 1).any())


def span(periods: pd.DataFrame) -> tuple[int, int] | None:
    """The first and the last year with papers; None without dates.

    Parameters
    ----------
    periods : columns of PERIODS
    """
    years = [int(str(day)[:4]) for day in periods.loc[periods["papers"] > 0, "period"]]
    return (min(years), max(years)) if years else None


def shares_in(years: np.ndarray, periods: pd.DataFrame) -> np.ndarray:
    """The shares of the subtopics in the given years: float64 (subtopics, m).

    Parameters
    ----------
    years : int (m,), ascending
    periods : columns of SUBTOPIC_PERIODS
    """
    return _by_year(periods[periods["unit"] == "year"], "subtopic").reindex(columns=years).to_numpy()


def _by_year(yearly: pd.DataFrame, node: str) -> pd.DataFrame:
    """The shares of years: one row per node, one column per year (int)."""
    shares = yearly.pivot(index=node, columns="period", values="share")
    return shares.set_axis([int(str(day)[:4]) for day in shares.columns], axis=1)


def is_partial(newest: np.datetime64, unit: str) -> bool:
    """Whether the last period is not over: no paper of December, or none of the last week of the month."""
    if unit == "year":
        return int(newest.astype("datetime64[M]").astype(int)) % 12 != 11
    return bool((newest + 7).astype("datetime64[M]") == newest.astype("datetime64[M]"))


def median_year(counts: np.ndarray, years: np.ndarray) -> int:
    """The year by which half of the papers had appeared; counts int (m,) with a paper at least."""
    return int(years[np.searchsorted(np.cumsum(counts), counts.sum() / 2)])
