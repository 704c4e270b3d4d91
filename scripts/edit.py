"""Replay the edits of papers on the topics: merge, split, hide, pin, move and seed."""

import argparse
import json
import math
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from lib.arrays import read_array
from lib.cli import Parser, UserError, run, say
from lib.clusters.measures import measure, on_original
from lib.clusters.partitions import count_pairs, renumbered
from lib.clusters.schema import ASSIGNMENTS, MEMBERSHIPS, ClusterSummary, NewGroup
from lib.clusters.shares import membership_table
from lib.clusters.smoothing import smoothed, usable_neighbors
from lib.clusters.topic_numbers import read_memberships, to_codes
from lib.edits.numbers import NumberedEdits, made_before, number_edited
from lib.edits.replay import Before, Replay
from lib.edits.schema import APPLIED, MADE, Replayed
from lib.edits.seeds import SeedWords
from lib.edits.shares import edited_codes, edited_shares
from lib.edits.space import Space
from lib.edits.state import State
from lib.embeddings.neighbor_graph import read_neighbors
from lib.files import atomic_outputs, read_json, write_json
from lib.parallel import one_blas_thread
from lib.rows import label_sizes, positions
from lib.tables import check_same_rows, read_table, write_table
from lib.trends.schema import HISTORY
from lib.vectors import open_embeddings
from lib.words.schema import VOCABULARY

GROWING = ("seed", "pin")  # edits for which all papers are smoothed


def arguments(argv: list[str] | None) -> argparse.Namespace:
    cli = Parser(__doc__)
    cli.inputs(
        embeddings="embeddings.npy",
        neighbors="neighbors.npy",
        similarities="similarities.npy",
        assignments="assignments.parquet",
        memberships="memberships.parquet",
        search="search.npy",
        summary="cluster.json",
        vocabulary="vocabulary.parquet",
        terms="terms.npy",
        term_offsets="term_offsets.npy",
    )
    cli.optional_inputs(
        previous_assignments="assignments.parquet of the earlier run, edited if it has edits",
        previous_summary="its cluster.json",
        previous_replayed="its edits.json; nothing if it has no edits",
        previous_made="its made.parquet; the same",
        previous_history="its history.parquet; nothing if it is the first run of the chain",
    )
    cli.flag("--edits", json.loads, "the edits, as JSON: {replay: [...]}")
    cli.flag("--smooth", int, "nearest papers to average each vector with; 0: none")
    cli.flag("--min-papers", int, "papers of a topic that has subtopics")
    cli.flag("--max-subtopics", int, "largest number of subtopics that a topic is divided into")
    cli.flag(
        "--stay",
        float,
        "with an earlier run, share of the mean squared distance by which another topic must be nearer",
    )
    cli.flag("--history", str, "how an earlier run is continued", choices=["follow", "freeze", "fresh"])
    cli.flag("--seed", int, "of the first start")
    cli.threads()
    cli.outputs(
        centroids="centroids.npy",
        search_edited="search.npy",
        assignments_edited="assignments.parquet",
        memberships_edited="memberships.parquet",
        made="made.parquet",
        summary_edited="cluster.json",
        replayed="edits.json",
    )
    return cli.parse_args(argv)


def read_before(
    args: argparse.Namespace, ids: pa.ChunkedArray
) -> tuple[Before | None, ClusterSummary | None, list[str]]:
    """What edits did in the earlier run to the papers of this one, its summary, and the keys that edits made in the chain."""
    history = read_table(args.previous_history, HISTORY, ["topic", "key"]) if args.previous_history else None
    replayed = read_json(args.previous_replayed, Replayed)["made"] if args.previous_replayed else []
    known = made_before(history.to_pandas() if history else pd.DataFrame({"topic": [], "key": []}), replayed)
    if args.previous_assignments is None or args.previous_summary is None:
        return None, None, known
    summary = read_json(args.previous_summary, ClusterSummary)
    table = read_table(args.previous_assignments, ASSIGNMENTS, ["id", "topic"])
    at = positions(table["id"], ids)
    codes = to_codes(table["topic"].to_numpy(), np.array(summary["numbers"], np.int32))
    keys = np.array([*summary["keys"], None], object)
    made: dict[str, np.ndarray] = {}
    if args.previous_made:
        rows = read_table(args.previous_made, MADE)
        at_made, key = positions(ids, rows["id"]), np.array(rows["key"].to_pylist(), object)
        made = {name: at_made[(key == name) & (at_made >= 0)] for name in dict.fromkeys(key)}
    return Before(keys[np.where(at >= 0, codes[at], -1)], made), summary, known


def search_rows(
    search: np.ndarray, shared: np.ndarray, old: np.ndarray, new: np.ndarray, space: Space
) -> np.ndarray:
    """What new papers are compared with, float32 (k, dim): the mean of the smoothed vectors of each edited topic.

    For topics that consist of whole topics of `cluster` it is the mean of theirs, by the papers that each brings.

    Parameters
    ----------
    search : float32 (k_old, dim), search.npy
    shared : int64 (k, k_old), papers of each edited topic by their topic before the edits
    old, new : int32 (n,), codes of the topics before and after the edits; -1: none
    """
    means = shared @ search.astype(np.float64) / np.maximum(shared.sum(1), 1)[:, None]
    whole = ((shared == 0) | (shared == label_sizes(old, len(search)))).all(1) & (
        shared.sum(1) == label_sizes(new, len(shared))
    )
    for code in np.flatnonzero(~whole):
        means[code] = space.rows(np.flatnonzero(new == code)).mean(0)
    return means.astype(np.float32)


def stability_of(shared: np.ndarray, numbered: NumberedEdits, cluster: ClusterSummary) -> np.ndarray:
    """The stability of the topics whose papers are as `cluster` found them, float64 (k,); NaN for others.

    Parameters
    ----------
    shared : int64 (k, k_old), papers of each edited topic by their topic before the edits
    """
    place = {key: code for code, key in enumerate(cluster["keys"])}
    sizes = label_sizes(numbered.labels, len(shared))
    values = np.full(len(shared), np.nan)
    for code, key in enumerate(numbered.keys):
        before = place.get(key)
        if before is not None and shared[code, before] == sizes[code] == cluster["sizes"][before]:
            known = cluster["stability_by_topic"][before]
            values[code] = np.nan if known is None else known
    return values


def shares_after(
    memberships: Path, shared: np.ndarray, old: np.ndarray, numbered: NumberedEdits, cluster: ClusterSummary
) -> pa.Table:
    """The columns of memberships.parquet for the edited topics.

    Parameters
    ----------
    shared : int64 (k, k_old), papers of each edited topic by their topic before the edits
    old : int32 (n,), code of the topic of each paper before the edits; -1: none
    """
    best, shares = read_memberships(memberships, np.array(cluster["numbers"], np.int32))
    now = edited_codes(shared, np.array(cluster["sizes"]), cluster["keys"], numbered.keys)
    best, shares = edited_shares(best, shares, old, numbered.labels, now)
    return membership_table(renumbered(best, numbered.numbers), shares)


def made_table(made: dict[str, np.ndarray], ids: pa.ChunkedArray) -> pa.Table:
    """The columns of made.parquet, of the rows that edits put into topics, by key."""
    rows = np.concatenate([np.empty(0, np.int64), *made.values()])
    keys = np.repeat(np.array(list(made), object), [len(of_key) for of_key in made.values()])
    return pa.table({"id": ids.take(rows), "key": pa.array(keys, pa.string())})


def announced_in(shared: np.ndarray, numbered: NumberedEdits, cluster: ClusterSummary) -> list[NewGroup]:
    """The groups of new papers, each with the number of the edited topic that holds most papers of its former topic.

    Parameters
    ----------
    shared : int64 (k, k_old), papers of each edited topic by their topic before the edits
    """
    groups = []
    for group in cluster["announced"]:
        of_topic = shared[:, cluster["numbers"].index(group["topic"])]
        if of_topic.any():
            groups.append(NewGroup(**{**group, "topic": int(numbered.numbers[of_topic.argmax()])}))
    return groups


def main(argv: list[str] | None = None) -> None:
    args = arguments(argv)
    table = read_table(args.assignments, ASSIGNMENTS, ["id", "topic", "age"])
    ids, cluster = table["id"], read_json(args.summary, ClusterSummary)
    old = to_codes(table["topic"].to_numpy(), np.array(cluster["numbers"], np.int32))
    vectors = open_embeddings(args.embeddings, len(ids))
    near = read_neighbors(args.neighbors, args.similarities, len(ids))[0]
    search, vocabulary = read_array(args.search), read_table(args.vocabulary, VOCABULARY)
    terms, term_offsets = read_array(args.terms, mapped=True), read_array(args.term_offsets)
    check_same_rows(assignments=len(ids), terms=len(term_offsets) - 1)
    before, earlier, known = read_before(args, ids)
    edits, near = args.edits["replay"], near[:, : usable_neighbors(args.smooth, len(ids))]
    state = State(ids, old.copy(), list(cluster["keys"]), cluster["given"])
    outputs = [
        *(args.centroids, args.search_edited, args.assignments_edited, args.memberships_edited),
        *(args.made, args.summary_edited, args.replayed),
    ]
    growing = any(edit["kind"] in GROWING for edit in edits)
    with atomic_outputs(*outputs) as files, one_blas_thread(), ExitStack() as stack:
        all_rows = smoothed(vectors, near, files[0].parent, args.threads)
        whole = stack.enter_context(all_rows) if growing else None
        stay = {"follow": args.stay, "freeze": math.inf, "fresh": 0.0}[args.history]
        space = Space(
            vectors, near, whole, args.min_papers, args.max_subtopics, args.seed, stay, args.threads
        )
        replay = Replay(state, before, space, SeedWords(vocabulary, terms, term_offsets).papers)
        outcomes = replay.run(edits)
        numbered = number_edited(state.labels, state.keys, cluster, known, earlier)
        if (k := len(numbered.numbers)) < 2:
            raise UserError(
                f"edits: {k} topics are left, and a map needs two; take out an edit that merges or hides"
            )
        new, both = numbered.labels, (old >= 0) & (numbered.labels >= 0)
        shared = count_pairs(new[both], old[both], k, cluster["k"])
        topics = on_original(vectors, new, k, args.threads)
        stability = stability_of(shared, numbered, cluster)
        columns, fit = measure(vectors, topics, numbered.numbers, stability, args.threads)
        summary = {**cluster, **fit, "k": k, "numbers": numbered.numbers.tolist(), "keys": numbered.keys}
        summary |= {
            "since": numbered.since,
            "ended": sorted(set(earlier["numbers"] if earlier else []) - set(numbered.numbers.tolist())),
            "announced": announced_in(shared, numbered, cluster),
        }
        np.save(files[0], topics.centroids)
        np.save(files[1], search_rows(search, shared, old, new, space))
        write_table(files[2], pa.table({"id": ids, **columns, "age": table["age"]}), ASSIGNMENTS)
        write_table(files[3], shares_after(args.memberships, shared, old, numbered, cluster), MEMBERSHIPS)
        write_table(files[4], made_table(replay.made, ids), MADE)
        write_json(files[5], summary)
        write_json(files[6], Replayed(outcomes=outcomes, made=numbered.made, gone=state.gone))
    done, inside = sum(each["status"] == APPLIED for each in outcomes), int((new >= 0).sum())
    say(f"{done} of {len(edits)} edits of papers applied; {inside:,} of {len(ids):,} papers in {k} topics")


if __name__ == "__main__":
    run(main)
