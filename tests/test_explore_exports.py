"""explore: papers leave the page whole: cells of CSV, names in RIS and BibTeX, and the abstracts that it holds."""

import bibtexparser
import numpy as np
import pandas as pd
import pyarrow as pa
import rispy

import explore
from browser import needs_chromium, opened
from conftest import pq_write
from explorer import download
from lib.records.schema import FACET_ROWS
from lib.tables import as_text_cell
from measure import command_line
from page_inputs import few, filled, write_inputs, write_page

pytestmark = needs_chromium


def test_no_cell_of_the_csv_is_a_formula_or_another_number(browser, tmp_path):
    """Against `as_text_cell`, by which the workflow writes its own CSV files. The page reads its file again."""
    titles = ['=HYPERLINK("http://x","y")', "+cmd|' /C calc'!A0", "@x", "-a", "1e5", "0012", "NaN", "true", "12345678901234567", "1.50", "2017", "A 1.5"]  # fmt: skip
    ids = [
        "0704.0010",
        "0704.001",
        "-1",
        "1E5",
        "007",
        "none",
        "2017",
        "10.1/x",
        *(f"id{i}" for i in range(4)),
    ]
    with opened(browser, write_page(tmp_path, **few(12) | {"titles": titles, "ids": ids})) as page:
        path = download(page, "CSV", tmp_path)
        assert path.read_bytes().startswith(b"\xef\xbb\xbfid,")  # by which Excel knows UTF-8
        table = pd.read_csv(path, dtype=str, keep_default_na=False)
        assert dict(zip(table["id"], table["title"], strict=True)) == {
            as_text_cell(i): as_text_cell(t) for i, t in zip(ids, titles, strict=True)
        }
        assert "'0704.0010" in set(table["id"]) and "2017" in set(table["id"])
        guarded = pd.read_csv(path, keep_default_na=True)  # as a reader that guesses types
        assert guarded["title"].isna().sum() == 0 and guarded["title"].map(type).eq(str).all()
        page.set_input_files("#mine-file", files=[path])
        page.wait_for_selector("#mine table")
        assert page.evaluate("explorer.state.mine.length") == 12


def test_names_reach_the_files_in_their_parts(browser, tmp_path):
    """Suffixes, particles, and organisations whose names BibTeX would take for two."""
    from bibtexparser import middlewares

    names = [
        "Sammy Davis Jr.",
        "Bell and Sons Ltd",
        "Ana van der Berg III",
        "Dept. of X, University of Y",
        "Jo Ma",
    ]
    inputs = write_inputs(tmp_path, **few(10))
    columns = {"id": ["id3"] * 5, "facet": ["authors"] * 5, "position": range(5), "value": names}
    inputs["facets"] = filled(tmp_path / "named.parquet", FACET_ROWS, columns)
    explore.main(command_line("explore", **inputs, map=tmp_path / "map.html"))
    with opened(browser, tmp_path / "map.html") as page:
        records = {r["id"]: r for r in rispy.loads(download(page, "RIS", tmp_path).read_text("utf-8"))}
        assert records["id3"]["authors"] == [
            *(
                "Davis, Sammy, Jr.",
                "Bell and Sons Ltd",
                "van der Berg, Ana, III",
                "Dept. of X, University of Y",
            ),
            "Ma, Jo",
        ]
        split = [middlewares.SeparateCoAuthors(), middlewares.SplitNameParts()]
        library = bibtexparser.parse_file(str(download(page, "BibTeX", tmp_path)), append_middleware=split)
    assert not library.failed_blocks
    parts = [
        [" ".join(part) for part in (n.first, n.von, n.last, n.jr)]
        for n in next(e["author"] for e in library.entries if e.key == "id3")
    ]
    assert parts == [
        *(
            ["Sammy", "", "Davis", "Jr."],
            ["", "", "{Bell and Sons Ltd}", ""],
            ["Ana", "van der", "Berg", "III"],
        ),
        *(["", "", "{Dept. of X, University of Y}", ""], ["Jo", "", "Ma", ""]),
    ]


def test_abstracts_are_those_of_the_page_in_its_order_and_no_others_are_held(tmp_path):
    n = 60_000
    texts = [f"{i} " + "word " * 200 for i in range(n)]
    papers = pq_write(tmp_path / "p.parquet", abstract=pa.array(texts))
    rows = np.random.default_rng(0).permutation(n)[:300]
    counted = pa.proxy_memory_pool(pa.default_memory_pool())
    usual = pa.default_memory_pool()
    pa.set_memory_pool(counted)
    try:
        found = explore.abstracts(papers, rows)
    finally:
        pa.set_memory_pool(usual)
    assert [int(text.split()[0]) for text in found] == rows.tolist()
    assert counted.max_memory() < 30e6 < sum(map(len, texts)) / 2
