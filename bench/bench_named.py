"""How well names find the papers of their topics, at five numbers of topics and on the subtopics.

On the bundled papers and, if CORPUS is given, on 20,000 of its papers and on 6,000 of subjects other than computer
science. A name is the first three keywords. As many papers as the topic has are looked up by them: those whose terms of the
name have the largest sum of inverse document frequencies. The share of these that are in the topic is the R-precision of
the name (Manning et al. 2008, Introduction to Information Retrieval, 8.4); ties count by their mean.
"""

import os
from pathlib import Path

import numpy as np
from scipy import sparse

from bench_quality import our_terms
from bench_space import corpora, folder_of
from measure import default_flags, table
from quality_ways import ours

KS = (8, 17, 30, 60, 100)
IN_NAME = 3
UNSAID = 0.2  # a name of a lower R-precision does not find its topic


def r_precision(scores: np.ndarray, wanted: np.ndarray) -> float:
    """Of the highest-scored objects, as many as are wanted, the share that are wanted; those scored 0 are not looked up.

    Parameters
    ----------
    scores : float (n,)
    wanted : bool (n,)
    """
    n = int(wanted.sum())
    last = np.sort(scores)[-n]
    above, tied = scores > last, (scores == last) & (last > 0)
    share = wanted[tied].mean() if tied.any() else 0.0
    return float((wanted[above].sum() + share * (n - above.sum())) / n)


def of_names(found: list[list], model, papers: sparse.csc_matrix, labels: np.ndarray) -> np.ndarray:
    """The R-precision of the name of each topic: float64 (k,).

    Parameters
    ----------
    found : keywords of each topic
    papers : (n, n_terms), 1 for the terms of a paper
    labels : int (n,), topic of each paper
    """
    row_of = {term: row for row, term in enumerate(model.vocabulary.terms)}
    rarity = np.log(papers.shape[0] / np.maximum(np.asarray(papers.sum(0)).ravel(), 1))
    values = []
    for topic, keywords in enumerate(found):
        terms = [row_of[keyword.term] for keyword in keywords[:IN_NAME]]
        values.append(r_precision(papers[:, terms] @ rarity[terms], labels == topic))
    return np.array(values)


def divided(vectors: np.ndarray, topics: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The leaf of each paper, a topic or a subtopic, int (n,); and the topic of each leaf, int (m,)."""
    from hierarchy import divide

    flags, k = default_flags("hierarchy"), int(topics.max()) + 1
    settings = {"min_papers": flags["min_papers"], "most": flags["max_subtopics"], "seed": flags["seed"]}
    leaves, topic_of = topics.copy(), list(range(k))
    for topic, (parts, stability) in enumerate(divide(vectors, topics, k, **settings)):
        if len(stability):
            leaves[topics == topic] = len(topic_of) + parts
            topic_of += [topic] * len(stability)
    return leaves, np.array(topic_of)


def measured(folder: Path, vectors: np.ndarray, primary: list[str]) -> list[list]:
    """For each number of topics, and of the leaves: AMI, the mean R-precision of names, and the share of names below UNSAID."""
    from sklearn.metrics import adjusted_mutual_info_score

    from lib.keywords.lists import lists_of
    from lib.keywords.model import KeywordModel

    corpus, head_words = our_terms(folder, "named")
    ones = np.ones(len(corpus.terms), np.float32)
    shape = (len(vectors), len(corpus.vocabulary))
    papers = sparse.csr_matrix((ones, corpus.terms, corpus.term_offsets), shape).tocsc()
    rows = []
    for k in KS:
        topics = ours(vectors, k)[0]
        leaves, topic_of = divided(vectors, topics)
        model = KeywordModel.of(corpus, vectors, leaves, topic_of, head_words)
        of_topics, below = lists_of(model, topic_of[k:], 10, [frozenset()] * k)
        by_topic = of_names(of_topics, model, papers, topics)
        here, labels = np.unique(leaves, return_inverse=True)
        by_leaf = of_names([(of_topics + below)[leaf] for leaf in here], model, papers, labels)
        pairs = [(topics, by_topic), (leaves, by_leaf)]
        ami, other = (adjusted_mutual_info_score(primary, each) for each, _ in pairs)
        found = [[values.mean(), (values < UNSAID).mean()] for _, values in pairs]
        rows.append([k, ami, *found[0], len(here), other, *found[1]])
    return rows


def main() -> None:
    limit = int(os.environ.get("PAPERS", "20000"))
    for name, vectors, primary in corpora(limit, others=True):
        names = ["AMI", "R-precision of names", f"below {UNSAID}"]
        header = ["K", *names, "leaves", *names]
        table(f"Names: {name}", header, measured(folder_of(name, limit), vectors, list(map(str, primary))))


if __name__ == "__main__":
    main()
