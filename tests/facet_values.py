"""Records of each format, and the facets that they have, written by hand."""

import json

from conftest import ABSTRACT, as_lines, paper

ORCID = "0000-0001-2345-6789"
DOI = "10.1234/ab.1"


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
