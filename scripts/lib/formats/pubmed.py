"""Articles of PubMed's XML."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from lib.cli import UserError
from lib.formats.lines import Record, Table, without_full_stop
from lib.records.snapshot import Readable, damage_named

FIELDS: dict[str, tuple[str, ...]] = {
    "id": ("pmid",),
    "title": ("title",),
    "abstract": ("abstract",),
    "categories": ("journal",),
    "published": ("published",),
    "updated": ("updated",),
    "deleted": ("deleted",),
    "institutions": ("institutions",),
}
READ_BYTES = 1 << 18
DECLARATION = b"<?xml "


def read_pubmed_xml(stream: Readable, path: Path) -> Table:
    """The articles of a file of PubMed; those that it says are deleted are records too."""
    return Table(FIELDS, _records(stream, path))


def _records(stream: Readable, path: Path) -> Iterator[Record]:
    parser: Any = ElementTree.XMLPullParser(("start", "end"))
    root: Any = None
    try:
        for data in _documents(stream, path):
            if data is None:  # answers of `efetch`, one behind the other
                parser.close()
                parser, root = ElementTree.XMLPullParser(("start", "end")), None
                continue
            parser.feed(data) if data else parser.close()
            for event, element in parser.read_events():
                root = element if root is None else root
                if event == "start":
                    continue
                if element.tag in ("PubmedArticle", "PubmedBookArticle"):
                    yield _article(element)
                elif element.tag == "DeleteCitation":
                    yield from ({"pmid": _text(each), "deleted": True} for each in element.iter("PMID"))
                else:
                    continue
                root.clear()  # memory holds one article
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise UserError(f"{path}: damaged XML ({error}); download it again") from error


def _documents(stream: Readable, path: Path) -> Iterator[bytes | None]:
    """The pieces of a file of XML; None between two documents, and an empty piece at the end."""
    rest, begun = b"", False
    while True:
        with damage_named(path):
            data = stream.read(READ_BYTES)
        whole = rest + data
        keep = len(DECLARATION) - 1 if data else 0  # a declaration may be cut in two
        *before, rest = whole.split(DECLARATION)
        for part in before:
            if begun or part.strip():
                yield part
                yield None
            yield DECLARATION
            begun = True
        cut = max(len(rest) - keep, 0)
        if cut:
            yield rest[:cut]
            begun = True
        rest = rest[cut:]
        if not data:
            yield b""
            return


def _text(element: Any) -> str:
    """All text in an element, with that of <i> and <sub>, in single spaces."""
    return "" if element is None else " ".join("".join(element.itertext()).split())


def _article(article: Any) -> Record:
    book = article.find("BookDocument")
    citation = article.find("MedlineCitation") if book is None else book
    if citation is None:
        return {}
    inner = citation.find("Article") if book is None else book
    title = _text(citation.find(".//ArticleTitle")) or _text(citation.find(".//VernacularTitle"))
    parts = [] if inner is None else inner.findall("Abstract/AbstractText")
    labelled = ((part.get("Label"), _text(part)) for part in parts)
    abstract = " ".join(f"{label}: {text}" if label else text for label, text in labelled if text)
    journal = _text(citation.find("MedlineJournalInfo/MedlineTA")) or _text(citation.find(".//Journal/Title"))
    day = citation.find(".//Journal/JournalIssue/PubDate")
    return {
        "pmid": _text(citation.find("PMID")),
        "title": without_full_stop(title)
        or (_text(citation.find(".//BookTitle")) if book is not None else ""),
        "abstract": abstract,
        "journal": [journal] if journal else None,
        "published": _date(day)
        or _date(citation.find(".//ArticleDate"))
        or _date(citation.find(".//PubDate")),
        "updated": _date(citation.find("DateRevised")),
        **_facets(article, citation),
    }


def _facets(article: Any, citation: Any) -> Record:
    """What else is known of an article, under the keys of lib/records/facet_paths.py."""
    listed = citation.find(".//AuthorList")
    authors = [] if listed is None else listed.findall("Author")
    ids = article.findall("PubmedData/ArticleIdList/ArticleId") + article.findall(".//ELocationID")
    references = article.iterfind("PubmedData/ReferenceList/Reference")
    return {
        "authors": [_author(author) for author in authors],
        "institutions": [
            _text(each) for author in authors for each in author.iterfind("AffiliationInfo/Affiliation")
        ],
        "doi": [_text(each) for each in ids if "doi" in (each.get("IdType"), each.get("EIdType"))][:1],
        "issn": _text(citation.find(".//Journal/ISSN")),
        "language": [_text(each) for each in citation.iterfind(".//Language")],
        "funder": [_text(each) for each in citation.iterfind(".//GrantList/Grant/Agency")],
        "references": [_reference(each) for each in references],
    }


def _reference(reference: Any) -> Record:
    """A cited work: the citation, and its DOI or PMID."""
    ids = {each.get("IdType"): _text(each) for each in reference.iterfind("ArticleIdList/ArticleId")}
    return {"name": _text(reference.find("Citation")), "DOI": ids.get("doi"), "id": ids.get("pubmed")}


def _author(author: Any) -> Record:
    return {
        "family": _text(author.find("LastName")) or _text(author.find("CollectiveName")),
        "given": _text(author.find("ForeName")) or _text(author.find("Initials")),
        "suffix": _text(author.find("Suffix")),
        "ORCID": next((_text(each) for each in author.iterfind("Identifier[@Source='ORCID']")), None),
    }


def _date(element: Any) -> str:
    """A date as text: year, month (a name or a number) and day, or what MedlineDate says ("2000 Spring")."""
    if element is None:
        return ""
    parts = [_text(element.find(name)) for name in ("Year", "Month", "Day")]
    if not parts[0]:
        return _text(element.find("MedlineDate"))
    separator = "-" if parts[1].isdigit() else " "
    return separator.join(part for part in parts if part)
