"""The representative papers of a topic: nearest, descriptive, diverse, latest and borderline ones."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa

from lib.naming.schema import REPRESENTATIVES
from lib.naming.title_scorer import TitleScorer
from lib.naming.titles import latex_to_text
from lib.vectors import take

CANDIDATES = (
    50  # nearest papers among which the most descriptive title is chosen, of the nearer half of the topic
)
DIVERSE_OF = 50  # nearest papers among which the diverse ones are chosen
TITLE_CHARS = 100  # of a title in a label: about a line of the report
ROLES = ("nearest", "descriptive", "diverse", "latest", "borderline")


@dataclass(frozen=True)
class RankedPapers:
    """Papers of a topic, best first: rows int64 (m,) and scores float (m,)."""

    rows: np.ndarray
    scores: np.ndarray


def near_center(rows: np.ndarray) -> np.ndarray:
    """Candidates for the label: the nearest papers of a topic, nearest first.

    Parameters
    ----------
    rows : int (m,), all papers of the topic, nearest first
    """
    return rows[: min(CANDIDATES, (len(rows) + 1) // 2)]


def most_descriptive(
    rows: np.ndarray, titles: list[str], languages: list[str], topic: int, scorer: TitleScorer, width: int
) -> tuple[RankedPapers, list[str]]:
    """The candidates, ordered by how well their titles describe the topic, and their titles as shown.

    Candidates in the most frequent language come first.

    Parameters
    ----------
    rows : int (m,), nearest first
    titles, languages : the title and language of each of these papers
    width : largest number of characters of a title as shown
    """
    main = max(sorted(set(languages)), key=languages.count)
    variants = [scorer.best_variant(title, topic, width) for title in titles]
    order = sorted(range(len(rows)), key=lambda i: (languages[i] != main, -variants[i][0], i))
    scores = np.array([variants[i][0] for i in order])
    return RankedPapers(rows[order], scores), [variants[i][1] for i in order]


def latest(rows: np.ndarray, days: np.ndarray, n: int) -> RankedPapers:
    """The newest papers of the nearer half of a topic.

    Parameters
    ----------
    rows : int (m,), nearest first
    days : float (n_papers,), nan if unknown
    """
    half = rows[: (len(rows) + 1) // 2]
    half = half[~np.isnan(days[half])]
    newest = half[np.argsort(-days[half], kind="stable")[:n]]
    return RankedPapers(newest, days[newest])


def diverse(rows: np.ndarray, vectors: np.ndarray, n: int) -> RankedPapers:
    """Papers that differ from each other: each next paper is the least similar to the papers before it.

    Parameters
    ----------
    rows : int (m,), nearest first
    vectors : float32 (m, dim), their unit vectors

    Returns
    -------
    The papers; their score is the largest cosine to an earlier paper, 0 for the first.
    """
    picked, closest = [0], vectors @ vectors[0]
    scores = [0.0]
    while len(picked) < min(n, len(rows)):
        closest[picked] = np.inf
        at = int(np.argmin(closest))
        scores.append(float(closest[at]))
        picked.append(at)
        closest = np.maximum(closest, vectors @ vectors[at])
    return RankedPapers(rows[picked], np.array(scores))


def choose_papers(
    papers: pa.Table,
    assignments: pd.DataFrame,
    vectors: np.ndarray,
    by_topic: list[np.ndarray],
    languages: dict[int, str],
    scorer: TitleScorer,
    n: int,
) -> tuple[list[dict[str, RankedPapers]], list[list[str]]]:
    """For each topic its papers in each of ROLES, and the titles of the descriptive ones as shown.

    Parameters
    ----------
    papers : columns `title` and `published`
    assignments : columns `similarity` and `margin`
    vectors : (n_papers, dim), unit rows (may be memory-mapped)
    by_topic : int (m,) each, the rows of each topic, nearest first
    languages : the language of each candidate (`near_center`), by row
    n : number of diverse and of latest papers
    """
    similarity, margin = assignments["similarity"].to_numpy(), assignments["margin"].to_numpy()
    days = papers["published"].cast(pa.int32()).to_numpy().astype(float)
    chosen, shown = [], []
    for topic, rows in enumerate(by_topic):
        near, to_compare = near_center(rows), rows[:DIVERSE_OF]
        titles, of_titles = papers["title"].take(near).to_pylist(), [languages[row] for row in near.tolist()]
        descriptive, as_shown = most_descriptive(near, titles, of_titles, topic, scorer, TITLE_CHARS)
        uncertain = rows[np.argsort(margin[rows], kind="stable")]
        ranked = (
            RankedPapers(rows, similarity[rows]),
            descriptive,
            diverse(to_compare, take(vectors, to_compare), n),
            latest(rows, days, n),
            RankedPapers(uncertain, margin[uncertain]),
        )
        chosen.append(dict(zip(ROLES, ranked, strict=True)))
        shown.append(as_shown)
    return chosen, shown


def representative_table(
    papers: pa.Table, chosen: list[dict[str, RankedPapers]], similarity: np.ndarray, n: int
) -> pd.DataFrame:
    """The first n papers in each role, with the columns of REPRESENTATIVES.

    Parameters
    ----------
    papers : columns `id` and `title`
    chosen : for each topic its papers in each role
    similarity : float (n_papers,), cosine of each paper to the centroid of its topic
    """
    rows = [
        (topic, role, rank, row, score)
        for topic, roles in enumerate(chosen)
        for role, ranked in roles.items()
        for rank, (row, score) in enumerate(
            zip(ranked.rows[:n].tolist(), ranked.scores[:n].tolist(), strict=True), 1
        )
    ]
    table = pd.DataFrame(rows, columns=["topic", "role", "rank", "row", "score"])
    at = table.pop("row").to_numpy()
    return table.assign(
        id=papers["id"].take(at).to_pylist(),
        title=list(map(latex_to_text, papers["title"].take(at).to_pylist())),
        similarity=similarity[at],
    )[REPRESENTATIVES.names]
