"""What a finished run says of papers: of its own, and of new ones."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from lib.arrays import read_array
from lib.cli import UserError
from lib.clusters.assignment import lower_fences
from lib.clusters.new_papers import TopicSpace, assign
from lib.clusters.schema import ASSIGNMENTS, ClusterSummary
from lib.clusters.topic_numbers import to_codes
from lib.embeddings.cache import text_hashes
from lib.embeddings.nearest import nearest_points
from lib.embeddings.neighbor_graph import read_neighbors
from lib.embeddings.schema import EmbeddingsSummary
from lib.files import read_json
from lib.map.layout import interpolate
from lib.map.schema import ProjectSummary, read_points
from lib.records.schema import Ledger
from lib.tables import check_same_rows, read_rows, read_table
from lib.vectors import open_embeddings, unit
from lib.workflow.chains import clustered

LISTED = 5  # nearest papers of each paper
TOPIC_NAMES = pa.schema({"topic": pa.int32(), "key": pa.string(), "name": pa.string()})
MEASURES = ["topic", "similarity", "margin", "second_topic", "outlier"]  # columns of ASSIGNMENTS


@dataclass
class FinishedRun:
    """The files of a run.

    Attributes
    ----------
    papers : papers.parquet
    ledger, encoder : ledger.json and embeddings.json
    hashes : S16 (n,), of the texts
    vectors : (n, dim), memory-mapped
    near : int32 (n, k), nearest papers
    points : float32 (n, 2), places on the map
    of_papers : MEASURES of each paper
    topics : columns of TOPIC_NAMES, by ascending number
    space : what new papers are compared with, topics in the same order
    smooth, n_neighbors : how many nearest papers `cluster` averages, and `project` keeps together
    """

    papers: Path
    ledger: Ledger
    encoder: EmbeddingsSummary
    hashes: np.ndarray
    vectors: np.ndarray
    near: np.ndarray
    points: np.ndarray
    of_papers: pd.DataFrame
    topics: pd.DataFrame
    space: TopicSpace
    smooth: int
    n_neighbors: int

    @classmethod
    def read(cls, at: Path) -> "FinishedRun":
        """Read a results folder.

        Raises
        ------
        UserError
            A file is missing, or the files are not of one run.
        """
        if not at.is_dir():
            raise UserError(f"RESULTS: {at}: no such folder; name the results folder of a finished run")
        papers = at / "corpus/papers.parquet"
        hashes = text_hashes(papers)
        clusters = Path(clustered(at))
        measured = read_table(clusters / "assignments.parquet", ASSIGNMENTS, MEASURES).to_pandas()
        topics = read_table(at / "topics/topics.parquet", TOPIC_NAMES).to_pandas()
        points = read_points(at / "map/coordinates.parquet")
        check_same_rows(papers=len(hashes), assignments=len(measured), coordinates=len(points))
        search, centroids = (read_array(clusters / f"{name}.npy") for name in ("search", "centroids"))
        vectors = open_embeddings(at / "embeddings/embeddings.npy", len(hashes))
        if not search.shape == centroids.shape == (len(topics), vectors.shape[1]):
            raise UserError(
                f"{at}: search.npy {search.shape} and centroids.npy {centroids.shape} do not fit {len(topics)} topics and "
                f"vectors of {vectors.shape[1]} dimensions; run the map again"
            )
        labels = to_codes(measured["topic"].to_numpy(), topics["topic"].to_numpy())
        fences = lower_fences(measured["similarity"].to_numpy(), labels, len(topics))
        neighbors = at / "embeddings/neighbors.npy"
        return cls(
            papers=papers,
            ledger=read_json(at / "corpus/ledger.json", Ledger),
            encoder=read_json(at / "embeddings/embeddings.json", EmbeddingsSummary),
            hashes=hashes,
            vectors=vectors,
            near=read_neighbors(neighbors, at / "embeddings/similarities.npy", len(hashes))[0],
            points=points,
            of_papers=measured,
            topics=topics,
            space=TopicSpace(search, centroids, fences),
            smooth=read_json(at / "clusters/cluster.json", ClusterSummary)["smooth"],
            n_neighbors=read_json(at / "map/project.json", ProjectSummary)["n_neighbors"],
        )

    def rows_of(self, hashes: np.ndarray) -> np.ndarray:
        """The first row of each text: int64 (m,), -1 if the run lacks it.

        Parameters
        ----------
        hashes : S16 (m,)
        """
        order = np.argsort(self.hashes, kind="stable")
        at = order[np.minimum(np.searchsorted(self.hashes, hashes, sorter=order), len(order) - 1)]
        return np.where(self.hashes[at] == hashes, at, -1)

    def names_of(self, topics: pd.Series) -> pd.DataFrame:
        """The columns `key` and `name` of topics by number; missing where a paper is in none."""
        return self.topics.set_index("topic").reindex(topics)[["key", "name"]].reset_index(drop=True)

    def papers_at(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The ids and titles of papers, object arrays of the shape of `rows`, int (m, n)."""
        if not rows.size:
            return np.empty(rows.shape, object), np.empty(rows.shape, object)
        distinct, place = np.unique(rows, return_inverse=True)
        table = read_rows(self.papers, ["id", "title"], distinct)
        place = place.reshape(rows.shape)
        return tuple(table[name].to_numpy()[place] for name in ("id", "title"))


def describe(
    run: FinishedRun,
    hashes: np.ndarray,
    encode: Callable[[np.ndarray], np.ndarray],
    threads: int,
) -> pd.DataFrame:
    """The columns of NEW_PAPERS from `topic` on, for papers with the given text hashes, S16 (m,).

    Of a text that the run has, its own files tell. Others are assigned and placed among their nearest papers.

    Parameters
    ----------
    encode : returns the vectors (j, dim), in the type of the run, of the papers at rows int (j,); called if there are any
    """
    at = run.rows_of(hashes)
    known, new = np.flatnonzero(at >= 0), np.flatnonzero(at < 0)
    table = run.of_papers.iloc[at].reset_index(drop=True)  # rows of new papers are replaced
    places = run.points[at]
    near = run.near[at, :LISTED]
    if len(new):
        own = encode(new)
        needed = min(max(run.smooth, run.n_neighbors, near.shape[1]), len(run.vectors))
        rows, cosines = nearest_points(unit(own), run.vectors, needed, threads)
        found = assign(own, run.vectors, rows[:, : run.smooth], run.space, threads)
        numbers = run.topics["topic"].to_numpy()
        fit = found.membership
        columns = [
            numbers[found.labels],
            fit.similarity,
            fit.margin,
            numbers[fit.second_topic],
            found.outlier,
        ]
        for name, values in zip(MEASURES, columns, strict=True):
            table.loc[new, name] = values
        places[new] = interpolate(rows[:, : run.n_neighbors], cosines[:, : run.n_neighbors], run.points)
        near[new] = rows[:, : near.shape[1]]
    ids, titles = run.papers_at(near)
    is_known = np.zeros(len(at), bool)
    is_known[known] = True
    return table.assign(
        **run.names_of(table["topic"]),
        x=places[:, 0],
        y=places[:, 1],
        near_ids=ids.tolist(),
        near_titles=titles.tolist(),
        known=is_known,
    )
