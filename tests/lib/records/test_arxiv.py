"""The forms of arXiv's ids and categories."""

import re
from datetime import date

import pytest

from lib.records.arxiv import NOT_BARE, month_of_id, split_categories, split_id


@pytest.mark.parametrize(
    ("identifier", "bare", "version", "month"),
    [
        ("2101.00001", "2101.00001", 0, date(2021, 1, 1)),
        ("0704.0024v3", "0704.0024", 3, date(2007, 4, 1)),
        ("http://arxiv.org/abs/2101.00001v12", "2101.00001", 12, date(2021, 1, 1)),
        ("https://arxiv.org/pdf/2101.00001v2.pdf", "2101.00001", 2, date(2021, 1, 1)),
        ("arXiv:hep-th/9901001v1", "hep-th/9901001", 1, date(1999, 1, 1)),
        ("oai:arXiv.org:0704.0001", "0704.0001", 0, date(2007, 4, 1)),
        ("https://doi.org/10.48550/arXiv.2101.00001", "2101.00001", 0, date(2021, 1, 1)),
        ("math.GT/0309136", "math/0309136", 0, date(2003, 9, 1)),
        ("https://arxiv.org/html/2402.08954v1", "2402.08954", 1, date(2024, 2, 1)),
        ("http://dx.doi.org/10.48550/arxiv.2101.00001", "2101.00001", 0, date(2021, 1, 1)),
        ("arXiv:0706.1234v2 [math.GT]", "0706.1234", 2, date(2007, 6, 1)),
        ("HTTPS://ArXiv.org/abs/2101.00001v3/", "2101.00001", 3, date(2021, 1, 1)),
        ("https://arxiv.org/abs/2101.00001?context=cs.LG", "2101.00001", 0, date(2021, 1, 1)),
        ("arXiv:2101.00001v1 [cs.LG] 1 Jan 2021", "2101.00001", 1, date(2021, 1, 1)),
        ("info:arxiv/cs/0703001", "cs/0703001", 0, date(2007, 3, 1)),
        ("2101.00001.pdf", "2101.00001", 0, date(2021, 1, 1)),
        ("1501.00001", "1501.00001", 0, date(2015, 1, 1)),
        ("astro-ph/9108012", "astro-ph/9108012", 0, date(1991, 8, 1)),
        # not arXiv's: a PubMed id, DOIs, a month that does not exist, a year before 2007, another archive
        ("0704123", "0704123", 0, None),
        ("10.1000/0704123", "10.1000/0704123", 0, None),
        ("10.1000/0704.0001v2", "10.1000/0704.0001v2", 0, None),
        ("2113.00001", "2113.00001", 0, None),
        ("2101.0001v1", "2101.0001v1", 0, None),
        ("1412.00001v1", "1412.00001v1", 0, None),
        ("0703.0001v1", "0703.0001v1", 0, None),
        ("9912.12345", "9912.12345", 0, None),
        ("0604.0001v1", "0604.0001v1", 0, None),
        ("real/9901001", "real/9901001", 0, None),
        ("https://x.org/arxiv.org/abs/2101.00001", "https://x.org/arxiv.org/abs/2101.00001", 0, None),
        ("W2101v1", "W2101v1", 0, None),
    ],
)
def test_ids(identifier, bare, version, month):
    assert bare == identifier or re.search(NOT_BARE, identifier)  # the cheap search finds it
    assert split_id(identifier) == (bare, version)
    assert month_of_id(identifier) == month


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("cs.LG stat.ML", ["cs.LG", "stat.ML"]),
        ("hep-th  math-ph", ["hep-th", "math-ph"]),
        ("math.RT, cs.LG", ["math.RT", "cs.LG"]),
        ("Computer Science", ["Computer Science"]),
        ("Computer Science; Biology ;", ["Computer Science", "Biology"]),
        ("Medicine|Public Health", ["Medicine", "Public Health"]),
        ("Chemistry, Physical; Physics, Applied", ["Chemistry, Physical", "Physics, Applied"]),
        ("计算机科学；人工智能", ["计算机科学", "人工智能"]),
        ("物理、光学，量子", ["物理", "光学", "量子"]),
        ("  ", []),
        # lists that were stored as strings by pandas, NumPy, JSON and PostgreSQL
        ("['cs.LG', 'stat.ML']", ["cs.LG", "stat.ML"]),
        ("['Computer  Science' 'Math']", ["Computer Science", "Math"]),
        ('["Children\'s Health", ""]', ["Children's Health"]),
        ('{"Computer Science",Physics}', ["Computer Science", "Physics"]),
        ("{cs.LG,stat.ML}", ["cs.LG", "stat.ML"]),
        ("[cs.LG stat.ML]", ["cs.LG", "stat.ML"]),
    ],
)
def test_categories(text, names):
    assert split_categories(text) == names
