"""Explanations: planted words are found, and the figures are those of their definitions."""

import numpy as np
import pytest
import torch

from conftest import STOP_WORDS
from encoders import MINILM, abstracts
from lib.embeddings.encoder import load
from lib.explain.explanation import (
    MEASURED,
    Explanation,
    explain,
    is_stop_word,
    similarity_and_margin,
)
from lib.explain.occlusion import without


@pytest.fixture(scope="module")
def minilm():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # several processes share the cores
    # a small batch is not filled up beyond the budget
    yield load(MINILM, device=torch.device("cpu"), max_tokens=64, budget=64)
    torch.set_num_threads(threads)


def unit(rows: np.ndarray) -> np.ndarray:
    return rows / np.linalg.norm(rows, axis=-1, keepdims=True)


SUBJECTS = {
    "galaxy": ("galaxies", "quasar", "supernova"),
    "brain": ("cortex", "neurons", "synaptic"),
    "prime": ("primes", "zeta", "riemann"),
    "protein": ("proteins", "enzyme", "folding"),
}
FRAMES = (
    "we present a new approach to {0} that improves on earlier work, and discuss {1} in detail. the results for {2} agree well",
    "in this paper a method is given for {0}, with applications to {1}. several examples show that {2} can be treated too",
    "the role of {0} has been debated for long. here we review what is known about {1} and give a simple account of {2}",
    "recent progress on {0} raises new questions. we compare three ways to look at {1}, and find that {2} matters most",
    "a short note about {0}: our main result extends to {1} under weak conditions, which answers a question about {2}",
)


def test_planted_words_are_among_the_first_five(minilm):
    """Papers whose subject hangs on three inserted words rank these in the first five in 95 % of cases."""
    papers = {name: [frame.format(*words) for frame in FRAMES] for name, words in SUBJECTS.items()}
    centroids = {
        name: unit(minilm.encode(minilm.tokenize(some).ids).mean(0)) for name, some in papers.items()
    }
    found = []
    for name, words in SUBJECTS.items():
        second = next(other for other in SUBJECTS if other != name)
        both = np.stack([centroids[name], centroids[second]])
        for one in explain(minilm, papers[name], np.stack([both] * 5), STOP_WORDS, [[0]] * 5):
            first = {one.words[i] for i in one.order[:5]}
            found.append(set(words) <= first)
    assert np.mean(found) >= 0.95, found


@pytest.fixture(scope="module")
def explained(minilm) -> tuple[str, np.ndarray, Explanation]:
    text = abstracts(1)[0]
    vectors = minilm.encode(minilm.tokenize(abstracts(9)).ids)
    centroids = unit(np.stack([vectors[:4].mean(0), vectors[4:].mean(0)]))
    return text, centroids, *explain(minilm, [text], centroids[None], STOP_WORDS, [[1, 2]])


def test_influence_is_what_is_lost_without_a_word(minilm, explained):
    text, centroids, one = explained
    whole = minilm.encode(minilm.tokenize([text]).ids)[0]
    np.testing.assert_array_equal(one.vector, whole)
    assert one.similarity == pytest.approx(whole @ centroids[0], abs=1e-6)
    assert one.margin == pytest.approx(whole @ centroids[0] - whole @ centroids[1], abs=1e-6)
    measured = np.flatnonzero(one.measured)
    assert len(measured) == MEASURED < len(one.words)
    for word in (measured[0], measured[-1]):
        spans = [one.reading.words[place] for place in np.flatnonzero(one.word_at == word)]
        rest = minilm.encode(minilm.tokenize([without(one.reading.text, spans)]).ids)[0]
        assert one.influence[word] == pytest.approx((whole - rest) @ centroids[0], abs=1e-5)
        margin = (whole - rest) @ (centroids[0] - centroids[1])
        assert one.margin_influence[word] == pytest.approx(margin, abs=1e-5)


def test_deleting_influential_words_is_the_loss(minilm, explained):
    _, centroids, one = explained
    top = np.argsort(-one.influence)[:5]
    spans = [span for span, word in zip(one.reading.words, one.word_at, strict=True) if word in top]
    rest = minilm.encode(minilm.tokenize([without(one.reading.text, spans)]).ids)[0]
    assert one.losses.influential == pytest.approx((one.vector - rest) @ centroids[0], abs=1e-5)
    assert one.losses.influential > one.losses.random


def test_attention_of_words_and_special_tokens_is_a_part_of_all(explained):
    one = explained[2]
    total = one.attention.sum(1) + one.special
    assert (total <= 1 + 1e-6).all() and (total > 0.8).all()  # the rest is punctuation's
    content = one.attention[:, one.word_at >= 0].sum(1)
    np.testing.assert_allclose(one.word_attention.sum(1), content)
    assert (content < one.attention.sum(1)).all()  # stop words get some


def test_a_word_is_a_stop_word_if_all_its_parts_are():
    words = ["and", "on-the", "up-to-date", "galaxy", "$x^2$"]
    assert [is_stop_word(word, STOP_WORDS) for word in words] == [True, True, False, False, False]


def test_a_paper_of_one_word(minilm):
    centroids = unit(np.eye(2, minilm.dim, dtype=np.float32))
    one, nothing, stops = explain(
        minilm, ["galaxies.", "?!", "of the and"], np.stack([centroids] * 3), STOP_WORDS, [[0]] * 3
    )
    assert one.words == ["galaxies"] and one.losses is None and one.attention_correlation is None
    assert np.isfinite(one.influence).all()
    for empty in (nothing, stops):
        assert not empty.words and empty.influence.shape == (0,) and empty.losses is None


def test_a_text_without_vector_fits_nothing():
    similarity, margin = similarity_and_margin(np.zeros((1, 3), np.float32), np.eye(2, 3, dtype=np.float32))
    assert similarity[0] == margin[0] == 0
