"""The lines of a label."""

from lib.map.figure import wrap


def test_wrap():
    assert wrap("one two three", 9) == "one two\nthree"
    assert wrap("one two three four", 9) == "one two\nthree…"
    assert wrap("short", 34) == "short"
    assert all(len(line) <= 35 for line in wrap("a word or two " * 20, 34).split("\n"))
