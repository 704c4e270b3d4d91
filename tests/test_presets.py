"""The presets of other corpora, each on records in the format of that export."""

import json
from datetime import date

import pyarrow.parquet as pq
import pytest
import yaml

import clean
from conftest import ABSTRACT, ROOT, as_lines
from lib.figures.page import paper_url
from lib.formats.sources import SOURCES, source_of
from measure import cleaned_files, command_line, default_flags

INVERTED: dict[str, list[int]] = {}
for position, word in enumerate(ABSTRACT.split()):
    INVERTED.setdefault(word, []).append(position)

EXPORTS = {
    "openalex": (
        {
            "id": "https://openalex.org/W2741809807",
            "doi": "https://doi.org/10.7717/peerj.4375",
            "title": "The state of <i>open access</i>",
            "display_name": "The state of open access",
            "publication_year": 2018,
            "publication_date": "2018-02-13",
            "type": "article",
            "topics": [
                {
                    "display_name": "Open access",
                    "score": 0.99,
                    "field": {"id": "x", "display_name": "Decision Sciences"},
                },
                {"display_name": "Web", "score": 0.5, "field": {"display_name": "Computer Science"}},
            ],
            "abstract_inverted_index": INVERTED,
            "updated_date": "2024-05-01T10:00:00.123456",
        },
        {
            "id": "https://openalex.org/W2741809807",
            "title": "The state of open access",
            "categories": ["Decision Sciences", "Computer Science"],
            "published": date(2018, 2, 13),
            "updated": date(2024, 5, 1),
            "url": "https://openalex.org/W2741809807",
        },
    ),
    "crossref": (
        {
            "DOI": "10.7717/peerj.4375",
            "title": ["The state of <i>open access</i>"],
            "container-title": ["PeerJ"],
            "issued": {"date-parts": [[2018, 2, 13]]},
            "indexed": {"date-parts": [[2024, 5, 1]], "date-time": "2024-05-01T10:00:00Z"},
            "abstract": f"<jats:p>{ABSTRACT}</jats:p>",
        },
        {
            "id": "10.7717/peerj.4375",
            "title": "The state of open access",
            "categories": ["PeerJ"],
            "published": date(2018, 2, 13),
            "updated": date(2024, 5, 1),
            "url": "https://doi.org/10.7717/peerj.4375",
        },
    ),
    "europe_pmc": (
        {
            "id": "31000001",
            "source": "MED",
            "doi": "10.1038/x",
            "title": "Loss of <i>TP53</i>.",
            "journalInfo": {"yearOfPublication": 2019, "journal": {"title": "Nature medicine"}},
            "pubYear": "2019",
            "abstractText": ABSTRACT,
            "dateOfRevision": "2020-03-04",
            "firstPublicationDate": "2019-04-15",
        },
        {
            "id": "31000001",
            "title": "Loss of TP53.",
            "categories": ["Nature medicine"],
            "published": date(2019, 4, 15),
            "updated": date(2020, 3, 4),
            "url": "https://europepmc.org/article/MED/31000001",
        },
    ),
    "pubmed": (
        {
            "title": "Loss of <i>TP53</i> in &#x3b2;-cells.",
            "issue": "3",
            "abstract": f"BACKGROUND: {ABSTRACT}",
            "journal": "Nature medicine",
            "medline_ta": "Nat Med",
            "authors": "Doe|J|J|",
            "pubdate": "2019",
            "pmid": "31000001",
            "mesh_terms": "D000818:Animals; D051379:Mice",
            "doi": "10.1038/x",
            "delete": "False",
        },
        {
            "id": "31000001",
            "title": "Loss of TP53 in β-cells.",
            "abstract": f"BACKGROUND: {ABSTRACT}",
            "categories": ["Nat Med"],
            "published": date(2019, 1, 1),
            "updated": None,
            "url": "https://pubmed.ncbi.nlm.nih.gov/31000001/",
        },
    ),
    "pubmed, open-access subset": (
        {
            "full_title": "Lysis time in bacteriophage λ",
            "abstract": f"Background {ABSTRACT}",
            "journal": "BMC Microbiology",
            "pmid": "21810267",
            "pmc": "3166277",
            "publication_year": "2011",
            "publication_date": "01-01-2011",
            "subjects": "Research Article",
        },
        {
            "id": "21810267",
            "title": "Lysis time in bacteriophage λ",
            "abstract": f"Background {ABSTRACT}",
            "categories": ["BMC Microbiology"],
            "published": date(2011, 1, 1),
        },
    ),
    "semantic_scholar": (
        {
            "corpusid": 215416146,
            "externalids": {"DOI": None, "ArXiv": "2004.07180"},
            "title": "Document-level representation learning",
            "abstract": ABSTRACT,
            "year": 2020,
            "s2fieldsofstudy": [
                {"category": "Computer Science", "source": "external"},
                {"category": "Linguistics", "source": "s2-fos-model"},
            ],
            "publicationdate": "2020-04-15",
        },
        {
            "id": "215416146",
            "title": "Document-level representation learning",
            "categories": ["Computer Science", "Linguistics"],
            "published": date(2020, 4, 15),
            "url": "https://www.semanticscholar.org/paper/215416146",
        },
    ),
    "semantic_scholar, graph API": (
        {
            "paperId": "649def34f8be52c8b66281af98ae884c09aef38b",
            "title": "Construction of the literature graph",
            "abstract": ABSTRACT,
            "year": 2018,
            "publicationDate": None,
            "fieldsOfStudy": None,
            "s2FieldsOfStudy": [
                {"category": "Computer Science", "source": "external"},
                {"category": "Computer Science", "source": "s2-fos-model"},
            ],
        },
        {
            "id": "649def34f8be52c8b66281af98ae884c09aef38b",
            "categories": ["Computer Science"],
            "published": date(2018, 1, 1),
        },
    ),
}


def test_every_preset_of_another_corpus_is_tried():
    tried = {name.partition(",")[0] for name in EXPORTS}
    assert tried == {path.stem for path in (ROOT / "presets").glob("*.yaml")} - {"arxiv"}


@pytest.mark.parametrize("name", SOURCES)
def test_pages_of_an_api_are_read_with_the_paths_of_its_preset(name):
    fields = yaml.safe_load((ROOT / "presets" / f"{name}.yaml").read_text())["clean"]["fields"]
    paths = {
        key: (value,) if isinstance(value, str) else tuple(value) for key, value in fields.items() if value
    }
    assert SOURCES[name].fields == paths
    for export, (record, _) in EXPORTS.items():
        assert source_of(record) == export.partition(",")[0]


def test_of_mesh_terms_only_the_first_is_compared(tmp_path, out):
    """The preset of PubMed says so where it names them."""
    text = (ROOT / "presets" / "pubmed.yaml").read_text()
    advice = " ".join(line.strip("# ") for line in text.splitlines() if line.startswith("#"))
    assert "only the first" in advice.partition("mesh_terms")[0].rpartition(". ")[0]
    fields = yaml.safe_load(text)["clean"]["fields"] | {"categories": "mesh_terms"}
    source, papers = tmp_path / "export.jsonl", out / "papers.parquet"
    source.write_bytes(as_lines(EXPORTS["pubmed"][0]))
    outputs = cleaned_files(out)
    clean.main(command_line("clean", snapshot=source, fields=fields, categories=["*:Mice"], **outputs))
    assert pq.read_table(papers)["primary_category"].to_pylist() == ["D000818:Animals"]


@pytest.mark.parametrize("name", EXPORTS)
def test_records_of_the_export_are_read(tmp_path, out, name):
    record, expected = EXPORTS[name]
    preset = yaml.safe_load((ROOT / "presets" / f"{name.partition(',')[0]}.yaml").read_text())
    fields = default_flags("clean")["fields"] | preset["clean"]["fields"]  # as Snakemake merges them
    source, ledger = tmp_path / "export.jsonl", out / "ledger.json"
    source.write_bytes(as_lines(record))
    outputs = cleaned_files(out)
    clean.main(command_line("clean", snapshot=source, fields=fields, **outputs))
    (row,) = pq.read_table(outputs["papers"]).to_pylist()
    row["url"] = paper_url(preset["link"], row["id"])
    assert row == row | {"abstract": ABSTRACT} | expected
    assert not any(bucket["count"] for bucket in json.loads(ledger.read_text())["not_understood"].values())
