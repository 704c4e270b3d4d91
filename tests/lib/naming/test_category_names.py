"""Names of categories: the bundled table, and tables of users."""

import csv

import pytest

from conftest import ROOT
from lib.cli import UserError
from lib.naming.category_names import read_category_names


def test_the_bundled_names_are_complete_and_other_tables_are_checked(tmp_path):
    names = read_category_names(ROOT / "data" / "words" / "arxiv_categories.csv")
    with (ROOT / "data" / "words" / "arxiv_categories.csv").open() as file:
        assert len(names) == sum(1 for _ in csv.reader(file)) - 1 > 155
    assert names["math.RT"] == "Representation Theory" and names["cmp-lg"] == names["cs.CL"]
    (tmp_path / "n.csv").write_text("code;label\n1;x\n")
    with pytest.raises(UserError, match="lacks the column category and name"):
        read_category_names(tmp_path / "n.csv")


def test_a_table_in_another_encoding_is_refused(tmp_path):
    (tmp_path / "n.csv").write_bytes("category,name\na,Année\n".encode("latin-1"))
    with pytest.raises(UserError, match=r"label.category_names.*not a CSV file in UTF-8"):
        read_category_names(tmp_path / "n.csv")
