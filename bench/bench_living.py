"""Topics that follow, beside a cold start: what is kept, and whether planted changes are found.

On MiniLM vectors of the bundled papers and of 20,000 papers of CORPUS, if that is given (it grows fourfold in its
thirteen months). Cold starts have 24 starts. `PARTS="growth months"` computes fewer tables, `KS=17` fewer numbers of
topics.
"""

import os
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import pyarrow.parquet as pq

from bench_space import corpora, folder_of
from living import THREADS, Run, cold, follow, kept, matched
from measure import table
from months import Snapshot, grown, monthly, snapshot

KS = [int(k) for k in os.environ.get("KS", "17 40").split()]
PARTS = os.environ.get("PARTS", "growth months births events slow").split()
PLANTED = "quant-ph cs.CL cs.CV astro-ph math.RT cond-mat.mtrl-sci cond-mat.mes-hall hep-th math.AG cond-mat.str-el".split()
GROWTH = 0.1  # of the other papers beside a planted subject


class Corpus(NamedTuple):
    name: str
    vectors: np.ndarray
    primary: np.ndarray
    published: np.ndarray
    categories: list[list[str]]


def read(name: str, vectors: np.ndarray, primary: list[str], limit: int | None) -> Corpus:
    papers = pq.read_table(folder_of(name, limit) / "papers.parquet", columns=["published", "categories"])
    published = papers["published"].to_numpy().astype("datetime64[D]")
    return Corpus(name, vectors, np.array(primary, str), published, papers["categories"].to_pylist())


def ami(corpus: Corpus, run: Run) -> float:
    from sklearn.metrics import adjusted_mutual_info_score

    return float(adjusted_mutual_info_score(corpus.primary[run.rows], run.topic))


def growth(corpus: Corpus, k: int) -> Iterator[list]:
    """Rows of the table: the corpus grows once."""
    whole = snapshot(corpus.vectors, np.arange(len(corpus.vectors)), THREADS)
    fresh = cold(whole, k)
    for share in (0.0, 0.01, 0.1, 0.3):
        for draw in (None, 0) if share else (None,):
            before, _ = grown(corpus.published, share, draw)
            first = cold(snapshot(corpus.vectors, before, THREADS), k)
            run = follow(first, whole)
            way = "" if not share else ", by date" if draw is None else ", at random"
            yield [
                f"{corpus.name}, K = {k}, +{share:.0%}{way}",
                matched(first, fresh),
                kept(first, run),
                run.inertia / fresh.inertia - 1,
                ami(corpus, run) - ami(corpus, fresh),
                len(np.unique(run.topic)),
            ]


def months(corpus: Corpus, k: int) -> list:
    """A row of the table: thirteen monthly updates."""
    shots = [snapshot(corpus.vectors, rows, THREADS) for rows in monthly(corpus.published)]
    first = run = cold(shots[0], k)
    cold_runs = [first, *(cold(shot, k) for shot in shots[1:])]
    quiet, opened = [], 0
    for shot in shots[1:]:
        later = follow(run, shot)
        if later.opened is None and not later.ended:
            quiet.append(kept(run, later))
        opened += later.opened is not None
        run = later
    last = len(np.unique(run.topic))
    fresh = cold(shots[-1], last)
    return [
        f"{corpus.name}, K = {k}, {len(shots[0].rows):,} to {len(shots[-1].rows):,} papers",
        matched(cold_runs[0], cold_runs[-1]),
        min(matched(a, b) for a, b in pairwise(cold_runs)),
        kept(first, run),
        min(quiet),
        opened,
        last,
        run.inertia / fresh.inertia - 1,
        ami(corpus, run) - ami(corpus, fresh),
    ]


def in_subject(corpus: Corpus, subject: str) -> np.ndarray:
    """Whether each paper has the category, or one of its parts, among all of its categories."""
    return np.array(
        [any(c == subject or c.startswith(f"{subject}.") for c in of_paper) for of_paper in corpus.categories]
    )


def births(corpus: Corpus, k: int, share: float) -> list:
    """A row of the table: a subject that the first run lacked, in ten corpora; share 0: none."""
    n_announced = n_opened = n_mostly = n_events = 0
    stayed, cold_stayed = [], []
    for seed, subject in enumerate(PLANTED):
        rng = np.random.default_rng(seed)
        inside = in_subject(corpus, subject) if share else np.zeros(len(corpus.vectors), bool)
        others = rng.permutation(np.flatnonzero(~inside))
        planted = rng.permutation(np.flatnonzero(inside))[: round(share * len(others) / (1 - share))]
        first = cold(snapshot(corpus.vectors, np.sort(others[: round(len(others) / (1 + GROWTH))])), k)
        shot = snapshot(corpus.vectors, np.sort(np.concatenate([others, planted])))
        run = follow(first, shot)
        n_announced += any(2 * np.isin(group, planted).sum() >= len(group) for group in run.announced)
        n_events += bool(run.announced) or bool(run.ended)
        stayed.append(kept(first, run))
        cold_stayed.append(matched(first, cold(shot, k)))
        if run.opened is not None:
            born = run.rows[run.topic == run.next - 1]
            n_opened += 1
            n_mostly += 2 * np.isin(planted, born).sum() > len(planted) and 2 * np.isin(
                born, planted
            ).sum() > len(born)
    return [
        f"{corpus.name}, K = {k}, {share:.0%} planted",
        n_announced,
        n_opened,
        n_mostly,
        n_events,
        float(np.mean(stayed)),
        float(np.mean(cold_stayed)),
    ]


def events(corpus: Corpus, k: int) -> list:
    """A row of the table: topics that are gone, swapped, joined or divided, in ten corpora each."""
    gone = swapped = joined = divided = 0
    for seed in range(10):
        rng = np.random.default_rng(seed)
        rows = np.sort(rng.permutation(len(corpus.vectors))[: round(0.9 * len(corpus.vectors))])
        shot = snapshot(corpus.vectors, rows)
        first = cold(shot, k, seed)
        topic = int(rng.integers(k))
        lost = np.flatnonzero(first.topic == topic)
        gone += topic in follow(first, snapshot(corpus.vectors, np.delete(rows, lost))).ended
        few = np.delete(rows, rng.permutation(lost)[: round(0.95 * len(lost))])
        swapped += topic in follow(first, snapshot(corpus.vectors, few)).ended
        joined += finds_joined(first, shot, seed % 5, k)
        divided += finds_divided(first, shot, topic, k)
    return [f"{corpus.name}, K = {k}", gone, swapped, joined, divided]


def finds_joined(run: Run, shot: Snapshot, pair: int, k: int) -> bool:
    """Whether one more topic divides two topics that were joined: the pair-th most alike one."""
    means = np.array([shot.smoothed[run.topic == topic].mean(0) for topic in range(k)])
    cosines = np.triu(means @ means.T / np.outer(*[np.linalg.norm(means, axis=1)] * 2), 1)
    one, other = np.unravel_index(np.argsort(-cosines, axis=None)[pair], cosines.shape)
    merged = np.where(run.topic == other, one, run.topic).astype(np.int32)
    before = Run(run.rows, merged, run.age, run.gain, k, run.inertia)
    after = follow(before, shot, k=k)
    born = run.topic[after.topic == k]
    return 2 * np.isin(born, [one, other]).sum() > len(born)


def finds_divided(run: Run, shot: Snapshot, topic: int, k: int) -> bool:
    """Whether one topic fewer joins the parts of a topic that K-means had divided."""
    from lib.clusters.kmeans import kmeans

    members = np.flatnonzero(run.topic == topic)
    parts = kmeans(shot.smoothed[members], 2, seeds=list(range(4)), threads=THREADS).labels
    split = run.topic.copy()
    split[members[parts == 1]] = k
    before = Run(run.rows, split, run.age, run.gain, k + 1, run.inertia)
    return set(follow(before, shot, k=k).ended) <= {topic, k}


def slow(corpus: Corpus, k: int) -> list:
    """A row of the table: a subject that grows by half a percent in each of six updates."""
    found = 0
    subjects = [s for s in PLANTED if in_subject(corpus, s).sum() >= 0.03 * len(corpus.vectors)]
    for seed, subject in enumerate(subjects):
        rng = np.random.default_rng(seed)
        inside = in_subject(corpus, subject)
        planted = rng.permutation(np.flatnonzero(inside))
        others = rng.permutation(np.flatnonzero(~inside))
        step = round(0.005 * len(others))
        run, announced = (
            cold(snapshot(corpus.vectors, np.sort(others[: round(0.85 * len(others))])), k),
            False,
        )
        for update in range(1, 6):
            part = others[: round((0.85 + 0.025 * update) * len(others))]
            rows = np.sort(np.concatenate([part, planted[: step * update]]))
            run = follow(run, snapshot(corpus.vectors, rows))
            announced |= any(2 * np.isin(group, planted).sum() >= len(group) for group in run.announced)
        found += announced
    return [f"{corpus.name}, K = {k}", f"{found} of {len(subjects)}"]


def main() -> None:
    limits = {"bundled": None}
    found = [read(name, *rest, limits.get(name, 20_000)) for name, *rest in corpora(20_000)]
    each = [(corpus, k) for corpus in found for k in KS]
    bundled = [(found[0], k) for k in KS]
    if "growth" in PARTS:
        header = ["corpus", "cold: kept", "follow: kept", "inertia above cold", "AMI less cold", "topics"]
        table("One update", header, [row for corpus, k in each for row in growth(corpus, k)])
    if "months" in PARTS:
        header = [
            "corpus",
            "cold: since the first",
            "worst month",
            "follow: since the first",
            "worst quiet month",
        ]
        header += ["opened", "topics", "inertia above cold", "AMI less cold"]
        table("Thirteen monthly updates", header, [months(corpus, k) for corpus, k in each])
    if "births" in PARTS:
        header = ["corpus", "announced", "opened", "mostly planted", "with any event", "kept", "cold: kept"]
        rows = [births(corpus, k, share) for corpus, k in bundled for share in (0.05, 0.02, 0.01, 0.0)]
        table("A new subject beside 10 % other new papers, ten corpora", header, rows)
    if "events" in PARTS:
        header = ["corpus", "gone: ended", "95 % gone: ended", "joined: divided", "divided: joined"]
        table("Planted changes, ten corpora", header, [events(corpus, k) for corpus, k in bundled])
    if "slow" in PARTS:
        header = ["corpus", "announced before the sixth update"]
        table("A subject that grows by 0.5 % per update", header, [slow(corpus, k) for corpus, k in bundled])
