"""CSV files that a spreadsheet and pandas read as they were written."""

import csv

import pandas as pd
import pytest

from lib.tables import write_csv

IDS = [
    "0704.0010",
    "0704.0123",
    "2101.00001",
    "hep-th/9901001",
    "31000001",
    "0012",
    "1e5",
    "12345678901234567890",
    "nan",
]
FORMULAS = ["=1+1", "+cmd", "-omics", "@home", "\tx", '=HYPERLINK("http://x")']


@pytest.mark.parametrize("ids", [IDS, IDS[:3], IDS[:1], IDS[5:6], IDS[6:7], IDS[7:8], IDS[8:]])
def test_ids_lose_nothing(tmp_path, ids):
    file = tmp_path / "t.csv"
    write_csv(file, pd.DataFrame({"representative_id": ids}))
    read = pd.read_csv(file)["representative_id"]
    assert [str(value).removeprefix("'") for value in read] == ids


def test_text_is_no_formula_and_numbers_stay_numbers(tmp_path):
    file = tmp_path / "t.csv"
    frame = pd.DataFrame(
        {"name": FORMULAS, "change": [-0.5, 1e-7, 2.0, float("nan"), -1, 0], "n": range(-2, 4)}
    )
    frame["words"] = [["-omics", "a"], ["b"], ["=c", "d"], ["e"], ["f"], ["g"]]
    write_csv(file, frame)
    with file.open(newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert [row["name"] for row in rows] == [f"'{text}" for text in FORMULAS]
    assert [row["change"] for row in rows] == ["-0.5", "1e-07", "2", "", "-1", "0"]
    assert [row["n"] for row in rows] == ["-2", "-1", "0", "1", "2", "3"]
    assert rows[0]["words"] == "'-omics; a" and rows[1]["words"] == "b" and rows[2]["words"] == "'=c; d"


def test_plain_text_and_missing_cells_stay(tmp_path):
    file = tmp_path / "t.csv"
    write_csv(file, pd.DataFrame({"name": ["graph = edge", "a-b", None, "3d vision", "42", "5-HT", "“=”"]}))
    assert pd.read_csv(file, skip_blank_lines=False)["name"].tolist()[:2] == ["graph = edge", "a-b"]
    assert "'" not in file.read_text()
