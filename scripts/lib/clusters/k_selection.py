"""Choose K from the scans of all candidates."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd

from lib.clusters.partitions import effective_topics
from lib.clusters.schema import Scan

MEASURES: Final = ("silhouette", "inertia", "stable_share", "stability_halves", "stability_seeds")
STRUCTURE: Final = 0.25  # a mean silhouette up to this means "no substantial structure"
ENOUGH: Final = 0.8  # share of the papers in stable topics
NEAR: Final = 1.35  # how far proposals from different grids should lie apart at most
ONLY: Final = "only candidate"  # the rule if only one candidate could be tried
COLUMNS = [
    "k",
    *(f"{name}{suffix}" for name in MEASURES for suffix in ("", "_sd")),
    *("largest", "smallest", "effective_topics", "ami_primary"),
]


@dataclass
class Choice:
    """The proposed K, the rule that chose it, the plateau of Ks that are equally good within the noise, and the reason."""

    k: int | None  # None: nothing could be scanned
    rule: str
    plateau: list[int]
    sentence: str


def tabulate(scans: list[Scan]) -> pd.DataFrame:
    """One row per candidate, by ascending K: means over the runs and standard deviations (`_sd`)."""
    rows: list[dict[str, Any]] = []
    for scan in sorted(scans, key=lambda scan: scan["k"]):
        row: dict[str, Any] = {"k": scan["k"]}
        for name in MEASURES:
            values = scan[name]
            row[name] = np.mean(values)
            row[f"{name}_sd"] = np.std(values, ddof=1) if len(values) > 1 else 0.0
        row["largest"] = scan["sizes"][0] / scan["sample"]
        row["smallest"] = scan["sizes"][-1] / scan["sample"]
        row["effective_topics"] = effective_topics(np.array(scan["sizes"]))
        row["ami_primary"] = scan["ami_primary"]
        rows.append(row)
    return pd.DataFrame(rows, columns=COLUMNS).astype({"ami_primary": float})


def choose(table: pd.DataFrame) -> Choice:
    """Propose a K from the table of `tabulate`.

    1. If the silhouette of the best candidate is above STRUCTURE, the corpus falls into separate
       groups, and K is that candidate (Rousseeuw, 1987). On planted topics it is the planted K. The
       plateau holds the candidates within the spread over clusterings. Below STRUCTURE the silhouette
       is not informative (Kaufman & Rousseeuw, 1990, Finding groups in data, table 4).
    2. Otherwise K is the largest at which a share ENOUGH of the papers lies in topics that are stable on random
       halves (Hennig, 2007, Cluster-wise assessment of cluster stability). The share
       falls as K grows, and is read between the candidates, so that the proposal hardly depends on the
       grid and need not be a candidate. The plateau is K and all candidates within a factor of NEAR.

    Agreement with categories is in the table for information only.
    """
    k = table["k"].to_numpy()
    if len(k) == 0:
        return Choice(None, "no scan", [], "no candidate could be tried.")
    if len(k) == 1:
        return Choice(int(k[0]), ONLY, [int(k[0])], f"{k[0]} was the only candidate that could be tried.")
    return _silhouette_peak(table) or largest_stable_k(table)


def _silhouette_peak(table: pd.DataFrame) -> Choice | None:
    """Rule 1: the peak of the silhouette; None if it is at most STRUCTURE."""
    k, silhouette, spread = (table[name].to_numpy() for name in ("k", "silhouette", "silhouette_sd"))
    peak = int(silhouette.argmax())
    if silhouette[peak] <= STRUCTURE:
        return None
    plateau = k[silhouette >= silhouette[peak] - np.hypot(spread[peak], spread)].tolist()
    sentence = (
        f"The silhouette is highest at K = {k[peak]} ({silhouette[peak]:.3f}) and above {STRUCTURE}: the papers "
        f"fall into clearly separate groups.{_beyond(k, k[peak])}"
    )
    return Choice(int(k[peak]), "silhouette peak", plateau, sentence)


def largest_stable_k(table: pd.DataFrame) -> Choice:
    """Rule 2: the largest K at which a share ENOUGH of the papers lies in stable topics."""
    k, silhouette, stable_share = (table[name].to_numpy() for name in ("k", "silhouette", "stable_share"))
    finest = finest_k(k, stable_share)
    plateau = sorted({finest, *(c for c in k.tolist() if finest / NEAR <= c <= finest * NEAR)})
    sentence = (
        f"No K stands out: the papers do not fall into clearly separate groups (the silhouette is "
        f"{silhouette.max():.2f} at most; clear groups exceed {STRUCTURE}). K = {finest} is proposed: "
    )
    if stable_share[-1] >= ENOUGH:
        sentence += f"at the largest candidate {ENOUGH:.0%} or more of the papers still lie in stable topics"
    elif stable_share.max() < ENOUGH:
        sentence += f"at no candidate {ENOUGH:.0%} of the papers lie in stable topics"
    else:
        sentence += (
            f"{ENOUGH:.0%} or more of the papers lie in stable topics, which appear again when random halves of "
            f"the papers are clustered, up to about this number{'' if finest in k else ' (read between the candidates)'}"
        )
    return Choice(finest, "largest stable K", plateau, f"{sentence}.{_beyond(k, finest)}")


def _beyond(k: np.ndarray, proposed: int) -> str:
    """A hint if the first or the last candidate is proposed."""
    if k[0] < proposed < k[-1]:
        return ""
    end, others = ("smallest", "smaller") if proposed == k[0] else ("largest", "larger")
    return f" It is the {end} candidate: {others} ones are worth a look."


def finest_k(k: np.ndarray, stable_share: np.ndarray) -> int:
    """The largest K at which a falling curve of `stable_share` is at least ENOUGH, within the candidates.

    K need not be a candidate. The curve is the lowest falling curve with no candidate above it, so that one bad
    draw at a small K does not matter. It is linear in log K between the candidates. If no K is stable enough, the
    first candidate is returned.
    """
    falling = np.maximum.accumulate(stable_share[::-1])[::-1]
    within = np.arange(k[0], k[-1] + 1)
    enough = within[np.interp(np.log(within), np.log(k), falling) >= ENOUGH]
    return int(enough[-1] if len(enough) else k[0])
