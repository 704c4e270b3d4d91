"""explore: the reader's own papers from a file, marked on the map, counted and in the link, in a real browser."""

import numpy as np
import pytest

from browser import faults_by_axe, needs_chromium, opened
from explorer import lit, settled
from page_inputs import IDS, TOPIC, few, ids_where, write_page

pytestmark = needs_chromium

OWN = [70, 71, 72, 105, 110]
DOIS = [i for i in range(150) if i % 3 == 1]  # papers with one, as page_inputs writes them


def give(page, text: str) -> str:
    """Choose a file with this text; what the page says of it."""
    page.click("#selection-tab")
    file = {"name": "mine.txt", "mimeType": "text/plain", "buffer": text.encode()}
    page.set_input_files("#mine-file", files=[file])
    page.wait_for_selector("#mine [role=status]:not(:empty)")
    return page.locator("#mine [role=status]").inner_text()


def mine(page) -> set[str]:
    return set(page.evaluate("explorer.state.mine.map(i => explorer.texts.ids.get(i))"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("\n".join(IDS[i] for i in OWN), OWN, id="ids"),
        pytest.param("hep-th/9901001v3\r\narXiv:2301.00007v2", [7, 149], id="versions"),
        pytest.param(
            "https://arxiv.org/abs/2301.00070, https://doi.org/10.1000/X_1", [1, 70], id="addresses"
        ),
        pytest.param(
            'title,doi\n"neuron study 100",\nqubit study 130,10.1000/x_4\n', [4, 100, 130], id="CSV"
        ),
        pytest.param(
            "TY  - JOUR\r\nTI  - Prime Study 70\r\nDO  - 10.1000/x_73\r\nER  - \r\n", [70, 73], id="RIS"
        ),
        pytest.param(
            "@article{a,\n  title = {{Prime} study 71},\n  doi = {10.1000/x\\_76}\n}", [71, 76], id="BibTeX"
        ),
        pytest.param('{"id": "2301.00070", "title": "x"}\n{"DOI":"10.1000/x_1"}', [1, 70], id="JSON lines"),
    ],
)
def test_files_of_many_kinds_name_papers(page, text, expected):
    said = give(page, text)
    assert mine(page) == {IDS[i] for i in expected}
    assert f"has {len(expected)} papers of this map" in said
    assert len(lit(page)) == 150  # they are marked, and nothing is hidden


NUMBERED = ["2017", "12", "345", "31452104", "0012345", "77"]  # ids that are numbers, as those of PubMed


@pytest.fixture(scope="module")
def numbered(browser, tmp_path_factory):
    """A page of papers whose ids are numbers."""
    columns = few(len(NUMBERED)) | {
        "ids": NUMBERED,
        "titles": [f"The long title number {i}" for i in range(6)],
    }
    with opened(browser, write_page(tmp_path_factory.mktemp("numbered"), **columns)) as page:
        yield page


RECORD = "TY  - JOUR\r\nTI  - Of 345 foxes in 2017\r\nPY  - 2017\r\nVL  - 12\r\nSP  - 345\r\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(RECORD + "AB  - We saw 12.\r\n  345\r\nC7  - 77\r\nER  - \r\n", set(), id="RIS"),
        pytest.param(RECORD + "AN  - 31452104\r\nER  - \r\n", {"31452104"}, id="accession number"),
        pytest.param(RECORD + "ID  - 0012345\r\nER  - \r\n", {"0012345"}, id="RIS of this page"),
        pytest.param("PMID- 31452104\nDP  - 2017\nVI  - 12\nPG  - 345\n", {"31452104"}, id="MEDLINE"),
        pytest.param(
            "@article{fox,\n  year = 2017,\n  volume = {12},\n  pmid = {77}\n}", {"77"}, id="BibTeX"
        ),
        pytest.param("@article{p77,\n  year = {2017}\n}", {"77"}, id="BibTeX of this page"),
        pytest.param("2017\n\n12\n", {"2017", "12"}, id="a number per line"),
        pytest.param("31452104, 77", {"31452104", "77"}, id="a line of numbers"),
        pytest.param("Fox et al. 2017, 12, 345", set(), id="a citation"),
        pytest.param("Foxes (PMID: 31452104) 2017; 12: 345.", {"31452104"}, id="a citation with its id"),
        pytest.param("https://pubmed.ncbi.nlm.nih.gov/77/", {"77"}, id="address"),
        pytest.param("title,year,volume\nFoxes,2017,12\n", set(), id="CSV without ids"),
        pytest.param(
            'title,pmid,year\r\n"Foxes, in\r\n345",31452104,2017\r\nx,\'0012345,12\r\n',
            {"31452104", "0012345"},
            id="CSV",
        ),
        pytest.param("year;id\n2017;77\n", {"77"}, id="CSV with semicolons"),
        pytest.param("id\ttitle\tyear\n77\tFoxes\t2017\n", {"77"}, id="TSV"),
        pytest.param(
            '{"id": "77", "year": 2017, "pages": "12"}\n{"corpusid": 345}', {"77", "345"}, id="JSON"
        ),
        pytest.param("x,2017,12,The long title number 5", {"77"}, id="title"),
    ],
)
def test_a_number_is_an_id_only_where_ids_stand(numbered, text, expected):
    numbered.evaluate("explorer.state.mine = []")
    give(numbered, text)
    assert mine(numbered) == expected


def test_own_papers_are_counted_per_topic_beside_the_whole(page):
    give(page, "\n".join(IDS[i] for i in OWN))
    rows = [row.split("\t") for row in page.locator("#mine tbody tr").all_inner_texts()]
    assert rows == [["prime", "3", "60\xa0%", "27\xa0%"], ["neuron", "2", "40\xa0%", "20\xa0%"]]
    page.locator("#mine-show").select_option("mine")
    assert lit(page) == {IDS[i] for i in OWN}
    page.locator("#mine-show").select_option("near")
    near = {IDS[j] for i in OWN for j in range(i + 1, i + 11)} - {IDS[i] for i in OWN}
    assert lit(page) == near  # the nearest of a paper are the ten that follow it
    page.click("#mine-clear")
    assert len(lit(page)) == 150 and mine(page) == set()


def test_the_link_marks_them_again(browser, map_file):
    with opened(browser, map_file) as page:
        give(page, "\n".join(IDS[i] for i in (*OWN, 149)))
        page.locator("#mine-show").select_option("mine")
        address = settled(page)
    with opened(browser, map_file, address) as again:
        assert mine(again) == {IDS[i] for i in (*OWN, 149)} == lit(again) and settled(again) == address
        again.click("#clear")
        assert len(lit(again)) == 150 and len(mine(again)) == 6  # they stay marked
    with opened(browser, map_file, "#mine=nobody+2301.00070&show=mine") as old:
        assert lit(old) == {IDS[70]}


def test_a_file_that_names_no_paper_says_so(page):
    said = give(page, "\n".join(f"10.5555/{i}" for i in range(100_000)))
    assert "None of the 100,000 records or lines of the file is on this map." in said
    assert len(lit(page)) == 150 and page.locator("#mine table").count() == 0


def test_a_link_holds_no_more_than_it_can(browser, tmp_path):
    with opened(browser, write_page(tmp_path, **few(301))) as page:
        said = give(page, "\n".join(f"id{i}" for i in range(301)))
        assert (
            "has 301 papers of this map" in said
            and "The link holds at most 300: hand on the file, too." in said
        )
        assert "mine" not in settled(page)
        give(page, "\n".join(f"id{i}" for i in range(300)))
        assert "mine" in settled(page)


def test_a_file_can_be_dropped(page):
    page.evaluate(
        """ids => { const data = new DataTransfer(); data.items.add(new File([ids], "mine.csv"));
        document.getElementById("map").dispatchEvent(new DragEvent("drop", {dataTransfer: data, bubbles: true, cancelable: true})); }""",
        ",".join(sorted(ids_where(TOPIC == 3))),
    )
    page.wait_for_selector("#mine table")
    assert mine(page) == ids_where(TOPIC == 3) and np.isin(149, np.flatnonzero(TOPIC == 3))
    assert page.locator("#mine tbody tr").all_inner_texts() == ["qubit\t20\t100\xa0%\t13\xa0%"]


def test_marks_and_the_table_have_no_fault(page, axe):
    give(page, "\n".join(IDS[i] for i in OWN))
    assert faults_by_axe(page, axe) == []
