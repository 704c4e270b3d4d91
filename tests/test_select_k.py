"""select_k: curves made by hand, of which one knows the right K, and its table, words and refusals."""

import csv
import json

import numpy as np
import pytest

from conftest import assert_refused, script
from lib.clusters.k_selection import choose, knee_height, tabulate


def scan(k: int, silhouette: float, inertia: float, spread: float = 0.001, stability: float = 0.5) -> dict:
    return {
        "k": k,
        "papers": 5000,
        "sample": 1000,
        "skipped": None,
        "silhouette": [silhouette - spread, silhouette, silhouette + spread],
        "inertia": [inertia] * 3,
        "sizes": [1000 - 10 * (k - 1), *[10] * (k - 1)],
        "stability_seeds": [0.9, 0.7, 0.8],
        "stability_halves": [stability] * 3,
        "ami_primary": 0.4,
        "seconds": 1.0,
    }


def scans(silhouettes, inertias, **changes) -> list[dict]:
    grid = [5, 10, 15, 20, 30, 40][: len(silhouettes)]
    return [scan(*row, **changes) for row in zip(grid, silhouettes, inertias, strict=True)]


BENT = [0.9, 0.6, 0.55, 0.52, 0.48, 0.45]
FALLING = [0.30, 0.25, 0.22, 0.20, 0.18, 0.16]


def test_table_holds_means_and_deviations_by_rising_k():
    table = tabulate(scans(FALLING, BENT)[::-1])
    assert table["k"].tolist() == [5, 10, 15, 20, 30, 40]
    np.testing.assert_allclose(table["silhouette"], FALLING)
    np.testing.assert_allclose(table["silhouette_sd"], 0.001)
    np.testing.assert_allclose(table["stability_seeds"], 0.8)
    np.testing.assert_allclose(table["stability_seeds_sd"], 0.1)
    np.testing.assert_allclose(table["largest"], [0.96, 0.91, 0.86, 0.81, 0.71, 0.61])
    np.testing.assert_allclose(table["smallest"], 0.01)


def test_a_clear_peak_inside_the_grid_is_taken():
    choice = choose(tabulate(scans([0.1, 0.2, 0.4, 0.3, 0.2, 0.1], BENT)))
    assert (choice.k, choice.rule, choice.plateau) == (15, "silhouette peak", [15])
    assert "15" in choice.sentence


def test_a_highest_silhouette_at_the_edge_is_no_reason():
    choice = choose(tabulate(scans(FALLING, BENT)))
    assert choice.rule == "inertia knee" and choice.k == 10
    assert "No K stands out" in choice.sentence


def test_a_peak_within_the_spread_is_no_reason():
    choice = choose(tabulate(scans([0.2, 0.201, 0.205, 0.203, 0.2, 0.199], BENT, spread=0.02)))
    assert choice.rule == "inertia knee" and "No K stands out" in choice.sentence


def test_a_silhouette_that_rises_to_the_last_candidate_asks_for_larger_ones():
    rising = choose(tabulate(scans([0.1, 0.15, 0.2, 0.25, 0.3, 0.35], BENT)))
    assert rising.rule == "inertia knee" and "larger ones are worth a look" in rising.sentence
    within = choose(tabulate(scans([0.1, 0.15, 0.2, 0.25, 0.3, 0.31], BENT, spread=0.02)))
    assert "larger" not in within.sentence
    assert "larger" not in choose(tabulate(scans(FALLING, BENT))).sentence


def test_agreement_with_categories_never_decides():
    rows = scans(FALLING, BENT)
    expected = choose(tabulate(rows))
    for i, row in enumerate(rows):
        row["ami_primary"] = [0.1, 0.2, 0.3, 0.9, 0.1, 0.2][i]
    assert choose(tabulate(rows)) == expected


def test_one_candidate_and_two():
    assert choose(tabulate(scans([0.3], [0.5]))).k == 5
    # of two candidates neither is inside the grid nor near a knee: the one that repeats better
    two = scans([0.3, 0.2], [0.5, 0.4])
    two[1]["stability_halves"] = [0.6] * 3
    assert choose(tabulate(two)).k == 10
    two[0]["stability_halves"] = [0.7] * 3
    assert choose(tabulate(two)).k == 5


def test_knee_is_the_point_farthest_below_the_chord():
    k = np.array([1.0, 2, 3, 4, 5])
    np.testing.assert_allclose(knee_height(k, 11 - 2 * k), 0, atol=1e-12)
    heights = knee_height(k, np.array([10.0, 3, 2, 1, 0]))
    np.testing.assert_allclose(heights, [0, 0.45, 0.3, 0.15, 0], atol=1e-12)


def run_select(tmp_path, out, rows: list[dict], **changes):
    files = []
    for row in rows:
        files.append(tmp_path / f"{row['k']}.json")
        files[-1].write_text(json.dumps(row))
    flags = {
        "scans": files,
        "selection": out / "k.json",
        "chosen": out / "k.txt",
        "table": out / "t.csv",
        "figure": out / "f.png",
    }
    return script("select_k", **flags | changes)


def test_cli_says_which_rule_decided(tmp_path, out):
    skipped = scan(300, 0.0, 0.0) | {"skipped": "1000 papers are too few for K = 300"}
    result = run_select(tmp_path, out, [*scans(FALLING, BENT), skipped], k=None)
    assert result.returncode == 0, result.stderr
    chosen = json.loads((out / "k.json").read_text())
    assert (out / "k.txt").read_text() == "10\n"
    assert chosen["k"] == chosen["proposed"] == 10 and chosen["rule"] == "inertia knee"
    assert chosen["skipped"] == [skipped["skipped"]]
    assert chosen["sentence"] in result.stdout
    with (out / "t.csv").open() as file:
        assert [int(row["k"]) for row in csv.DictReader(file)] == [5, 10, 15, 20, 30, 40]
    assert (out / "f.png").read_bytes().startswith(b"\x89PNG")


def test_override_is_used_and_said(tmp_path, out):
    assert run_select(tmp_path, out, scans(FALLING, BENT), k=25).returncode == 0
    chosen = json.loads((out / "k.json").read_text())
    assert (chosen["k"], chosen["proposed"], chosen["rule"]) == (25, 10, "config")
    assert "cluster.k" in chosen["sentence"] and "No K stands out" in chosen["sentence"]


def test_fewer_papers_than_the_smallest_candidate_are_refused(tmp_path, out):
    rows = [scan(k, 0, 0) | {"sample": 12, "skipped": f"12 papers for {k}"} for k in (20, 5, 10)]
    result = run_select(tmp_path, out, rows)
    assert_refused(result, out, "select_k.candidates", "12 papers", "candidate, 5")


@pytest.mark.parametrize("text", ["", '{"k": 5, '])
def test_damaged_scan_is_refused(tmp_path, out, text):
    (tmp_path / "bad.json").write_text(text)
    assert_refused(run_select(tmp_path, out, [], scans=[tmp_path / "bad.json"]), out, "bad.json")
