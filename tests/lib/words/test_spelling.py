"""Which spellings are one word."""

import pytest

from lib.words.spelling import american, one_per_word, stem


@pytest.mark.parametrize(
    ("spellings", "same"),
    [
        (["galaxy", "galaxies"], True),
        (["x-ray", "x-rays", "xray", "x ray"], True),
        (["non-linear", "nonlinear", "non linear"], True),
        (["behaviour", "behavior", "behaviours"], True),
        (["modelling", "modeling"], True),
        (["organisation", "organization", "organizations"], True),
        (["analyse", "analyze"], True),
        (["fibre", "fibers"], True),
        (["centre", "center"], True),
        (["matrix", "matrices"], True),
        (["catalogue", "catalog"], True),
        (["bias", "biases"], True),
        (["gas", "gases"], True),
        (["phase", "phases"], True),
        (["entre", "enter"], False),
        (["tour", "tor"], False),
        (["filled", "filed"], False),
        (["noise", "noises"], True),
        (["mass", "mas"], False),
        (["basis", "basi"], False),
    ],
)
def test_spellings_of_a_word(spellings, same):
    assert (len(set(one_per_word(spellings))) == 1) == same


def test_british_spellings_are_changed_only_to_what_the_corpus_has():
    assert american("noise") == "noize"
    assert one_per_word(["noise", "fibre", "fiber"]) == ["noise", "fiber", "fiber"]


def test_stems():
    assert [stem(word) for word in ("galaxies", "classes", "bus", "boxes", "nuclei", "lens")] == [
        "galaxy", "class", "bus", "box", "nucleus", "len",
    ]  # fmt: skip
