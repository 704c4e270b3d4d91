"""The facets of papers: authors, journal, DOI, …, which tell papers apart without their texts.

While a block is parsed, each facet is one more column of its papers: lists of values and keys. Rows of facets.parquet
are made of these lists when the papers are collected, a group at a time.
"""

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lib.records.dois import AFTER, IN_TEXT, bare_doi
from lib.records.facet_paths import FACETS
from lib.records.fields import FieldPaths, is_empty
from lib.records.ledger import LedgerCounts
from lib.records.people import names_in, person, plain_names
from lib.records.schema import FACET_ROWS
from lib.records.text import SURROGATE, normalise

LISTS = pa.list_(pa.struct([("value", pa.string()), ("key", pa.string())]))
# As it is written: ids and names of facets repeat
WRITTEN = pa.schema(
    [
        FACET_ROWS.field("id").with_type(pa.dictionary(pa.int32(), pa.string())),
        FACET_ROWS.field("facet").with_type(pa.dictionary(pa.int8(), pa.string())),
        *list(FACET_ROWS)[2:],
    ]
)
# Where an object holds its name, and its key; the first that is filled counts
NAMES = ("display_name", "funder_display_name", "name", "title", "fullName", "agency", "DOI", "unstructured")
KEYS = ("ror", "issn_l", "issn", "essn", "ISSN", "DOI", "paperId", "id", "funder")
ADDRESS = re.compile(r"https?://(?:www\.|dx\.)?(?:orcid|ror|openalex|doi)\.org/(?:works/)?", re.IGNORECASE)
IN_BRACKETS = re.compile(r"\[[^\]]*\]")  # the authors before an address in Web of Science
# Bytes that a plain name does not have: control characters, markup, TeX, all outside ASCII
ODD = np.ones(256, bool)
ODD[32:127] = False
ODD[list(b"<&\\{$")] = True

Values = list[str]
Keys = dict[int, Any]  # the key of the i-th value


def facet_columns(
    records: list[Any], fields: FieldPaths
) -> tuple[dict[str, pa.ListArray], dict[str, list[int]]]:
    """The facets of some records.

    Returns
    -------
    for each facet of `fields` a column of LISTS, and the rows whose value cannot be read
    """
    columns, unread = {}, {}
    for facet in fields.facets:
        given = fields.column(records, facet)
        if facet == "authors":
            columns[facet] = _author_lists(given)
        else:
            values, keys, counts = _read(facet, given)
            if facet == "journal":
                _add_issns(keys, counts, fields.column(records, "issn"))
            columns[facet] = _lists(values, keys, counts)
        empty = np.flatnonzero(pc.list_value_length(columns[facet]).to_numpy() == 0)
        unread[facet] = [row for row in empty.tolist() if given[row] is not None and not is_empty(given[row])]
    return columns, unread


def with_facets(
    papers: pa.RecordBatch,
    records: list[Any],
    lines: np.ndarray,
    fields: FieldPaths,
    filled: dict[str, int],
    not_understood: LedgerCounts,
) -> pa.RecordBatch:
    """The papers with a column for each facet; what these have is added to `filled` and `not_understood`.

    Parameters
    ----------
    records, lines : those of the papers
    """
    columns, unread = facet_columns(records, fields)
    for name, rows in unread.items():
        filled[name] = pc.sum(pc.greater(pc.list_value_length(columns[name]), 0)).as_py() or 0
        for row in rows:
            value = str(fields.column([records[row]], name)[0])[:60]
            reason = f"{fields.describe(name)} of {papers['id'][row]}: {value!r}"
            not_understood.add(name, int(lines[row]), reason)
    schema = pa.schema([*papers.schema, *(pa.field(name, LISTS) for name in columns)])
    return pa.RecordBatch.from_arrays([*papers.columns, *columns.values()], schema=schema)


def _read(facet: str, given: list[Any]) -> tuple[Values, Keys, np.ndarray]:
    """The values of all rows in order, their keys, and how many each row has: int64 (n,)."""
    reader = READERS[facet]
    values: Values = []
    keys: Keys = {}
    ends = [0]
    for value in given:
        if value is not None and not (type(value) is str and len(value) < 5 and is_empty(value)):  # "nan"
            reader(value, values, keys)
        ends.append(len(values))
    return values, keys, np.diff(ends)


def _author_lists(given: list[Any]) -> pa.ListArray:
    """A column of LISTS: plain texts are divided by Arrow, all else is read one by one."""
    try:
        names = plain_names(pa.array(given, pa.string()))
    except (pa.ArrowException, UnicodeEncodeError):
        return _lists(*_read("authors", given))
    plain = _lists(names.flatten(), {}, pc.fill_null(pc.list_value_length(names), 0).to_numpy())
    rows = np.flatnonzero(names.is_null().to_numpy(zero_copy_only=False))
    others = _lists(*_read("authors", [given[row] for row in rows.tolist()]))
    order = np.arange(len(given))
    order[rows] = len(given) + np.arange(len(rows))
    return pa.concat_arrays([plain, others]).take(pa.array(order))


def _authors(value: Any, values: Values, keys: Keys) -> None:
    if isinstance(value, str):
        # entities end in a semicolon, accents of TeX may be commas
        text = normalise(value)[0] if "&" in value or "\\" in value else " ".join(value.split())
        people: Any = names_in(text)
    elif isinstance(value, list):
        try:  # nearly all are of arXiv: [family, given, suffix]
            triples = [" ".join(each[1::-1]) if not each[2] else "" for each in value if type(each) is list]
        except (TypeError, IndexError):
            triples = []
        if len(triples) == len(value) and all(triples):
            values += triples
            return
        people = value
    else:
        people = [value]
    for each in people:
        nested = names_in(each) if isinstance(each, str) and ";" in each else [each]
        for name, key in map(person, nested):
            if name:
                if key:
                    keys[len(values)] = key
                values.append(name)


def _several(value: Any, values: Values, keys: Keys) -> None:
    """Values of which a paper has several, each once: institutions, countries, funders, languages, references."""
    if isinstance(value, str):
        value = re.split("[;|]", IN_BRACKETS.sub(" ", value))
    seen = {}
    for item in value if isinstance(value, list) else [value]:
        name, key = _named(item)
        if name and name not in seen:
            seen[name] = key
    for name, key in seen.items():
        if key:
            keys[len(values)] = key
        values.append(name)


def _one(value: Any, values: Values, keys: Keys) -> None:
    """The first value, which may have semicolons in it."""
    if type(value) is str:
        values.append(value)
        return
    name, key = _named(next(iter(value), None) if isinstance(value, list) else value)
    if name:
        if key:
            keys[len(values)] = key
        values.append(name)


def _named(item: Any) -> tuple[str, Any]:
    """The name and the key of a text or an object."""
    if isinstance(item, str):
        return "" if is_empty(item) else item.strip(), None
    if not isinstance(item, dict):
        return "", None
    name = next((each for key in NAMES if isinstance(each := item.get(key), str) and each.strip()), "")
    return name.strip(), next((item[key] for key in KEYS if item.get(key)), None)


def _dois(value: Any, values: Values, keys: Keys) -> None:
    if isinstance(value, str) and IN_TEXT.fullmatch(value):  # nearly all
        values.append(value.rstrip(AFTER).lower())
        return
    for text in value if isinstance(value, list) else [value]:
        if isinstance(text, str):
            values += dict.fromkeys(doi.rstrip(AFTER).lower() for doi in IN_TEXT.findall(text))


def _number(value: Any, values: Values, keys: Keys) -> None:
    if isinstance(value, str) and value.strip().removesuffix(".0").isdecimal():
        value = int(value.strip().removesuffix(".0"))
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value == value // 1 < 1e9:
        values.append(str(int(value)))


def _references(value: Any, values: Values, keys: Keys) -> None:
    before = len(values)
    _several(value, values, keys)
    for i in range(before, len(values)):
        if i not in keys and (doi := IN_TEXT.search(values[i])):
            keys[i] = doi[0].rstrip(AFTER)
        elif i not in keys and ADDRESS.match(values[i]):
            keys[i] = values[i]


Reader = Callable[[Any, Values, Keys], None]
READERS: dict[str, Reader] = dict.fromkeys(FACETS, _several) | {
    "authors": _authors,
    "cited_by": _number,
    "doi": _dois,
    "journal": _one,
    "references": _references,
}


def _add_issns(keys: Keys, counts: np.ndarray, issns: list[Any]) -> None:
    """Give the journals that have no key yet the ISSN beside them."""
    for row, i in zip(np.flatnonzero(counts).tolist(), range(counts.sum()), strict=True):
        if issns[row] and i not in keys:
            keys[i] = issns[row]


def bare_key(key: Any) -> str | None:
    """A key without address: of https://ror.org/00hx57361 it is 00hx57361, and a DOI is in lower case.

    It may be in an object or the first of a list, as some services write it. None if it is neither a text nor a number.
    """
    for _ in range(3):
        if isinstance(key, list) and key:
            key = key[0]
        elif isinstance(key, dict):
            key = key.get("value") or key.get("id")
    if isinstance(key, int) and not isinstance(key, bool):
        return str(key)
    if not isinstance(key, str):
        return None
    key = " ".join(ADDRESS.sub("", SURROGATE.sub("\ufffd", key)).split())
    return bare_doi(key) or key or None


def _lists(values: Values | pa.StringArray, keys: Keys, counts: np.ndarray) -> pa.ListArray:
    """A column of LISTS from the values of all rows; values without a letter are left out."""
    try:
        texts = pa.array(values, pa.string())
    except UnicodeEncodeError:
        texts = pa.array([SURROGATE.sub("\ufffd", value) for value in values], pa.string())
    texts = normal_forms(texts)
    filled = pc.greater(pc.binary_length(texts), 0).to_numpy(zero_copy_only=False)
    named = pa.nulls(len(values), pa.string())
    if keys:
        column = np.full(len(values), None, object)
        for i, key in keys.items():
            column[i] = bare_key(key)
        named = pa.array(column, pa.string())
    ends = np.r_[0, np.cumsum(counts)]
    if not filled.all():
        texts, named = texts.filter(pa.array(filled)), named.filter(pa.array(filled))
        ends = np.r_[0, np.cumsum(filled)][ends]
    structs = pa.StructArray.from_arrays([texts, named], fields=list(LISTS.value_type))
    return pa.ListArray.from_arrays(pa.array(ends, pa.int32()), structs, type=LISTS)


def normal_forms(strings: pa.StringArray) -> pa.StringArray:
    """The normal form of short strings: those of plain letters, which are nearly all, are told by their bytes."""
    strings = pc.ascii_trim_whitespace(strings)
    _, offsets, data = strings.buffers()
    if not data:
        return strings
    ends = np.frombuffer(offsets, np.int32)[strings.offset :][: len(strings) + 1]
    codes = np.frombuffer(data, np.uint8)[: ends[-1]]
    odd = ODD[codes]
    odd[:-1] |= (codes[:-1] == 32) & (codes[1:] == 32)
    rows = np.unique(np.searchsorted(ends, np.flatnonzero(odd), "right") - 1)
    rows = rows[rows >= 0]
    if not len(rows):
        return strings
    forms = [normalise(text)[0] for text in strings.take(pa.array(rows)).to_pylist()]
    mask = np.zeros(len(strings), bool)
    mask[rows] = True
    return pc.replace_with_mask(strings, pa.array(mask), pa.array(forms, pa.string()))


def facet_rows(papers: pa.RecordBatch, facets: tuple[str, ...]) -> pa.RecordBatch:
    """The rows of facets.parquet for some papers, in their order, then by facet and position, in the types of WRITTEN.

    Parameters
    ----------
    papers : at most 65,536 rows, columns id and LISTS of each of `facets`, which are in alphabetical order
    """
    paper, code, position, values = [], [], [], []
    if not facets:
        return pa.RecordBatch.from_pylist([], WRITTEN)
    for number, facet in enumerate(facets):
        counts = pc.list_value_length(papers[facet]).to_numpy()
        total = int(counts.sum())
        paper.append(np.repeat(np.arange(len(papers), dtype=np.uint16), counts))
        code.append(np.full(total, number, np.int8))
        position.append(np.arange(total, dtype=np.int32) - np.repeat(np.cumsum(counts) - counts, counts))
        values.append(papers[facet].flatten())
    of = np.concatenate(paper)
    order = np.argsort(of, kind="stable")
    named = pa.concat_arrays(values).take(pa.array(order))
    ids = pa.DictionaryArray.from_arrays(pa.array(of[order].astype(np.int32)), papers["id"])
    names = pa.DictionaryArray.from_arrays(pa.array(np.concatenate(code)[order]), pa.array(facets))
    columns = [
        ids,
        names,
        pa.array(np.concatenate(position)[order]),
        named.field("value"),
        named.field("key"),
    ]
    return pa.RecordBatch.from_arrays(columns, schema=WRITTEN)
