"""Attention that tokens get: of the very pass that makes the vector, in all families of encoders."""

import numpy as np
import pytest
import torch

from encoders import FAMILIES, MINILM, abstracts, encoder_with_layout
from lib.embeddings.encoder import load
from lib.explain.attention_patterns import eager_pass, mean_over_heads, pooling_weights, received, rollout

CPU = torch.device("cpu")


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_gives_attention_and_encodes_as_before(tmp_path, family):
    encoder_with_layout(tmp_path, family)
    encoder = load(tmp_path, device=CPU)
    (ids,) = encoder.tokenize([abstracts(1)[0][:200]]).ids
    before = encoder.encode([ids])
    layers = mean_over_heads(eager_pass(encoder, ids)[1])
    assert layers.shape == (encoder.model.config.num_hidden_layers, len(ids), len(ids))
    np.testing.assert_allclose(layers.sum(2), 1, atol=1e-5)
    if family in ("Qwen3", "Llama", "Mistral", "Gemma2"):
        assert not np.triu(layers, 1).any()  # causal
    np.testing.assert_array_equal(encoder.encode([ids]), before)


def test_attention_is_that_of_the_model_in_packed_encoders_too(tmp_path):
    encoder_with_layout(tmp_path, "Bert")
    ids = load(tmp_path, device=CPU).tokenize(abstracts(1)).ids[0]
    packed = load(tmp_path, device=CPU, attention="sequence")
    before = packed.encode([ids, ids[:20]])
    ours = mean_over_heads(eager_pass(packed, ids)[1])
    np.testing.assert_array_equal(packed.encode([ids, ids[:20]]), before)
    from transformers import AutoModel

    model = AutoModel.from_pretrained(tmp_path, attn_implementation="eager").eval()
    theirs = model(torch.tensor(ids.astype(np.int64))[None], output_attentions=True).attentions
    np.testing.assert_allclose(ours, torch.cat(theirs).mean(1).detach().numpy(), atol=1e-6)


def test_rollout_is_the_product_of_half_attention_half_identity():
    layers = np.random.default_rng(0).dirichlet(np.ones(5), size=(4, 5))
    expected = np.linalg.multi_dot([(layer + np.eye(5)) / 2 for layer in reversed(layers)])
    made = np.stack([rollout(weights, layers) for weights in np.eye(5)])
    np.testing.assert_allclose(made, expected)
    np.testing.assert_allclose(made.sum(1), 1)


def test_rollout_of_uniform_attention_is_known():
    """(I + J/n)/2 to the power of m has J/n times 1 - 2^-m off the diagonal."""
    uniform = np.full((3, 4, 4), 0.25)
    made = np.stack([rollout(weights, uniform) for weights in np.eye(4)])
    np.testing.assert_allclose(made, np.eye(4) / 8 + (1 - 1 / 8) / 4)


@pytest.mark.parametrize(
    ("pooling", "expected"),
    [("mean", [0, 0.5, 0.5]), ("max", [0, 0.5, 0.5]), ("cls", [0, 1, 0]), ("last", [0, 0, 1])],
)
def test_weights_are_those_of_the_pooling(pooling, expected):
    np.testing.assert_allclose(pooling_weights(3, pooling, skip=1), expected)


def test_shares_of_all_tokens_sum_to_one():
    encoder = load(MINILM, device=CPU)
    layers = mean_over_heads(eager_pass(encoder, encoder.tokenize(abstracts(1)).ids[0])[1])
    shares = received(layers, encoder.pooling, encoder.skip)
    assert len(shares) == 7  # six layers and the rollout
    np.testing.assert_allclose(shares.sum(1), 1, atol=1e-5)


def test_a_model_without_attention_output_gives_none(tmp_path, monkeypatch):
    encoder_with_layout(tmp_path, "Bert")
    encoder = load(tmp_path, device=CPU)
    (ids,) = encoder.tokenize(abstracts(1)).ids
    plain = encoder.model.forward

    def without_attention(input_ids, attention_mask):
        return plain(input_ids=input_ids, attention_mask=attention_mask)

    monkeypatch.setattr(encoder.model, "forward", without_attention)
    assert eager_pass(encoder, ids) is None
    assert encoder.encode([ids]).any()
