"""The papers that stand for a topic."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from lib.naming.mentions import mentions
from lib.naming.representatives import diverse, latest, near_center
from lib.naming.title_scorer import TitleScorer

SCORER = TitleScorer(
    [
        [("language models", 0.5), ("reasoning", 0.3), ("x-rays", 0.2)],
        [("spin-orbit", 0.6), ("reasoning", 0.4)],
    ]
)


@pytest.mark.parametrize(
    # `long`: the share of its words of four letters, and four more, in keywords of the second topic
    ("title", "coverage", "long"),
    [
        ("A Large Language Model for X-Ray Images", [0.7, 0], 0),
        ("Spin orbit coupling", [0, 0.6], 2 / 7),
        ("On reasoning about spin-orbit", [0.3, 1], 3 / 8),
        ("Models", [0, 0], 0),
        ("", [0, 0], 0),
    ],
)
def test_coverage_and_score_of_a_title(title, coverage, long):
    assert SCORER.coverage(title) == pytest.approx(coverage)
    measure = 1 / (0.8 / coverage[1] + 0.2 / long) if long else 0
    assert SCORER.score(title, 1) == pytest.approx(measure - coverage[0])


def test_a_title_mentions_a_keyword_in_any_form():
    assert mentions("Large Language Model Agents", "language models") and mentions("X-ray spectra", "x-rays")
    assert not mentions("Language of Birds", "language models")


def test_keywords_in_lower_case_are_found_in_titles_in_capitals():
    """The words are those of the column `text`, which Arrow puts into lower case."""
    for title in ("İSTANBUL İÇİN", "ΝΟΜΟΣ ΚΑΙ"):
        for word in pc.utf8_lower(pa.scalar(title)).as_py().split():
            assert mentions(title, word)


def test_titles_come_from_the_nearer_half_of_a_topic():
    assert [len(near_center(np.arange(n))) for n in (1, 7, 98, 5000)] == [1, 4, 49, 50]


def test_the_latest_are_of_the_nearer_half():
    days = np.array([5, 9, 7, np.nan, 3, 99, 98, 97])
    picked = latest(np.arange(8), days, 2)
    assert picked.rows.tolist() == [1, 2] and picked.scores.tolist() == [9, 7]


def test_diverse_papers_are_far_from_each_other():
    vectors = np.eye(4, dtype=np.float32)[[0, 0, 1, 1, 2]]
    picked = diverse(np.array([7, 8, 9, 10, 11]), vectors, 3)
    assert picked.rows.tolist() == [7, 9, 11] and picked.scores.tolist() == [0, 0, 0]
    assert diverse(np.array([7, 8, 9, 10, 11]), vectors, 9).rows.tolist() == [7, 9, 11, 8, 10]
