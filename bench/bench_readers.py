"""Keywords of fixed topics by the judgments of two readers who knew neither ranks nor rules.

On the bundled papers and, if CORPUS is given, on 6,000 of other subjects. bench/readers/README.md has the protocol.
A keyword that no reader has seen counts as unknown; if many are, new readings are due.
"""

import os

import numpy as np
import pyarrow.parquet as pq

from bench_quality import our_model, our_words, plain_words
from bench_space import encoded, folder_of, other_papers
from measure import SAMPLE, table
from readings import READERS, Judgments, read_judgments, read_topics


def row_of(keywords: list[list[str]], grades: Judgments, same: list[tuple[int, str, frozenset[str]]]) -> list:
    """Number, unknown ones, and of the known ones the shares that each reader strikes, and calls good; twins."""
    seen = [
        (topic, word) for topic, words in enumerate(keywords) for word in words if (topic, word) in grades
    ]
    shares = [
        float(np.mean([grades[key][reader] == grade for key in seen]))
        for grade in ("strike", "good")
        for reader in READERS
    ]
    twins = sum(
        max(0, len(group & set(keywords[topic])) - 1) for topic, reader, group in same if reader == "a"
    )
    total = sum(map(len, keywords))
    return [total, total - len(seen), *shares, twins]


def kappa(grades: Judgments) -> float:
    """Cohen's kappa of the two readers."""
    from sklearn.metrics import cohen_kappa_score

    return float(cohen_kappa_score(*([by[reader] for by in grades.values()] for reader in READERS)))


def main() -> None:
    snapshots = {"bundled": SAMPLE} | ({"others": other_papers()} if os.environ.get("CORPUS") else {})
    for name, snapshot in snapshots.items():
        encoded(name, snapshot, None)
        folder = folder_of(name, None)
        topic_of = read_topics(name)
        ids = pq.read_table(folder / "papers.parquet", columns=["id"])["id"].to_pylist()
        model = our_model(folder, np.array([topic_of.get(identifier, -1) for identifier in ids]), "readers")
        grades, same = read_judgments(name)
        lists = {
            "ours": our_words(model, own_length=True),
            "ours, ten per topic": our_words(model, own_length=False),
            "c-TF-IDF, ten per topic": plain_words(model),
        }
        rows = [[what, *row_of(keywords, grades, same)] for what, keywords in lists.items()]
        header = ["keywords", "number", "unknown", "struck by a", "by b", "good for a", "for b", "twins"]
        table(
            f"Readers: {name}, {len(grades)} judged keywords of {len(model.sizes)} topics, kappa {kappa(grades):.2f}",
            header,
            rows,
        )


if __name__ == "__main__":
    main()
