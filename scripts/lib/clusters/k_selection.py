"""Choose K from the scans of all candidates."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd

from lib.clusters.sizes import effective_topics
from lib.summaries import Scan

MEASURES: Final = ("silhouette", "inertia", "stability_halves", "stability_seeds")
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

    1. If the silhouette peaks between the first and the last candidate, and the peak is higher than
       both ends by more than twice the spread over seeds, the data have a scale of their own and K
       is the peak (Rousseeuw, 1987). On planted topics it is the planted K. The plateau is what the
       spread over seeds cannot tell from the peak.
    2. Otherwise the highest silhouette is only the edge of the grid, and no K stands out. The knee
       of the inertia then says where more topics begin to gain less: the point farthest below the
       chord of its curve (Satopää et al., 2011, Finding a "kneedle" in a haystack). The knee is
       flat, so the plateau is all candidates that reach nine tenths of its depth. Of these, K is
       the one that repeats best on random halves of the papers (Ben-Hur, Elisseeff & Guyon, 2002,
       A stability based method). Stability alone must not choose, since it favours few clusters
       (von Luxburg, 2010, Clustering stability: an overview).

    Agreement with categories is in the table for reading and never decides.
    """
    k = table["k"].to_numpy()
    if len(k) == 0:
        return Choice(None, "no scan", [], "no candidate could be tried.")
    if len(k) == 1:
        return Choice(
            int(k[0]), "only candidate", [int(k[0])], f"{k[0]} was the only candidate that could be tried."
        )
    return _silhouette_peak(table) or _inertia_knee(table)


def _silhouette_peak(table: pd.DataFrame) -> Choice | None:
    """Rule 1: the peak of the silhouette, if it stands out."""
    k, silhouette, spread = (table[name].to_numpy() for name in ("k", "silhouette", "silhouette_sd"))
    peak = int(silhouette.argmax())
    clear = silhouette[peak] - silhouette[[0, -1]] > 2 * np.hypot(spread[peak], spread[[0, -1]])
    if not (0 < peak < len(k) - 1 and clear.all()):
        return None
    plateau = k[silhouette >= silhouette[peak] - np.hypot(spread[peak], spread)].tolist()
    sentence = (
        f"The silhouette peaks at K = {k[peak]} ({silhouette[peak]:.3f}), inside the grid and above "
        f"both of its ends by more than the spread over seeds."
    )
    return Choice(int(k[peak]), "silhouette peak", plateau, sentence)


def _inertia_knee(table: pd.DataFrame) -> Choice:
    """Rule 2: the candidate near the knee of the inertia that repeats best."""
    k, silhouette, spread = (table[name].to_numpy() for name in ("k", "silhouette", "silhouette_sd"))
    knee = knee_height(k, table["inertia"].to_numpy())
    near = np.flatnonzero(knee >= 0.9 * knee.max())
    best = int(near[table["stability_halves"].to_numpy()[near].argmax()])
    plateau = k[near].tolist()
    sentence = (
        f"No K stands out: the silhouette has no peak inside the grid "
        f"({silhouette[0]:.3f} at K = {k[0]}, {silhouette[-1]:.3f} at K = {k[-1]}). "
        f"K = {k[best]} is proposed: the inertia bends most near it"
    )
    if len(plateau) > 1:
        sentence += f", and of {', '.join(map(str, plateau))} it repeats best on random halves"
    sentence += "."
    rise = silhouette[-1] - silhouette[-2]
    if silhouette.argmax() == len(k) - 1 and rise > 2 * np.hypot(spread[-1], spread[-2]):
        sentence += " The silhouette still rises at the last candidate: larger ones are worth a look."
    return Choice(int(k[best]), "inertia knee", plateau, sentence)


def knee_height(k: np.ndarray, inertia: np.ndarray) -> np.ndarray:
    """How far the inertia lies below the chord from its first to its last point, both axes 0 to 1."""
    if len(k) < 3 or inertia[0] <= inertia[-1]:
        return np.zeros(len(k))
    x = (k - k[0]) / (k[-1] - k[0])
    y = (inertia - inertia[-1]) / (inertia[0] - inertia[-1])
    return (1 - x) - y
