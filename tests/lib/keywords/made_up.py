"""Vocabularies and models of made-up papers."""

import re

import numpy as np
import pyarrow as pa

from lib.keywords.model import KeywordModel
from lib.keywords.vocabulary import Vocabulary
from lib.words.schema import VOCABULARY
from lib.words.term_files import Terms


def vocabulary(
    terms: list[str],
    title_rate: dict[str, float] | None = None,
    followed_share: dict[str, float] | None = None,
    stands_for: dict[str, str] | None = None,
) -> Vocabulary:
    """These terms; a term of two of them is a bigram."""
    names = ["", *terms]
    number = {name: i for i, name in enumerate(names)}
    parts = [re.split("[ -](?=[^ -]*$)", name) for name in names]
    words = [
        tuple(number[word] for word in of_term) if all(word in number for word in of_term) else (row,)
        for row, of_term in enumerate(parts)
    ]
    rates = np.array([(title_rate or {}).get(name, 1.0) for name in names])
    followed = np.array([(followed_share or {}).get(name, 0.0) for name in names])
    return Vocabulary(names, words, rates, followed, [(stands_for or {}).get(name, "") for name in names])


def corpus_of(papers: list[list[str]], stands_for: dict[str, str] | None = None) -> Terms:
    """The files of the step `terms` for papers of words, of which no two are neighbors."""
    words = sorted({word for paper in papers for word in paper})
    number = {word: row for row, word in enumerate(words, 1)}
    of_papers = [sorted({number[word] for word in paper}) for paper in papers]
    counts = [0, *(sum(number[word] in paper for paper in of_papers) for word in words)]
    none = pa.nulls(len(counts), pa.int32())
    columns = [
        pa.array(["", *words]),
        pa.array(counts, pa.int64()),
        pa.array([0] * len(counts), pa.int64()),
        none,
        none,
        pa.array([0.0] * len(counts), pa.float32()),
        pa.array([None, *((stands_for or {}).get(word) for word in words)], pa.string()),
    ]
    table = pa.Table.from_arrays(columns, schema=VOCABULARY)
    tokens = [number_or_gap for paper in papers for word in paper for number_or_gap in (number[word], 0)]
    return Terms(
        table,
        np.array(tokens, np.int32),
        np.cumsum([0, *(2 * len(paper) for paper in papers)]),
        np.concatenate([np.array(paper, np.int32) for paper in of_papers]),
        np.cumsum([0, *map(len, of_papers)]),
    )


def model_of(
    papers: list[list[str]],
    topics: np.ndarray,
    vectors: np.ndarray,
    *,
    head_words: frozenset[str] = frozenset(),
    **more,
) -> KeywordModel:
    """The model of papers of words, whose leaves are their topics."""
    rows = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    return KeywordModel.of(corpus_of(papers, **more), rows, topics, np.arange(topics.max() + 1), head_words)
