"""Name the groups and subtopics of the hierarchy, and draw its tree."""

import argparse
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import pyarrow as pa
from scipy import sparse

from lib.cli import Parser, run, say
from lib.clusters.schema import ASSIGNMENTS, NODES, SUBTOPICS, check_topics
from lib.figures.fonts import drawable
from lib.figures.style import save
from lib.figures.tree_figure import draw_tree
from lib.files import atomic_outputs
from lib.keywords.ctfidf import TermCounts, count_in_topics, eligible, informative
from lib.keywords.keywords import Keyword, keywords_of, lifts, restricted
from lib.keywords.phrases import Phrases
from lib.keywords.schema import HIERARCHY
from lib.keywords.term_vectors import TermVectors
from lib.naming.names import SEPARATOR, primary_keywords, topic_names
from lib.naming.representatives import says
from lib.naming.schema import TOPICS
from lib.tables import check_same_rows, read_table, write_csv, write_table
from lib.vectors import open_embeddings, read_array
from lib.words.schema import Terms
from lib.words.words import read_words

LEAST_PAPERS = 3  # of siblings that have a term, for it to be a keyword of one of them


def names_of(keywords: list[list[Keyword]], of_parent: str, sizes: np.ndarray) -> list[str]:
    """The names of siblings by their keywords; one without keywords has that of its parent and a number.

    Keywords whose words the parent's name has are left out where there are others, if they do not tell siblings
    apart: of the papers with the keyword in excess of the sibling's share, less than a third are there.

    Parameters
    ----------
    sizes : int (m,), papers of each sibling
    """
    said = of_parent.split(SEPARATOR)
    least = (1 + 2 * sizes / sizes.sum()) / 3
    keywords = [
        [
            keyword
            for keyword in some
            if keyword.share >= own or not any(says(phrase, keyword.term) for phrase in said)
        ]
        or some
        for some, own in zip(keywords, least, strict=True)
    ]
    known = [i for i, some in enumerate(keywords) if some]
    pairs = [[(word, weight) for word, weight, *_ in keywords[i]] for i in known]
    primary = primary_keywords(pairs, [of_parent] * len(known))
    named = topic_names([[word for word, *_ in keywords[i]] for i in known], primary)
    names = [f"{of_parent} ({i + 1})" for i in range(len(keywords))]
    for i, name in zip(known, named, strict=True):
        names[i] = name
    return names


def count_terms(
    terms: np.ndarray,
    offsets: np.ndarray,
    owner: np.ndarray,
    subtopic: np.ndarray,
    parents: np.ndarray,
    k: int,
    n: int,
) -> sparse.csr_matrix:
    """The papers of each topic, and then of each subtopic, that have each term: int64 csr (k + m, n).

    Parameters
    ----------
    terms, offsets : the terms of each paper, as the step `terms` writes them (may be memory-mapped)
    owner : int (n_papers,), the topic of each paper, 0 to k - 1; -1 for papers of none
    subtopic : int (n_papers,), 0 to m - 1; -1 where the topic is not divided
    parents : int (m,), the topic of each subtopic
    k : number of topics
    n : number of terms
    """
    m = len(parents)
    leaf = np.where(
        subtopic >= 0, subtopic, np.where(owner < 0, -1, m + owner)
    )  # so that the terms are read once
    counts = count_in_topics(terms, offsets, leaf, m + k, n)
    topics = np.r_[parents, np.arange(k)]
    into_topics = sparse.csr_matrix((np.ones(m + k, np.int64), (topics, np.arange(m + k))))
    return sparse.vstack([into_topics @ counts, counts[:m]], format="csr")


@dataclass(frozen=True)
class Sources:
    """What the keywords of all nodes are found by.

    Attributes
    ----------
    counted : rows are the topics and then the subtopics
    vectors : of the terms, in papers of the topics
    phrases : of the terms
    subtopic : int (n_papers,), -1 where the topic is not divided
    head_words : words that count only in bigrams
    top : keywords per node
    """

    counted: TermCounts
    vectors: TermVectors
    phrases: Phrases
    subtopic: np.ndarray
    head_words: frozenset[str]
    top: int

    @classmethod
    def of(
        cls,
        corpus: Terms,
        embeddings: np.ndarray,
        owner: np.ndarray,
        subtopic: np.ndarray,
        parents: np.ndarray,
        k: int,
        head_words: frozenset[str],
        top: int,
    ) -> "Sources":
        """Of the files of `terms`.

        Parameters
        ----------
        embeddings : (n_papers, dim), unit rows
        owner : int (n_papers,), the topic of each paper
        parents : int (m,), the topic of each subtopic
        k : number of topics
        """
        terms, offsets, n = corpus.terms, corpus.term_offsets, len(corpus.vocabulary)
        counts = count_terms(terms, offsets, owner, subtopic, parents, k, n)
        counted = TermCounts.of(corpus.vocabulary, counts)
        vectors = TermVectors.of(terms, offsets, embeddings, owner, n)
        phrases = Phrases(counted, corpus.tokens, corpus.offsets)
        return cls(counted, vectors, phrases, subtopic, head_words, top)


def group_keywords(
    found: Sources, of_topics: TermCounts, group_of: np.ndarray, sizes: np.ndarray, specific: np.ndarray
) -> list[list[Keyword]]:
    """The keywords of each group, weighed against the other groups.

    The weights are multiplied by the number of topics in the group of which a term may be a keyword: a theme runs
    through several.

    Parameters
    ----------
    of_topics : the rows of the topics
    group_of, sizes : int (k,), the group and the papers of each topic
    specific : bool (n_terms,), as `informative` returns it
    """
    k = len(group_of)
    into_groups = sparse.csr_matrix((np.ones(k, np.int64), (group_of, np.arange(k))))
    allowed = into_groups @ eligible(of_topics, sizes, specific, found.head_words).astype(np.int64)
    groups = found.counted.regrouped(sparse.csr_matrix(into_groups @ of_topics.counts))
    vectors = replace(found.vectors, groups=group_of[found.vectors.groups])
    of_groups = np.asarray(into_groups @ sizes)
    keywords = keywords_of(groups, of_groups, sparse.csr_matrix(allowed), found.top, vectors)
    return found.phrases.of_groups(keywords, vectors)


def subtopic_keywords(
    found: Sources, inside: pd.DataFrame, k: int, specific: np.ndarray, shares: np.ndarray
) -> list[list[Keyword]]:
    """The keywords of the subtopics of a topic, weighed against each other.

    The weights are multiplied by the square root of their lift over all papers: what tells siblings apart need
    not say what they are about (`generation`).

    Parameters
    ----------
    inside : columns `node`, `parent` and `size` of the subtopics
    k : number of topics
    specific : bool (n_terms,), as `informative` returns it
    shares : float (n_terms,), the share of all papers that have each term
    """
    number, sizes = inside["node"].to_numpy(), inside["size"].to_numpy()
    counted, kept = restricted(found.counted, k + number, LEAST_PAPERS)
    allowed = eligible(counted, sizes, specific[kept], found.head_words)
    allowed = allowed.multiply(lifts(counted.counts, sizes, shares[kept]).sqrt()).tocsr()
    siblings = np.searchsorted(number, found.subtopic)
    vectors = found.vectors.inside(int(inside["parent"].iloc[0]), siblings, kept)
    keywords = keywords_of(counted, sizes, allowed, found.top, vectors)
    return found.phrases.of_groups(keywords, vectors)


def hierarchy_table(nodes: pd.DataFrame, found: Sources, topics: pd.DataFrame) -> pd.DataFrame:
    """The nodes with their names and keywords, with the columns of HIERARCHY.

    A group is named by the primary keywords of its largest topics; a group of one topic has its name.

    Parameters
    ----------
    nodes : columns of NODES
    topics : columns `name`, `primary_keyword` and `keywords`, largest topics first
    """
    levels = {level: some.set_index("node") for level, some in nodes.groupby("level")}
    group_of, sizes = levels["topic"]["parent"].to_numpy(int), levels["topic"]["size"].to_numpy()
    k = len(group_of)
    of_topics = found.counted.regrouped(found.counted.counts[:k])
    specific = informative(of_topics, sizes)
    of_groups = group_keywords(found, of_topics, group_of, sizes, specific)
    primary = topics["primary_keyword"]
    group_names = [SEPARATOR.join(primary[group_of == group][:3]) for group in range(len(levels["group"]))]
    words = {
        "group": [[word for word, *_ in some] for some in of_groups],
        "topic": topics["keywords"].tolist(),
        "subtopic": [],
    }
    topic_name = topics["name"].tolist()
    for group in range(len(group_names)):
        if len(members := np.flatnonzero(group_of == group)) == 1:
            group_names[group] = topic_name[members[0]]
            words["group"][group] = words["topic"][members[0]]
    shares = np.asarray(of_topics.counts.sum(0)).ravel() / sizes.sum()
    names = {"group": group_names, "topic": topic_name, "subtopic": []}
    for _, inside in nodes[nodes["level"] == "subtopic"].groupby("parent"):
        keywords = subtopic_keywords(found, inside, k, specific, shares)
        of_parent = topic_name[int(inside["parent"].iloc[0])]
        names["subtopic"] += names_of(keywords, of_parent, inside["size"].to_numpy())
        words["subtopic"] += [[word for word, *_ in some] for some in keywords]
    order = nodes["level"].unique()
    return nodes.assign(
        share=nodes["size"] / len(found.subtopic),
        name=[name for level in order for name in names[level]],
        keywords=[some for level in order for some in words[level]],
    )[HIERARCHY.names]


def arguments(argv: list[str] | None) -> argparse.Namespace:
    cli = Parser(__doc__)
    cli.inputs(
        vocabulary="vocabulary.parquet",
        tokens="tokens.npy",
        offsets="offsets.npy",
        terms="terms.npy",
        term_offsets="term_offsets.npy",
        embeddings="embeddings.npy",
        assignments="assignments.parquet",
        nodes="nodes.parquet",
        subtopics="subtopics.parquet",
        linkage="linkage.npy",
        topics="topics.parquet",
        head_words="words that count only in bigrams, one per line",
    )
    cli.flag("--top", int, "keywords per node")
    cli.outputs(hierarchy="hierarchy.parquet", csv="hierarchy.csv", figure="hierarchy.png")
    return cli.parse_args(argv)


def main(argv: list[str] | None = None) -> None:
    args = arguments(argv)
    nodes = read_table(args.nodes, NODES).to_pandas()
    topics = read_table(args.topics, TOPICS, ["name", "primary_keyword", "keywords", "colour"]).to_pandas()
    topics["keywords"] = topics["keywords"].map(list)
    owner = read_table(args.assignments, ASSIGNMENTS, ["topic"])["topic"].to_numpy()
    subtopic = read_table(args.subtopics, SUBTOPICS, ["subtopic"])["subtopic"]
    corpus = Terms.read(args)
    check_same_rows(
        terms=len(corpus.term_offsets) - 1,
        offsets=len(corpus.offsets) - 1,
        assignments=len(owner),
        subtopics=len(subtopic),
    )
    parents = nodes.loc[nodes["level"] == "subtopic", "parent"].to_numpy(int)
    inside = subtopic.fill_null(-1).to_numpy()
    embeddings = open_embeddings(args.embeddings, len(owner))
    check_topics(owner, len(topics))
    head_words = read_words(args.head_words)
    found = Sources.of(corpus, embeddings, owner, inside, parents, len(topics), head_words, args.top)
    table = hierarchy_table(nodes, found, topics)
    families, shown = drawable(table["name"].tolist())
    figure = draw_tree(
        table.assign(name=shown), read_array(args.linkage), topics["colour"].tolist(), families
    )
    with atomic_outputs(args.hierarchy, args.csv, args.figure) as (hierarchy_file, csv_file, figure_file):
        write_table(hierarchy_file, pa.Table.from_pandas(table, HIERARCHY, preserve_index=False), HIERARCHY)
        write_csv(csv_file, table)
        save(figure, figure_file, 150)
    for node in table[table["level"] == "group"].itertuples():
        say(f"{node.size:>8,}  {node.name}")


if __name__ == "__main__":
    run(main)
