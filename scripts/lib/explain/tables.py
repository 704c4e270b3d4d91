"""Tables of explanations."""

from dataclasses import astuple

import numpy as np
import pandas as pd

from lib.explain.explanation import Explanation
from lib.explain.influence import mean_influence
from lib.explain.papers import Paper
from lib.explain.schema import EXPLAINED, EXPLANATIONS

LISTED = 10  # influential words per topic


def word_table(papers: list[Paper], explanations: list[Explanation]) -> pd.DataFrame:
    """One row per word of each explained paper, with the columns of EXPLANATIONS."""
    tables = []
    for paper, one in zip(papers, explanations, strict=True):
        words, text, attention = one.reading.words, one.reading.text, one.attention
        ends = [0, *(end for _, end in words)]
        tables.append(
            pd.DataFrame(
                {
                    "topic": paper.topic,
                    "id": paper.id,
                    "position": np.arange(len(words)),
                    "before": [text[end:start] for end, (start, _) in zip(ends, words, strict=False)],
                    "word": [text[start:end] for start, end in words],
                    "influence": np.append(one.influence, np.nan)[one.word_at],
                    "margin_influence": np.append(one.margin_influence, np.nan)[one.word_at],
                    "measured": [None if word < 0 else bool(one.measured[word]) for word in one.word_at],
                    "attention": None if attention is None else attention[-1],
                    "attention_by_layer": None if attention is None else attention[:-1].T.tolist(),
                }
            )
        )
    return pd.concat(tables) if tables else EXPLANATIONS.empty_table().to_pandas()


def paper_table(papers: list[Paper], explanations: list[Explanation]) -> pd.DataFrame:
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
            None if one.special is None else one.special[:-1].tolist(),
            *((None, None, None) if one.losses is None else astuple(one.losses)),
        )
        for paper, one in zip(papers, explanations, strict=True)
    ]
    return pd.DataFrame(rows, columns=EXPLAINED.names)


def summarize(papers: pd.DataFrame, words: pd.DataFrame, k: int, difference: float) -> dict:
    """The keys of ExplainSummary without the time.

    Parameters
    ----------
    papers, words : columns of EXPLAINED and of EXPLANATIONS
    k : number of topics
    difference : the largest 1 - cosine of a recomputed vector and the stored one
    """
    of_topic = dict(list(words.groupby("topic")))
    influential = [mean_influence(of_topic.get(topic, words.iloc[:0])) for topic in range(k)]

    def known(name: str) -> pd.Series:
        return papers[name].dropna().astype(float)

    means = {name: known(name).mean() for name in ("loss_influential", "loss_random", "loss_attention")}
    means["attention_correlation"] = known("attention_correlation").median()
    layers = papers["special_attention_by_layer"].dropna()
    return {
        "papers": len(papers),
        "cut_papers": int((papers["cut_words"] > 0).sum()),
        "layers": len(layers.iloc[0]) if len(layers) else 0,
        **{name: None if np.isnan(value) else float(value) for name, value in means.items()},
        "influential_words": [
            [word for word, value in influence.items() if value > 0][:LISTED] for influence in influential
        ],
        "largest_difference": difference,
    }
