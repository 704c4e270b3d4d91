"""docs/using-the-results.md: the lines in pandas, DuckDB and R give the same answers on made-up results."""

import ast
import re
import shutil
import subprocess
from datetime import date
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from conftest import ROOT
from exchange_inputs import write_papers
from lib.tables import write_csv

PAGE = (ROOT / "docs/using-the-results.md").read_text()
# What the page takes from the bundled papers, and what stands for it in the made-up results
STANDS_FOR = {"te50c": "t0a00", "tbcf8": "t0a01", "0704.0005": "2301.00007"}
QUESTIONS = re.findall(r"^## (\d+\. .+?)$(.*?)(?=^## )", PAGE, flags=re.M | re.S)
# Of lists in CSV, for R without arrow
SEPARATOR = "\x1f"
WITHOUT_ARROW = f"""
read_parquet <- function(file) {{
  table <- read.csv(paste0(file, ".csv"), colClasses = "character", na.strings = "", encoding = "UTF-8")
  table[] <- lapply(table, function(cells) sub("^'", "", cells))
  others <- setdiff(names(table), c("id", "work", "near_ids"))
  table[others] <- type.convert(table[others], as.is = TRUE)
  for (name in intersect(c("fields", "near_ids"), names(table)))
    table[[name]] <- strsplit(ifelse(is.na(table[[name]]), "", table[[name]]), "{SEPARATOR}", fixed = TRUE)
  table
}}
"""


def blocks(text: str, language: str) -> list[str]:
    for old, new in STANDS_FOR.items():
        text = text.replace(old, new)
    return re.findall(rf"^```{language}\n(.*?)^```$", text, flags=re.M | re.S)


def block(question: str, language: str) -> str:
    (code,) = blocks(question, language)
    assert 1 <= len(code.strip().splitlines()) <= 2, "one or two lines"
    return code


@pytest.fixture(scope="module")
def results(tmp_path_factory) -> Path:
    """A results folder of 150 made-up papers, with the tables that the page reads."""
    at = tmp_path_factory.mktemp("results")
    authors = {
        row: [["Ana Novak"], ["Bo Silva", "Ana Novak"], ["Li Wei"]][row % 3] for row in range(0, 150, 2)
    }
    journals = {row: [f"Journal {row % 4}"] for row in range(0, 150, 3)}
    inputs, _ = write_papers(
        at,
        facets={"authors": authors, "journal": journals},
        published=[None if i % 11 == 0 else date(2001 + i % 9, 1, 1) for i in range(150)],
    )
    places = {
        "corpus/papers": "papers", "corpus/facets": "facets", "corpus/works": "works", "topics/topics": "topics",
        "topics/hierarchy": "hierarchy",
    }  # fmt: skip
    for place, name in places.items():
        (at / place).parent.mkdir(exist_ok=True)
        shutil.copy(inputs[name], at / f"{place}.parquet")
    for place, name in (("topics/trends", "tr"), ("topics/periods", "pe"), ("topics/subtopic_trends", "st")):
        shutil.copy(at / "in" / f"{name}.parquet", at / f"{place}.parquet")
    shutil.copy(at / "in" / "sp.parquet", at / "topics/subtopic_periods.parquet")
    for name in ("keywords", "representatives"):  # no question is about them
        shutil.copy(inputs["topics"], at / f"topics/{name}.parquet")
    papers = pq.read_table(inputs["papers"])
    for name in ("abstract", "updated"):
        if name not in papers.column_names:
            papers = papers.append_column(name, papers["published"])
    pq.write_table(papers, at / "corpus/papers.parquet")
    return at


def by_pandas(results: Path, question: str) -> pd.DataFrame:
    """The value of the last line, after those of the head of the page."""
    names: dict = {}
    setup = blocks(PAGE.partition("## 1.")[0], "python")[0]
    tree = ast.parse(setup + block(question, "python"))
    last = ast.Expression(tree.body.pop().value)
    exec(compile(tree, "page", "exec"), names)
    return eval(compile(last, "page", "eval"), names)


def by_duckdb(results: Path, question: str) -> pd.DataFrame:
    with duckdb.connect() as base:
        base.execute((results / "topics.sql").read_text())
        return base.sql(block(question, "sql")).df()


def by_r(results: Path, question: str) -> pd.DataFrame:
    """The same by Rscript, with arrow if it is there, and else with copies of the tables as CSV."""
    setup = blocks(PAGE.partition("## 1.")[0], "r")[0]
    known = (
        subprocess.run(["Rscript", "-e", 'library("arrow")'], capture_output=True, check=False).returncode
        == 0
    )
    if not known:
        for file in ("papers", "corpus/facets", "topics/trends"):
            frame = pd.read_parquet(results / f"{file}.parquet")
            lists = [name for name in ("fields", "near_ids") if name in frame]
            frame = frame.assign(**{name: frame[name].map(SEPARATOR.join) for name in lists})
            write_csv(results / f"{file}.parquet.csv", frame)
        setup = WITHOUT_ARROW + setup.replace("library(arrow)\n", "")
    code = setup + block(question, "r").strip()
    *before, last = code.splitlines()
    script = "\n".join(
        [*before, f"answer <- {last}", 'write.csv(answer, "answer.csv", row.names = FALSE, na = "")']
    )
    done = subprocess.run(["Rscript", "-e", script], cwd=results, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "warning" not in done.stderr.lower(), done.stderr
    return pd.read_csv(results / "answer.csv", keep_default_na=False, dtype=str)


def rows_of(frame: pd.DataFrame) -> list[tuple]:
    """The rows in order of their texts, with numbers rounded as CSV may round them."""

    def cell(value):
        try:
            return f"{float(value):.5g}"
        except (TypeError, ValueError):
            return "" if value is None or value is pd.NA else " ".join(str(value).split())

    return sorted(tuple(map(cell, row)) for row in frame.to_numpy(object).tolist())


def test_there_are_ten_questions_in_three_languages():
    questions = [question for question in QUESTIONS if question[0][0].isdigit()]
    assert [int(name.partition(".")[0]) for name, _ in questions] == list(range(1, 11))
    for _, question in questions:
        assert all(block(question, language) for language in ("python", "sql", "r"))


@pytest.mark.parametrize(
    "question", [text for _, text in QUESTIONS[:10]], ids=[name for name, _ in QUESTIONS[:10]]
)
def test_pandas_and_duckdb_agree(results, monkeypatch, question):
    monkeypatch.chdir(results)
    ours, theirs = by_pandas(results, question), by_duckdb(results, question)
    assert len(ours) > 0 and ours.shape == theirs.shape
    assert rows_of(ours) == rows_of(theirs)


@pytest.mark.skipif(not shutil.which("Rscript"), reason="no Rscript on PATH (Debian: r-base-core)")
@pytest.mark.parametrize(
    "question", [text for _, text in QUESTIONS[:10]], ids=[name for name, _ in QUESTIONS[:10]]
)
def test_r_agrees(results, monkeypatch, question):
    monkeypatch.chdir(results)
    assert rows_of(by_r(results, question)) == rows_of(by_duckdb(results, question))


def test_counts_are_those_of_the_inputs(results, monkeypatch):
    """Against loops over the made-up papers, so that three equal mistakes would show."""
    monkeypatch.chdir(results)
    papers = pq.read_table(results / "papers.parquet").to_pylist()
    answers = {int(name.partition(".")[0]): by_duckdb(results, text) for name, text in QUESTIONS[:10]}
    first = answers[1]
    assert first["papers"].sum() == sum(p["counted"] and p["year"] is not None for p in papers)
    of_topic = [p for p in papers if p["topic_key"] == "t0a00"]
    share = np.mean(["Machine Learning" in p["fields"] for p in of_topic if p["counted"]])
    assert answers[2].set_index("topic_name")["share"][of_topic[0]["topic_name"]] == pytest.approx(share)
    assert set(answers[3]["id"]) <= {p["id"] for p in papers if p["topic_key"] in ("t0a00", "t0a01")}
    assert answers[4]["id"].tolist() == next(p["near_ids"] for p in papers if p["id"] == "2301.00007")
    assert len(answers[5]) == 6 and answers[5]["work"].nunique() == 1
    assert answers[6]["similarity"].tolist() == sorted((p["similarity"] for p in of_topic), reverse=True)[:5]
    assert answers[8]["papers"].sum() == sum(2 if i % 3 == 1 else 1 for i in range(0, 60, 2))
    assert len(answers[10]) == sum(p["topic_share"] < 0.5 for p in papers)


def test_all_views_open(results, monkeypatch):
    monkeypatch.chdir(results)
    with duckdb.connect() as base:
        base.execute((results / "topics.sql").read_text())
        views = [
            name for (name,) in base.sql("SELECT view_name FROM duckdb_views() WHERE NOT internal").fetchall()
        ]
        assert {"papers", "everything", "neighbors", "memberships"} <= set(views) and len(views) >= 15
        counts = {name: base.sql(f"SELECT count(*) FROM {name}").fetchall()[0][0] for name in views}
        assert counts["everything"] == counts["papers"] == 150
        described = base.sql("DESCRIBE everything").fetchall()
        assert {"abstract", "topic_size", "topic_trend", "role"} <= {row[0] for row in described}
