"""How coherent and how distinct the keywords of all topics are."""

import numpy as np
import pandas as pd

from lib.keywords.coherence import (
    c_v,
    diversity,
    in_papers,
    in_windows,
    inverted_rbo,
    mean_known,
    mean_npmi,
    npmi,
)
from lib.keywords.schema import Coherence
from lib.keywords.vocabulary import words_of
from lib.words.term_files import Terms

TOP = 10  # keywords that are measured


def coherence(corpus: Terms, keywords: pd.DataFrame, k: int, rows: np.ndarray) -> Coherence:
    """The coherence and diversity of the first TOP keywords of each of k topics.

    Parameters
    ----------
    keywords : columns of KEYWORDS
    rows : int (m,), the papers whose windows are counted, ascending
    """
    of_topics = keywords[(keywords["level"] == "topic") & (keywords["rank"] <= TOP)]
    number = {term: i for i, term in enumerate(corpus.vocabulary["term"].to_pylist())}
    lists = [list(of_topics.loc[of_topics["node"] == topic, "term"]) for topic in range(k)]
    wanted = np.unique([number[term] for of_topic in lists for term in of_topic]).astype(int)
    columns = [np.searchsorted(wanted, [number[term] for term in of_topic]).astype(int) for of_topic in lists]
    # the floor: the same keywords, dealt to the topics at random
    dealt = np.split(
        np.random.default_rng(0).permutation(np.concatenate(columns)), np.cumsum(list(map(len, columns)))[:-1]
    )
    papers = npmi(in_papers(corpus.terms, corpus.term_offsets, wanted))
    words = words_of(corpus.vocabulary, wanted)
    windows, near = (npmi(counts) for counts in in_windows(corpus.tokens, corpus.offsets, rows, words))
    npmi_by_topic, c_v_by_topic = mean_npmi(papers, columns), c_v(windows, columns)
    return Coherence(
        npmi=mean_known(npmi_by_topic),
        npmi_floor=mean_known(mean_npmi(papers, dealt)),
        npmi_near=mean_known(mean_npmi(near, columns)),
        c_v=mean_known(c_v_by_topic),
        c_v_floor=mean_known(c_v(windows, dealt)),
        diversity=diversity(lists, TOP),
        inverted_rbo=inverted_rbo(lists),
        npmi_by_topic=npmi_by_topic,
        c_v_by_topic=c_v_by_topic,
        before_edits=None,
    )
