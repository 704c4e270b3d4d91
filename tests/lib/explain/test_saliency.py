"""Estimated losses without a word: the gradient is that of finite differences, and the ranks are those of occlusion."""

import numpy as np
import pytest
import torch

from encoders import FAMILIES, MINILM, abstracts, encoder_with_layout
from lib.embeddings.encoder import load
from lib.explain import saliency
from lib.explain.saliency import look

CPU = torch.device("cpu")


def unit(rows: np.ndarray) -> np.ndarray:
    return rows / np.linalg.norm(rows, axis=-1, keepdims=True)


def given(encoder) -> tuple[np.ndarray, np.ndarray, int, np.ndarray]:
    """A text, the word of each token (three special or unknown ones, then pairs), and two centroids."""
    texts = abstracts(8)
    ids = encoder.tokenize([texts[0][:200]]).ids[0]
    vectors = np.concatenate([encoder.encode([one]) for one in encoder.tokenize(texts).ids])
    words = np.arange(len(ids)) // 2 - 1
    words[[0, 1, -1]] = -1
    return ids, words, int(words.max()) + 1, unit(np.stack([vectors[:4].mean(0), vectors[4:].mean(0)]))


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_gives_an_estimate_and_encodes_as_before(tmp_path, family):
    encoder_with_layout(tmp_path, family)
    encoder = load(tmp_path, device=CPU)
    ids, words, n, centroids = given(encoder)
    before = encoder.encode([ids])
    seen = look(encoder, ids, words, n, centroids)
    assert seen.losses.shape == (2, n) and np.isfinite(seen.losses).all() and seen.losses.std(1).min() > 0
    np.testing.assert_allclose(seen.attention.sum(1), 1, atol=1e-5)
    np.testing.assert_array_equal(encoder.encode([ids]), before)


@pytest.mark.parametrize("pooling", ["mean", "cls", "last", "max"])
@pytest.mark.parametrize("dense", [False, True])
def test_every_pooling_and_dense_layers(tmp_path, pooling, dense):
    modules = ("Transformer", "Pooling", *(("Dense",) if dense else ()), "Normalize")
    encoder_with_layout(tmp_path, "Bert", modules=modules)
    encoder = load(tmp_path, device=CPU, pooling=pooling)
    ids, words, n, centroids = given(encoder)
    losses = look(encoder, ids, words, n, centroids).losses
    assert np.isfinite(losses).all() and losses.std(1).min() > 0


def test_the_estimate_is_that_of_finite_differences(tmp_path, monkeypatch):
    """Without the curvature: the similarity if the other tokens pay a word a little less attention, by hand."""
    monkeypatch.setattr(saliency, "SQUARED_LENGTH", 0.0)
    encoder_with_layout(tmp_path, "Bert")
    encoder = load(tmp_path, device=CPU)
    ids, words, n, centroids = given(encoder)
    encoder.model.double()
    less = 1e-4

    def fit(word: int | None) -> float:
        from transformers.models.bert import modeling_bert

        plain = modeling_bert.eager_attention_forward
        of_word = torch.from_numpy(words == word)

        def weighted(module, query, key, value, mask, **rest):
            _, weights = plain(module, query, key, value, mask, **rest)
            # a word has its share a little smaller, as the estimate has it: relative to what is left of it
            share = (weights * of_word).sum(-1, keepdim=True)
            change = less / (1 - share)
            smaller = weights * (1 - change * (of_word.double() - share))
            weights = torch.where(of_word[:, None], weights, smaller)
            return (weights @ value).transpose(1, 2).contiguous(), weights

        encoder.model.set_attn_implementation("eager")
        with pytest.MonkeyPatch.context() as patch, torch.inference_mode():
            patch.setattr(modeling_bert, "eager_attention_forward", weighted)
            hidden = encoder.model(torch.from_numpy(ids.astype(np.int64))[None]).last_hidden_state[0].numpy()
        share = (words == word) / len(ids)
        pooled = hidden.mean(0) - less * share @ (hidden - hidden.mean(0)) / (1 - share.sum())
        return float(unit(pooled) @ centroids[0])

    losses = look(encoder, ids, words, n, centroids).losses[0]
    for word in (0, 5, n - 1):
        assert (fit(None) - fit(word)) / less == pytest.approx(losses[word], rel=0.02, abs=1e-6)


def test_the_estimate_ranks_like_occlusion():
    """Over the words of a text, the estimated losses rank like the measured ones."""
    from conftest import STOP_WORDS
    from lib.explain.explanation import explain
    from lib.explain.influence import rank_correlation

    encoder = load(MINILM, device=CPU, max_tokens=96)
    texts = abstracts(8)
    vectors = encoder.encode(encoder.tokenize(texts).ids)
    both = np.stack([unit(vectors[[i, (i + 1) % 8]] + vectors.mean(0)) for i in range(8)])
    ways = [explain(encoder, texts, both, STOP_WORDS, [[0]] * 8, most) for most in (0, None)]
    ranks = [rank_correlation(a.influence, b.influence) for a, b in zip(*ways, strict=True)]
    assert np.mean(ranks) > 0.5, ranks
    assert not any(one.measured.any() for one in ways[0]) and all(one.measured.all() for one in ways[1])


def test_bfloat16_and_packed_encoders(tmp_path):
    encoder_with_layout(tmp_path, "Bert")
    plain = load(tmp_path, device=CPU)
    ids, words, n, centroids = given(plain)
    expected = look(plain, ids, words, n, centroids).losses
    packed = load(tmp_path, device=CPU, attention="sequence")
    np.testing.assert_allclose(look(packed, ids, words, n, centroids).losses, expected, atol=1e-6)
    half = look(load(tmp_path, device=CPU, precision="bfloat16"), ids[:16], words[:16], n, centroids).losses
    exact = look(plain, ids[:16], words[:16], n, centroids).losses
    assert np.corrcoef(half[0], exact[0])[0, 1] > 0.9


def test_without_words_or_gradient(tmp_path, monkeypatch):
    encoder_with_layout(tmp_path, "Bert")
    encoder = load(tmp_path, device=CPU)
    ids, words, n, centroids = given(encoder)
    assert look(encoder, ids, np.full(len(ids), -1), 0, centroids).losses.shape == (2, 0)
    assert np.isfinite(look(encoder, ids, np.zeros(len(ids), int), 1, centroids).losses).all()
    plain = saliency.eager_pass

    def detached(*args, **kwargs):
        hidden, layers = plain(*args, **kwargs)
        return hidden, [layer.detach() for layer in layers]

    monkeypatch.setattr(saliency, "eager_pass", detached)
    seen = look(encoder, ids, words, n, centroids)
    assert seen.losses is None and seen.attention is not None
