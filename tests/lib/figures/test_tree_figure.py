"""The figure of the hierarchy: what stands in the line of a topic."""

from lib.figures.tree_figure import LINE_CHARS, parts_in_line


def test_a_line_names_few_subtopics_in_two_words_and_many_in_one():
    assert parts_in_line(["a · b · c", "d"], [1200, 3]) == "a, b 1,200;   d 3"
    assert parts_in_line(list("abcd"), [4, 3, 2, 1]) == "a 4;   b 3;   c 2;   d 1"
    assert parts_in_line(["a · b", "c", "d", "e"], [4, 3, 2, 1]).startswith("a 4;")


def test_what_finds_no_room_is_counted():
    names = [f"a long name of the subtopic {i}" for i in range(8)]
    line = parts_in_line(names, [50] * 8)
    shown = line.count("subtopic")
    assert line.endswith(f";   and {8 - shown} more") and 1 < shown < 8
    assert len(line) <= LINE_CHARS + len(";   and 7 more")
    assert parts_in_line(["x" * 200], [1]).endswith(" 1")
