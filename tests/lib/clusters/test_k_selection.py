"""The choice of K on curves made by hand."""

import numpy as np
import pytest

from conftest import LOW, REPEATING, scan_result, scan_results
from lib.clusters.k_selection import choose, tabulate


def test_table_holds_means_and_deviations_by_ascending_k():
    table = tabulate(scan_results(LOW, REPEATING)[::-1])
    assert table["k"].tolist() == [5, 10, 15, 20, 30, 40]
    np.testing.assert_allclose(table["silhouette"], LOW)
    np.testing.assert_allclose(table["silhouette_sd"], 0.001)
    np.testing.assert_allclose(table["stability_seeds"], 0.8)
    np.testing.assert_allclose(table["stability_seeds_sd"], 0.1)
    np.testing.assert_allclose(table["largest"], [0.96, 0.91, 0.86, 0.81, 0.71, 0.61])
    np.testing.assert_allclose(table["smallest"], 0.01)


@pytest.mark.parametrize(
    ("silhouette", "k"),
    [
        ([0.1, 0.2, 0.4, 0.3, 0.2, 0.1], 15),
        ([0.7, 0.3, 0.2, 0.1, 0.1, 0.1], 5),
        ([0.1, 0.2, 0.3, 0.4, 0.5, 0.6], 40),
    ],
)
def test_a_high_silhouette_is_taken_wherever_it_is(silhouette, k):
    choice = choose(tabulate(scan_results(silhouette, REPEATING)))
    assert (choice.k, choice.rule, choice.plateau) == (k, "silhouette peak", [k])
    assert f"K = {k}" in choice.sentence
    assert ("worth a look" in choice.sentence) == (k != 15)


def test_a_peak_of_a_low_silhouette_decides_nothing():
    choice = choose(tabulate(scan_results([0.1, 0.2, 0.24, 0.2, 0.1, 0.1], REPEATING)))
    # 80 % of the papers at 10.6 topics
    assert (choice.k, choice.rule, choice.plateau) == (10, "largest stable K", [10])
    assert "No K stands out" in choice.sentence and "K = 10 is proposed" in choice.sentence


@pytest.mark.parametrize(
    ("stable_share", "k", "said"),
    [
        ([0.9] * 6, 40, "at the largest candidate 80% or more"),
        ([0.7] * 6, 5, "at no candidate 80%"),
        ([1.0, 0.7, 1.0, 0.9, 0.7, 0.86], 40, "at the largest candidate 80% or more"),
        ([1.0, 1.0, 0.8, 0.4, 0.3, 0.3], 15, "up to about this number."),
        ([1.0, 1.0, 1.0, 0.9, 0.7, 0.6], 24, "up to about this number (read between"),
        ([1.0, 0.7, 1.0, 0.9, 0.7, 0.6], 24, "up to about this number (read between"),  # one bad draw
    ],
)
def test_the_largest_stable_k(stable_share, k, said):
    choice = choose(tabulate(scan_results(LOW, stable_share)))
    assert choice.k == k and said in choice.sentence
    assert ("worth a look" in choice.sentence) == (k in (5, 40))


def test_the_proposal_hardly_depends_on_the_grid():
    def share(k: np.ndarray) -> np.ndarray:
        return 1 / (1 + (k / 40) ** 1.5)  # 80 % at 16

    grids = [
        [5, 10, 15, 20, 30, 40],
        [10, 15, 20, 30, 40, 60, 80, 120],
        [8, 12, 18, 25],
        [2, 9, 40],
        [5, 10, 20, 40, 80],
    ]
    found = []
    for grid in grids:
        rows = zip(grid, [0.1] * len(grid), share(np.array(grid)), strict=True)
        found.append(choose(tabulate([scan_result(*row) for row in rows])).k)
    assert max(found) / min(found) < 1.35 and min(found) < 16 * 1.1 and max(found) > 16 / 1.1


@pytest.mark.parametrize(
    ("stable_share", "k"), [([1, 1, 0.79, 0.3], 4), ([1, 0.79, 0.5, 0.2], 3), ([1, 1, 1, 0.3], 5)]
)
def test_between_neighboring_numbers_the_lower_one_is_taken(stable_share, k):
    """The curve falls below 80 % just before the next candidate, which does not reach it."""
    rows = [scan_result(*row) for row in zip([3, 4, 5, 8], [0.1] * 4, stable_share, strict=True)]
    assert choose(tabulate(rows)).k == k


def test_agreement_with_categories_never_decides():
    rows = scan_results(LOW, REPEATING)
    expected = choose(tabulate(rows))
    for i, row in enumerate(rows):
        row["ami_primary"] = [0.1, 0.2, 0.3, 0.9, 0.1, 0.2][i]
    assert choose(tabulate(rows)) == expected


def test_one_candidate_and_two():
    choice = choose(tabulate(scan_results([0.3], [0.5])))
    assert (choice.k, choice.rule) == (5, "only candidate")
    choice = choose(tabulate(scan_results([0.2, 0.1], [0.95, 0.75])))
    assert (choice.k, choice.rule, choice.plateau) == (8, "largest stable K", [8, 10])


def test_no_candidate_gives_no_proposal():
    table = tabulate([])
    assert list(table) == list(tabulate(scan_results(LOW, REPEATING))) and table.empty
    choice = choose(table)
    assert (choice.k, choice.plateau) == (None, []) and "no candidate" in choice.sentence
