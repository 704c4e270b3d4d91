"""How topics grow and shrink over the years, and which of these trends are more than chance.

The papers of a topic in a year are a count, the papers of the whole corpus in that year its exposure.
A quasi-Poisson regression on the year gives the change of the topic's share per year (McCullagh & Nelder,
1989). The false discovery rate over all topics is controlled by Benjamini & Hochberg (1995).
"""

import warnings
from dataclasses import dataclass

import numpy as np
import statsmodels.api as sm
from scipy import stats
from statsmodels.stats.multitest import multipletests

MIN_YEARS = 4  # whole years with papers, below which no trend is tested


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
    design = sm.add_constant((years - years.mean())[known].astype(float))
    model = sm.GLM(counts[known], design, family=sm.families.Poisson(), offset=np.log(exposure[known]))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a topic of one year has a perfect fit
        fit = model.fit()
    freedom = int(known.sum()) - 2
    dispersion = max(overdispersion(counts[known], fit.mu, freedom), 1.0)
    slope, error = float(fit.params[1]), float(fit.bse[1]) * dispersion**0.5
    if not np.isfinite(slope) or not np.isfinite(error) or abs(slope) > 5:
        return Trend()
    wide = stats.t.ppf(0.975, freedom) * error
    p_value = float(2 * stats.t.sf(abs(slope) / error, freedom))
    change, low, high = np.expm1([slope, slope - wide, slope + wide]).tolist()
    return Trend(change, low, high, p_value)


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
    known = np.isfinite(p_values)
    if known.any():
        q_values[known] = multipletests(p_values[known], method="fdr_bh")[1]
    return q_values
