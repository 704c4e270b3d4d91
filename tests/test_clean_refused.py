"""clean: what is recognized and not read, damaged files, and presets that fit a record."""

import io
import json
import os
import random
import zipfile
from collections import Counter

import pytest

import format_writers
from cleaned import run_clean
from conftest import ABSTRACT, as_lines, paper
from format_writers import FORMATS, ODD_BIBTEX, PLAIN, inverted
from lib.cli import UserError
from lib.formats.content import content
from lib.records.fields import FieldPaths
from lib.records.records import Filters, parse_block
from lib.records.snapshot import blocks, open_snapshot
from measure import default_flags


def zipped(*names: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name in names:
            archive.writestr(name, "<x/>")
    return file.getvalue()


REFUSED = {
    "PubMed's CSV": (b"PMID,Title,Authors,Citation,DOI\n1,One,Doe,x,y\n", "PubMed's CSV has no abstracts"),
    "no abstracts": (b"Title,Year,EID\nOne,2020,e1\n", "no column of this table holds abstracts"),
    "unknown columns": (b"name,text,number\nOne,Two,3\n", "without a column `title` or `abstract`"),
    "GB18030": (f"id,title,abstract\n1,标题的,{'摘要，的。' * 30}\n".encode("gb18030"), "GB18030"),
    **{
        coding: (f"id,title,abstract\n1,One,{word} {ABSTRACT}\n".encode(coding), "is that of the program")
        for coding, word in {
            "cp1251": "исследования",
            "koi8_r": "исследования",
            "shift_jis": "本研究では要旨",
            "euc_kr": "연구의 결과는",
            "cp1253": "αποτελέσματα",
            "mac_roman": "naïve Å Größe \u2030",
        }.items()
    },
    "EndNote XML": (b"<?xml version='1.0'?><xml><records><record>", "an EndNote XML file"),
    "RDF": (b'<rdf:RDF\n xmlns:rdf="x">\n<bib:Article/>', "this is RDF"),
    "MODS": (b"<?xml version='1.0'?>\n<modsCollection xmlns='x'>", "this is MODS"),
    "XHTML": (b"<?xml version='1.0'?>\n<!DOCTYPE html PUBLIC ''>\n<html>", "an HTML page"),
    "Word": (zipped("[Content_Types].xml", "word/document.xml"), "a document of Word"),
    "OpenDocument": (zipped("mimetype", "content.xml"), "an OpenDocument file"),
    "Excel, new": (zipped("[Content_Types].xml", "xl/workbook.xml"), "a workbook of Excel"),
    "an empty page": (b'{"meta": {"count": 0}, "results": []}', "no record in it"),
    "EndNote": (b"%0 Journal Article\n%T One\n", "EndNote export; export it as RIS"),
    "other XML": (b'<?xml version="1.0"?>\n<records/>', "XML, but not PubMed's"),
    "PDF": (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n", "this is a PDF"),
    "HTML": (b"\n<!doctype html>", "an HTML page"),
    "7z": (b"7z\xbc\xaf'\x1c", "a 7z archive"),
    "RAR": (b"Rar!\x1a\x07", "a RAR archive"),
    "Excel": (b"\xd0\xcf\x11\xe0\xa1\xb1", "a workbook of Excel"),
    "headings": (b'id,"title,abstract\n1,One,Two\n', "a quotation mark that is not closed"),
    "damaged Parquet": (b"PAR1....", "damaged Parquet"),
    "damaged XML": (b"<PubmedArticleSet><PubmedArticle></PubmedArticleSet>", "damaged XML"),
    "array cut off": (json.dumps([paper()] * 3).encode()[:-20], "record 3"),
    "array without its end": (json.dumps([paper()] * 3).encode()[:-1], "cut off behind record 3"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_recognized_and_not_read_is_named(out, case):
    data, said = REFUSED[case]
    with pytest.raises(UserError, match=r"snapshot\.jsonl") as caught:
        run_clean(data, out)
    assert said in str(caught.value)
    assert not list(out.iterdir())


RECORDS = {
    "OpenAlex": {
        "id": "https://openalex.org/W1",
        "title": "One",
        "abstract_inverted_index": inverted(ABSTRACT),
    },
    "Crossref": {
        "DOI": "10.1/x",
        "title": ["One"],
        "abstract": ABSTRACT,
        "container-title": ["J"],
        "issued": {},
    },
    "Europe PMC": {"id": "1", "title": "One", "abstractText": ABSTRACT},
    "Semantic Scholar": {"paperId": "1", "title": "One", "abstract": ABSTRACT},
    "PubMed": {"pmid": "1", "title": "One", "abstract": ABSTRACT, "medline_ta": "J", "pubdate": "2020"},
}


@pytest.mark.parametrize("name", RECORDS)
def test_the_preset_that_fits_is_named_in_two_lines(out, name):
    with pytest.raises(UserError) as caught:
        run_clean(as_lines(RECORDS[name], RECORDS[name]), out)
    preset = name.lower().replace(" ", "_")
    assert f"This looks like {name}: add --configfile presets/{preset}.yaml" in str(caught.value)
    assert len(str(caught.value).splitlines()) == 2


@pytest.mark.parametrize("page", [True, False])
def test_a_preset_is_named_only_where_it_reads_more(out, capsys, page):
    """Of pages of an API the paths of all presets are tried."""
    record = RECORDS["Europe PMC"]
    if page:
        run_clean(json.dumps({"resultList": {"result": [record]}}).encode(), out)
    else:
        fields = {"id": "id", "title": "title", "abstract": "abstractText", "published": "year"}
        run_clean(as_lines(record), out, fields=fields | {"categories": "category"})
    said = capsys.readouterr()
    assert ("europe_pmc.yaml" in said.out + said.err) != page
    assert "in all records" in said.out + said.err


PIECES = [
    b'"',
    b"{",
    b"}",
    b"\n",
    b"\r",
    b"\0",
    b",",
    b"[",
    b"]",
    b"\xff",
    b"TY  - JOUR\n",
    b"ER  - \n",
    b"\n@article{x,",
    b"<",
]


def damaged(data: bytes, others: list[bytes], rng: random.Random) -> bytes:
    """A file with a few bytes changed, cut out, cut off, put in, or taken from another file."""
    changed = bytearray(data)
    for _ in range(rng.choice([0, 1, 2, 5, 20])):
        at, kind = rng.randrange(len(changed) + 1), rng.randrange(5)
        if kind == 0:
            changed[at : at + 1] = bytes([rng.randrange(256)])
        elif kind == 1:
            del changed[at : at + rng.randrange(1, 200)]
        elif kind == 2 and at:
            del changed[at:]
        elif kind == 3:
            changed[at:at] = rng.choice(PIECES)
        else:
            other = rng.choice(others)
            start = rng.randrange(len(other))
            changed[at:at] = other[start : start + rng.randrange(300)]
    return bytes(changed)


def test_damaged_files_are_refused_or_each_record_is_in_one_bucket(tmp_path, monkeypatch):
    """`EXAMPLES=10000` for a long run."""
    monkeypatch.setattr(format_writers, "PLAIN", PLAIN[:8])
    files = [*(write() for write in FORMATS), as_lines(*PLAIN[:8]), ODD_BIBTEX.encode()]
    flags = default_flags("clean")
    fields, path, rng = FieldPaths.parse(flags["fields"], flags["facets"]), tmp_path / "x", random.Random(5)
    filters = Filters(50, (), None, None, False, False, 2030)
    outcomes = Counter[str]()
    for _ in range(int(os.environ.get("EXAMPLES", "300"))):
        path.write_bytes(damaged(rng.choice(files), files, rng))
        number = 1
        try:
            with open_snapshot(path) as stream:
                found = content(stream, path, fields)
                for block in found.blocks or blocks(stream, path):
                    parsed = parse_block(block, filters, found.fields)
                    assert block.first_line == number
                    lines = block.data.count(b"\n") + (not block.data.endswith(b"\n"))
                    assert parsed.ledger.lines + len(parsed.ids) == lines
                    number += lines
            outcomes["read"] += 1
        except UserError as error:
            assert str(path) in str(error)
            outcomes["refused"] += 1
    assert min(outcomes["read"], outcomes["refused"]) > 30
