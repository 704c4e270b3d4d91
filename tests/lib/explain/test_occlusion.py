"""What an encoder reads of a text, and vectors of texts without words."""

import numpy as np
import pytest
import torch

from encoders import MINILM, abstracts, encoder_with_layout
from lib.embeddings.encoder import load
from lib.explain.occlusion import BETWEEN, SPECIAL, encode_without, read

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def minilm():
    return load(MINILM, device=CPU, precision="float32", max_tokens=32)


def test_each_token_belongs_to_its_word(minilm):
    reading = read(minilm, "superconductivity, of $x^2$.")
    words = [reading.text[a:b] for a, b in reading.words]
    assert words == ["superconductivity", "of", "$x^2$"] and reading.cut_words == 0
    pieces = {}
    for owner, token in zip(reading.owner.tolist(), reading.ids.tolist(), strict=True):
        pieces[owner] = pieces.get(owner, "") + minilm.tokenizer.id_to_token(token).removeprefix("##")
    assert pieces == {SPECIAL: "[CLS][SEP]", 0: words[0], 1: "of", 2: "$x^2$", BETWEEN: ",."}


def test_words_behind_the_cut_are_not_read_and_do_not_move_up(minilm):
    text = " ".join(["galaxy"] * 300)
    reading = read(minilm, text)
    assert len(reading.ids) == 32 and len(reading.words) == 30 and reading.cut_words == 270
    ((vector,),) = encode_without(minilm, [reading], [[np.arange(10)]])
    np.testing.assert_allclose(
        vector, minilm.encode(minilm.tokenize([" ".join(["galaxy"] * 20)]).ids)[0], atol=1e-6
    )


def test_vectors_are_those_of_the_texts_without_the_words(minilm):
    reading = read(minilm, "spin glasses at low temperature")
    (made,) = encode_without(minilm, [reading], [[np.array([1]), np.array([0, 4]), np.array([], int)]])
    texts = ["spin at low temperature", "glasses at low", "spin glasses at low temperature"]
    np.testing.assert_allclose(made, minilm.encode(minilm.tokenize(texts).ids), atol=1e-6)


@pytest.mark.parametrize("family", ["T5", "Qwen3"])
def test_prefixes_and_tokenizers_of_decoders(tmp_path, family):
    encoder_with_layout(tmp_path, family)
    encoder = load(tmp_path, device=CPU, precision="float32", prefix="query: ", pooling="last")
    text = abstracts(1)[0]
    reading = read(encoder, text)
    assert reading.text == text.strip() and reading.cut_words == 0
    shown = dict.fromkeys(range(len(reading.words)), "")
    for owner, token in zip(reading.owner.tolist(), reading.ids.tolist(), strict=True):
        if owner >= 0:
            shown[owner] += encoder.tokenizer.id_to_token(token).removeprefix("##")
    assert list(shown.values()) == [reading.text[a:b] for a, b in reading.words]
    prefix = encoder.tokenizer.encode("query: ", add_special_tokens=False).ids
    assert (reading.owner[: len(prefix)] == SPECIAL).all() and (reading.owner[len(prefix)] != SPECIAL)
    # of a text without any word only the special token is left
    np.testing.assert_allclose(
        encode_without(encoder, [read(encoder, "galaxy")], [[np.array([0])]])[0][0],
        encoder.encode(encoder.tokenize([""]).ids)[0],
        atol=1e-6,
    )


def test_a_text_without_any_token_has_the_vector_zero(minilm, monkeypatch):
    monkeypatch.setattr(minilm, "skip", 2)
    assert not encode_without(minilm, [read(minilm, "galaxy")], [[np.array([0])]])[0].any()
