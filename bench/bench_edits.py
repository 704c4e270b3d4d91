"""Random edits of all kinds over a chain of monthly updates: how many are applied, and whether one is lost without a word.

On the bundled papers of the last run in results/, with its embeddings. Each month adds edits of the topics that a user
sees then, and replays all earlier ones. An edit that says `applied` must be seen in the topics.
"""

import json
import shutil
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from measure import OUT, ROOT, TERMS, command, script, table
from months import monthly

EDITS, MONTHS, K = 200, 12, 17
GRAPH = {"neighbors": "neighbors.npy", "similarities": "similarities.npy"}
SAMPLE = {name: f"{name}.npy" for name in ("rows", "vectors", "half_rows", "half_vectors")}
FOUND = {"centroids": "centroids.npy", "search": "search.npy", "summary": "cluster.json"}
FOUND |= {"assignments": "assignments.parquet", "memberships": "memberships.parquet"}
EDITED = {
    "centroids": "e-centroids.npy",
    "search_edited": "e-search.npy",
    "assignments_edited": "e-assignments.parquet",
    "memberships_edited": "e-memberships.parquet",
    "made": "made.parquet",
    "summary_edited": "e-cluster.json",
    "replayed": "edits.json",
}
BEFORE = {
    "previous_assignments": EDITED["assignments_edited"],
    "previous_summary": EDITED["summary_edited"],
    "previous_replayed": EDITED["replayed"],
    "previous_made": EDITED["made"],
}
OF_PAPERS = ("merge", "split", "hide", "pin", "move", "seed")
KINDS = ("rename", "describe", "merge", "split", "hide", "pin", "move", "drop_words", "group", "seed", "note")


def files(folder: Path, names: dict[str, str]) -> dict[str, Path]:
    """Files of a folder by flag."""
    return {flag: folder / name for flag, name in names.items()}


def month(folder: Path, papers: pa.Table, vectors: np.ndarray, rows: np.ndarray, before: Path | None) -> None:
    """Run the steps from `terms` to `cluster` on some papers, after those of the month before."""
    folder.mkdir(parents=True)
    pq.write_table(papers.take(rows), folder / "papers.parquet")
    np.save(folder / "embeddings.npy", vectors[rows])
    (folder / "k.txt").write_text(str(K))
    inputs = files(folder, {"papers": "papers.parquet", "embeddings": "embeddings.npy"})
    graph, sample = files(folder, GRAPH), files(folder, SAMPLE)
    earlier: dict[str, list[Path]] = {}
    if before:
        earlier["previous_assignments"] = [before / "assignments.parquet"]
        earlier["previous_summary"] = [before / "cluster.json"]
    command(script("terms", papers=inputs["papers"], **files(folder, TERMS)))
    command(script("neighbors", **inputs, **graph, summary=folder / "neighbors.json"))
    command(script("smooth", **inputs, **graph, **sample))
    outputs, more = files(folder, FOUND), {"chosen": folder / "k.txt", **earlier}
    command(script("cluster", **inputs, **graph, **sample, **outputs, **more, threads=2))


def replay(folder: Path, edits: list[dict], before: Path | None) -> None:
    """Run `edit` on a month."""
    of_papers = [edit for edit in edits if edit["kind"] in OF_PAPERS]
    names = {
        "assignments": "assignments.parquet",
        "memberships": "memberships.parquet",
        "search": "search.npy",
    }
    names |= {"summary": "cluster.json", "embeddings": "embeddings.npy", **GRAPH}
    names |= {flag: TERMS[flag] for flag in ("vocabulary", "terms", "term_offsets")}
    of_before: dict[str, list[Path]] = (
        {} if before is None else {flag: [path] for flag, path in files(before, BEFORE).items()}
    )
    settings = {"edits": {"replay": of_papers}, "smooth": 20, "min_papers": 100, "max_subtopics": 8}
    settings |= {"stay": 0.3, "history": "follow", "threads": 2}
    command(script("edit", **files(folder, names), **files(folder, EDITED), **of_before, **settings))


def random_edit(
    rng: np.random.Generator, number: int, keys: list[str], ids: list[str], words: list[str]
) -> dict:
    """An edit of the topics that a user sees; one in ten is of a topic or a paper that is not there."""
    kind = str(rng.choice(KINDS))
    topic = str(rng.choice(keys)) if rng.random() > 0.1 else "t9999"
    some = rng.choice(ids, 5, replace=False).tolist()
    others = rng.choice([key for key in keys if key != topic], 2, replace=False).tolist()
    values = {
        "rename": f"Name {number}",
        "describe": f"Description {number}",
        "note": "to be decided",
        "merge": others[:1],
        "split": {"into": int(rng.integers(2, 4))} if rng.random() > 0.3 else {"subtopics": True},
        "hide": True,
        "pin": True,
        "move": {"papers": [*some, "not-there"]},
        "drop_words": rng.choice(words, 2).tolist(),
        "group": {"name": f"Group {number}", "topics": others},
        "seed": {"name": f"Seed {number}", "words": rng.choice(words, 4).tolist()}
        if rng.random() > 0.5
        else {"name": f"Seed {number}", "ids": some[:3]},
    }
    edit = {"kind": kind, "value": values[kind]}
    return edit if kind in ("group", "seed") else edit | {"topic": topic}


def lost(folder: Path, edits: list[dict], ids: list[str]) -> tuple[Counter, list[str]]:
    """The statuses of all edits, and those that are not seen in the topics although they say so, or have no reason."""
    from lib.edits.schema import APPLIED
    from lib.edits.state import read_state, seed_key
    from lib.edits.words import words_of

    done = json.loads((folder / EDITED["replayed"]).read_text())
    state = read_state(
        folder / EDITED["assignments_edited"], folder / EDITED["summary_edited"], folder / EDITED["replayed"]
    )
    words = words_of(state, edits)
    of_papers, of_words = iter(done["outcomes"]), iter(words.outcomes)
    statuses: Counter[str] = Counter()
    wrong: list[str] = []
    at, here = {key: row for row, key in enumerate(ids)}, set(state.here())
    home = [state.keys[code] if code >= 0 else None for code in state.labels.tolist()]
    moved: dict[str, str] = {}
    for edit in edits:
        outcome = next(of_papers if edit["kind"] in OF_PAPERS else of_words)
        statuses[outcome["status"]] += 1
        kind, value, topic = edit["kind"], edit["value"], outcome["topic"]
        if outcome["status"] != APPLIED:
            seen = bool(outcome["reason"])
        elif kind == "rename":
            seen = words.names[state.code(topic or "")] == value
        elif kind == "describe":
            seen = words.descriptions[state.code(topic or "")] == value
        elif kind == "merge":
            seen = not here & set(value)
        elif kind == "hide":
            seen = topic not in here
        elif kind in ("pin", "seed"):
            key = topic if kind == "pin" else seed_key(value["name"])
            seen = key in here or key in done["gone"]
        elif kind == "move":
            moved |= dict.fromkeys((paper for paper in value["papers"] if paper in at), topic)
            seen = True
        else:
            seen = True
        if not seen:
            wrong.append(f"{edit} {outcome}")
    for paper, topic in moved.items():
        # a part of a topic that was divided later may have become part of another one
        divided = any(key.startswith(f"{topic}-") for key in [*state.keys, *done["gone"]])
        if topic in here and not divided and home[at[paper]] != topic:
            wrong.append(f"{paper} is in {home[at[paper]]}, not in {topic}")
    return statuses, wrong


def main() -> None:
    source, out = ROOT / "results", OUT / "edits"
    if not (source / "embeddings" / "embeddings.npy").exists():
        sys.exit("bench edits: no results; `make run` makes them")
    shutil.rmtree(out, ignore_errors=True)
    papers = pq.read_table(source / "corpus" / "papers.parquet")
    vectors = np.load(source / "embeddings" / "embeddings.npy")
    dates = papers["published"].to_numpy().astype("datetime64[D]")
    rng, rows = np.random.default_rng(0), []
    edits: list[dict] = []
    before: Path | None = None
    for number, of_month in enumerate(monthly(dates, MONTHS)):
        folder = out / f"{number:02}"
        month(folder, papers, vectors, of_month, before)
        ids = papers["id"].take(of_month).to_pylist()
        replay(folder, edits, before)
        keys = json.loads((folder / EDITED["summary_edited"]).read_text())["keys"]
        vocabulary = pq.read_table(folder / "vocabulary.parquet", columns=["term"])["term"].to_pylist()[1:]
        statuses, wrong = lost(folder, edits, ids)
        kept = statuses["applied"] + statuses["replaced"]
        rows.append([f"month {number}", len(ids), len(keys), len(edits), kept, len(edits) - kept, len(wrong)])
        print(rows[-1], *wrong, sep="\n  ", flush=True)
        if number < MONTHS:
            more = EDITS * (number + 1) // MONTHS - len(edits)
            edits += [random_edit(rng, len(edits) + i, keys, ids, vocabulary) for i in range(more)]
        before = folder
    header = ["month", "papers", "topics", "edits", "applied or replaced", "reported with a reason", "lost"]
    table("Random edits over a chain of monthly updates", header, rows)
