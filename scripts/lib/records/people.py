"""Names of authors in one form, "Given Family": it needs no guess which word is the family name."""

import re
from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

GIVEN = ("given", "firstName", "forename", "first", "first_name")
FAMILY = ("family", "lastName", "lastname", "last", "last_name")
PARTICLES = ("dropping-particle", "non-dropping-particle")  # of CSL-JSON: "van der"
WHOLE = ("display_name", "name", "literal", "fullName", "collectiveName", "full_name")
SUFFIX = re.compile(r"(?:Jr|Sr)\.?|I{2,3}|IV")
INITIALS = re.compile(r"(?:[^\W\d_a-z]\.?[ -]?){1,4}")
# "Doe J." as Scopus writes it; names in the other order do not end in an initial with a point
INITIALS_LAST = re.compile(r"(.+?) ((?:[^\W\d_a-z]\.-?)+)")
OTHERS = re.compile(r"(?i)et\.? al\.?|(?:and )?others|anonymous|\[?no authors? listed\]?")
AND_MORE = re.compile(r"(?i)[,;]?\s+et\.? al\.?\s*$")
# Other separators and what may hide one; initials behind the name; a comma behind "and"; a name of one word; "van der
# Berg, John"
CLOSER_LOOK = r"[;|(&\\:]|\., |\.$| and .*,|^\p{Ll}|(?:^|, | and )[^ ]*(?:, | and |$)"
# "Doe, John (57200000)": the number of an author in Scopus
NUMBERED = re.compile(r"(.+) \((\d{6,})\)")
NUMBER = re.compile(r". \(\d{6,}\)")


def person(value: Any) -> tuple[str, Any]:
    """The name of one author and its key, of a text, an object, or the list [family, given, suffix] of arXiv.

    The name is "" if there is none.
    """
    if isinstance(value, str):
        match = NUMBERED.fullmatch(value) if value.endswith(")") else None
        return (given_first(match[1]), match[2]) if match else (given_first(value), None)
    if isinstance(value, list):
        parts = [part if isinstance(part, str) else "" for part in value[:3]]
        return _joined(*parts[1:2], *parts[:1], *parts[2:]), None
    if not isinstance(value, dict):
        return "", None
    key = value.get("orcid") or value.get("ORCID") or value.get("authorId") or value.get("id")
    family = _first(value, FAMILY)
    if not family:
        return given_first(_first(value, WHOLE)), key
    middle = value.get("middle")
    middle = " ".join(part for part in middle if isinstance(part, str)) if isinstance(middle, list) else ""
    particles = [_first(value, (name,)) for name in PARTICLES]
    return _joined(_first(value, GIVEN), middle, *particles, family, _first(value, ("suffix",))), key


def _first(value: dict, names: tuple[str, ...]) -> str:
    return next((each for name in names if isinstance(each := value.get(name), str) and each.strip()), "")


def _joined(*parts: str) -> str:
    return " ".join(filter(None, (part.strip() for part in parts)))


def given_first(name: str) -> str:
    """One name with the given name first: "Doe, John" is "John Doe", "Doe, Jr, John" is "John Doe Jr"."""
    if "," in name:
        family, *others = (part.strip() for part in name.split(","))
        suffixes = [part for part in others if SUFFIX.fullmatch(part)]
        given = [part for part in others if part not in suffixes]
        if len(given) > 1:
            return name.strip()  # not a name of a person: "Dept. of X, University of Y, Z"
        name = _joined(*given, family, *suffixes)
    elif name.endswith(".") and (match := INITIALS_LAST.fullmatch(name)):
        name = f"{match[2]} {match[1]}"
    name = name.strip()
    return "" if OTHERS.fullmatch(name) else name


def names_in(text: str) -> Iterator[str]:
    """The names in a text, one by one, as exports and arXiv separate them.

    By semicolons or bars, by " and " (BibTeX), or by commas (arXiv), unless these stand between family and given names.
    """
    if "(" in text and not NUMBER.search(text):
        text = without_brackets(text)
    text = AND_MORE.sub("", text)
    if ";" in text:
        for part in text.split(";"):
            family, *given = part.split("|")  # pubmed-parser: "Doe|John|J|"
            yield f"{family}, {given[0]}" if given and given[0].strip() else family
        return
    if "|" in text:
        family, *others = text.split("|")
        # "Doe|John|J|" is one name
        yield from [f"{family}, {others[0]}"] if len(others) == 3 and not others[2] else [family, *others]
        return
    if "," not in text:
        yield from text.split(" and ")
        return
    if " and " in text and all(part.count(",") == 1 for part in text.split(" and ")):
        yield from text.split(" and ")
        return
    yield from _between_commas(text.replace(" and ", ",").replace(": ", ","))


def plain_names(texts: pa.StringArray) -> pa.ListArray:
    """The names in texts as nearly all of arXiv are, "A. Doe, B. Roe and C. Poe": lists of strings.

    Null where a text is null or needs the closer look of `names_in`.
    """
    texts = pc.replace_substring(texts, "\n", " ")
    plain = pc.invert(pc.match_substring_regex(texts, CLOSER_LOOK))
    for separator in (", and ", " and "):
        texts = pc.replace_substring(texts, separator, ", ")
    return pc.split_pattern(pc.if_else(plain, texts, None), ", ")


def _between_commas(text: str) -> Iterator[str]:
    """The names in a text between commas; "Doe, J., Roe, R." and "Doe, John" have commas in the names."""
    parts = [part for part in map(str.strip, text.split(",")) if part]
    if len(parts) == 2 and _is_family(*parts):
        yield ", ".join(parts)
    elif not len(parts) % 2 and len(parts) > 1 and all(map(INITIALS.fullmatch, parts[1::2])):
        yield from map(", ".join, zip(parts[::2], parts[1::2], strict=True))
    else:
        name = ""
        for part in parts:
            if name and SUFFIX.fullmatch(part):
                name += f" {part}"
                continue
            if name:
                yield name
            name = part
        if name:
            yield name


def _is_family(first: str, second: str) -> bool:
    """Whether the first of two parts is a family name and the second the given name of the same person."""
    if " " not in first or first[0].islower() or INITIALS.fullmatch(second):
        return True
    return " " not in second and "." not in first


def without_brackets(text: str) -> str:
    """A text without what is in round brackets, also nested: affiliations in arXiv's lists of authors."""
    depth, kept = 0, []
    for part in re.split(r"([()])", text):
        if part == "(":
            depth += 1
        elif part == ")":
            depth = max(depth - 1, 0)
        elif not depth:
            kept.append(part)
    return " ".join(kept)
