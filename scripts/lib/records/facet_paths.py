"""Where the JSON records of services hold the facets of a paper: authors, journal, DOI, …

The readers of lib/formats add the tags and columns of their formats.
"""

# For each facet the paths to try in order. Services share few keys, so that one table serves all of them: arXiv,
# OpenAlex, Europe PMC, Crossref and CSL-JSON, Semantic Scholar, pubmed-parser.
PATHS = {
    "authors": (
        *("authors_parsed", "authorships[].author", "authorships.author.display_name"),
        *("authorList.author", "author", "authors"),
    ),
    "cited_by": (
        *("cited_by_count", "is-referenced-by-count", "citedByCount", "citationCount"),
        "citationcount",
    ),
    "countries": (
        *("authorships[].countries[]", "authorships[].institutions[].country_code"),
        "authorships.countries",
    ),
    "doi": ("doi", "DOI", "externalIds.DOI", "externalids.DOI"),
    "funder": ("funders", "grants", "funder", "grantsList.grant"),
    "institutions": (
        *("authorships[].institutions[]", "authorships.institutions.display_name"),
        "authorList.author[].authorAffiliationDetailsList.authorAffiliation[].affiliation",
        *("author[].affiliation[]", "authors[].affiliations[]"),
    ),
    "journal": (
        *("journal-ref", "primary_location.source", "host_venue", "journalInfo.journal", "publicationVenue"),
        *("container-title", "journal", "venue"),
    ),
    "language": ("language", "languages"),
    "references": ("referenced_works", "reference", "references"),
}
FACETS = tuple(sorted(PATHS))
# Beside the name of a journal
ISSN = ("ISSN", "issn", "issn_linking")
