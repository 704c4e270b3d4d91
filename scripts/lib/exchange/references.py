"""What RIS and CSL-JSON say of a paper, and the names of its authors in parts."""

import re
from datetime import date
from functools import lru_cache
from typing import NamedTuple

from bibtexparser.middlewares.names import InvalidNameError, parse_single_name_into_parts

from lib.records.people import SUFFIX

# Names of several people, which have no family name
ORGANISATION = re.compile(
    r"(?i)\b(?:collaboration|consortium|committee|association|group|network|team|society)$|,"
)


class Name(NamedTuple):
    """The name of an author; that of an organisation is a family name alone.

    `particle` is what stands before the family name: "van der".
    """

    family: str
    given: str = ""
    particle: str = ""
    suffix: str = ""


class Reference(NamedTuple):
    """A paper in a bibliography; what is unknown is None or empty.

    `keywords` are its topic, its subtopic and its fields.
    """

    id: str
    title: str
    authors: list[Name]
    published: date | None
    journal: str | None
    doi: str | None
    url: str | None
    abstract: str
    keywords: list[str]
    preprint: bool


@lru_cache(1 << 17)
def name_of(text: str) -> Name:
    """The parts of a name "Given Family", by the rules of BibTeX: the last word, and small words before it.

    A family name of several words, without a small one, cannot be told from given names.
    """
    words = text.split()
    suffix = words.pop() if len(words) > 2 and SUFFIX.fullmatch(words[-1]) else ""
    bare = " ".join(words)
    if len(words) < 2 or ORGANISATION.search(bare):
        return Name(bare)
    try:
        parts = parse_single_name_into_parts(bare)
    except InvalidNameError:
        return Name(bare)
    return Name(" ".join(parts.last), " ".join(parts.first), " ".join(parts.von), suffix)
