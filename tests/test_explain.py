"""explain: tables that belong together, odd papers, and encoders that are not those of the run."""

import json
import shutil
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

import explain
import measure
from encoders import change_json
from explained import MAX_TOKENS, TOPICS, finished_run, inputs_of
from lib.cli import UserError
from lib.explain.schema import EXPLAINED, EXPLANATIONS


@pytest.fixture(scope="module")
def finished(tmp_path_factory) -> Path:
    return finished_run(tmp_path_factory.mktemp("explain") / "results")


def run_explain(inputs: dict, out: Path, **changes) -> dict:
    files = {"explanations": "w.parquet", "explained": "p.parquet", "summary": "s.json"}
    outputs = {name: out / file for name, file in files.items()}
    explain.main(measure.command_line("explain", **inputs | outputs | changes))
    words, papers = (pq.read_table(outputs[name]) for name in ("explanations", "explained"))
    assert words.schema.equals(EXPLANATIONS) and papers.schema.equals(EXPLAINED)
    about = json.loads(outputs["summary"].read_text())
    return {"words": words.to_pandas(), "papers": papers.to_pandas(), "about": about}


@pytest.fixture(scope="module")
def made(finished, tmp_path_factory) -> dict:
    return run_explain(inputs_of(finished), tmp_path_factory.mktemp("out"), papers_per_topic=2)


def test_the_nearest_papers_of_each_topic_are_explained(finished, made):
    assignments = pq.read_table(finished / "clusters/assignments.parquet").to_pandas()
    papers = made["papers"]
    assert papers["topic"].tolist() == [0, 0, 1, 1, 2, 2, 3]
    for topic, some in papers.groupby("topic"):
        own = assignments[assignments["topic"] == topic].nlargest(2, "similarity", keep="first")
        assert some["id"].tolist() == own["id"].tolist()
        np.testing.assert_allclose(some["similarity"], own["similarity"], atol=1e-5)
        np.testing.assert_allclose(some["margin"], own["margin"], atol=1e-5)
        assert some["second_topic"].tolist() == own["second_topic"].tolist()
    assert made["about"]["papers"] == 7 and made["about"]["layers"] == 2
    assert made["about"]["largest_difference"] < 1e-5


def test_words_are_those_of_the_text(finished, made):
    texts = dict(
        zip(*pq.read_table(finished / "corpus/papers.parquet").select(["id", "text"]).to_pydict().values())
    )
    for name, words in made["words"].groupby("id"):
        assert words["position"].tolist() == list(range(len(words)))
        shown = "".join(words["before"] + words["word"])
        assert texts[name].startswith(shown)
        paper = made["papers"].set_index("id").loc[name]
        assert paper["words"] == len(words)
        attention = words["attention"].sum() + paper["special_attention"]
        assert 0.5 < attention <= 1 + 1e-5  # the rest is punctuation's
        by_layer = np.stack(words["attention_by_layer"].tolist())
        assert by_layer.shape == (len(words), 2) and len(paper["special_attention_by_layer"]) == 2
        assert (by_layer.sum(0) + paper["special_attention_by_layer"] <= 1 + 1e-5).all()
        # a word has one influence, a stop word none
        assert (words.groupby("word")["influence"].nunique(dropna=False) == 1).all()
    the = made["words"][made["words"]["word"].isin(["the", "of", "in"])]
    assert len(the) and the["influence"].isna().all() and the["attention"].notna().all()


def test_odd_papers(made):
    papers = made["papers"].set_index("id")
    one_word = papers.loc["hep-th/0000023"]
    assert (
        one_word["words"] == 1
        and np.isnan(one_word["loss_random"])
        and np.isnan(one_word["attention_correlation"])
    )
    identical = papers[papers["topic"] == 2]
    assert identical["similarity"].to_numpy() == pytest.approx([1, 1], abs=1e-6)
    words = made["words"]
    same = [words[words["id"] == name]["influence"].to_numpy() for name in identical.index]
    np.testing.assert_array_equal(*same)


def test_cut_papers_are_said(finished, tmp_path, capsys):
    found = run_explain(inputs_of(finished), tmp_path, papers_per_topic=12)
    assert len(found["papers"]) == len(TOPICS)
    long = found["papers"].set_index("id").loc["hep-th/0000000"]
    assert long["words"] < MAX_TOKENS and long["cut_words"] > 300 and long["words"] + long["cut_words"] == 406
    cut = int((found["papers"]["cut_words"] > 0).sum())
    assert cut == found["about"]["cut_papers"] > 1
    assert f"24 papers explained, {cut} of them cut at max_tokens" in capsys.readouterr().out


def test_figures_of_the_summary_are_those_of_the_tables(made):
    papers, words, about = made["papers"], made["words"], made["about"]
    for name in ("loss_influential", "loss_random", "loss_attention"):
        assert about[name] == pytest.approx(papers[name].mean())
    assert about["attention_correlation"] == pytest.approx(papers["attention_correlation"].median())
    best = words.loc[words["influence"].idxmax()]
    assert best["word"] in [word for some in about["influential_words"] for word in some]
    assert len(about["influential_words"]) == 4


def test_explanations_can_be_turned_off(finished, tmp_path):
    found = run_explain(inputs_of(finished), tmp_path, papers_per_topic=0)
    assert len(found["words"]) == len(found["papers"]) == found["about"]["papers"] == 0
    assert found["about"]["influential_words"] == [[]] * 4 and found["about"]["loss_random"] is None


def test_an_encoder_without_attention_still_gives_influence(finished, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("lib.explain.saliency.eager_pass", lambda *_, **__: None)
    found = run_explain(inputs_of(finished), tmp_path)
    assert found["words"]["influence"].notna().any() and found["words"]["attention"].isna().all()
    assert (
        found["words"]["attention_by_layer"].isna().all() and found["papers"]["loss_attention"].isna().all()
    )
    assert found["about"]["layers"] == 0 and found["about"]["attention_correlation"] is None
    assert "this encoder gives no attention" in capsys.readouterr().err


@pytest.mark.parametrize("fault", ["weights", "prefix", "pooling", "vectors", "gone"])
def test_another_encoder_than_that_of_the_run_is_refused(finished, tmp_path, fault):
    inputs = inputs_of(finished)
    inputs["encoding"] = Path(shutil.copy(inputs["encoding"], tmp_path / "embeddings.json"))
    about = json.loads(inputs["encoding"].read_text())
    said = "is not that of the encoder"
    if fault == "weights":
        change_json(inputs["encoding"], files=about["files"] | {"model.safetensors": "0"})
        said = "model.safetensors differ"
    elif fault == "prefix":
        change_json(inputs["encoding"], prefix="")
    elif fault == "pooling":
        change_json(inputs["encoding"], pooling="cls")
    elif fault == "gone":
        change_json(inputs["encoding"], model="/no/such/folder")
        said = "no such folder: /no/such/folder"
    else:
        vectors = np.load(inputs["embeddings"])
        inputs["embeddings"] = tmp_path / "e.npy"
        np.save(inputs["embeddings"], vectors[::-1])
    with pytest.raises(UserError, match=said):
        run_explain(inputs, tmp_path / "out")
    assert not (tmp_path / "out").exists()
