"""clean removes sentences of publishers that recur, before lengths, hashes and the digest are computed."""

import random
from functools import partial

import pyarrow.parquet as pq

import clean
from cleaned import counts, run_clean
from conftest import ABSTRACT, as_lines, paper
from lib.records.boilerplate import shapes_of
from lib.records.snapshot import blocks
from measure import cleaned_files, command_line

NOTICE = "© {} Elsevier B.V. All rights reserved."


def corpus(papers: int, noted: int) -> list[dict]:
    """Papers of which the first ones have a notice, each of another year."""
    texts = [f"{ABSTRACT} {NOTICE.format(1990 + i)}" if i < noted else ABSTRACT for i in range(papers)]
    return [paper(f"2301.{i:05}", abstract=text) for i, text in enumerate(texts)]


def test_texts_hashes_and_digest_are_those_of_papers_without_the_sentences(out):
    rows, ledger, digest = run_clean(as_lines(*corpus(60, 30)), out)
    plain_rows, plain_ledger, plain_digest = run_clean(as_lines(*corpus(60, 0)), out)
    assert (rows, digest) == (plain_rows, plain_digest)
    assert ledger["boilerplate"] == [
        {"papers": 30, "example": "All rights reserved."},
        {"papers": 30, "example": "© 1990 Elsevier B.V."},
    ]
    assert plain_ledger["boilerplate"] == []


def test_a_small_corpus_loses_a_plain_notice_and_keeps_another_sentence(out):
    """Of 20 papers one: nothing shows that a sentence recurs."""
    records = corpus(20, 1)
    records[1]["abstract"] += " Accepted for publication in Nature."
    rows, ledger, _ = run_clean(as_lines(*records), out)
    assert rows[0]["abstract"] == ABSTRACT
    assert rows[1]["abstract"].endswith("Accepted for publication in Nature.")
    assert [sentence["papers"] for sentence in ledger["boilerplate"]] == [1, 1]


def test_too_little_that_is_left_is_no_abstract_and_replaces_no_paper(out):
    notice = "© 2011 Elsevier B.V. All rights reserved. This article is protected by copyright."
    records = corpus(30, 30)
    empty = [paper(f"2302.{i:05}", abstract=notice) for i in range(8)]
    newer = paper("2301.00003", abstract=notice, update_date="2024-01-01")
    rows, ledger, _ = run_clean(as_lines(*records, *empty, newer), out)
    assert counts(ledger) == {"kept": 30, "no_abstract": 9}
    assert [row["abstract"] for row in rows] == [ABSTRACT] * 30
    assert [entry["line"] for entry in ledger["buckets"]["no_abstract"]["first"]] == list(range(31, 40))
    assert "2302.00000" in ledger["buckets"]["no_abstract"]["first"][0]["reason"]
    # a space in front of a sentence is not a character of what is left
    edge = [paper(f"2303.{i:05}", abstract=f"{'a' * 49} {notice}") for i in range(8)]
    assert counts(run_clean(as_lines(*records, *edge), out)[1]) == {"kept": 30, "no_abstract": 8}
    # a sentence that does not recur is a part of the text
    other = paper(abstract="Accepted for publication in the Annals of the Alps and of other mountains.")
    assert counts(run_clean(as_lines(*records[:1], other), out)[1]) == {"kept": 2}


def test_order_blocks_and_processes_change_nothing(monkeypatch, out):
    records = corpus(200, 50) + [
        paper(f"2302.{i:05}", abstract=NOTICE.format(1900 + i) * 2) for i in range(9)
    ]
    rows, ledger, digest = run_clean(as_lines(*records), out)
    random.Random(1).shuffle(records)
    monkeypatch.setattr(clean, "blocks", partial(blocks, size=2000))
    others = run_clean(as_lines(*records), out, threads=3)
    assert (others[0], others[2]) == (rows, digest)
    assert others[1]["boilerplate"] == ledger["boilerplate"] and len(ledger["boilerplate"]) == 2
    assert counts(others[1]) == counts(ledger) == {"kept": 200, "no_abstract": 9}


def test_what_was_boilerplate_in_a_larger_corpus_is_removed_from_a_single_paper(out):
    """A sentence that is not plain: only a corpus shows that it recurs."""
    accepted = f"{ABSTRACT} Accepted for publication in Nature."
    papers = [paper(f"2301.{i:05}", abstract=accepted if i < 30 else ABSTRACT) for i in range(60)]
    _, ledger, _ = run_clean(as_lines(*papers), out)
    shapes = shapes_of(sentence["example"] for sentence in ledger["boilerplate"])
    (out.parent / "one.jsonl").write_bytes(as_lines(papers[0]))
    files = cleaned_files(out)
    args = clean.arguments(command_line("clean", snapshot=out.parent / "one.jsonl", **files))
    clean.clean(args, shapes)
    assert pq.read_table(files["papers"])["abstract"].to_pylist() == [ABSTRACT]
    clean.clean(args)
    assert pq.read_table(files["papers"])["abstract"].to_pylist() == [accepted]
