"""Two maps of the same papers, one of them without a random 1 %: do their tables read as the same topics?

`make run` with INPUT=the corpus, and without one line in a hundred; up to `label`. The vectors come from the
cache. `DRAW=2` leaves out others. The results stay in runs/twice.
"""

import os

import numpy as np
import pyarrow.parquet as pq

from measure import OUT, ROOT, command, corpus, table

LEFT_OUT = 0.01
DRAW = int(os.environ.get("DRAW", "1"))


def mapped(name: str, snapshot) -> dict:
    """Topics and assignments of a run, with the topic of each paper by id."""
    folder = f"runs/twice/{name}"
    command(["make", "run", f"RESULTS={folder}", f"INPUT={snapshot}", "ARGS=--until label"])
    assigned = pq.read_table(ROOT / folder / "clusters" / "assignments.parquet", columns=["id", "topic"])
    topics = pq.read_table(ROOT / folder / "topics" / "topics.parquet", columns=["name", "size", "stability"])
    return {"topics": topics.to_pylist(), "of": dict(zip(*assigned.to_pydict().values(), strict=True))}


def without_some(snapshot):
    """The snapshot without a random 1 % of its lines."""
    target = OUT / f"{snapshot.stem}-without-{DRAW}.jsonl"
    lines = snapshot.read_bytes().splitlines(keepends=True)
    kept = np.random.default_rng(DRAW).random(len(lines)) >= LEFT_OUT
    target.write_bytes(b"".join(line for line, keep in zip(lines, kept, strict=True) if keep))
    return target


def side_by_side(first: dict, second: dict) -> tuple[list[list], float]:
    """A row per topic of the first run with its best match, and the share of the papers that moved.

    Topics are matched so that they share as many papers as possible. The Jaccard index of a pair counts the
    papers that both runs have.
    """
    from scipy.optimize import linear_sum_assignment

    ids = sorted(set(first["of"]) & set(second["of"]))
    shared = np.zeros((len(first["topics"]), len(second["topics"])), int)
    np.add.at(shared, ([first["of"][i] for i in ids], [second["of"][i] for i in ids]), 1)
    match = dict(zip(*linear_sum_assignment(-shared), strict=True))
    either = shared.sum(1)[:, None] + shared.sum(0) - shared
    rows = []
    for number, topic in enumerate(first["topics"]):
        other = match.get(number)
        beside = second["topics"][other] if other is not None else {"name": "", "size": 0}
        jaccard = float(shared[number, other] / either[number, other]) if other is not None else 0.0
        rows.append(
            [topic["name"], topic["size"], beside["name"], beside["size"], jaccard, topic["stability"]]
        )
    kept = sum(shared[pair] for pair in match.items())
    return rows, 1.0 - float(kept) / len(ids)


def main() -> None:
    snapshot = corpus()
    first, second = mapped("all", snapshot), mapped(f"without-{DRAW}", without_some(snapshot))
    rows, moved = side_by_side(first, second)
    header = ["topic of all papers", "papers", "topic without 1 %", "papers", "Jaccard", "repeats on halves"]
    table(f"{len(first['of']):,} papers, and {len(second['of']):,} of them", header, rows)
    equal = sum(row[0] == row[2] for row in rows)
    print(f"\n{equal} of {len(rows)} names are equal. {moved:.1%} of the papers are in another topic.")


if __name__ == "__main__":
    main()
