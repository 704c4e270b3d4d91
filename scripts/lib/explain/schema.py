"""Schemas of the files of this stage: explanations.

docs/files.md is written from them (`make docs`).
"""

from typing import TypedDict

import pyarrow as pa

from lib.columns import column

EXPLANATIONS = pa.schema(
    [
        column("topic", pa.int32(), "number of the topic of the paper"),
        column("id", pa.string(), "id of the paper"),
        column("position", pa.int32(), "place of the word in the text that the encoder read, from 0"),
        column("before", pa.string(), "the text between the word before and this one"),
        column("word", pa.string(), "the word as it stands there; a formula is one word"),
        column(
            "influence",
            pa.float32(),
            "loss of cosine to the centroid of the topic when the word is left out everywhere in the text; null for "
            "stop words",
        ),
        column(
            "margin_influence",
            pa.float32(),
            "loss of the margin to the second-best topic; negative if the word speaks for that topic",
        ),
        column("measured", pa.bool_(), "whether the two are measured, else estimated; null for stop words"),
        column(
            "attention",
            pa.float32(),
            "share of the attention that this place gets over all layers (rollout); null if the encoder gives none",
        ),
        column("attention_by_layer", pa.list_(pa.float32()), "the same in each layer, averaged over heads"),
    ]
)


EXPLAINED = pa.schema(
    [
        column("topic", pa.int32(), "number of the topic of the paper"),
        column("id", pa.string(), "id of the paper"),
        column("second_topic", pa.int32(), "the second-best topic"),
        column("similarity", pa.float32(), "cosine to the centroid of the topic"),
        column(
            "margin", pa.float32(), "`similarity` minus the cosine to the centroid of the second-best topic"
        ),
        column("words", pa.int32(), "words that the encoder read"),
        column("cut_words", pa.int32(), "words that it did not read, since the text was cut at max_tokens"),
        column(
            "attention_correlation",
            pa.float64(),
            "Spearman's correlation of attention (rollout) and influence over the distinct words, without stop words",
        ),
        column(
            "special_attention",
            pa.float32(),
            "share of the attention (rollout) that special tokens and the prefix get; the rest is punctuation's",
        ),
        column(
            "special_attention_by_layer",
            pa.list_(pa.float32()),
            "the same in each layer, averaged over heads",
        ),
        column("loss_influential", pa.float64(), "loss of similarity without the 5 most influential words"),
        column(
            "loss_random",
            pa.float64(),
            "the same for 5 random words that are not stop words, mean of 2 choices",
        ),
        column("loss_attention", pa.float64(), "the same for the 5 words with the most attention"),
    ]
)


class ExplainSummary(TypedDict):
    """Explanations of all topics in a few figures; lists have one entry per topic, by number.

    `loss_*` are the means over the papers of the columns of that name; `attention_correlation` is a median.
    `largest_difference` is 1 - cosine to the vectors of embeddings.npy.
    `layers` is 0 if the encoder gives no attention.
    """

    papers: int
    cut_papers: int
    layers: int
    loss_influential: float | None
    loss_random: float | None
    loss_attention: float | None
    attention_correlation: float | None
    influential_words: list[list[str]]
    largest_difference: float
    seconds: float
