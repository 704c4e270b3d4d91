"""Fields of groups of papers, against counts by hand."""

import numpy as np
import pyarrow as pa
import pytest

from lib.naming.fields import Fields

NAMES = {"math.NT": "Number Theory", "cs.IT": "Information Theory", "math.IT": "Information Theory"}


def fields_of(
    categories: list[list[str] | None], labels: list[int], k: int
) -> tuple[list[list[str]], list[float]]:
    fields, cover = Fields(pa.array(categories, pa.list_(pa.string())), NAMES).of(np.array(labels), k)
    return fields, cover.tolist()


def test_fields_are_over_represented_and_cover_the_group_greedily():
    first = [["math.NT"]] * 6 + [["math.NT", "x"]] * 2 + [["x", "y"]] * 3 + [["every"]] * 7 + [[]] * 2
    second = [["every"]] * 18 + [["z", "y"]] * 3 + [["few"]] * 2
    fields, cover = fields_of(first + second, [0] * 20 + [1] * 23, 2)
    # x adds three papers to the eight; `every` is as frequent in the other group, y adds nothing, two papers are too few
    assert fields == [["Number Theory", "x"], ["every", "z"]]
    assert cover == [pytest.approx(11 / 20), pytest.approx(21 / 23)]


def test_small_fields_and_those_of_all_papers_step_back():
    inside = [["cs.CV"]] * 100 + [["cs.CV", "rare"]] * 4 + [["cs.CV"]] * 96
    assert fields_of(inside, [0] * 104 + [1] * 96, 2) == ([[], []], [0.0, 0.0])


def test_a_paper_counts_once_in_a_field_of_two_categories():
    fields, cover = fields_of([["cs.IT", "math.IT"]] * 5 + [["x"]] * 5, [0] * 5 + [1] * 5, 2)
    assert fields == [["Information Theory"], ["x"]] and cover == [1.0, 1.0]


def test_broad_fields_are_the_named_parts_of_categories_before_the_point():
    categories = (
        [["math.NT", "x.1"]] * 2 + [["math.IT"], None] + [["math.NT"]] + [["x.1"], ["cs.IT"], ["y"]] * 2
    )
    table = pa.array(categories, pa.list_(pa.string()))
    broad = Fields(table, NAMES | {"math": "Mathematics", "y": "Y"}, broad=True)
    assert broad.names == ["Mathematics", "Y"]
    fields, cover = broad.of(np.array([0] * 5 + [1] * 6), 2)
    assert fields == [["Mathematics"], []] and cover.tolist() == [0.8, 0.0]


def test_a_broad_field_may_be_as_frequent_elsewhere_but_not_in_most_papers():
    table = pa.array([["math.NT"], ["cs.IT"], ["math.IT"], ["cs.LG"], ["cs.IT", "math.IT"]] * 4)
    both = np.arange(20) // 10
    names = {"math": "Mathematics", "cs": "Computer Science"}
    assert Fields(table, names, broad=True).of(both, 2)[0] == [[], []]  # each is in twelve of twenty papers
    others = pa.array([["x"]] * 10)
    found = Fields(pa.chunked_array([table, others]).combine_chunks(), names, broad=True)
    fields, cover = found.of(np.r_[both, [2] * 10], 3)
    assert sorted(fields[0]) == ["Computer Science", "Mathematics"] and fields[2] == []
    assert cover.tolist() == [1.0, 1.0, 0.0]


@pytest.mark.parametrize("categories", [[None] * 6, [[]] * 6, [["journal"]] * 6])
def test_papers_without_or_with_one_category_have_no_fields(categories):
    assert fields_of(categories, [0, 0, 1, 1, -1, -1], 3) == ([[], [], []], [0.0, 0.0, 0.0])


def test_unassigned_papers_are_not_compared():
    fields, _ = fields_of([["a"]] * 3 + [["b"]] * 3 + [["a"]] * 90, [0] * 3 + [1] * 3 + [-1] * 90, 2)
    assert fields == [["a"], ["b"]]


def test_a_single_group_has_no_other_papers_to_compare_with():
    assert fields_of([["a"], ["a"], ["b"]], [0, 0, 0], 1) == ([[]], [0.0])
