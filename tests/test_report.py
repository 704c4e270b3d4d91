"""report: the page shows the figures of its inputs, and titles are never markup in it."""

import json
import re
from datetime import date
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from conftest import EVIL, ROOT, assert_refused, pq_write, script
from summaries import EMBEDDINGS

PNG = b"\x89PNG\r\n\x1a\n"
EVALUATION = {
    "corpus": {
        "sample": 1000,
        "languages": {"en": 0.9, "zh": 0.099, "fr": 0.001},
        "scripts": {"Latin": 0.95, "Chinese characters": 0.05},
        "without_words": 0.02,
    },
    "papers": 1234,
    "k": 2,
    "stable_share": 0.66,
    "silhouette": 0.1234,
    "silhouette_by_topic": [0.2, -0.1],
    "negative_silhouette_share": 0.21,
    "inertia_per_paper": 0.5,
    "sizes": {"smallest": 234, "median": 617.0, "largest": 1000, "effective_topics": 1.6},
    "primary_category": {
        "papers": 1200,
        "classes": 9,
        "ami": 0.345,
        "ari": 0.2,
        "v_measure": 0.3,
        "purity": 0.456,
    },
    "archive": {"papers": 0, "classes": 0, "ami": None, "ari": None, "v_measure": None, "purity": None},
    "primary_category_by_words": {
        "papers": 1200,
        "classes": 9,
        "ami": 0.2,
        "ari": 0.1,
        "v_measure": 0.2,
        "purity": 0.3,
    },
    "words": {
        "npmi": 0.234,
        "npmi_floor": -0.1,
        "npmi_windows": 0.2,
        "c_v": 0.678,
        "c_v_floor": 0.3,
        "diversity": 0.87,
        "inverted_rbo": 0.98,
        "label_mrr": 1.0,
        "title_mrr": 0.95,
        "keyword_hits": 0.71,
        "npmi_by_topic": [0.2, 0.3],
        "c_v_by_topic": [0.6, 0.7],
        "keyword_hits_by_topic": [0.7, 0.8],
    },
    "map": {
        "neighbors_kept": 0.31,
        "trustworthiness": 0.94,
        "category_accuracy": 0.66,
        "category_accuracy_on_map": None,
        "largest_piece": 0.8,
        "largest_piece_by_topic": [0.9, 0.7],
    },
}
ORIGIN = {"device": "<i>cpu</i>", "attention": "sdpa", "kernels": ["k1", "k2"]}
EMBEDDED = EMBEDDINGS | {
    "parts": 1,
    "flops_per_second": 1.0,
    "papers": 1234,
    "dim": 384,
    "model": "<b>model</b>",
    "max_tokens": 256,
    "precision": "bfloat16",
    "device": "cpu",
    "cache_hits": 0,
    "cache_misses": 1234,
    "tokens_per_second": 4321.0,
    "share_of_matmul_rate": 0.123,
    "origins": [{"origin": ORIGIN, "papers": 1234, "share": 1.0}],
    "padding_share": 0.02,
    "truncated_papers": 77,
    "truncated_tokens": 7777,
    "tokens": 40000,
    "unknown_tokens": 20800,
}

SELECTION = {
    "k": 2,
    "rule": "inertia knee",
    "proposed": 2,
    "plateau": [2],
    "sentence": f"Two & {EVIL}",
    "sample": 1000,
    "papers": 1234,
    "seconds": {"2": 1.0},
    "skipped": [],
}


EXPLAIN = {
    "papers": 2,
    "cut_papers": 1,
    "layers": 2,
    "loss_influential": 0.2345,
    "loss_random": 0.0123,
    "loss_attention": 0.0456,
    "attention_correlation": 0.31,
    "influential_words": [["influence", EVIL], []],
    "keyword_correlation": [0.44, None],
    "largest_difference": 1e-6,
    "seconds": 1.0,
}


@pytest.fixture
def inputs(tmp_path) -> dict:
    bucket = {"count": 1, "first": [{"line": 17, "reason": EVIL}]}
    files = {
        "ledger": {
            "input": "<i>x</i>.json",
            "settings": {},
            "lines": 1240,
            "buckets": {"kept": bucket, "duplicate": bucket},
            "normalised": {"markup": 1, "tex_letters": 0, "unicode": 0},
            "filled": {"categories": 2, "published": 2, "updated": 2},
            "not_understood": {"published": {"count": 0, "first": []}, "updated": bucket},
        },
        "embeddings": EMBEDDED,
        "selection": SELECTION,
        "evaluation": EVALUATION,
        "explain": EXPLAIN,
    }
    templates = ROOT / "scripts" / "templates"
    paths = {
        "template": templates / "report.html",
        "style": templates / "report" / "report.css",
        "behaviour": templates / "report" / "report.js",
        "digest": tmp_path / "papers.digest",
        "benchmarks": tmp_path / "benchmarks",
        "about": {"versions": {"Snakemake": "9.1"}, "changed": {"cluster.k": 2, "clean.since": EVIL}},
    }
    paths["digest"].write_text("0123abcd\n")
    benchmark = "s\th:m:s\tmax_rss\n{}\t0:00:01\t{}\n"
    for name, seconds, peak in (
        ("clean", 1.5, "200.5"),
        ("embed/0", 30, "900"),
        ("embed/1", 40, "-"),
        ("report", 9, "99"),
    ):
        file = paths["benchmarks"] / f"{name}.tsv"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(benchmark.format(seconds, peak))
    for name, content in files.items():
        paths[name] = tmp_path / f"{name}.json"
        paths[name].write_text(json.dumps(content))
    for name in ("curves", "map", "tree", "trend_figure", "explanation_figure"):
        paths[name] = tmp_path / f"{name}.png"
        paths[name].write_bytes(PNG)
    paths["scans"] = tmp_path / "scans.csv"
    paths["scans"].write_text("k,silhouette\n2,0.1\n3,0.05\n")
    paths["topics"] = pq_write(
        tmp_path / "topics.parquet",
        topic=[0, 1],
        name=["word · other", "spin"],
        label=[f"word | {EVIL}", "spin | Second"],
        size=[1000, 234],
        keywords=[["word", EVIL], ["spin"]],
        share=[0.81, 0.19],
        primary_keyword=["word", "spin"],
        representative_id=["1", "5"],
        representative_title=["First", "Fifth"],
        main_category=["math.AG", None],
        main_category_share=[0.5, 0.0],
        colour=["#1b6ca8", "#c2410c"],
        silhouette=[0.2, -0.1],
        stability=[0.9, 0.55],
    )
    paths["representatives"] = pq_write(
        tmp_path / "representatives.parquet",
        topic=[0, 0, 0, 0, 1],
        rank=[1, 2, 3, 4, 1],
        id=["hep-th/9901001", "2", "3", "4", '"><script>alert(4)</script>'],
        role=["nearest"] * 5,
        similarity=[0.9, 0.8, 0.7, 0.6, 0.9],
        score=[0.9, 0.8, 0.7, 0.6, 0.9],
        title=[EVIL, "Second", "Third", "Fourth is left out", "Fifth"],
    )
    years = [date(2020 + year, 1, 1) for year in range(3)]
    paths["periods"] = pq_write(
        tmp_path / "periods.parquet",
        topic=np.repeat(np.int32([0, 1]), 3),
        unit=["year"] * 6,
        period=years * 2,
        papers=[50, 60, 70, 5, 40, 1],
        share=[0.9, 0.6, 0.98, 0.1, 0.4, 0.02],
        partial=[False, False, True] * 2,
    )
    paths["hierarchy"] = pq_write(
        tmp_path / "hierarchy.parquet",
        level=["group", "topic", "topic", "subtopic", "subtopic"],
        node=[0, 0, 1, 0, 1],
        parent=pa.array([None, 0, 0, 0, 0], pa.int32()),
        size=[226, 180, 46, 100, 80],
        stability=pa.array([None, None, None, 0.9, 0.8], pa.float64()),
        share=[1.0, 0.8, 0.2, 0.44, 0.35],
        name=["all", "word", "spin", EVIL, "part"],
        keywords=[["a"], ["b"], ["c"], ["inner word"], ["e"]],
    )
    paths["subtopic_trends"] = pq_write(
        tmp_path / "subtopic_trends.parquet",
        subtopic=[0, 1],
        topic=[0, 0],
        name=[EVIL, "part"],
        dated_papers=[100, 80],
        first_year=[2020, 2020],
        half_by=[2021, 2021],
        peak_year=[2020, 2021],
        change_per_year=[0.31, None],
        low=[0.2, None],
        high=[0.4, None],
        q_value=[0.01, None],
        trend=["rising", ""],
    )
    paths["trends"] = pq_write(
        tmp_path / "trends.parquet",
        topic=[0, 1],
        name=["word", "spin"],
        dated_papers=[180, 46],
        first_year=[2020, 2020],
        half_by=[2021, 2021],
        peak_year=[2020, 2021],
        change_per_year=[-0.2, None],
        low=[-0.3, None],
        high=[-0.1, None],
        q_value=[0.01, None],
        trend=["fading", ""],
    )
    paths["explanations"] = pq_write(
        tmp_path / "explanations.parquet",
        topic=[0] * 5,
        id=["hep-th/9901001"] * 5,
        position=range(5),
        before=["", " ", " ", ", ", " <u> "],
        word=["the", "galaxy", "near", EVIL, "galaxy"],
        influence=[None, 0.2, 0.01, -0.1, 0.2],
        margin_influence=[None, 0.1, 0.0, -0.3, 0.1],
        measured=[None, True, False, False, True],
        attention=[0.1, 0.25, 0.1, 0.05, 0.2],
        attention_by_layer=[[0.1, 0.1]] * 5,
    )
    numbers = ("similarity", "margin", "attention_correlation", "special_attention")
    paths["explained"] = pq_write(
        tmp_path / "explained.parquet",
        topic=[0],
        id=["hep-th/9901001"],
        second_topic=[1],
        words=[5],
        cut_words=[3],
        **{name: [0.5] for name in numbers},
        **{name: [0.1] for name in ("loss_influential", "loss_random", "loss_attention")},
    )
    return paths


class Page(HTMLParser):
    """Text and links as a browser would see them."""

    def __init__(self, page: str):
        super().__init__()
        self.tags, self.text, self.links, self.open = [], "", [], ""
        self.feed(page)
        self.text = " ".join(self.text.split())

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.open = tag
        self.links += [
            value
            for name, value in attrs
            if name in ("href", "src") and value[0] != "#" and value != "map.html"
        ]
        assert not any(name.startswith("on") for name, _ in attrs)

    def handle_data(self, data):
        if self.open not in ("script", "style"):
            self.text += data

    def handle_endtag(self, tag):
        self.open = ""


def read_page(inputs: dict, out: Path, **changes) -> Page:
    """The page made of these inputs, with other values for some keys of the JSON files."""
    for name, values in changes.items():
        content = json.loads(inputs[name].read_text()) | values
        inputs[name].write_text(json.dumps(content))
    result = script("report", **inputs, report=out / "report.html")
    assert result.returncode == 0, result.stderr
    return Page((out / "report.html").read_text(encoding="utf-8"))


def test_page_shows_its_inputs_and_titles_as_text(inputs, out):
    page = read_page(inputs, out)
    assert page.tags.count("script") == 1 and "i" not in page.tags
    evil = " ".join(EVIL.split())
    # the sentence twice, label, keywords, title, and the reason in the ledger
    assert page.text.count(evil) >= 6
    for figure in ("1,234", "0.123", "21%", "234 – 1,000", "0.87", "31%", "0.345", "0.456", "1,240", "4,321"):
        assert figure in page.text, figure
    assert "line 17" in page.text and "<i>x</i>.json" in page.text and "<b>model</b>" in page.text
    for fact in (
        "en 90.0%, zh 9.9%",
        "Latin 95.0%",
        "2.0%: the script",
        "1 record (50.0%)",
        "With a value for categories2 records (100.0%)",
        "Unknown to the encoder52.0% of the tokens",
        "Not understood: updated",
    ):
        assert fact in page.text, fact
    assert "fr 0.1%" not in page.text and "Not understood: published" not in page.text
    assert "Archive" not in page.text  # no paper has one
    assert "nan" not in page.text
    assert "3 jobs took 72 s" in page.text and "embed270.0900" in page.text and "clean11.5200" in page.text
    assert "0123abcd" in page.text and "Snakemake9.1" in page.text and "cluster.k2" in page.text
    assert "Third" in page.text and "Fourth" not in page.text
    assert "https://arxiv.org/abs/hep-th/9901001" in page.links
    assert all(re.match(r"https://arxiv\.org/abs/[\w./%-]*$|data:image/png;base64,", a) for a in page.links)


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        ("https://pubmed.ncbi.nlm.nih.gov/{id}/", "https://pubmed.ncbi.nlm.nih.gov/2/"),
        ("{id}", None),
        (None, None),
    ],
)
def test_links_are_those_of_the_config(inputs, out, link, expected):
    assert script("report", **inputs, link=link, report=out / "report.html").returncode == 0
    page = Page((out / "report.html").read_text(encoding="utf-8"))
    assert [a for a in page.links if not a.startswith("data:")][1:2] == ([expected] if expected else [])


def test_a_fully_encoded_corpus_is_described(inputs, out):
    text = read_page(inputs, out).text
    assert (
        "at most 256 tokens each, bfloat16. 1,234 were encoded in this run. "
        "Attention: sdpa on <i>cpu</i> (k1, k2). "
        "Speed: 4,321 tokens per second (12.3% of the device's measured matrix-product rate); "
        "2.0% of the computed tokens were padding. 77 papers were cut, by 7,777 tokens in all." in text
    )
    assert "Cut at 256 tokens77 papers (6.2%)" in text
    assert "1 linel" in text and "1 lines" not in text  # the ledger


def test_one_paper_encoded_beside_a_cache_says_no_speed(inputs, out):
    changes = {"cache_hits": 1233, "cache_misses": 1, "truncated_papers": None, "truncated_tokens": None}
    card = {"device": "H100", "attention": "varlen", "kernels": ["flash_fwd"]}
    shares = ((card, 0.97), (None, 0.02), (ORIGIN, 0.01))
    changes["origins"] = [{"origin": one, "papers": 1, "share": share} for one, share in shares]
    text = read_page(inputs, out, embeddings=changes).text
    assert (
        "1,233 came from the cache. 1 was encoded in this run. Attention: 97.0% varlen on H100 (flash_fwd), "
        "2.0% not recorded, 1.0% sdpa on <i>cpu</i> (k1, k2). This run" in text
    )
    assert "Cut at 256 tokensnot known of vectors from the cache" in text


def test_a_rate_that_was_not_measured_leaves_no_gap(inputs, out):
    changes = {"share_of_matmul_rate": None, "truncated_papers": 1, "truncated_tokens": 1}
    text = read_page(inputs, out, embeddings=changes).text
    assert "Speed: 4,321 tokens per second; 2.0%" in text
    assert "1 paper was cut, by 1 token in all." in text and "Cut at 256 tokens1 paper (0.1%)" in text


@pytest.mark.parametrize(
    ("primary", "archive", "shown"),
    [
        (0, 0, set()),
        (1, 0, set()),
        (9, 0, {"Primary category"}),
        (9, 1, {"Primary category"}),
        (4, 4, {"Primary category"}),
        (9, 4, {"Primary category", "Archive"}),
    ],
)
def test_agreement_is_shown_with_several_classes_only(inputs, out, primary, archive, shown):
    def agreement(classes: int) -> dict:
        return {
            "papers": 10 * classes,
            "classes": classes,
            "ami": 0.0,
            "ari": 0.0,
            "v_measure": 0.0,
            "purity": 1.0,
        }

    changes = {"primary_category": agreement(primary), "archive": agreement(archive)}
    inputs["scans"].write_text("k,ami_primary\n2,0.1\n3,0.05\n")
    text = read_page(inputs, out, evaluation=changes).text
    assert {name for name in ("Primary category", "Archive") if name in text} == shown
    assert ("Agreement with the categories" in text) == ("ami primary" in text) == bool(shown)


def test_a_corpus_without_categories_has_empty_cells(inputs, out):
    table = pq.read_table(inputs["topics"])
    nothing = pa.array([None, None], pa.string())
    column = table.schema.get_field_index("main_category")
    pq.write_table(table.set_column(column, "main_category", nothing), inputs["topics"])
    read_page(inputs, out)
    page = (out / "report.html").read_text("utf-8")
    assert not re.search(r"\bnan\b", page, re.IGNORECASE) and not re.search(r"\bNone\b", page)
    assert page.count("<td></td>\n    <td data-value") == 2  # of both topics, before the silhouette


def test_missing_and_broken_inputs_are_refused(inputs, out, tmp_path):
    absent = tmp_path / "absent.parquet"
    result = script("report", **inputs | {"topics": absent}, report=out / "report.html")
    assert_refused(result, out, "absent.parquet")
    inputs["selection"].write_text('{"k": ')
    assert_refused(script("report", **inputs, report=out / "report.html"), out, "selection.json")


def test_explanations_show_words_by_their_influence(inputs, out):
    text = read_page(inputs, out).text
    assert "the galaxy near, " in text and "… 3 more words were not read" in text
    assert "falls by 0.234 on average" in text and "leaves" not in text
    assert "0.012, and without the five words that get most attention by 0.046" in text
    assert "is 0.31 (median)" in text and "1 paper was cut at 256 tokens" in text
    page = (out / "report.html").read_text("utf-8")
    found = dict(re.findall(r'<mark class="([^"]+)" title="([^"]*)">', page))
    assert found == {
        "p4 strong": "similarity -0.200, margin -0.100 without it, attention 20.0%",
        "against": "similarity +0.100, margin +0.300 without it (estimated), attention 5.0%",
    }


def test_without_explained_papers_the_page_has_no_explanations(inputs, out):
    for name in ("explanations", "explained"):
        pq.write_table(pq.read_table(inputs[name]).slice(0, 0), inputs[name])
    nothing = {"papers": 0, "cut_papers": 0, "layers": 0, "loss_influential": None, "loss_random": None}
    text = read_page(inputs, out, explain=nothing).text
    assert "Why papers are in their topics" not in text and "How many topics" in text


def test_an_encoder_without_attention_is_said(inputs, out):
    table = pq.read_table(inputs["explanations"])
    nothing = pa.nulls(len(table), pa.float64())
    pq.write_table(table.set_column(8, "attention", nothing), inputs["explanations"])
    changes = {"layers": 0, "loss_attention": None, "attention_correlation": None}
    text = read_page(inputs, out, explain=changes).text
    assert "This encoder gives no attention." in text and "Jain" not in text
    assert "without it, attention" not in (out / "report.html").read_text("utf-8")
