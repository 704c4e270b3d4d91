"""What changed between two runs: planted changes, and the test of growth against scipy."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from scipy.stats import binomtest, false_discovery_control

from lib.trends.changes import Step, change_table, growth, history_table
from lib.trends.news import lines_of, opening
from lib.trends.schema import CHANGES, HISTORY, News


def topics(names: dict[int, str], was: dict[int, str] | None = None) -> pd.DataFrame:
    rows = [(number, f"t{number:04x}", name, (was or {}).get(number)) for number, name in names.items()]
    return pd.DataFrame(rows, columns=["topic", "key", "name", "was"])


def step_of(flows: list[tuple[int, int, int]], before, after, announced=(), removed=()) -> Step:
    """A step from streams (old topic or -1, new topic, papers); `removed` are old topics of papers that are gone."""
    old = np.concatenate([np.full(papers, source) for source, _, papers in flows])
    new = np.concatenate([np.full(papers, target) for _, target, papers in flows])
    ids = pa.chunked_array([[f"p{i}" for i in range(len(old))]])
    similarity = np.linspace(1, 0, len(old)).astype(np.float32)
    former = np.concatenate([old[old >= 0], np.array(removed, int)])
    return Step(before, after, former, old, new, similarity, old >= 0, ids, list(announced))


STAYING = [(0, 0, 100), (1, 1, 80), (-1, 0, 10), (-1, 1, 8)]


def test_without_a_change_nothing_is_told():
    before = topics({0: "a", 1: "b"})
    assert change_table(step_of(STAYING, before, before)).empty


def test_births_endings_splits_and_mergers_are_told():
    before = topics({0: "a", 1: "b", 2: "c", 3: "d"})
    after = topics({0: "a", 1: "b", 4: "e", 5: "f"})
    flows = [
        *STAYING,
        (2, 1, 40),
        (2, 0, 10),
        (3, 0, 20),
        (3, 1, 20),
        (3, 4, 5),
        (-1, 4, 50),
        (0, 5, 30),
        (1, 5, 9),
    ]
    table = change_table(step_of(flows, before, after, removed=[3] * 7)).set_index("topic")
    kinds = table["kind"].to_dict()
    assert {n: kinds[n] for n in (2, 3, 4, 5)} == {2: "merged", 3: "ended", 4: "born", 5: "split"}
    assert table.loc[2, ["other", "other_name", "before", "after"]].tolist() == [1, "b", 50, 0]
    assert table.loc[4, ["new", "after", "other_name", "key"]].tolist() == [50, 55, "d", "t0004"]
    assert table.loc[5, ["new", "after", "other"]].tolist() == [0, 39, 0]
    assert pd.isna(table.loc[3, "other"]) and table.loc[3, "before"] == 52  # with the papers that are gone
    assert (
        len(table.loc[4, "papers"]) == 3
        and list(change_table(step_of(flows, before, after))) == CHANGES.names
    )


def test_renamed_topics_and_announced_groups_are_told():
    before, after = topics({0: "a", 1: "b"}), topics({0: "x", 1: "b"}, {0: "a"})
    groups = [
        {"size": 30, "new": 12, "run": 2, "topic": 1, "opened": False, "papers": ["p3", "p4", "p5", "p6"]},
        {"size": 40, "new": 40, "run": 3, "topic": 0, "opened": True, "papers": ["p1"]},
        {"size": 40, "new": 0, "run": 1, "topic": 0, "opened": False, "papers": ["p1"]},  # nothing new of it
    ]
    table = change_table(step_of(STAYING, before, after, groups))
    renamed, announced = (
        table[table["kind"] == "renamed"].iloc[0],
        table[table["kind"] == "announced"].iloc[0],
    )
    assert (renamed["topic"], renamed["was"], renamed["name"]) == (0, "a", "x")
    assert announced[["topic", "before", "new", "after", "announced"]].tolist() == [1, 18, 12, 30, 2]
    assert announced["papers"] == ["p3", "p4", "p5"]
    assert len(table) == 2


def test_papers_without_a_topic_are_not_new():
    before = topics({0: "a", 1: "b"})
    step = step_of([*STAYING, (-1, 1, 5)], before, before)
    step.shared[-5:] = True  # they were unassigned
    assert step.counts["new"].to_dict() == {0: 10, 1: 8} and step.flows["papers"].tolist() == [100, 80]


def test_the_most_similar_new_papers_show_growth():
    before = topics({0: "a", 1: "b"})
    step = step_of([(0, 0, 100), (1, 1, 100), (-1, 1, 60), (-1, 0, 2)], before, before)
    table = change_table(step).set_index("kind")
    assert table.loc["grew", "papers"] == ["p200", "p201", "p202"]
    assert table.loc["grew", "factor"] == pytest.approx((60 / 62) / 0.5) and table.loc["shrank", "topic"] == 0


@pytest.mark.parametrize("seed", range(5))
def test_growth_is_an_exact_binomial_test(seed):
    rng = np.random.default_rng(seed)
    old, new = rng.integers(1, 400, size=9), rng.integers(0, 60, size=9)
    factor, q_values = growth(new, old)
    share = old / old.sum()
    p_values = []
    for count, p in zip(new.tolist(), share.tolist(), strict=True):
        sides = [binomtest(count, int(new.sum()), p, way).pvalue for way in ("less", "greater")]
        p_values.append(min(1.0, 2 * min(sides)))
    np.testing.assert_allclose(q_values, false_discovery_control(p_values), rtol=1e-8)
    np.testing.assert_allclose(factor, new / new.sum() / share)


def test_without_new_papers_no_growth_is_told():
    _, q_values = growth(np.zeros(3, int), np.array([5, 6, 7]))
    assert np.isnan(q_values).all()


def test_the_history_has_every_run():
    before, after = topics({0: "a", 1: "b"}), topics({0: "x", 2: "c"}, {0: "a"})
    step = step_of([(0, 0, 9), (-1, 0, 1), (1, 0, 2), (1, 2, 1), (-1, 2, 7)], before, after)
    earlier = pd.DataFrame(
        [[0, None, 12, number, "k", "n", 9, 0, None] for number in (0, 1)], columns=HISTORY.names
    )
    table = history_table(earlier, step, change_table(step), 1, None)
    now = table[table["run"] == 1].set_index("topic")
    assert len(table) == 5 and now["size"].to_dict() == {0: 12, 2: 8, 1: 0}
    assert now["event"].to_dict() == {0: "renamed", 2: "born", 1: "merged"}
    assert now["new"].to_dict() == {0: 1, 2: 7, 1: 0} and (now["papers"] == 20).all()


def news(**changes) -> News:
    values = {
        "run": 1,
        "history": "follow",
        "papers": 1200,
        "new": 200,
        "removed": 5,
        "kept": 0.99,
        "topics": 9,
    }
    values |= {
        "topics_before": 9,
        "names": 8,
        "names_kept": 7,
        "gap": 0.012,
        "moved": 0.25,
        "moves": [],
        "changes": [],
    }
    return News(**values | changes)


def test_the_opening_says_whether_it_is_the_same_map():
    text = " ".join(opening(news()))
    for said in (
        "1,200 papers, 200 of them new",
        "5 removed",
        "8 of 9 topics go on",
        "99.0%",
        "7 of 8 topics their name",
    ):
        assert said in text
    assert "fit 1.2% better and move 25%" in text and "Consider" not in text


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"gap": 0.06}, "Consider one"),
        ({"gap": -0.001}, "fit no better"),
        ({"gap": None, "moved": None, "history": "fresh"}, "divided in another way"),
    ],
)
def test_the_opening_says_when_a_fresh_start_is_due(changes, said):
    assert said in " ".join(opening(news(**changes)))


def test_every_kind_has_its_line():
    before, after = topics({0: "a", 1: "b", 2: "c"}), topics({0: "x", 1: "b", 4: "e"}, {0: "a"})
    group = {"size": 30, "new": 12, "run": 1, "topic": 1, "opened": False, "papers": ["p3"]}
    groups = [group, group | {"run": 0}]
    flows = [(0, 0, 100), (1, 1, 100), (2, 1, 30), (-1, 0, 60), (-1, 1, 2), (-1, 4, 30)]
    table = change_table(step_of(flows, before, after, groups))
    rows = pa.Table.from_pandas(table, CHANGES, preserve_index=False).to_pylist()
    told = lines_of(news(changes=rows, moves=[["c", "b", 30]]))
    assert told == [
        "born: e, 30 papers, 30 of them new",
        "merged: c, 30 papers; most of them are in b now",
        "grew: x, 100 to 160 papers, 1.5 times its former share of the new ones",
        "grew slower: b, 100 to 132 papers, 0.0 times its former share of the new ones",
        "announced: 30 young papers of one subject in b, 12 of them new",
        "announced: 30 young papers of one subject in b, 12 of them new, announced in run 0",
        "moved: 30 papers from c to b",
        "renamed: a → x",
    ]


def test_what_edits_did_is_told_as_such():
    before, after = topics({0: "a", 1: "b", 2: "c"}), topics({0: "a", 10_001: "d"})
    step = step_of([(0, 0, 50), (1, 0, 30), (2, 0, 20), (0, 10_001, 25)], before, after)
    step.gone = frozenset({"t0001"})
    table = change_table(step)
    assert table[["topic", "by_edit"]].to_numpy().tolist() == [[10_001, True], [1, True], [2, False]]
    rows = pa.Table.from_pandas(table, CHANGES, preserve_index=False).to_pylist()
    told = lines_of(news(changes=rows))
    assert told[0].startswith("split off by an edit: d") and told[1].startswith("merged by an edit: b")
    assert told[2].startswith("merged: c")


def test_a_topic_without_new_papers_is_told_without_a_factor():
    before = topics({0: "a", 1: "b"})
    table = change_table(step_of([(0, 0, 100), (1, 1, 100), (-1, 0, 60)], before, before))
    rows = pa.Table.from_pandas(table, CHANGES, preserve_index=False).to_pylist()
    assert lines_of(news(changes=rows))[1] == "grew slower: b, 100 papers, none of the new ones"
