"""Tables of explanations."""

from dataclasses import astuple, dataclass

import numpy as np
import pandas as pd
from scipy import sparse

from lib.explain.explanation import Explanation, mean_influence, rank_correlation
from lib.explain.schema import EXPLAINED, EXPLANATIONS
from lib.words.spelling import plain

LISTED = 10  # influential words per topic


@dataclass(frozen=True)
class Paper:
    """A paper to explain: its row, id, text, topic, second-best topic, and vector float32 (dim,)."""

    row: int
    id: str
    text: str
    topic: int
    second_topic: int
    vector: np.ndarray


def word_table(papers: list[Paper], found: list[Explanation]) -> pd.DataFrame:
    """One row per word of each explained paper, with the columns of EXPLANATIONS."""
    tables = []
    for paper, one in zip(papers, found, strict=True):
        words = one.reading.words
        ends = [0, *(end for _, end in words)]
        attention = one.attention
        tables.append(
            pd.DataFrame(
                {
                    "topic": paper.topic,
                    "id": paper.id,
                    "position": np.arange(len(words)),
                    "before": [
                        one.reading.text[end:start] for end, (start, _) in zip(ends, words, strict=False)
                    ],
                    "word": [one.reading.text[start:end] for start, end in words],
                    "influence": np.append(one.influence, np.nan)[one.word_at],
                    "margin_influence": np.append(one.margin_influence, np.nan)[one.word_at],
                    "measured": [None if word < 0 else bool(one.measured[word]) for word in one.word_at],
                    "attention": None if attention is None else attention[-1],
                    "attention_by_layer": None if attention is None else attention[:-1].T.tolist(),
                }
            )
        )
    return pd.concat(tables) if tables else EXPLANATIONS.empty_table().to_pandas()


def paper_table(papers: list[Paper], found: list[Explanation]) -> pd.DataFrame:
    """One row per explained paper, with the columns of EXPLAINED."""
    rows = [
        (
            paper.topic,
            paper.id,
            paper.second_topic,
            one.similarity,
            one.margin,
            len(one.reading.words),
            one.reading.cut_words,
            one.attention_correlation,
            None if one.special is None else one.special[-1],
            *((None, None, None) if one.losses is None else astuple(one.losses)),
        )
        for paper, one in zip(papers, found, strict=True)
    ]
    return pd.DataFrame(rows, columns=EXPLAINED.names)


def beside_keywords(influence: dict[str, float], weights: np.ndarray, column: dict[str, int]) -> float | None:
    """Spearman's correlation of the influence and the c-TF-IDF weight of the words that are terms of the corpus.

    Parameters
    ----------
    influence : of the words of some papers of a topic
    weights : float (n_terms,), in this topic
    column : of each term in `weights`, by its plain form
    """
    known = [
        (value, weights[column[plain(word)]]) for word, value in influence.items() if plain(word) in column
    ]
    return rank_correlation(*np.array(known).reshape(-1, 2).T)


def summarize(
    papers: list[Paper],
    found: list[Explanation],
    table: pd.DataFrame,
    vocabulary: list[str],
    weights: sparse.csr_matrix,
    difference: float,
) -> dict:
    """The keys of ExplainSummary without the time.

    Parameters
    ----------
    table : of the papers, see `paper_table`
    vocabulary : the terms
    weights : (k, n_terms), class-based TF-IDF
    """
    column = {plain(term): i for i, term in enumerate(vocabulary) if " " not in term}
    words, correlations = [], []
    for topic in range(weights.shape[0]):
        of_topic = [one for paper, one in zip(papers, found, strict=True) if paper.topic == topic]
        influence = mean_influence(of_topic) if of_topic else {}
        words.append([word for word, value in influence.items() if value > 0][:LISTED])
        correlations.append(beside_keywords(influence, weights[[topic]].toarray().ravel(), column))

    def known(name: str) -> pd.Series:
        return table[name].dropna().astype(float)

    means = {name: known(name).mean() for name in ("loss_influential", "loss_random", "loss_attention")}
    means["attention_correlation"] = known("attention_correlation").median()
    return {
        "papers": len(papers),
        "cut_papers": sum(one.reading.cut_words > 0 for one in found),
        "layers": 0 if not found or found[0].attention is None else len(found[0].attention) - 1,
        **{name: None if np.isnan(value) else float(value) for name, value in means.items()},
        "influential_words": words,
        "keyword_correlation": correlations,
        "largest_difference": difference,
    }
