"""Measure the topics: their shape, their agreement with arXiv's categories, their words."""

import json
from pathlib import Path

import numpy as np
from sklearn.metrics import adjusted_mutual_info_score, adjusted_rand_score
from sklearn.metrics.cluster import contingency_matrix

from lib.cli import parser, run, say, written
from lib.files import read_json, read_table, same_rows
from lib.sizes import effective_topics


def agreement(topics: np.ndarray, names: list[str | None]) -> dict:
    """How well topics and a classification of the papers agree, over the papers that have one.

    Returns
    -------
    ami : adjusted mutual information, 0 for chance, 1 for the same partition (Vinh et al., 2010)
    ari : adjusted Rand index (Hubert & Arabie, 1985)
    purity : share of the papers whose class is the commonest of their topic
    """
    known = np.array([name is not None for name in names])
    if not known.any():
        return {"papers": 0, "classes": 0, "ami": None, "ari": None, "purity": None}
    classes, codes = np.unique([name for name in names if name is not None], return_inverse=True)
    mine = topics[known]
    return {
        "papers": int(known.sum()),
        "classes": len(classes),
        "ami": float(adjusted_mutual_info_score(codes, mine)),
        "ari": float(adjusted_rand_score(codes, mine)),
        "purity": float(contingency_matrix(codes, mine).max(0).sum() / len(mine)),
    }


def archive(category: str | None) -> str | None:
    """The archive of a category: `astro-ph` of `astro-ph.GA`, `math` of `math.AG`."""
    return category and category.split(".")[0]


def diversity(keywords: list[list[str]], top: int = 10) -> float:
    """Share of distinct keywords among the top ones of all topics. Dieng, Ruiz & Blei (2020)."""
    words = [word for topic in keywords for word in topic[:top]]
    return len(set(words)) / len(words)


def spread_of_sizes(sizes: np.ndarray) -> dict:
    """The topics' sizes in a few numbers."""
    return {
        "smallest": int(sizes.min()),
        "median": float(np.median(sizes)),
        "largest": int(sizes.max()),
        "effective_topics": effective_topics(sizes),
    }


def arguments():
    cli = parser(__doc__)
    cli.add_argument("--papers", type=Path, required=True, help="input: papers.parquet")
    cli.add_argument("--assignments", type=Path, required=True, help="input: assignments.parquet")
    cli.add_argument("--topics", type=Path, required=True, help="input: topics.parquet")
    cli.add_argument("--cluster", type=Path, required=True, help="input: cluster.json")
    cli.add_argument("--project", type=Path, required=True, help="input: project.json")
    cli.add_argument("--evaluation", type=Path, required=True, help="output: evaluation.json")
    return cli.parse_args()


def main() -> None:
    args = arguments()
    primary = read_table(args.papers, columns=["primary_category"])["primary_category"].to_pylist()
    assignments = read_table(args.assignments, columns=["topic", "silhouette"])
    topics = assignments["topic"].to_numpy()
    same_rows(papers=len(primary), assignments=len(topics))
    silhouette = assignments["silhouette"].to_numpy()
    table = read_table(args.topics, columns=["keywords", "size"])
    cluster = read_json(args.cluster)
    project = read_json(args.project)
    evaluation = {
        "papers": len(topics),
        "k": cluster["k"],
        "silhouette": cluster["silhouette"],
        "negative_silhouette_share": float(np.mean(silhouette < 0)),
        "inertia_per_paper": cluster["inertia"] / len(topics),
        "sizes": spread_of_sizes(table["size"].to_numpy()),
        "primary_category": agreement(topics, primary),
        "archive": agreement(topics, [archive(name) for name in primary]),
        "topic_diversity": diversity(table["keywords"].to_pylist()),
        "map_neighbours_kept": project["neighbours_kept"],
    }
    with written(args.evaluation) as (evaluation_file,):
        evaluation_file.write_text(json.dumps(evaluation, indent=1) + "\n")
    ami = evaluation["primary_category"]["ami"]
    say(
        f"silhouette {evaluation['silhouette']:.4f}, AMI with primary categories "
        f"{'unknown' if ami is None else format(ami, '.3f')}, topic diversity {evaluation['topic_diversity']:.2f}"
    )


if __name__ == "__main__":
    run(main)
