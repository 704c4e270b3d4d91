"""Records of each service, and the facets that they have, written by hand."""

from conftest import ABSTRACT
from facet_values import DOI, ORCID, plain

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
