"""select_k: its outputs and messages, the K of the config, and bad input."""

import csv
import json

import pytest

from conftest import LOW, REPEATING, assert_refused, scan_results, script, skipped_scan


def run_select(tmp_path, out, rows: list[dict], **changes):
    files = []
    for row in rows:
        files.append(tmp_path / f"{row['k']}.json")
        files[-1].write_text(json.dumps(row))
    flags = {
        "scans": files,
        "selection": out / "k.json",
        "chosen": out / "k.txt",
        "table": out / "t.csv",
        "figure": out / "f.png",
    }
    return script("select_k", **flags | changes)


def test_cli_says_which_rule_decided(tmp_path, out):
    skipped = skipped_scan(300, 1000, "1000 papers are too few for K = 300")
    result = run_select(tmp_path, out, [*scan_results(LOW, REPEATING), skipped], k=None)
    assert result.returncode == 0, result.stderr
    chosen = json.loads((out / "k.json").read_text())
    assert (out / "k.txt").read_text() == "10\n"
    assert chosen["k"] == chosen["proposed"] == 10 and chosen["rule"] == "largest stable K"
    assert chosen["skipped"] == [skipped["skipped"]]
    assert chosen["sentence"] in result.stdout
    with (out / "t.csv").open() as file:
        assert [int(row["k"]) for row in csv.DictReader(file)] == [5, 10, 15, 20, 30, 40]
    assert (out / "f.png").read_bytes().startswith(b"\x89PNG")


def test_k_of_the_config_is_used_and_reported(tmp_path, out):
    assert run_select(tmp_path, out, scan_results(LOW, REPEATING), k=25).returncode == 0
    chosen = json.loads((out / "k.json").read_text())
    assert (chosen["k"], chosen["proposed"], chosen["rule"]) == (25, 10, "config")
    assert "cluster.k" in chosen["sentence"] and "No K stands out" in chosen["sentence"]


def test_k_of_the_config_that_was_scanned_alone(tmp_path, out):
    (scan,) = scan_results(LOW[:1], REPEATING[:1])
    assert run_select(tmp_path, out, [scan], k=scan["k"]).returncode == 0
    chosen = json.loads((out / "k.json").read_text())
    assert (
        chosen["sentence"] == f"K = {scan['k']} is set in the config (cluster.k), and no other was scanned."
    )
    assert (chosen["k"], chosen["rule"]) == (scan["k"], "config")
    with (out / "t.csv").open() as file:
        assert [int(row["k"]) for row in csv.DictReader(file)] == [scan["k"]]
    assert (out / "f.png").read_bytes().startswith(b"\x89PNG")


def test_fewer_papers_than_the_smallest_candidate_are_refused(tmp_path, out):
    rows = [skipped_scan(k, 12, f"12 papers for {k}") for k in (20, 5, 10)]
    result = run_select(tmp_path, out, rows)
    assert_refused(result, out, "select_k.candidates", "the smallest, 5: 12 papers for 5", "set cluster.k")


def test_k_of_the_config_needs_no_scan(tmp_path, out):
    rows = [skipped_scan(k, 12, f"12 papers for {k}") for k in (20, 5, 10)]
    result = run_select(tmp_path, out, rows, k=3)
    assert result.returncode == 0, result.stderr
    chosen = json.loads((out / "k.json").read_text())
    assert (out / "k.txt").read_text() == "3\n"
    assert (chosen["k"], chosen["proposed"], chosen["rule"], chosen["plateau"]) == (3, None, "config", [])
    assert chosen["skipped"] == ["12 papers for 20", "12 papers for 5", "12 papers for 10"]
    assert "cluster.k" in chosen["sentence"] and "no candidate could be tried" in chosen["sentence"]
    with (out / "t.csv").open() as file:
        header, *rest = csv.reader(file)
    assert rest == [] and header[0] == "k"
    assert (out / "f.png").read_bytes().startswith(b"\x89PNG")


def test_the_table_has_the_same_columns_with_and_without_scans(tmp_path, out):
    assert run_select(tmp_path, out, scan_results(LOW, REPEATING), table=out / "full.csv").returncode == 0
    assert run_select(tmp_path, out, [skipped_scan(5, 12, "few")], k=3).returncode == 0
    assert (out / "full.csv").read_text().split("\n")[0] == (out / "t.csv").read_text().strip()


@pytest.mark.parametrize("text", ["", '{"k": 5, '])
def test_damaged_scan_is_refused(tmp_path, out, text):
    (tmp_path / "bad.json").write_text(text)
    assert_refused(run_select(tmp_path, out, [], scans=[tmp_path / "bad.json"]), out, "bad.json")
