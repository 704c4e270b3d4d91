"""Trends: planted ones are found, chance is not, and an independent fit agrees."""

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.special import gammaln

from lib.trends.regression import (
    MIN_YEARS,
    TOO_YOUNG,
    Trend,
    adjusted,
    change_per_year,
    overdispersion,
    poisson_fit,
    trend_table,
)

YEARS = np.arange(2005, 2025)


def planted(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Counts of 60 topics in a growing corpus, and the change per year of each: 10 of them rise or fall."""
    size = 12_000 * 1.05 ** np.arange(len(YEARS))
    change = np.zeros(60)
    change[:10] = rng.uniform(0.05, 0.3, 10) * rng.choice([-1, 1], 10)
    growth = (1 + change[:, None]) ** (np.arange(len(YEARS)) - len(YEARS) / 2)
    # the exposure is that of the whole corpus, of which these topics are a part
    return rng.poisson(size / 60 * growth), change


def test_planted_trends_are_found_and_chance_is_not():
    false = found = 0
    power = []
    for seed in range(100):
        rng = np.random.default_rng(seed)
        counts, change = planted(rng)
        exposure = np.round(12_000 * 1.05 ** np.arange(len(YEARS))).astype(int)
        q_values = adjusted(np.array([change_per_year(row, exposure, YEARS).p_value for row in counts]))
        said = q_values <= 0.05
        false += int((said & (change == 0)).sum())
        found += int(said.sum())
        power.append(said[np.abs(change) >= 0.1].mean())
    assert false / found <= 0.05
    assert np.mean(power) >= 0.9


def test_change_and_interval_are_those_of_the_likelihood():
    rng = np.random.default_rng(1)
    exposure = rng.integers(500, 900, len(YEARS))
    counts = rng.poisson(0.05 * exposure * 1.08 ** (YEARS - YEARS[0]))

    def loss(x: np.ndarray) -> float:
        mean = exposure * np.exp(x[0] + x[1] * (YEARS - YEARS.mean()))
        return float((mean - counts * np.log(mean) + gammaln(counts + 1)).sum())

    best = minimize(loss, [-3.0, 0.0], method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-10})
    trend = change_per_year(counts, exposure, YEARS)
    assert trend.change == pytest.approx(np.expm1(best.x[1]), abs=1e-6)
    assert trend.low < 0.08 < trend.high and trend.low < trend.change < trend.high


def test_a_fit_ends_where_there_is_a_solution():
    """Also in a corpus of very uneven years."""
    for seed in range(200):
        rng = np.random.default_rng(seed)
        years = np.arange(12) - 5.5
        exposure = np.round(rng.lognormal(4, 2.5, 12)).astype(int) + 1
        counts = rng.binomial(exposure, 0.1)
        if (counts > 0).sum() < 2:
            continue
        slope, error, means = poisson_fit(counts, exposure, years)
        assert np.isfinite([slope, error]).all(), seed
        assert np.isclose((counts - means).sum(), 0, atol=1e-6)  # the likelihood equations
        assert np.isclose(((counts - means) * years).sum(), 0, atol=1e-5)
    single = change_per_year(np.array([0, 0, 7, 0, 0, 0]), np.full(6, 90), np.arange(6))
    assert single.p_value > 0.2  # a year in the middle alone


def test_noise_beyond_poisson_widens_the_interval():
    rng = np.random.default_rng(2)
    exposure = np.full(len(YEARS), 1000)
    counts = np.full(len(YEARS), 100)
    calm = change_per_year(counts + rng.integers(-3, 4, len(YEARS)), exposure, YEARS)
    wild = change_per_year(counts + rng.integers(-80, 81, len(YEARS)), exposure, YEARS)
    assert wild.high - wild.low > 3 * (calm.high - calm.low)


def uneven_noise(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Counts without a trend whose variance is four times their mean, and a corpus of uneven years."""
    rng = np.random.default_rng(seed)
    exposure = np.round(rng.lognormal(3.5, 1.8, 30)).astype(int) + 1
    return rng.poisson(rng.gamma(0.02 * exposure / 3, 3)), exposure


def test_chance_in_a_corpus_of_uneven_years_is_not_a_trend():
    years = np.arange(1991, 2021)
    trends = [change_per_year(*uneven_noise(seed), years) for seed in range(400)]
    p_values = np.array([trend.p_value for trend in trends])
    assert np.isfinite(p_values).sum() > 300
    assert np.nanmean(p_values < 0.05) <= 0.1  # with Pearson's estimate alone 0.12


def test_one_paper_in_a_nearly_empty_year_is_not_overdispersion():
    counts, means = np.array([20, 30, 40, 1]), np.array([20, 30, 40, 1e-6])
    pearson = ((counts - means) ** 2 / means).sum() / 2
    assert pearson > 1e5
    assert overdispersion(counts, means, 2) == pytest.approx(2, rel=0.01)  # 4 years / 2 degrees of freedom


@pytest.mark.parametrize(
    ("counts", "exposure"),
    [
        ([1] * (MIN_YEARS - 1), [9] * (MIN_YEARS - 1)),
        ([0] * 8, [9] * 8),
        ([9] * 8, [9] * 8),
        ([3, 0, 0, 5], [9, 0, 0, 9]),
        ([0, 0, 0, 0, 0, 7], [9, 8, 9, 7, 9, 9]),  # its slope has no end
    ],
)
def test_what_cannot_be_tested_is_not(counts, exposure):
    trend = change_per_year(np.array(counts), np.array(exposure), np.arange(len(counts)))
    assert str(trend) == str(Trend())


def test_adjusted_by_hand():
    assert adjusted(np.array([0.01, np.nan, 0.04, 0.03])) == pytest.approx(
        [0.03, np.nan, 0.04, 0.04], nan_ok=True
    )
    assert np.isnan(adjusted(np.array([np.nan]))).all()


def test_a_topic_of_the_last_years_alone_is_too_young_to_test(recwarn):
    """Its interval reached to infinity, with a warning of overflow."""
    rng = np.random.default_rng(0)
    years = np.repeat(np.arange(2000, 2020), 50)
    topics = np.where((years >= 2018) & (rng.random(len(years)) < 0.9), 1, 0)
    topics[np.flatnonzero(years == 2003)[:2]] = 2  # few papers, but old
    days = (years - 1970).astype("datetime64[Y]").astype("datetime64[D]")
    table = trend_table(days, topics, ["old", "young", "rare"])
    assert table["trend"][1] == TOO_YOUNG and np.isnan(table["high"][1]) and np.isnan(table["q_value"][1])
    assert TOO_YOUNG not in (table["trend"][0], table["trend"][2])
    assert np.isfinite(table["high"].dropna()).all() and not recwarn.list
