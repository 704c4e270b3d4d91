"""How topics grow and shrink over the years, and which of these trends are more than chance.

The papers of a topic in a year are a count, the papers of the whole corpus in that year its exposure.
A quasi-Poisson regression on the year gives the change of the topic's share per year (McCullagh & Nelder,
1989). The false discovery rate over all topics is controlled by Benjamini & Hochberg (1995).
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import stdtr, stdtrit

from lib.trends.periods import FALSE_DISCOVERIES, MIN_PAPERS, count_papers, is_partial, median_year, periods
from lib.trends.schema import PERIODS, TRENDS

STEPS = 100  # of the fit; it takes about five
MIN_YEARS = 4  # whole years with papers, below which no trend is tested
STEEPEST = 5.0  # a change of the logarithm per year beyond which there is nothing to test
TOO_YOUNG = "too young to test"


@dataclass(frozen=True)
class Trend:
    """The yearly change of a topic's share of the corpus: 0.1 for 10 % more per year. nan if not tested."""

    change: float = float("nan")
    low: float = float("nan")
    high: float = float("nan")
    p_value: float = float("nan")


def change_per_year(counts: np.ndarray, exposure: np.ndarray, years: np.ndarray) -> Trend:
    """The trend of one topic.

    Parameters
    ----------
    counts, exposure : int (m,), papers of the topic and of the corpus in each whole year
    years : int (m,)
    """
    known = exposure > 0
    if known.sum() < MIN_YEARS or not counts.any() or (counts[known] == exposure[known]).all():
        return Trend()
    slope, error, means = poisson_fit(
        counts[known], exposure[known], (years - years.mean())[known].astype(float)
    )
    freedom = int(known.sum()) - 2
    error *= max(overdispersion(counts[known], means, freedom), 1.0) ** 0.5
    wide = float(stdtrit(freedom, 0.975)) * error
    if not (abs(slope) <= STEEPEST and slope + wide <= STEEPEST):  # also if one is nan
        return Trend()
    p_value = float(2 * stdtr(freedom, -abs(slope) / error))
    change, low, high = np.expm1([slope, slope - wide, slope + wide]).tolist()
    return Trend(change, low, high, p_value)


def poisson_fit(counts: np.ndarray, exposure: np.ndarray, x: np.ndarray) -> tuple[float, float, np.ndarray]:
    """The slope of log(counts / exposure) over x by Poisson regression: iteratively reweighted least squares.

    Parameters
    ----------
    counts, exposure : (m,), not all counts 0, all exposures positive
    x : float64 (m,)

    Returns
    -------
    slope, its standard error without overdispersion, and the fitted means, float64 (m,); all nan if the fit
    does not end, as for a topic of the first or the last year alone
    """
    design = np.stack([np.ones(len(x)), x], 1)
    beta = np.array([np.log(counts.sum() / exposure.sum()), 0.0])
    with np.errstate(all="ignore"):
        for _ in range(STEPS):
            means = exposure * np.exp(design @ beta)
            information = (design * means[:, None]).T @ design
            if not np.isfinite(information).all() or np.linalg.cond(information) > 1e14:
                break
            step = np.linalg.solve(information, design.T @ (counts - means))
            step /= max(1.0, np.abs(step).max())  # a long one can lead away from the solution
            beta = beta + step
            if np.abs(step).max() < 1e-10:
                means = exposure * np.exp(design @ beta)
                return float(beta[1]), float(np.linalg.inv(information)[1, 1] ** 0.5), means
    return np.nan, np.nan, np.full(len(x), np.nan)


def overdispersion(counts: np.ndarray, means: np.ndarray, freedom: int) -> float:
    """How many times the variance of counts exceeds their means.

    Pearson's statistic divided by 1 + the mean of (count - mean) / mean: Fletcher (2012), Estimating
    overdispersion when fitting a generalized linear model to sparse data. Without the divisor, the estimate
    is mostly too small in a corpus of uneven years, and one unexpected paper in a nearly empty year makes
    it far too large.

    Parameters
    ----------
    counts : int (m,), not all 0
    means : float64 (m,), of the fit
    freedom : degrees of freedom of the residuals
    """
    pearson = float(((counts - means) ** 2 / means).sum()) / freedom
    return pearson / float((counts / means).mean())


def adjusted(p_values: np.ndarray) -> np.ndarray:
    """The p-values after Benjamini and Hochberg; nan stays: float64 (k,)."""
    q_values = np.full(len(p_values), np.nan)
    known = np.flatnonzero(np.isfinite(p_values))
    order = known[np.argsort(p_values[known], kind="stable")]
    steps = p_values[order] * len(order) / np.arange(1, len(order) + 1)
    q_values[order] = np.minimum(np.minimum.accumulate(steps[::-1])[::-1], 1.0)
    return q_values


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
    first = np.array([years[row > 0][0] if row.any() else years[0] for row in counts])
    last = years[whole][-1] if len(years[whole]) else years[-1]
    young = np.isnan(q_values) & (first > last - MIN_YEARS) & (years[0] <= last - MIN_YEARS)
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
        trend=np.where(q_values <= FALSE_DISCOVERIES, direction, np.where(young, TOO_YOUNG, "")),
    )


def tables_of(days: np.ndarray, topics: np.ndarray, names: list[str]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The trends of topics, and their papers per year and month.

    Parameters
    ----------
    days : datetime64[D] (n,), of the papers with a date
    topics : int (n,), 0 to k - 1; -1 for unassigned papers, which count in the corpus only
    names : of the k topics
    """
    topics = np.where(topics < 0, len(names), topics)
    by_period = [period_table(days, topics, len(names), unit) for unit in ("year", "month")]
    return trend_table(days, topics, names), pd.concat(by_period)
