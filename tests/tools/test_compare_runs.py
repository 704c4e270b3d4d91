"""make compare: one page about two runs."""

import json

import pytest

import compare_runs
from conftest import EVIL, pq_write
from html_page import Page
from lib.cli import UserError
from report_inputs import EMBEDDED, EVALUATION, PNG


def finished(folder, topics: list[str], of_papers: dict[str, int]):
    """A results folder with these topics, and the topic of each paper."""
    for name in ("topics", "clusters", "evaluation", "embeddings"):
        (folder / name).mkdir(parents=True)
    sizes = [list(of_papers.values()).count(topic) for topic in range(len(topics))]
    pq_write(
        folder / "topics/topics.parquet",
        topic=list(range(len(topics))),
        key=[f"t000{i}" for i in range(len(topics))],
        name=topics,
        size=sizes,
        color=["#1b6ca8", "#c2410c", "#2f6f4f"][: len(topics)],
    )
    pq_write(folder / "clusters/assignments.parquet", id=list(of_papers), topic=list(of_papers.values()))
    (folder / "evaluation/evaluation.json").write_text(json.dumps(EVALUATION | {"k": len(topics)}))
    (folder / "embeddings/embeddings.json").write_text(json.dumps(EMBEDDED | {"files": {}}))
    (folder / "map.png").write_bytes(PNG)
    return folder


def test_the_page_shows_both_runs_and_names_as_text(tmp_path, capsys):
    a = finished(tmp_path / "a", ["stars", EVIL], {"1": 0, "2": 0, "3": 1, "only a": 1})
    b = finished(tmp_path / "b", [EVIL, "stars", "new"], {"1": 1, "2": 1, "3": 0, "4": 2})
    compare_runs.main(["--a", str(a), "--b", str(b), "--page", str(tmp_path / "c.html")])
    page = Page((tmp_path / "c.html").read_text("utf-8"))
    assert "3 papers are in both runs; 1 is in a alone, and 1 is in b alone." in page.text
    assert "2 of the 2 topics of a are among the 3 of b." in page.text
    assert "0 papers (0%) of those in topics of both are in another topic; AMI 1.000" in page.text
    rows = page.tables["topics-table"]
    assert rows[1][:6] == ["stars", "2", "stars", "2", "2", "1.00"]
    assert rows[3][:3] == ["–", "", "new"] and "script" not in page.tags
    assert page.rows("figures-table")["Topics"] == ["Topics", "2", "3"]
    assert capsys.readouterr().out.startswith("3 papers are in both runs")


def test_runs_that_share_no_paper_and_unfinished_runs_are_refused(tmp_path):
    a = finished(tmp_path / "a", ["x"], {"1": 0})
    b = finished(tmp_path / "b", ["y"], {"2": 0})
    flags = ["--a", str(a), "--b", str(b), "--page", str(tmp_path / "c.html")]
    with pytest.raises(UserError, match="share no paper"):
        compare_runs.main(flags)
    (b / "evaluation/evaluation.json").unlink()
    with pytest.raises(UserError, match=r"B: .* is not the results folder of a finished run"):
        compare_runs.main(flags)
    assert not (tmp_path / "c.html").exists()
