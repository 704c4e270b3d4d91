"""What readers said of keywords of fixed topics: bench/readers/, with its protocol in README.md."""

import csv
import gzip

from measure import ROOT

FOLDER = ROOT / "bench" / "readers"
READERS = ("a", "b")
GRADES = ("strike", "weak", "good")
Judgments = dict[tuple[int, str], dict[str, str]]  # by topic and keyword: the grade of each reader


def read_topics(name: str) -> dict[str, int]:
    """The topic of each paper of a corpus, by id."""
    with gzip.open(FOLDER / f"{name}_topics.csv.gz", "rt", encoding="utf-8") as file:
        return {row["id"]: int(row["topic"]) for row in csv.DictReader(file)}


def read_judgments(name: str) -> tuple[Judgments, list[tuple[int, str, frozenset[str]]]]:
    """The grades of all keywords of a corpus; and the keywords that say the same, by topic and reader."""
    grades: Judgments = {}
    same: dict[tuple[int, str, str], set[str]] = {}
    for reader in READERS:
        with (FOLDER / f"{name}_{reader}.csv").open(encoding="utf-8") as file:
            for row in csv.DictReader(file):
                topic = int(row["topic"])
                grades.setdefault((topic, row["term"]), {})[reader] = row["grade"]
                if row["same"]:
                    same.setdefault((topic, reader, row["same"]), set()).add(row["term"])
    return grades, [(topic, reader, frozenset(terms)) for (topic, reader, _), terms in same.items()]
