"""Topics that follow: planted subjects that stay, open, end, part and join; every rule against a plain count."""

import numpy as np
import pytest
from sklearn.cluster import KMeans

from lib.cli import UserError
from lib.clusters.births import new_groups
from lib.clusters.divisions import best_division, cheapest_merger
from lib.clusters.following import Earlier, Follower, compare_with_cold, going_on, homes, matched
from lib.embeddings.nearest import exact_neighbors
from lib.lloyd import lloyd

SUBJECTS = 8


def subject(number: int, papers: int, seed: int = 0, noise: float = 0.45) -> np.ndarray:
    """Unit rows around the direction of a subject; the subjects lie apart, and their papers overlap a little."""
    directions = np.linalg.qr(np.random.default_rng(99).normal(size=(24, 24)))[0]
    rng = np.random.default_rng([number, seed])
    rows = directions[number] + noise * rng.normal(size=(papers, 24)) / np.sqrt(24) * 2
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def corpus(papers: dict[int, int], seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows of some subjects, and the subject of each."""
    rows = np.vstack([subject(number, count, seed) for number, count in papers.items()])
    return rows, np.repeat(list(papers), list(papers.values())).astype(np.int32)


def follow(rows, earlier, k=None, history="follow", seed=0):
    near, _ = exact_neighbors(rows, rows, 20, exclude_self=True)
    order = np.random.default_rng(seed).permutation(len(rows))
    follower = Follower(rows, order, rows[order], 0.3, 0)
    return follower.freeze(earlier) if history == "freeze" else follower.follow(earlier, near, k)


def earlier_of(topic, new: int = 0, sizes=None, gain: float = 0.002, age=None) -> Earlier:
    """An earlier run without `new` papers at the end."""
    whole = np.concatenate([topic, np.full(new, -1)]).astype(np.int32)
    ages = np.concatenate([np.full(len(topic), -1), np.zeros(new)]).astype(np.int32)
    sizes = np.bincount(topic) if sizes is None else sizes
    return Earlier(whole, ages if age is None else age, sizes, gain)


def test_without_a_change_no_paper_moves():
    rows, truth = corpus(dict.fromkeys(range(SUBJECTS), 80), 0)
    done = follow(rows, earlier_of(truth))
    np.testing.assert_array_equal(done.labels, truth)
    np.testing.assert_array_equal(done.origin, np.arange(SUBJECTS))
    assert not done.groups and done.opened is None


def test_ordinary_new_papers_join_their_subjects():
    rows, truth = corpus(dict.fromkeys(range(SUBJECTS), 80), 0)
    more, of_more = corpus(dict.fromkeys(range(SUBJECTS), 8), 1)
    done = follow(np.vstack([rows, more]), earlier_of(truth, len(more)))
    np.testing.assert_array_equal(done.labels, np.concatenate([truth, of_more]))
    assert not done.groups


def test_a_new_subject_is_announced_and_opens():
    rows, truth = corpus(dict.fromkeys(range(SUBJECTS), 80), 0)
    new = subject(SUBJECTS, 60)
    done = follow(np.vstack([rows, new]), earlier_of(truth, len(new)))
    np.testing.assert_array_equal(done.labels, np.concatenate([truth, np.full(60, SUBJECTS)]))
    assert done.origin.tolist() == [*range(SUBJECTS), -1]
    assert done.opened is done.groups[0] and set(done.opened.rows) == set(range(640, 700))


def test_a_new_subject_that_gains_too_little_is_only_announced():
    rows, truth = corpus(dict.fromkeys(range(SUBJECTS), 80), 0)
    new = subject(SUBJECTS, 60)
    done = follow(np.vstack([rows, new]), earlier_of(truth, len(new), gain=1.0))
    assert len(done.groups) == 1 and done.opened is None and done.labels.max() == SUBJECTS - 1


def test_with_a_number_of_topics_none_opens():
    rows, truth = corpus(dict.fromkeys(range(SUBJECTS), 80), 0)
    new = subject(SUBJECTS, 60)
    done = follow(np.vstack([rows, new]), earlier_of(truth, len(new)), k=SUBJECTS)
    assert len(done.groups) == 1 and done.opened is None


def test_papers_of_twelve_runs_are_no_longer_new():
    rows, truth = corpus(dict.fromkeys(range(SUBJECTS + 1), 80), 0)
    topic = np.where(truth == SUBJECTS, 0, truth)  # the last subject was put into the first topic
    for age, found in ((11, 1), (12, 0)):
        ages = np.where(truth == SUBJECTS, age, -1).astype(np.int32)
        assert len(follow(rows, earlier_of(topic, age=ages)).groups) == found


def test_a_topic_without_most_of_its_papers_does_not_start():
    rows, truth = corpus({**dict.fromkeys(range(SUBJECTS - 1), 80), SUBJECTS - 1: 15}, 0)
    sizes = np.full(SUBJECTS, 80)
    done = follow(rows, earlier_of(truth, sizes=sizes))
    assert set(done.origin) == set(range(SUBJECTS - 1))
    code, origin = homes(earlier_of(truth, sizes=sizes), 0.2)
    assert (code[truth == SUBJECTS - 1] == -1).all() and len(origin) == SUBJECTS - 1


def test_a_topic_whose_papers_are_swapped_loses_its_number():
    """A quarter of topic 0 is left, and lies beside another subject now: its start would wander to new papers."""
    rows, truth = corpus(dict.fromkeys(range(1, SUBJECTS), 80), 0)
    lost = subject(3, 20, seed=5)
    new = subject(0, 200, seed=6)
    whole = np.vstack([rows, lost, new])
    topic = np.concatenate([truth, np.zeros(20, np.int32)])
    done = follow(whole, earlier_of(topic, len(new), sizes=np.full(SUBJECTS, 80)))
    of_new = np.bincount(done.labels[-200:]).argmax()
    assert done.origin[of_new] != 0


def test_one_more_topic_divides_the_joined_subjects():
    rows, truth = corpus(dict.fromkeys(range(SUBJECTS), 80), 0)
    joined = np.where(truth == 5, 2, truth)
    joined = np.where(joined > 5, joined - 1, joined)
    done = follow(rows, earlier_of(joined), k=SUBJECTS)
    parts = [set(done.labels[truth == number]) for number in (2, 5)]
    assert [len(part) for part in parts] == [1, 1] and parts[0] != parts[1]
    assert sorted(done.origin) == [-1, *range(SUBJECTS - 1)]


def test_one_more_topic_may_be_all_new_papers():
    rows, truth = corpus(dict.fromkeys(range(SUBJECTS), 80), 0)
    new = subject(SUBJECTS, 60)
    done = follow(np.vstack([rows, new]), earlier_of(truth, len(new)), k=SUBJECTS + 1)
    np.testing.assert_array_equal(done.labels, np.concatenate([truth, np.full(60, SUBJECTS)]))
    assert done.origin.tolist() == [*range(SUBJECTS), -1]


def test_one_topic_fewer_joins_the_divided_subject():
    rows, truth = corpus(dict.fromkeys(range(SUBJECTS), 80), 0)
    divided = truth.copy()
    divided[np.flatnonzero(truth == 4)[:30]] = SUBJECTS
    done = follow(rows, earlier_of(divided), k=SUBJECTS)
    np.testing.assert_array_equal(done.labels, truth)
    np.testing.assert_array_equal(done.origin, np.arange(SUBJECTS))  # the larger part keeps its number


def test_frozen_papers_stay_and_new_ones_join_the_nearest():
    rows, truth = corpus(dict.fromkeys(range(SUBJECTS), 80), 0)
    wrong = truth.copy()
    wrong[::7] = (wrong[::7] + 1) % SUBJECTS  # which Lloyd's algorithm would correct
    more, _ = corpus(dict.fromkeys(range(SUBJECTS), 8), 1)
    done = follow(np.vstack([rows, more]), earlier_of(wrong, len(more)), history="freeze")
    np.testing.assert_array_equal(done.labels[: len(rows)], wrong)
    means = np.array([rows[wrong == topic].mean(0, dtype=np.float64) for topic in range(SUBJECTS)])
    squares = ((more[:, None] - means) ** 2).sum(2)
    np.testing.assert_array_equal(done.labels[len(rows) :], squares.argmin(1))


def test_labels_are_nearest_to_the_centroids_but_for_papers_that_stay():
    rows, truth = corpus(dict.fromkeys(range(SUBJECTS), 80), 0)
    more, _ = corpus(dict.fromkeys(range(SUBJECTS), 40), 1)
    done = follow(np.vstack([rows, more]), earlier_of(truth, len(more)))
    squares = ((more[:, None].astype(np.float64) - done.centroids) ** 2).sum(2)
    np.testing.assert_array_equal(done.labels[len(rows) :], squares.argmin(1))


def test_an_earlier_run_without_its_papers_is_refused():
    with pytest.raises(UserError, match="previous"):
        homes(earlier_of(np.array([0, 0, -1, -1]), sizes=np.array([2, 40])), 0.2)


@pytest.mark.parametrize("seed", range(5))
def test_a_number_goes_on_if_half_of_its_papers_stay_together(seed):
    rng = np.random.default_rng(seed)
    old, labels = rng.integers(-1, 5, size=300), rng.integers(0, 6, size=300)
    labels = np.where(rng.random(300) < 0.5, np.maximum(old, 0), labels)
    origin = np.array([0, 1, 2, 3, 4, -1])
    kept = going_on(old, labels, origin)
    both = matched(old, labels, 6)
    for topic in range(6):
        there = [sum((old == number) & (labels == topic)) for number in range(5)]
        before = [sum(old == number) for number in range(5)]
        stays = origin[topic] >= 0 and 2 * there[origin[topic]] >= before[origin[topic]]
        assert kept[topic] == (origin[topic] if stays else -1)
        now = sum((labels == topic) & (old >= 0))
        same = [
            number for number in range(5) if 2 * there[number] > before[number] and 2 * there[number] > now
        ]
        assert both[topic] == (same[0] if same else -1)


def components(near, inside):
    """The connected parts of the papers inside, by a plain search."""
    left, parts = set(np.flatnonzero(inside)), []
    neighbors = {row: set() for row in left}
    for row in left:
        for other in near[row]:
            if other in neighbors:
                neighbors[row].add(other)
                neighbors[other].add(row)
    while left:
        part, todo = set(), [left.pop()]
        while todo:
            row = todo.pop()
            part.add(row)
            todo += neighbors[row] & left
            left -= neighbors[row]
        parts.append(sorted(part))
    return parts


@pytest.mark.parametrize("seed", range(3))
def test_groups_are_connected_young_papers_among_young_papers(seed):
    rows, _ = corpus(dict.fromkeys(range(12), 50), seed)
    near, _ = exact_neighbors(rows, rows, 20, exclude_self=True)
    young = np.zeros(len(rows), bool)
    young[100:150] = young[300:345] = True
    young[np.random.default_rng(seed).integers(len(rows), size=60)] = True
    inside = young & (young[near].mean(1) >= max(0.5, 2 * young.mean()))
    wanted = [part for part in components(near, inside) if len(part) >= max(20, len(rows) / (10 * 12))]
    groups = new_groups(near, young, 12)
    assert sorted(sorted(group.tolist()) for group in groups) == sorted(wanted) and groups


def test_the_best_division_is_that_of_the_joined_subjects():
    rows, truth = corpus(dict.fromkeys(range(6), 60), 3)
    joined = np.where(truth == 5, 0, truth)
    division = best_division(rows, joined, 5, seed=0)
    assert division.topic == 0 and set(truth[division.rows]) in ({0}, {5})
    members = rows[joined == 0].astype(np.float64)
    one = KMeans(1, n_init=1).fit(members).inertia_
    two = KMeans(2, n_init=10, random_state=0).fit(members).inertia_
    assert division.gain == pytest.approx((one - two) / len(rows), rel=1e-4)


def test_copies_of_one_text_cannot_be_divided():
    rows = np.repeat(subject(0, 1), 40, axis=0)
    assert best_division(rows, np.zeros(40, np.int32), 1, seed=0).gain == 0


@pytest.mark.parametrize("seed", range(4))
def test_the_cheapest_merger_raises_the_inertia_least(seed):
    rng = np.random.default_rng(seed)
    rows, _ = corpus(dict.fromkeys(range(6), 40), seed)
    labels = rng.integers(0, 6, size=len(rows))
    means = np.array([rows[labels == topic].mean(0) for topic in range(6)])

    def inertia(of):
        return sum(((rows[of == t] - rows[of == t].mean(0, dtype=np.float64)) ** 2).sum() for t in set(of))

    costs = {(i, j): inertia(np.where(labels == j, i, labels)) for i in range(6) for j in range(i + 1, 6)}
    assert tuple(sorted(cheapest_merger(means, np.bincount(labels)))) == min(costs, key=costs.__getitem__)


def test_a_cold_start_is_compared_under_the_best_matching():
    rows, truth = corpus(dict.fromkeys(range(5), 50), 0)
    means = np.array([rows[truth == topic].mean(0) for topic in range(5)])
    cold = lloyd(rows, means[[3, 4, 0, 1, 2]])
    assert compare_with_cold(truth, cold.inertia, cold) == (0.0, 0.0)
    shifted = np.where(np.arange(250) % 50 < 10, (truth + 1) % 5, truth)
    gap, moved = compare_with_cold(shifted, 2 * cold.inertia, cold)
    assert (gap, moved) == (pytest.approx(0.5), pytest.approx(0.2))
