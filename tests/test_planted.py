"""The proposed K on planted topics. bench/bench_planted.py tries more of them."""

import pytest

from bench_planted import GRID, plant_topics, propose

FEW = {"seeds": 2, "splits": 2}


def around(k: int) -> list[int]:
    """Every second candidate of the benchmark's grid, and those next to k."""
    near = min(range(len(GRID)), key=lambda i: abs(GRID[i] - k))
    return sorted({*GRID[::2], *GRID[near - 1 : near + 2]})


@pytest.mark.parametrize("k", [8, 20, 44])
def test_the_planted_number_is_proposed(k):
    sample, _ = plant_topics(k, seed=k, papers=3000)
    choice = propose(sample, around(k), **FEW)
    assert choice.rule == "silhouette peak"
    assert abs(choice.k - k) <= 0.1 * k


def test_the_proposal_does_not_depend_on_the_seed():
    sample, _ = plant_topics(13, seed=13, papers=2000)
    candidates = [7, 9, 11, 12, 13, 15, 17, 21]
    proposed = {propose(sample, candidates, seed=100 * s, **FEW).k for s in range(5)}
    assert sum(min(proposed) < k <= max(proposed) for k in candidates) <= 1  # one step of the grid at most


def test_no_k_stands_out_of_one_cloud():
    sample, _ = plant_topics(2, seed=0, papers=2000, noise=30.0)
    choice = propose(sample, [5, 10, 20, 40], **FEW)
    assert choice.rule == "largest stable K"
    assert choice.sentence.startswith("No K stands out")
    assert choice.k in choice.plateau
