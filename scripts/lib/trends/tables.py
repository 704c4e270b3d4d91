"""The tables of periods and trends."""

import numpy as np
import pandas as pd

from lib.trends.periods import FALSE_DISCOVERIES, MIN_PAPERS, count_papers, is_partial, median_year, periods
from lib.trends.regression import adjusted, change_per_year
from lib.trends.schema import PERIODS, TRENDS


def period_table(days: np.ndarray, topics: np.ndarray, k: int, unit: str) -> pd.DataFrame:
    """The papers of each topic in each period, with the columns of PERIODS.

    Parameters
    ----------
    days : datetime64[D] (n,), of the papers with a date
    topics : int (n,), 0 to k - 1; k for papers that count in the corpus only
    unit : "year" or "month"
    """
    if not len(days):
        return PERIODS.empty_table().to_pandas()
    numbers, counts = count_papers(periods(days, unit), topics, k + 1)
    months = numbers * 12 if unit == "year" else numbers
    first = (months - 1970 * 12).astype("datetime64[M]").astype("datetime64[D]")
    partial = np.zeros(len(numbers), bool)
    partial[-1] = is_partial(days.max(), unit)
    share = (counts / np.maximum(counts.sum(0), 1))[:k]
    return pd.DataFrame(
        {
            "topic": np.repeat(np.arange(k), len(numbers)),
            "unit": unit,
            "period": np.tile(first, k),
            "papers": counts[:k].ravel(),
            "share": share.ravel(),
            "partial": np.tile(partial, k),
        }
    )


def trend_table(days: np.ndarray, topics: np.ndarray, names: list[str]) -> pd.DataFrame:
    """One row per topic, with the columns of TRENDS; its trend is tested on whole years.

    Parameters
    ----------
    days : datetime64[D] (n,), of the papers with a date
    topics : int (n,), 0 to k - 1; k for papers that count in the corpus only
    names : of the k topics
    """
    table = pd.DataFrame({"topic": np.arange(len(names)), "name": names})
    if not len(days):
        return table.reindex(columns=TRENDS.names).assign(dated_papers=0, trend="")
    years, counts = count_papers(periods(days, "year"), topics, len(names) + 1)
    whole = slice(0, len(years) - is_partial(days.max(), "year"))
    exposure, counts = counts.sum(0), counts[:-1]
    trends = [change_per_year(row[whole], exposure[whole], years[whole]) for row in counts]
    q_values = adjusted(np.array([trend.p_value for trend in trends]))
    change = np.array([trend.change for trend in trends])
    direction = np.where(change > 0, "rising", "fading")
    dated = counts.sum(1)
    share = np.where(exposure >= min(MIN_PAPERS, exposure.max()), counts / np.maximum(exposure, 1), 0.0)
    return table.assign(
        dated_papers=dated,
        first_year=[int(years[row > 0][0]) if row.any() else None for row in counts],
        median_year=[median_year(row, years) if row.any() else None for row in counts],
        peak_year=[int(years[row.argmax()]) if row.any() else None for row in share],
        change_per_year=change,
        low=[trend.low for trend in trends],
        high=[trend.high for trend in trends],
        q_value=q_values,
        trend=np.where(q_values <= FALSE_DISCOVERIES, direction, ""),
    )


def tables_of(days: np.ndarray, topics: np.ndarray, names: list[str]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The trends of topics, and their papers per year and month.

    Parameters
    ----------
    days : datetime64[D] (n,), of the papers with a date
    topics : int (n,), 0 to k - 1; -1 for papers of none, which count in the corpus only
    names : of the k topics
    """
    topics = np.where(topics < 0, len(names), topics)
    by_period = [period_table(days, topics, len(names), unit) for unit in ("year", "month")]
    return trend_table(days, topics, names), pd.concat(by_period)
