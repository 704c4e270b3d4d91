"""Choose K from the scans of all candidates."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd

from lib.clusters.sizes import effective_topics
from lib.summaries import Scan

MEASURES: Final = ("silhouette", "inertia", "repeating", "stability_halves", "stability_seeds")
STRUCTURE: Final = 0.25  # a mean silhouette up to this means "no substantial structure"
ENOUGH: Final = 0.8  # share of the papers in topics that repeat
NEAR: Final = 1.35  # how far proposals from different grids may lie apart
COLUMNS = [
    "k",
    *(f"{name}{suffix}" for name in MEASURES for suffix in ("", "_sd")),
    *("largest", "smallest", "effective_topics", "ami_primary"),
]


@dataclass
class Choice:
    """The proposed K: the rule that decided, the Ks that are as good within the noise, and why."""

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

    1. If the silhouette of the best candidate is above STRUCTURE, the corpus falls into groups of its
       own, and K is that candidate (Rousseeuw, 1987). On planted topics it is the planted K. The
       plateau is what the spread over clusterings cannot tell from the peak. Below STRUCTURE the
       silhouette says nothing (Kaufman & Rousseeuw, 1990, Finding groups in data, table 4).
    2. Otherwise no K stands out, and K is the finest at which ENOUGH of the papers lie in topics that
       repeat on random halves (Hennig, 2007, Cluster-wise assessment of cluster stability). The share
       falls as K grows. The lowest falling curve above all candidates is read between them, so that
       the ends of the grid do not matter, and the candidate nearest to the result is proposed. The
       plateau is all candidates within a factor of NEAR.

    Agreement with categories is in the table for reading and never decides.
    """
    k = table["k"].to_numpy()
    if len(k) == 0:
        return Choice(None, "no scan", [], "no candidate could be tried.")
    if len(k) == 1:
        return Choice(
            int(k[0]), "only candidate", [int(k[0])], f"{k[0]} was the only candidate that could be tried."
        )
    return _silhouette_peak(table) or _finest_that_repeats(table)


def _silhouette_peak(table: pd.DataFrame) -> Choice | None:
    """Rule 1: the peak of the silhouette, if it is high enough to mean something."""
    k, silhouette, spread = (table[name].to_numpy() for name in ("k", "silhouette", "silhouette_sd"))
    peak = int(silhouette.argmax())
    if silhouette[peak] <= STRUCTURE:
        return None
    plateau = k[silhouette >= silhouette[peak] - np.hypot(spread[peak], spread)].tolist()
    sentence = (
        f"The silhouette is highest at K = {k[peak]} ({silhouette[peak]:.3f}) and above {STRUCTURE}: the papers "
        f"fall into clearly separate groups.{_beyond(k, peak)}"
    )
    return Choice(int(k[peak]), "silhouette peak", plateau, sentence)


def _finest_that_repeats(table: pd.DataFrame) -> Choice:
    """Rule 2: the finest K at which ENOUGH of the papers lie in topics that repeat."""
    k, silhouette, repeating = (table[name].to_numpy() for name in ("k", "silhouette", "repeating"))
    finest = finest_k(k, repeating)
    best = int(np.abs(np.log(k / finest)).argmin())
    plateau = [int(c) for c in k if c == k[best] or finest / NEAR <= c <= finest * NEAR]
    sentence = (
        f"No K stands out: the papers do not fall into clearly separate groups (the silhouette is "
        f"{silhouette.max():.2f} at most; clear groups exceed {STRUCTURE}). K = {k[best]} is proposed: "
    )
    if repeating.min() >= ENOUGH:
        sentence += f"at every candidate {ENOUGH:.0%} or more of the papers lie in topics that repeat on random halves"
    elif repeating.max() < ENOUGH:
        sentence += f"at no candidate {ENOUGH:.0%} of the papers lie in topics that repeat on random halves"
    else:
        sentence += (
            f"it is the candidate nearest to K = {finest:.0f}, up to about which {ENOUGH:.0%} of the papers lie in "
            "topics that repeat when random halves of the papers are clustered"
        )
    return Choice(int(k[best]), "finest that repeats", plateau, f"{sentence}.{_beyond(k, best)}")


def _beyond(k: np.ndarray, best: int) -> str:
    """A hint if the best candidate is the first or the last one."""
    if 0 < best < len(k) - 1:
        return ""
    return f" It is the {'smallest' if best == 0 else 'largest'} candidate: {'smaller' if best == 0 else 'larger'} ones are worth a look."


def finest_k(k: np.ndarray, repeating: np.ndarray) -> float:
    """The K at which a falling curve of `repeating` over log K crosses ENOUGH, within the candidates.

    The curve is the smallest falling one that no candidate lies above, so that one bad draw at a small K
    does not matter, with straight lines between the candidates. Between 4 and 5 there is no K: the curve
    crosses at 4.
    """
    falling = np.maximum.accumulate(repeating[::-1])[::-1]
    if falling[-1] >= ENOUGH:
        return float(k[-1])
    if falling[0] < ENOUGH:
        return float(k[0])
    after = int(np.argmax(falling < ENOUGH))
    if k[after] - k[after - 1] == 1:
        return float(k[after - 1])
    share = (falling[after - 1] - ENOUGH) / (falling[after - 1] - falling[after])
    return float(k[after - 1] * (k[after] / k[after - 1]) ** share)
