"""The choice of K on curves made by hand."""

import numpy as np

from conftest import BENT, FALLING, scan_results
from lib.clusters.k_selection import choose, knee_height, tabulate


def test_table_holds_means_and_deviations_by_ascending_k():
    table = tabulate(scan_results(FALLING, BENT)[::-1])
    assert table["k"].tolist() == [5, 10, 15, 20, 30, 40]
    np.testing.assert_allclose(table["silhouette"], FALLING)
    np.testing.assert_allclose(table["silhouette_sd"], 0.001)
    np.testing.assert_allclose(table["stability_seeds"], 0.8)
    np.testing.assert_allclose(table["stability_seeds_sd"], 0.1)
    np.testing.assert_allclose(table["largest"], [0.96, 0.91, 0.86, 0.81, 0.71, 0.61])
    np.testing.assert_allclose(table["smallest"], 0.01)


def test_a_clear_peak_inside_the_grid_is_taken():
    choice = choose(tabulate(scan_results([0.1, 0.2, 0.4, 0.3, 0.2, 0.1], BENT)))
    assert (choice.k, choice.rule, choice.plateau) == (15, "silhouette peak", [15])
    assert "15" in choice.sentence


def test_a_highest_silhouette_at_the_edge_decides_nothing():
    choice = choose(tabulate(scan_results(FALLING, BENT)))
    assert choice.rule == "inertia knee" and choice.k == 10
    assert "No K stands out" in choice.sentence


def test_a_peak_within_the_spread_decides_nothing():
    choice = choose(tabulate(scan_results([0.2, 0.201, 0.205, 0.203, 0.2, 0.199], BENT, spread=0.02)))
    assert choice.rule == "inertia knee" and "No K stands out" in choice.sentence


def test_a_silhouette_that_rises_to_the_last_candidate_asks_for_larger_ones():
    rising = choose(tabulate(scan_results([0.1, 0.15, 0.2, 0.25, 0.3, 0.35], BENT)))
    assert rising.rule == "inertia knee" and "larger ones are worth a look" in rising.sentence
    within = choose(tabulate(scan_results([0.1, 0.15, 0.2, 0.25, 0.3, 0.31], BENT, spread=0.02)))
    assert "larger" not in within.sentence
    assert "larger" not in choose(tabulate(scan_results(FALLING, BENT))).sentence


def test_agreement_with_categories_never_decides():
    rows = scan_results(FALLING, BENT)
    expected = choose(tabulate(rows))
    for i, row in enumerate(rows):
        row["ami_primary"] = [0.1, 0.2, 0.3, 0.9, 0.1, 0.2][i]
    assert choose(tabulate(rows)) == expected


def test_one_candidate_and_two():
    choice = choose(tabulate(scan_results([0.3], [0.5])))
    assert (choice.k, choice.rule) == (5, "only candidate")
    # neither of two candidates is inside the grid or near a knee: the one that repeats better is taken
    two = scan_results([0.3, 0.2], [0.5, 0.4])
    two[1]["stability_halves"] = [0.6] * 3
    choice = choose(tabulate(two))
    assert (choice.k, choice.rule, choice.plateau) == (10, "inertia knee", [5, 10])
    two[0]["stability_halves"] = [0.7] * 3
    assert choose(tabulate(two)).k == 5


def test_no_candidate_gives_no_proposal():
    table = tabulate([])
    assert list(table) == list(tabulate(scan_results(FALLING, BENT))) and table.empty
    choice = choose(table)
    assert (choice.k, choice.plateau) == (None, []) and "no candidate" in choice.sentence


def test_knee_is_the_point_farthest_below_the_chord():
    k = np.array([1.0, 2, 3, 4, 5])
    np.testing.assert_allclose(knee_height(k, 11 - 2 * k), 0, atol=1e-12)
    heights = knee_height(k, np.array([10.0, 3, 2, 1, 0]))
    np.testing.assert_allclose(heights, [0, 0.45, 0.3, 0.15, 0], atol=1e-12)
