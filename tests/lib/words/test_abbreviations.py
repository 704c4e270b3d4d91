"""Abbreviations that texts introduce in brackets."""

import pytest

from lib.words.abbreviations import abbreviations, most_frequent


@pytest.mark.parametrize(
    ("text", "short", "long"),
    [
        ("we train large language models (llms) on", "llms", "large language models"),
        ("of vision-language models (vlms).", "vlms", "vision-language models"),
        ("with 3d gaussian splatting (3dgs)", "3dgs", "3d gaussian splatting"),
        ("the cosmic microwave background (cmb)", "cmb", "cosmic microwave background"),
        ("machine-learned interatomic potentials (mlips)", "mlips", "machine-learned interatomic potentials"),
        ("a density of states (dos) of", "dos", "density of states"),
        ("the electrocardiogram (ecg) shows", "ecg", "electrocardiogram"),
    ],
)
def test_the_long_form_stands_before_the_bracket(text, short, long):
    assert abbreviations(f"this is about {text} in 2020.") == [(short, long)]


@pytest.mark.parametrize(
    "text",
    [
        "the result (left) is new",
        "a proof (see above)",
        "in section (2)",
        "(abc)",
        "of x $f(a)$ (b)",
        "xy (xy)",
        "an lstm network (lstm)",
    ],
)
def test_other_brackets_are_not_abbreviations(text):
    assert abbreviations(text) == []


def test_a_text_counts_once_and_the_most_frequent_long_form_wins():
    text = "support vector machines (svms) and support vector machines (svms)"
    assert abbreviations(text) == [("svms", "support vector machines")]
    counted = {
        ("svm", "support vector machine"): 2,
        ("svms", "support vector machines"): 3,
        ("abc", "a b c"): 1,
    }
    assert most_frequent(counted.items()) == {"svm": "support vector machines"}
