"""clean: facets.parquet, of each format and service against values written by hand, and of bad input."""

import json
import random
from functools import partial

import pyarrow.parquet as pq
import pytest
import yaml

import clean
from cleaned import counts, run_clean
from conftest import ABSTRACT, ROOT, as_lines, paper
from lib.records.facet_paths import FACETS
from lib.records.snapshot import blocks
from measure import default_flags

ORCID = "0000-0001-2345-6789"
DOI = "10.1234/ab.1"


def facets_of(data: bytes, out, **flags) -> dict[str, list[tuple[str, str | None]]]:
    """The facets of the only paper: (value, key) in order; all that are known."""
    rows, _, _ = run_clean(data, out, **{"facets": list(FACETS)} | flags)
    assert len(rows) == 1
    table = pq.read_table(out / "facets.parquet").to_pylist()
    assert {row["id"] for row in table} <= {rows[0]["id"]}
    found: dict[str, list] = {}
    for row in table:
        assert row["position"] == len(found.setdefault(row["facet"], []))
        found[row["facet"]].append((row["value"], row["key"]))
    assert list(found) == sorted(found)
    return found


def plain(*values: str) -> list[tuple[str, None]]:
    return [(value, None) for value in values]


ARXIV = paper(
    authors="C. Bal\\'azs (MIT), J. Doe Jr and ATLAS",
    authors_parsed=[["Bal\\'azs", "C.", ""], ["Doe", "J.", "Jr"], ["ATLAS", "", ""]],
    doi="10.1234/AB.1 10.1234/b",
    **{"journal-ref": "Phys.Lett. B278 (1992) 51--55"},
)
RIS = f"""TY  - JOUR
AU  - Balázs, Csaba
AU  - Doe, Jr, John
TI  - One
AB  - {ABSTRACT}
JO  - Nature Medicine
SN  - 1078-8956
DO  - https://doi.org/10.1234/AB.1
LA  - en
AD  - University of X
ER  -
"""
BIB = rf"""@article{{k, title = {{One}}, abstract = {{{ABSTRACT}}}, year = 2020, journal = {{Nature {{M}}edicine}}, issn = {{1078-8956}},
author = {{Bal{{\'a}}zs, Csaba and Jane Roe and
   {{Smith and Sons}}}}, doi = {{10.1234/AB.1}}}}
"""
WOS = f"""FN Clarivate Analytics Web of Science
VR 1.0
PT J
AU Doe, J
   Roe, R
AF Doe, John
   Roe, Richard
TI One
SO NATURE MEDICINE
LA English
AB {ABSTRACT}
C1 [Doe, John; Roe, Richard] Univ X, Dept Y, Boston, MA USA.
   [Roe, Richard] Univ Z, Paris, France.
CR Poe E, 2001, NATURE, V1, P2, DOI 10.1234/C.3
   Lee A, 2002, CELL, V3, P4
SN 1078-8956
DI 10.1234/AB.1
TC 12
UT WOS:1
ER
EF
"""
MEDLINE = f"""
PMID- 31000001
TI  - One
AB  - {ABSTRACT}
FAU - Doe, John A
AU  - Doe JA
FAU - Roe, Richard
AU  - Roe R
AD  - University of X
LA  - eng
JT  - Nature medicine
TA  - Nat Med
IS  - 1078-8956 (Print)
IS  - 1546-170X (Electronic)
LID - 10.1234/AB.1 [doi]
AID - S0000 [pii]
GR  - R01/NIH HHS/United States
"""
XML = f"""<?xml version="1.0"?><PubmedArticleSet><PubmedArticle><MedlineCitation><PMID>31000001</PMID><Article>
<Journal><ISSN IssnType="Print">1078-8956</ISSN><JournalIssue><PubDate><Year>2020</Year></PubDate></JournalIssue></Journal>
<ArticleTitle>One</ArticleTitle><Abstract><AbstractText>{ABSTRACT}</AbstractText></Abstract>
<AuthorList><Author><LastName>Doe</LastName><ForeName>John A</ForeName><Suffix>Jr</Suffix>
<Identifier Source="ORCID">https://orcid.org/{ORCID}</Identifier>
<AffiliationInfo><Affiliation>University of X; Y</Affiliation></AffiliationInfo></Author>
<Author><CollectiveName>The Z Group</CollectiveName></Author></AuthorList><Language>eng</Language>
<GrantList><Grant><Agency>NIH</Agency></Grant></GrantList></Article>
<MedlineJournalInfo><MedlineTA>Nat Med</MedlineTA></MedlineJournalInfo></MedlineCitation>
<PubmedData><ArticleIdList><ArticleId IdType="doi">10.1234/AB.1</ArticleId></ArticleIdList>
<ReferenceList><Reference><Citation>Poe E. Nature. 2001. doi: 10.1234/C.3.</Citation></Reference>
<Reference><Citation>Roe R. Cell. 1999.</Citation><ArticleIdList><ArticleId IdType="pubmed">111</ArticleId>
<ArticleId IdType="doi">10.9999/Other</ArticleId></ArticleIdList></Reference>
<Reference><Citation>Loe L. Cell. 1998.</Citation><ArticleIdList><ArticleId IdType="pubmed">112</ArticleId></ArticleIdList>
</Reference></ReferenceList>
</PubmedData></PubmedArticle></PubmedArticleSet>"""
SCOPUS = f"""Authors,Author full names,Title,Year,Source title,Cited by,DOI,Affiliations,Abstract,Language of Original Document,ISSN,EID
"Doe J.; Roe R.","van der Doe, John Paul (57200001); Roe, R. (57200002)",One,2020,Nature Medicine,7,{DOI},"Univ X, Boston, United States; Univ Z, Paris, France","{ABSTRACT}",English,10788956,e1
"""
WOS_TAB = f"PT\tAU\tAF\tTI\tSO\tAB\tTC\tSN\tDI\tUT\nJ\tDoe, J\tvan Doe, John Paul\tOne\tNATURE\t{ABSTRACT}\t3\t1078-8956\t10.1234/AB.1\tWOS:1\n"
CSL = json.dumps(
    [
        {
            "id": "k",
            "type": "article-journal",
            "title": "One",
            "abstract": ABSTRACT,
            "container-title": "Nature Medicine",
            "DOI": "10.1234/AB.1",
            "ISSN": "1078-8956",
            "language": "en",
            "author": [
                {"family": "Berg", "given": "J.", "non-dropping-particle": "van den"},
                {"literal": "CERN"},
            ],
        }
    ],
    indent=1,
)
EXPECTED = {
    "arxiv": (
        as_lines(ARXIV),
        {
            "authors": plain("C. Balázs", "J. Doe Jr", "ATLAS"),
            "doi": plain(DOI, "10.1234/b"),
            "journal": plain("Phys.Lett. B278 (1992) 51--55"),
        },
    ),
    "arxiv, not parsed": (
        as_lines(ARXIV | {"authors_parsed": None, "doi": None, "journal-ref": None}),
        {"authors": plain("C. Balázs", "J. Doe Jr", "ATLAS")},
    ),
    "ris": (
        RIS.encode(),
        {
            "authors": plain("Csaba Balázs", "John Doe Jr"),
            "doi": plain(DOI),
            "institutions": plain("University of X"),
            "journal": [("Nature Medicine", "1078-8956")],
            "language": plain("en"),
        },
    ),
    "bibtex": (
        BIB.encode(),
        {
            "authors": plain("Csaba Balázs", "Jane Roe", "Smith and Sons"),
            "doi": plain(DOI),
            "journal": [("Nature Medicine", "1078-8956")],
        },
    ),
    "wos": (
        WOS.encode(),
        {
            "authors": plain("John Doe", "Richard Roe"),
            "cited_by": plain("12"),
            "doi": plain(DOI),
            "institutions": plain("Univ X, Dept Y, Boston, MA USA", "Univ Z, Paris, France"),
            "journal": [("NATURE MEDICINE", "1078-8956")],
            "language": plain("English"),
            "references": [
                ("Poe E, 2001, NATURE, V1, P2, DOI 10.1234/C.3", "10.1234/c.3"),
                ("Lee A, 2002, CELL, V3, P4", None),
            ],
        },
    ),
    "medline": (
        MEDLINE.encode(),
        {
            "authors": plain("John A Doe", "Richard Roe"),
            "doi": plain(DOI),
            "funder": plain("R01/NIH HHS/United States"),
            "institutions": plain("University of X"),
            "journal": [("Nature medicine", "1078-8956")],
            "language": plain("eng"),
        },
    ),
    "medline, initials": (
        MEDLINE.replace("FAU", "XAU").encode(),
        {"authors": plain("JA Doe", "R Roe")},
    ),
    "pubmed xml": (
        XML.encode(),
        {
            "authors": [("John A Doe Jr", ORCID), ("The Z Group", None)],
            "doi": plain(DOI),
            "funder": plain("NIH"),
            "institutions": plain("University of X; Y"),
            "journal": [("Nat Med", "1078-8956")],
            "language": plain("eng"),
            "references": [
                ("Poe E. Nature. 2001. doi: 10.1234/C.3.", "10.1234/c.3"),
                ("Roe R. Cell. 1999.", "10.9999/other"),
                ("Loe L. Cell. 1998.", "112"),
            ],
        },
    ),
    "scopus": (
        SCOPUS.encode(),
        {
            "authors": [("John Paul van der Doe", "57200001"), ("R. Roe", "57200002")],
            "cited_by": plain("7"),
            "doi": plain(DOI),
            "institutions": plain("Univ X, Boston, United States", "Univ Z, Paris, France"),
            "journal": [("Nature Medicine", "10788956")],
            "language": plain("English"),
        },
    ),
    "wos, tabs": (
        WOS_TAB.encode(),
        {
            "authors": plain("John Paul van Doe"),
            "cited_by": plain("3"),
            "doi": plain(DOI),
            "journal": [("NATURE", "1078-8956")],
        },
    ),
    "csl": (
        CSL.encode(),
        {
            "authors": plain("J. van den Berg", "CERN"),
            "doi": plain(DOI),
            "journal": [("Nature Medicine", "1078-8956")],
            "language": plain("en"),
        },
    ),
}


@pytest.mark.parametrize("kind", EXPECTED)
def test_formats_give_their_facets(out, kind):
    data, expected = EXPECTED[kind]
    found = facets_of(data, out)
    assert found == found | expected
    if kind != "medline, initials":
        assert found == expected


SERVICES = {
    "openalex": (
        {
            "id": "https://openalex.org/W1",
            "doi": "https://doi.org/10.1234/AB.1",
            "title": "One",
            "abstract_inverted_index": {word: [i] for i, word in enumerate(dict.fromkeys(ABSTRACT.split()))},
            "language": "en",
            "cited_by_count": 0,
            "authorships": [
                {
                    "author": {
                        "id": "https://openalex.org/A1",
                        "display_name": "John Doe",
                        "orcid": f"https://orcid.org/{ORCID}",
                    },
                    "institutions": [
                        {
                            "id": "https://openalex.org/I1",
                            "display_name": "Univ X",
                            "ror": "https://ror.org/00hx57361",
                            "country_code": "US",
                        }
                    ],
                    "countries": ["US"],
                },
                {
                    "author": {"id": "https://openalex.org/A2", "display_name": "Ann Lee", "orcid": None},
                    "institutions": [
                        {"id": "https://openalex.org/I1", "display_name": "Univ X", "ror": None},
                        {"id": "https://openalex.org/I2", "display_name": "Univ; Y", "ror": None},
                    ],
                    "countries": ["US", "DE"],
                },
                {"author": None},
            ],
            "primary_location": {
                "source": {
                    "id": "https://openalex.org/S1",
                    "display_name": "Nature Medicine",
                    "issn_l": "1078-8956",
                }
            },
            "referenced_works": ["https://openalex.org/W7"],
            "grants": [{"funder": "https://openalex.org/F1", "funder_display_name": "NIH", "award_id": "1"}],
        },
        {
            "authors": [("John Doe", ORCID), ("Ann Lee", "A2")],
            "cited_by": plain("0"),
            "countries": plain("US", "DE"),
            "doi": plain(DOI),
            "funder": [("NIH", "F1")],
            "institutions": [("Univ X", "00hx57361"), ("Univ; Y", "I2")],
            "journal": [("Nature Medicine", "1078-8956")],
            "language": plain("en"),
            "references": [("https://openalex.org/W7", "W7")],
        },
    ),
    "crossref": (
        {
            "DOI": "10.1234/AB.1",
            "title": ["One"],
            "abstract": ABSTRACT,
            "container-title": ["Nature &amp; Medicine"],
            "ISSN": ["1078-8956", "1546-170X"],
            "language": "en",
            "is-referenced-by-count": 5,
            "author": [
                {
                    "given": "John",
                    "family": "Doe",
                    "ORCID": f"http://orcid.org/{ORCID}",
                    "affiliation": [{"name": "Univ X"}],
                },
                {"name": "The Z Group", "affiliation": []},
            ],
            "funder": [{"DOI": "10.13039/100000002", "name": "NIH", "award": ["1"]}],
            "reference": [{"key": "r1", "DOI": "10.1234/C.3"}, {"key": "r2", "unstructured": "Lee A, Cell"}],
        },
        {
            "authors": [("John Doe", ORCID), ("The Z Group", None)],
            "cited_by": plain("5"),
            "doi": plain(DOI),
            "funder": [("NIH", "10.13039/100000002")],
            "institutions": plain("Univ X"),
            "journal": [("Nature & Medicine", "1078-8956")],
            "language": plain("en"),
            "references": [("10.1234/C.3", "10.1234/c.3"), ("Lee A, Cell", None)],
        },
    ),
    "europe_pmc": (
        {
            "id": "31000001",
            "doi": "10.1234/AB.1",
            "title": "One",
            "abstractText": ABSTRACT,
            "language": "eng",
            "citedByCount": 3,
            "authorString": "Doe J, The Z Group.",
            "authorList": {
                "author": [
                    {
                        "fullName": "Doe J",
                        "firstName": "John",
                        "lastName": "Doe",
                        "initials": "J",
                        "authorId": {"type": "ORCID", "value": ORCID},
                        "authorAffiliationDetailsList": {"authorAffiliation": [{"affiliation": "Univ X."}]},
                    },
                    {"collectiveName": "The Z Group"},
                ]
            },
            "journalInfo": {"journal": {"title": "Nature medicine", "issn": "1078-8956"}},
            "grantsList": {"grant": [{"grantId": "1", "agency": "NIH"}]},
        },
        {
            "authors": [("John Doe", ORCID), ("The Z Group", None)],
            "cited_by": plain("3"),
            "doi": plain(DOI),
            "funder": plain("NIH"),
            "institutions": plain("Univ X."),
            "journal": [("Nature medicine", "1078-8956")],
            "language": plain("eng"),
        },
    ),
    "semantic_scholar": (
        {
            "paperId": "p1",
            "title": "One",
            "abstract": ABSTRACT,
            "externalIds": {"DOI": "10.1234/AB.1"},
            "citationCount": 4,
            "authors": [{"authorId": "77", "name": "John Doe"}, {"authorId": None, "name": "Ann Lee"}],
            "journal": {"name": "Nature medicine", "volume": "1"},
            "venue": "Nat Med",
            "references": [{"paperId": "p7", "title": "Another"}],
        },
        {
            "authors": [("John Doe", "77"), ("Ann Lee", None)],
            "cited_by": plain("4"),
            "doi": plain(DOI),
            "journal": plain("Nature medicine"),
            "references": [("Another", "p7")],
        },
    ),
    "pubmed": (
        {
            "pmid": "31000001",
            "title": "One",
            "abstract": ABSTRACT,
            "authors": "Doe|John|J|;Roe|R|R|",
            "journal": "Nature medicine",
            "medline_ta": "Nat Med",
            "issn_linking": "1078-8956",
            "doi": "10.1234/AB.1",
            "languages": "eng",
        },
        {
            "authors": plain("John Doe", "R Roe"),
            "doi": plain(DOI),
            "journal": [("Nature medicine", "1078-8956")],
            "language": plain("eng"),
        },
    ),
}


@pytest.mark.parametrize("name", SERVICES)
def test_presets_give_their_facets(out, name):
    record, expected = SERVICES[name]
    preset = yaml.safe_load((ROOT / "presets" / f"{name}.yaml").read_text())
    fields = default_flags("clean")["fields"] | preset["clean"]["fields"]
    assert facets_of(as_lines(record), out, fields=fields) == expected
    if name not in ("pubmed",):
        page = json.dumps({"total": 1, "results": [record]}, indent=1).encode()
        assert facets_of(page, out) == expected


BAD = {
    "number": (5, []),
    "object": ({"a": 1}, []),
    "nested": ([[["deep"]], [None], [5, 6, 7], [[], []]], []),
    "nulls": ([None, "", "  ", [None, "A", ""]], ["A"]),
    "texts": (["Doe, John", "Ann Lee"], ["John Doe", "Ann Lee"]),
    "objects": ([{"name": "Ann Lee"}, {}, {"name": 5}, {"name": ["x"]}], ["Ann Lee"]),
    "nothing": ("nan", []),
    "accents": ("\\'{E}. Cartan, J. G{\\\"o}del &amp; Co", ["É. Cartan", "J. Gödel & Co"]),
    "surrogate": (["A \ud800B"], ["A �B"]),
    "short lists": ([["Doe"], ["Lee", "Ann"], []], ["Doe", "Ann Lee"]),
    "many": ([[f"Doe{i}", "J.", ""] for i in range(5000)], [f"J. Doe{i}" for i in range(5000)]),
    "empty names": ([["", "", ""], ["Lee", "Ann", ""], [" ", " ", ""]], ["Ann Lee"]),
    "true": (True, []),
    "short name": ("A. Smith (MIT), X. Li", ["A. Smith", "X. Li"]),
    "commas": ("Smith J., Johnson R., Miller X.", ["J. Smith", "R. Johnson", "X. Miller"]),
}


def test_dois_in_one_cell_are_told_apart(out):
    record = paper("1") | {"doi": "10.1234/a;10.5678/B, 10.9999/c(1)2;x"}
    run_clean(as_lines(record), out)
    rows = pq.read_table(out / "facets.parquet").to_pylist()
    dois = [row["value"] for row in rows if row["facet"] == "doi"]
    assert dois == ["10.1234/a", "10.5678/b", "10.9999/c(1)2;x"]


@pytest.mark.parametrize("kind", BAD)
def test_bad_authors_stop_no_run(out, kind):
    value, names = BAD[kind]
    record = {k: v for k, v in paper("1").items() if not k.startswith("authors")} | {"authors": value}
    data = as_lines(record, paper("2", authors="B. Two", authors_parsed=None))
    _, ledger, _ = run_clean(data, out)
    assert counts(ledger) == {"kept": 2}
    table = [row for row in pq.read_table(out / "facets.parquet").to_pylist() if row["facet"] == "authors"]
    assert [row["value"] for row in table if row["id"] == "1"] == names
    assert [row["value"] for row in table if row["id"] == "2"] == ["B. Two"]
    assert ledger["filled"]["authors"] == 1 + bool(names)
    unread = not names and kind != "nothing"
    assert ledger["not_understood"]["authors"]["count"] == unread


def odd_value(rng: random.Random):
    """Any JSON value."""
    kinds = [
        None,
        True,
        5,
        -1.5,
        1e300,
        "",
        "a; b",
        "10.1/x",
        "https://ror.org/x",
        "\ud800",
        "A, B and C",
        "(((",
        {},
        [],
    ]
    value = rng.choice(kinds)
    for _ in range(rng.randrange(4)):
        keys = [
            "name",
            "id",
            "orcid",
            "author",
            "institutions",
            "display_name",
            "family",
            "source",
            "value",
            "DOI",
        ]
        value = rng.choice([[value], [value, rng.choice(kinds)], {rng.choice(keys): value}])
    return value


def test_any_value_of_any_facet_stops_no_run(out):
    rng = random.Random(7)
    keys = [
        "authors",
        "authors_parsed",
        "authorships",
        "author",
        "authorList",
        "journal",
        "journal-ref",
        "ISSN",
        "doi",
    ]
    keys += [
        "primary_location",
        "reference",
        "referenced_works",
        "language",
        "grants",
        "funder",
        "cited_by_count",
    ]
    records = [paper(str(i)) | {key: odd_value(rng) for key in keys} for i in range(500)]
    _, ledger, _ = run_clean(as_lines(*records), out, facets=list(FACETS))
    assert counts(ledger) == {"kept": 500}
    table = pq.read_table(out / "facets.parquet")
    assert table["value"].null_count == 0 and "" not in table["value"].to_pylist()


def test_facets_do_not_depend_on_cores_and_the_order_of_lines(monkeypatch, out):
    lines = [
        json.dumps(
            paper(f"2301.{i:05d}", authors_parsed=[[f"N{i % 7}", "A.", ""]] * (i % 4), doi=f"10.1234/{i}")
        )
        for i in range(900)
    ]
    results = []
    for seed, threads, size in ((0, 1, 4 << 20), (1, 2, 20_000)):
        random.Random(seed).shuffle(lines)
        monkeypatch.setattr(clean, "blocks", partial(blocks, size=size))
        run_clean("\n".join(lines).encode(), out, threads=threads)
        results.append(
            [(out / name).read_bytes() for name in ("facets.parquet", "facets.digest", "metadata.digest")]
        )
    assert results[0] == results[1]
    rows = pq.read_table(out / "facets.parquet").to_pylist()
    keys = [(row["id"], row["facet"], row["position"]) for row in rows]
    assert keys == sorted(set(keys)) and len(rows) == 900 + sum(i % 4 for i in range(900))


def test_only_kept_papers_have_facets(out):
    data = as_lines(
        paper("1", doi="10.1234/old", update_date="2020-01-01"),
        paper("1", doi="10.1234/new", update_date="2021-01-01"),
        paper("2", doi="10.1234/short", abstract="Too short."),
    )
    run_clean(data, out, facets=["doi"])
    assert pq.read_table(out / "facets.parquet")["value"].to_pylist() == ["10.1234/new"]
    run_clean(data, out, facets=[])
    assert len(pq.read_table(out / "facets.parquet")) == 0


def test_a_path_of_the_config_goes_before_those_that_are_known(out):
    fields = default_flags("clean")["fields"] | {"authors": "people[].full"}
    record = paper(authors="A. Known", people=[{"full": "Ann Lee"}, {"full": "Bo Li"}])
    assert facets_of(as_lines(record), out, fields=fields)["authors"] == plain("Ann Lee", "Bo Li")


CHANGES = {
    "title case": ({"title": "A TITLE OF THIS PAPER"}, {"metadata"}),
    "date": ({"versions": [{"created": "Mon, 2 Apr 2001 18:09:58 GMT"}]}, {"metadata"}),
    "category": ({"categories": "math.AG"}, {"metadata"}),
    "author": ({"authors_parsed": [["Lee", "Ann", ""]]}, {"facets"}),
    "order of authors": ({"authors_parsed": [["Roe", "R.", ""], ["Doe", "J.", ""]]}, {"facets"}),
    "text": ({"title": "Another title"}, {"papers", "metadata"}),
    "update": ({"update_date": "2031-01-01"}, set()),
}


@pytest.mark.parametrize("what", CHANGES)
def test_a_digest_changes_with_what_it_holds(out, what):
    names = ("papers", "metadata", "facets")
    base = paper(title="A title of this paper", authors_parsed=[["Doe", "J.", ""], ["Roe", "R.", ""]])
    change, changed = CHANGES[what]
    digests = []
    for record in (base, base | change):
        run_clean(as_lines(record, paper("2301.99999")), out)
        digests.append([(out / f"{name}.digest").read_text() for name in names])
    assert {name for name, a, b in zip(names, *digests, strict=True) if a != b} == changed
