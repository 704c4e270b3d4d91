"""Choose representative papers of each topic, label the topics, and name all nodes of the hierarchy."""

import argparse
import json
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from lib.arrays import read_array
from lib.cli import Parser, optional, run, say, warn
from lib.clusters.nodes import as_listed, node_sizes, read_nodes, with_numbers
from lib.clusters.partitions import renumbered
from lib.clusters.schema import NODES, SUBTOPICS, ClusterSummary
from lib.clusters.topic_numbers import read_assignments
from lib.edits.schema import APPLIED, REPLACED, Edits, EditSummary, Replayed
from lib.edits.state import read_state
from lib.edits.words import Words, edit_summary, groups_of, words_of
from lib.figures.palette import colors_beside, hex_colors
from lib.files import atomic_outputs, read_json, write_json
from lib.keywords.schema import KEYWORDS, Coherence
from lib.naming.category_names import read_category_names
from lib.naming.fields import Fields
from lib.naming.hierarchy_table import first_keywords_of_subtopics, hierarchy_table, node_fields
from lib.naming.inheritance import former_names, kept_names, with_given, with_kept
from lib.naming.llm import TITLES, Server, evidence_of, key_of, name_topics, summary_of
from lib.naming.names import keyword_pairs
from lib.naming.representatives import RankedPapers, choose_papers, near_center, representative_table
from lib.naming.schema import HIERARCHY, REPRESENTATIVES, TOPICS
from lib.naming.title_scorer import TitleScorer
from lib.naming.titles import latex_to_text
from lib.naming.topic_table import topic_table
from lib.records.schema import PAPERS
from lib.rows import nearest_by_label
from lib.tables import check_same_rows, read_table, read_texts, write_csv, write_table
from lib.vectors import open_embeddings
from lib.words.languages import language_of
from lib.works.counted import read_counted, without_copies


def arguments(argv: list[str] | None) -> argparse.Namespace:
    cli = Parser(__doc__)
    cli.inputs(
        papers="papers.parquet",
        embeddings="embeddings.npy",
        assignments="assignments.parquet",
        centroids="centroids.npy",
        cluster="cluster.json",
        nodes="nodes.parquet",
        subtopics="subtopics.parquet",
        keywords="keywords.parquet",
        coherence="coherence.json",
        category_names="names of categories: CSV with the columns category and name",
        works="works.parquet",
    )
    cli.optional_inputs(
        previous_topics="topics.parquet of the earlier run",
        replayed="edits.json of `edit`, if edits are of papers",
        found_centroids="centroids.npy of `cluster`, if edits are of papers",
        found_cluster="its cluster.json",
    )
    cli.flag("--edits", json.loads, "all edits, as JSON: {all: [...]}")
    cli.flag("--edit-lines", int, "the line of each in the file", nargs="*")
    cli.flag("--representatives-per-topic", int, "papers listed per topic and role")
    cli.flag("--llm-url", optional(str), "address of a language model that names topics; None: keywords")
    cli.flag("--llm-model", optional(str), "name of that model")
    cli.flag("--llm-key-variable", optional(str), "environment variable with the key of that address")
    cli.flag("--llm-cache", Path, "folder of the answers")
    cli.outputs(
        representatives="representatives.parquet",
        topics="topics.parquet",
        csv="topics.csv",
        hierarchy="hierarchy.parquet",
        hierarchy_csv="hierarchy.csv",
        edits_file="edits.json",
    )
    return cli.parse_args(argv)


def read_earlier(topics: Path | None) -> pd.DataFrame:
    """The topics of an earlier run; no rows without one."""
    return (read_table(topics, TOPICS) if topics else TOPICS.empty_table()).to_pandas()


def colors_of(
    numbers: np.ndarray, centroids: np.ndarray, earlier: pd.DataFrame, args: argparse.Namespace
) -> list[str]:
    """The color of each topic, as #rrggbb: that of the earlier run, or else the one that it would have without edits."""
    before = dict(zip(earlier["topic"], earlier["color"], strict=True))
    if not before and args.found_centroids and args.found_cluster:
        colors = hex_colors(colors_beside(found := read_array(args.found_centroids), [None] * len(found)))
        before = dict(zip(read_json(args.found_cluster, ClusterSummary)["numbers"], colors, strict=True))
    kept = [before.get(number) for number in numbers.tolist()]
    fresh = hex_colors(colors_beside(centroids, kept))
    return [old or new for old, new in zip(kept, fresh, strict=True)]


def papers_in_labels(
    papers: pa.Table, chosen: list[dict[str, RankedPapers]], shown: list[list[str]]
) -> pd.DataFrame:
    """The most descriptive paper of each topic: `id`, `title`, and `shown`, the title in the label."""
    rows = [int(roles["descriptive"].rows[0]) for roles in chosen]
    return pd.DataFrame(
        {
            "id": papers["id"].take(rows).to_pylist(),
            "title": list(map(latex_to_text, papers["title"].take(rows).to_pylist())),
            "shown": [titles[0] for titles in shown],
        }
    )


def ask_for_names(
    topics: pd.DataFrame,
    kept: list[str | None],
    parts: list[list[str]],
    titles: pa.Array,
    chosen: list[dict[str, RankedPapers]],
    centroids: np.ndarray,
    args: argparse.Namespace,
) -> list[str]:
    """The names of the topics, those without a kept name by the language model; warns about default names.

    Parameters
    ----------
    topics : columns `name`, `keywords` and `fields`
    kept : name that each topic keeps, or None
    parts : the first keywords of the subtopics of each topic
    titles : of all papers
    chosen : for each topic its papers in each role
    """
    server = Server(
        args.llm_url,
        args.llm_model,
        key_of(args.llm_key_variable, dict(os.environ)),
        args.llm_cache,
    )
    rows = [dict.fromkeys([*roles["diverse"].rows, *roles["nearest"].rows[:TITLES]]) for roles in chosen]
    shown = [list(map(latex_to_text, titles.take(list(of_topic)[:TITLES]).to_pylist())) for of_topic in rows]
    keywords, fields = topics["keywords"].tolist(), topics["fields"].tolist()
    evidence = evidence_of(keywords, fields, parts, shown, centroids)
    asked = [None if name else of_topic for name, of_topic in zip(kept, evidence, strict=True)]
    names, reasons = name_topics(server, asked, topics["name"].tolist())
    if reasons:
        warn(summary_of(reasons, len(names)))
    return names


def name_all(
    topics: pd.DataFrame,
    earlier: pd.DataFrame,
    words: Words,
    parts: list[list[str]],
    papers: pa.Table,
    topic_of: np.ndarray,
    chosen: list[dict[str, RankedPapers]],
    centroids: np.ndarray,
    args: argparse.Namespace,
) -> pd.DataFrame:
    """The topics with their names and former names: of a person, kept, of the language model, or the default ones.

    Parameters
    ----------
    topics, earlier : rows of TOPICS of this run and of the earlier one
    words : names and descriptions that a person gave
    parts : the first keywords of the subtopics of each topic
    papers : columns `id` and `title`
    topic_of : int32 (n,), the number of each paper's topic
    chosen : for each topic its papers in each role
    """
    at = pc.index_in(pa.array(earlier["representative_id"], pa.string()), papers["id"].combine_chunks())
    rows = at.drop_null().to_numpy()
    home = dict(zip(papers["id"].take(rows).to_pylist(), topic_of[rows].tolist(), strict=True))
    kept = kept_names(topics, earlier, parts, home, by_model=bool(args.llm_url))
    kept = with_given(kept, words.names)
    names = with_kept(topics["name"].tolist(), kept)
    if args.llm_url:
        names = ask_for_names(
            topics.assign(name=names), kept, parts, papers["title"], chosen, centroids, args
        )
    named = topics.assign(name=names)
    named["by_hand"] = [topic in words.names for topic in range(len(topics))]
    named["description"] = pd.Series(
        [words.descriptions.get(topic) for topic in range(len(topics))], dtype=object
    )
    return named.assign(was=former_names(named, earlier))


def write_outputs(
    args: argparse.Namespace,
    topics: pd.DataFrame,
    representatives: pd.DataFrame,
    hierarchy: pd.DataFrame,
    edits: list[EditSummary],
    numbers: np.ndarray,
) -> None:
    """Write all files of the step.

    Parameters
    ----------
    numbers : int32 (k,), lasting numbers of the topics, whose codes `hierarchy` has
    """
    outputs = (
        args.representatives,
        args.topics,
        args.csv,
        args.hierarchy,
        args.hierarchy_csv,
        args.edits_file,
    )
    with atomic_outputs(*outputs) as files:
        write_table(files[0], representatives, REPRESENTATIVES)
        write_table(files[1], topics, TOPICS)
        write_csv(files[2], by_size(topics))
        write_table(files[3], with_numbers(hierarchy, numbers), HIERARCHY)
        write_csv(files[4], with_numbers(as_listed(hierarchy, hierarchy), numbers))
        write_json(files[5], Edits(edits=edits))


def by_size(topics: pd.DataFrame) -> pd.DataFrame:
    """The topics, largest first."""
    return topics.sort_values("size", ascending=False, kind="stable")


def tell(topics: pd.DataFrame, edits: list[EditSummary]) -> None:
    """Print the labels of the largest topics, and warn of edits that were not applied."""
    for edit in edits:
        if edit["status"] not in (APPLIED, REPLACED):
            warn(
                f"edits, line {edit['line']}: {edit['text']}: not applied ({edit['status']}): {edit['reason']}"
            )
    for topic in by_size(topics).head(5).itertuples():
        say(f"{topic.size:>8,}  {topic.label}")


def main(argv: list[str] | None = None) -> None:
    args = arguments(argv)
    papers = read_table(args.papers, PAPERS, ["id", "title", "categories", "primary_category", "published"])
    cluster = read_json(args.cluster, ClusterSummary)
    numbers, k = np.array(cluster["numbers"], np.int32), cluster["k"]
    columns = ["topic", "similarity", "margin", "silhouette"]
    assignments = read_assignments(args.assignments, columns, numbers)[0].to_pandas()
    counted = read_counted(args.works)
    subtopic_of = read_table(args.subtopics, SUBTOPICS, ["subtopic"])["subtopic"].fill_null(-1).to_numpy()
    rows = {"assignments": len(assignments), "works": len(counted), "subtopics": len(subtopic_of)}
    check_same_rows(papers=len(papers), **rows)
    earlier = read_earlier(args.previous_topics)
    vectors = open_embeddings(args.embeddings, len(papers))
    centroids = read_array(args.centroids)
    assignments["topic"] = without_copies(assignments["topic"].to_numpy(), counted)
    nodes = read_nodes(args.nodes, NODES, numbers)[0].to_pandas()
    check_same_rows(cluster=k, centroids=len(centroids), topics=int((nodes["level"] == "topic").sum()))
    keywords = read_nodes(args.keywords, KEYWORDS, numbers)[0].to_pandas()
    pairs = keyword_pairs(keywords, k)
    topic_of, subtopic_of = assignments["topic"].to_numpy(), without_copies(subtopic_of, counted)
    nodes["size"] = node_sizes(nodes, topic_of, subtopic_of)
    parts = first_keywords_of_subtopics(nodes, keywords, k)
    categories, in_words = papers["categories"].combine_chunks(), read_category_names(args.category_names)
    broad = Fields(categories, in_words, broad=True)
    fields = node_fields(Fields(categories, in_words), broad, nodes, topic_of, subtopic_of)
    similarity = assignments["similarity"].to_numpy()
    by_topic = nearest_by_label(assignments["topic"].to_numpy(), k, similarity)
    near = np.sort(np.concatenate([near_center(rows) for rows in by_topic]))
    languages = dict(zip(near.tolist(), map(language_of, read_texts(args.papers, near)), strict=True))
    scorer, n = TitleScorer(pairs), args.representatives_per_topic
    chosen, shown = choose_papers(papers, assignments, vectors, by_topic, languages, scorer, n)
    topics = topic_table(
        assignments,
        papers["primary_category"].combine_chunks(),
        pairs,
        fields["topic"][0],
        parts,
        papers_in_labels(papers, chosen, shown),
        read_json(args.coherence, Coherence),
        cluster,
        colors_of(numbers, centroids, earlier, args),
        int(counted.sum()),
    )
    state, edits = read_state(args.assignments, args.cluster, args.replayed), args.edits["all"]
    words = words_of(state, edits)
    topics = name_all(
        topics, earlier, words, parts, papers, renumbered(topic_of, numbers), chosen, centroids, args
    )
    hierarchy = hierarchy_table(nodes, keywords, topics, fields, groups_of(state, edits), int(counted.sum()))
    outcomes = read_json(args.replayed, Replayed)["outcomes"] if args.replayed else []
    names = dict(zip(topics["key"], topics["name"], strict=True))
    summary = edit_summary(edits, args.edit_lines, outcomes, words.outcomes, names)
    representatives = representative_table(papers, chosen, similarity, n)
    representatives["topic"] = numbers[representatives["topic"]]
    write_outputs(args, topics, representatives, hierarchy, summary, numbers)
    tell(topics, summary)


if __name__ == "__main__":
    run(main)
