"""report: the page shows the figures of its inputs, and titles are never markup in it."""

import json
import re
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from conftest import EVIL, assert_refused, script
from html_page import Page
from report_inputs import ORIGIN, PNG, report_inputs


@pytest.fixture
def inputs(tmp_path) -> dict:
    return report_inputs(tmp_path)


def run_report(inputs: dict, out: Path, **flags):
    outputs = {"report": out / "report.html", "explanation_figure": out / "explanations.png"}
    return script("report", **inputs, **outputs, **flags)


def read_page(inputs: dict, out: Path, **changes) -> Page:
    """The page made of these inputs, with other values for some keys of the JSON files."""
    for name, values in changes.items():
        content = json.loads(inputs[name].read_text()) | values
        inputs[name].write_text(json.dumps(content))
    result = run_report(inputs, out)
    assert result.returncode == 0, result.stderr
    return Page((out / "report.html").read_text(encoding="utf-8"))


def test_page_shows_its_inputs_and_titles_as_text(inputs, out):
    page = read_page(inputs, out)
    assert page.tags.count("script") == 1 and "i" not in page.tags
    evil = " ".join(EVIL.split())
    # the sentence twice, label, keywords, title, and the reason in the ledger
    assert page.text.count(evil) >= 6
    for name, figure in {
        "Papers": "1,234",
        "Mean silhouette (cosine)": "0.123",
        "Papers nearer to another topic": "21%",
        "Smallest to largest topic": "234 – 1,000",
        "Nearest neighbors kept on the map": "31%",
    }.items():
        assert page.rows("facts")[name][1] == figure
    # each beside what it is compared with
    assert page.rows("facts")["Coherence of keywords (NPMI)"][1:] == [
        "0.234",
        "chance: -0.100; always together: 1",
    ]
    assert page.rows("facts")["Nearest neighbors kept on the map"][2].startswith("chance: 1.2%")
    # the sentences of the opening, worked out by hand: the second topic is loose and mixed
    assert (
        "This is a map of 1,234 papers of 2020 to 2022 from <i>x</i>.json in 2 topics. Of 1,240 lines there, 1 was left out: earlier versions of a record (1)."
        in page.text
    )
    assert "The largest topics are “word · other” (81%) and “spin” (19%)." in page.text
    assert "Over the years, “word · other” has a shrinking share of the papers." in page.text
    assert "1 of the 2 topics is stable" in page.text and "may divide otherwise: “spin”." in page.text
    assert (
        "are in one topic: “spin”." in page.text
        and "21% of the papers are, by their own text alone, nearer" in page.text
    )
    assert page.cells("keywords-table", "Diversity")["Topics"] == "0.87"
    agreement = page.cells("agreement-table", "Primary category")
    assert agreement["AMI"] == "0.345" and agreement["Purity"] == "0.456"
    assert "1,240 lines of <i>x</i>.json" in page.text and "<b>model</b>" in page.text
    assert "Cite as: A & B (2026)." in page.text
    assert "nan" not in page.text
    assert "https://arxiv.org/abs/hep-th/9901001" in page.links
    assert all(re.match(r"https://arxiv\.org/abs/[\w./%-]*$|data:image/png;base64,", a) for a in page.links)


def test_what_went_in_is_told_by_row(inputs, out):
    page = read_page(inputs, out)
    for name, value in {
        "Languages of 1,000 papers": "en 90.0%, zh 9.9%",  # French is too rare to be named
        "Their scripts": "Latin 95.0%, Chinese characters 5.0%",
        "Without keywords": "2.0%: the script puts no spaces between words",
        "Markup or entities removed": "1 record (50.0%)",
        "With a value for categories": "2 records (100.0%)",
        "Unknown to the encoder": "52.0% of the tokens",
    }.items():
        assert page.value("contents-table", name) == value
    # the log of the run says it, too
    warning = page.value("contents-table", "Languages and the encoder")
    assert warning.startswith("10% of the papers are in German") and "<b>model</b>" in warning
    rows = page.rows("contents-table")
    removed = page.value("contents-table", "Removed from abstracts")
    assert removed.startswith("310 records (15500.0%): <script>") and removed.endswith(
        "; 2 others in ledger.json"
    )
    assert "Not understood: updated" in rows and "Not understood: published" not in rows
    assert page.cells("buckets-table", "duplicate")["First of them"].startswith("1 line line 17: ")
    assert page.cells("buckets-table", "kept") == {
        "Bucket": "kept",
        "Lines": "1",
        "Share": "0.08 %",
        "First of them": "",
    }


def test_records_of_several_files_are_named_by_file_and_number(inputs, out):
    ledger = json.loads(inputs["ledger"].read_text())
    entries = [{"file": f"{EVIL}{i}.csv", "line": i, "reason": "again"} for i in (3, 4)]
    bucket = {"count": 2, "first": entries}
    buckets = ledger["buckets"] | {"duplicate": bucket}
    page = read_page(inputs, out, ledger={"unit": "record", "input": ["a.csv", "b.ris"], "buckets": buckets})
    assert "1,240 records of 2 files" in page.text and " line " not in page.text.partition("What went in")[2]
    cells = page.cells("buckets-table", "duplicate")
    assert cells["Records"] == "2"
    named = f"2 records {EVIL}3.csv, record 3: again {EVIL}4.csv, record 4: again"
    assert cells["First of them"].split() == named.split()


def test_steps_settings_and_versions_are_those_of_the_run(inputs, out):
    page = read_page(inputs, out)
    assert "3 jobs took 72 s" in page.text
    head = ["Step", "Jobs", "Seconds", "Peak memory, MB"]
    rows = [["embed", "2", "70.0", "900"], ["clean", "1", "1.5", "200"]]  # the longest first
    assert page.tables["steps-table"] == [head, *rows]
    assert page.value("settings-table", "cluster.k") == "2"
    assert page.value("versions-table", "Snakemake") == "9.1"
    assert page.value("versions-table", "papers") == "0123abcd"


def test_doubtful_groups_and_subtopics_say_so(inputs, out):
    text = read_page(inputs, out).text
    assert "all 226 papers mixed" in text and "part 80, tentative" in text and text.count(", tentative") == 1


def test_topics_are_shown_with_their_nearest_papers(inputs, out):
    page = read_page(inputs, out)
    first, second = (page.cells("topics-table", topic) for topic in "12")
    assert first["Papers"] == "1,000" and second["Papers"] == "234"
    assert first["Name, fields, label and keywords"].startswith(
        "word · other t0a00 named by a person About <b>stars</b> Field "
    )
    assert second["Name, fields, label and keywords"].startswith("spin t0a01 mixed label: spin | Second")
    assert first["Category"] == "math.AG 50%" and second["Category"] == ""
    papers = first["Most central papers"]
    assert "hep-th/9901001" in papers and "Third 3" in papers and "Fourth" not in papers
    assert first["Trend"] == "fading, -20% per year" and second["Trend"] == ""
    assert (first["Silhouette"], second["Silhouette"]) == ("0.200", "-0.100 below 0")
    assert (first["Stability"], second["Stability"]) == ("0.90", "0.55 loose")


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        ("https://pubmed.ncbi.nlm.nih.gov/{id}/", "https://pubmed.ncbi.nlm.nih.gov/2/"),
        ("{id}", None),
        (None, None),
    ],
)
def test_links_are_those_of_the_config(inputs, out, link, expected):
    assert run_report(inputs, out, link=link).returncode == 0
    page = Page((out / "report.html").read_text(encoding="utf-8"))
    assert [a for a in page.links if not a.startswith("data:")][1:2] == ([expected] if expected else [])


def test_a_fully_encoded_corpus_is_described(inputs, out):
    page = read_page(inputs, out)
    assert (
        "at most 256 tokens each, bfloat16. 1,234 were encoded in this run. "
        "Attention: sdpa on <i>cpu</i> (k1, k2). "
        "Speed: 4,321 tokens per second (12.3% of the device's measured matrix-product rate); "
        "2.0% of the computed tokens were padding. 77 papers were cut, by 7,777 tokens in all." in page.text
    )
    assert page.value("contents-table", "Cut at 256 tokens") == "77 papers (6.2%)"


def test_one_paper_encoded_beside_a_cache_says_no_speed(inputs, out):
    changes = {"cache_hits": 1233, "cache_misses": 1, "truncated_papers": None, "truncated_tokens": None}
    card = {"device": "H100", "attention": "varlen", "kernels": ["flash_fwd"]}
    shares = ((card, 0.97), (None, 0.02), (ORIGIN, 0.01))
    changes["origins"] = [{"origin": one, "papers": 1, "share": share} for one, share in shares]
    page = read_page(inputs, out, embeddings=changes)
    assert (
        "1,233 came from the cache. 1 was encoded in this run. Attention: 97.0% varlen on H100 (flash_fwd), "
        "2.0% not recorded, 1.0% sdpa on <i>cpu</i> (k1, k2). How many topics" in page.text
    )
    assert page.value("contents-table", "Cut at 256 tokens") == "not known of vectors from the cache"


def test_a_rate_that_was_not_measured_leaves_no_gap(inputs, out):
    changes = {"share_of_matmul_rate": None, "truncated_papers": 1, "truncated_tokens": 1}
    page = read_page(inputs, out, embeddings=changes)
    assert "Speed: 4,321 tokens per second; 2.0%" in page.text
    assert "1 paper was cut, by 1 token in all." in page.text
    assert page.value("contents-table", "Cut at 256 tokens") == "1 paper (0.1%)"


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
    page = read_page(inputs, out, evaluation=changes)
    baseline = {"Classification", "Primary category, baseline: TF-IDF and K-means"}
    assert set(page.rows("agreement-table")) == (shown | baseline if shown else set())
    assert ("Agreement with the categories" in page.text) == bool(shown)
    assert page.tables["candidates-table"][0] == (["k", "ami primary"] if shown else ["k"])


def test_a_corpus_without_categories_has_empty_cells(inputs, out):
    table = pq.read_table(inputs["topics"])
    nothing = pa.array([None, None], pa.string())
    column = table.schema.get_field_index("main_category")
    pq.write_table(table.set_column(column, "main_category", nothing), inputs["topics"])
    cells = [read_page(inputs, out).cells("topics-table", topic)["Category"] for topic in "12"]
    assert cells == ["", ""]
    page = (out / "report.html").read_text("utf-8")
    assert not re.search(r"\bnan\b", page, re.IGNORECASE) and not re.search(r"\bNone\b", page)


def test_missing_and_broken_inputs_are_refused(inputs, out, tmp_path):
    absent = tmp_path / "absent.parquet"
    result = run_report(inputs | {"topics": absent}, out)
    assert_refused(result, out, "absent.parquet")
    inputs["selection"].write_text('{"k": ')
    assert_refused(run_report(inputs, out), out, "selection.json")


def test_explanations_show_words_by_their_influence(inputs, out):
    text = read_page(inputs, out).text
    assert (out / "explanations.png").read_bytes().startswith(
        PNG
    ) and "weight over these words: 0.44." in text
    assert "the galaxy near, " in text and "… 3 more words were not read" in text
    assert "falls by 0.234 on average" in text and "leaves" not in text
    assert "0.012, and without the five words that get most attention by 0.046" in text
    assert "is 0.31 (median)" in text and "Of these 2 papers, 1 was cut at 256 tokens" in text
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
    assert (out / "explanations.png").read_bytes().startswith(PNG)
    assert "Why papers are in their topics" not in text and "How many topics" in text


def test_an_encoder_without_attention_is_said(inputs, out):
    table = pq.read_table(inputs["explanations"])
    nothing = pa.nulls(len(table), pa.float64())
    pq.write_table(table.set_column(8, "attention", nothing), inputs["explanations"])
    explained = pq.read_table(inputs["explained"])
    column = explained.schema.get_field_index("special_attention_by_layer")
    nothing = pa.nulls(1, pa.list_(pa.float32()))
    explained = explained.set_column(column, "special_attention_by_layer", nothing)
    pq.write_table(explained, inputs["explained"])
    changes = {"layers": 0, "loss_attention": None, "attention_correlation": None}
    text = read_page(inputs, out, explain=changes).text
    assert "This encoder gives no attention." in text and "Jain" not in text
    assert "without it, attention" not in (out / "report.html").read_text("utf-8")
