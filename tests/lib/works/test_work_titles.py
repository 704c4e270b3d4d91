"""Titles: what is the same, what is close and what tells works apart."""

import pytest

from lib.works.titles import Likeness, likeness, part_number, title_words


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        (r"On $\mathbb{Z}_p$-modules, Part II", "ON Z_P-MODULES PART 2", Likeness.EQUAL),
        (r"Mass of $\alpha$ Centauri", "Mass of α Centauri", Likeness.EQUAL),
        ("H_2O in clouds", r"$\mathrm{H}_2\mathrm{O}$ in clouds", Likeness.EQUAL),
        ("Schrödinger & Erdős in Köln", "Schrodinger and Erdos in Koln", Likeness.EQUAL),
        ("RETRACTED ARTICLE: Salt in the soil", "Salt in the soil", Likeness.EQUAL),
        ("Deep learning for cats: a study of nets", "Deep learning for cats", Likeness.CLOSE),
        ("Modelling tumour growth in mice", "Modeling tumor growth in mice", Likeness.CLOSE),
        ("Hypertension in old mice", "Hypotension in old mice", Likeness.FAR),
        ("Supervised learning of nets", "Unsupervised learning of nets", Likeness.FAR),
        ("Implicit schemes for induction", "Higher order schemes for induction", Likeness.FAR),
        ("A geometric model", "A geometric model II", Likeness.DISTINCT),
        ("Annual report 2019", "Annual report 2020", Likeness.DISTINCT),
        ("Hepatitis B in towns", "Hepatitis C in towns", Likeness.DISTINCT),
        ("Comment on tides", "Tides", Likeness.DISTINCT),
        ("Nets with noise: first results", "Nets with noise: second results", Likeness.DISTINCT),
    ],
)
def test_likeness(a, b, expected):
    for one, other in ((a, b), (b, a)):
        assert likeness(one, other, title_words(one), title_words(other)) is expected


@pytest.mark.parametrize(
    ("title", "number"),
    [
        ("The Theory of Ultralogics Part II", "2"),
        ("Placeholder Substructures III: A Recipe", "3"),
        ("On the tides. IV. Currents", "4"),
        ("Paper two: the survey", "2"),
        ("Salt, part B", "b"),
        ("Water in Photosystem II", None),
        ("A patient with diabetes type I", None),
        ("Vitamin C and colds", None),
        ("The party of tides", None),
    ],
)
def test_part_numbers(title, number):
    assert part_number(title) == number
