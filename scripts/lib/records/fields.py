"""Where the values of a paper stand in a record, and how they become columns."""

import ast
import json
import math
import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cached_property
from hashlib import blake2b
from itertools import pairwise
from operator import attrgetter
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lib.cli import UserError
from lib.records.arxiv import CATEGORY, split_categories
from lib.records.facet_paths import FACETS, ISSN, PATHS
from lib.records.lower_case import lower_case
from lib.records.schema import PAPERS
from lib.records.text import SURROGATE

NAMES = ("id", "title", "abstract", "categories", "published", "updated", "deleted")
STORED_LIST = re.compile(r"""\s*\[\s*(?:None,\s*|null,\s*)*["'].*\]\s*$""", re.DOTALL)
INDEX = re.compile(
    r"""\s*\{\s*(?:"[^"]*"\s*:\s*\[\s*\d|'[^']*'\s*:\s*\[\s*\d|(["'])(?:InvertedIndex|IndexLength)\1)"""
)
STORED = r"""^\s*(?:\{|\[\s*(?:["']|None|null))"""  # what may be one of both; for RE2
PAGE = re.compile(r"([^\[\]]+)\[\]\.")  # the list in message.items[].DOI
STEP = re.compile(r"([^.\[\]]+)(\[\])?")
# What programs write for a missing value
PLACEHOLDERS = ("none", "nan", "null", "<na>", "n/a", "[]", "{}")
JSON_TYPES = {str: "string", bool: "boolean", int: "number", float: "number", list: "array", dict: "object"}

Steps = tuple[tuple[str, bool], ...]  # keys; True after one whose value is a list of items


@dataclass(frozen=True)
class FieldPaths:
    """The paths of the values of a paper: `title`, `ids.doi`, `concepts[].display_name`.

    Attributes
    ----------
    paths : for each of NAMES, and of the facets that are asked for, the paths to try in order, in a paper
    page : the path of the list of papers if each record is a page of an API
    """

    paths: dict[str, tuple[str, ...]]
    page: str | None = None

    @classmethod
    def parse(cls, fields: dict[str, Any], facets: Collection[str] = ()) -> "FieldPaths":
        """From `clean.fields` of the config: for each name a path, a list of paths, or null.

        Facets have paths that are known; those of the config are tried first.
        """
        paths = {}
        for name in (*NAMES, *sorted(facets)):
            value = fields.get(name) or []
            paths[name] = tuple([value] if isinstance(value, str) else value)
            for path in paths[name]:
                if not all(STEP.fullmatch(step) for step in path.split(".")):
                    raise UserError(
                        f"config key clean.fields.{name}: {path!r} is not a path; write keys joined by dots, with "
                        "[] after a list, such as title, ids.doi or concepts[].display_name"
                    )
        page = _page_of(paths)
        inside = f"{page}[]."
        bare = {name: tuple(path.removeprefix(inside) for path in of) for name, of in paths.items()}
        bare |= {name: (*bare[name], *PATHS[name]) for name in sorted(facets)}
        return cls(bare | ({"issn": ISSN} if "journal" in facets else {}), page)

    @property
    def facets(self) -> tuple[str, ...]:
        """The facets that are asked for, in alphabetical order."""
        return tuple(name for name in FACETS if name in self.paths)

    def with_fallbacks(self, paths: dict[str, tuple[str, ...]]) -> "FieldPaths":
        """These fields, which also try the paths of a format. A field that the config sets to null stays so."""
        merged = {
            name: (*of, *paths.get(name, ())) if of or name == "deleted" else of
            for name, of in self.paths.items()
        }
        return FieldPaths({name: tuple(dict.fromkeys(of)) for name, of in merged.items()}, self.page)

    def __reduce__(self) -> tuple:
        return FieldPaths, (self.paths, self.page)  # other processes make `record_type` themselves

    def describe(self, name: str) -> str:
        """The paths of a name, for messages."""
        return " or ".join(f"`{path}`" for path in self.paths[name]) or f"`{name}`"

    @cached_property
    def keys(self) -> dict[str, str]:
        """The keys at the top level of a record that are read, with the attributes of `record_type`."""
        keys = {_steps(path)[0][0] for paths in self.paths.values() for path in paths}
        return {key: f"field_{i}" for i, key in enumerate(sorted(keys))}

    @property
    def paper_keys(self) -> set[str]:
        """The keys at the top level of a record that hold a paper, without its facets."""
        return {_steps(path)[0][0] for name in NAMES for path in self.paths[name]}

    @property
    def text_keys(self) -> set[str]:
        """The keys at the top level of a record that hold its title and abstract."""
        return {_steps(path)[0][0] for name in ("title", "abstract") for path in self.paths[name]}

    @cached_property
    def record_type(self) -> type:
        """A record with the keys that are read; the others are skipped when it is decoded."""
        attributes = [(attribute, Any, None) for attribute in self.keys.values()]
        renamed = {attribute: key for key, attribute in self.keys.items()}
        return msgspec.defstruct("Record", attributes, rename=renamed, gc=False)

    def column(self, records: list, name: str) -> list[Any]:
        """The values of a name: the first that is not empty among its paths, else that of the last path."""
        if not self.paths[name]:
            return [None] * len(records)
        first, *others = self.paths[name]
        values = list(map(self._getter(first, name), records))
        missing = None  # the rows without a value; found again only where a path has filled some
        for path in others:
            if missing is None:
                missing = [row for row, value in enumerate(values) if value is None or is_empty(value)]
                lacking = [records[row] for row in missing] if len(missing) < len(values) else records
            at_top = list(map(attrgetter(self.keys[_steps(path)[0][0]]), lacking))
            if at_top.count(None) < len(at_top):  # few of the paths are in a file
                getter = self._getter(path, name)
                for row in missing:
                    values[row] = getter(records[row])
                missing = None
        return values

    def _getter(self, path: str, name: str) -> Callable[[Any], Any]:
        (key, each), *rest = _steps(path)
        top = attrgetter(self.keys[key])
        if not (each or rest):
            return top
        steps: Steps = (("", each), *rest)  # the value at the top level is reached already
        listed = (name == "categories" or name in FACETS) and any(each for _, each in steps)
        joined = name in ("title", "abstract")

        def leaf(record: Any) -> Any:
            value = top(record)
            leaves = [] if value is None else _leaves(value, steps)
            if listed:
                return _flat(leaves) or None
            if joined and len(leaves) > 1:
                return leaves
            return leaves[0] if leaves else None

        return leaf


def _page_of(paths: dict[str, tuple[str, ...]]) -> str | None:
    """The path of the list that holds ids, titles and abstracts: `message.items`; None if there is none."""
    lists = [{match[1] for path in paths[name] if (match := PAGE.match(path))} for name in NAMES[:3]]
    return next(iter(sorted(set.intersection(*lists))), None)


def _steps(path: str) -> Steps:
    matches = (STEP.fullmatch(step) for step in path.split("."))
    return tuple((match[1], bool(match[2])) for match in matches if match)


def _leaves(value: Any, steps: Steps) -> list[Any]:
    """The values at the end of a path that are not null."""
    for i, (key, each) in enumerate(steps):
        if key:
            value = value.get(key) if isinstance(value, dict) else None
        if each:
            rest = (("", False), *steps[i + 1 :])
            # converters of XML write a list of one without []
            items = value if isinstance(value, list) else [value]
            return [leaf for item in items for leaf in _leaves(item, rest)]
    return [] if value is None else [value]


def paths_of(value: Any, before: str = "") -> Iterator[str]:
    """The paths to the values of a record: `ids.doi`, `concepts[].display_name`.

    An object of words, such as an inverted abstract, is one value, and so is an object with many keys.
    """
    if isinstance(value, list) and value and isinstance(value[0], dict):
        yield from paths_of(value[0], f"{before}[]")
    elif isinstance(value, dict) and (not before or 0 < len(value) < 20) and not _is_index(value):
        for key, item in value.items():
            yield from paths_of(item, f"{before}.{key}" if before else key)
    elif before:
        yield before


def _is_index(value: dict) -> bool:
    return all(isinstance(item, list) and item and isinstance(item[0], int) for item in value.values())


def _flat(values: list[Any]) -> list[Any]:
    """Lists within a list opened."""
    return [item for value in values for item in (value if isinstance(value, list) else [value])]


def is_empty(value: Any) -> bool:
    """Whether a value is missing: null, no item, nothing but spaces, or a word for nothing (`nan`)."""
    if isinstance(value, str):
        return not (value := value.strip()) or (len(value) < 5 and value.lower() in PLACEHOLDERS)
    return value is None or value in ([], {}) or (isinstance(value, float) and math.isnan(value))


def is_true(value: Any) -> bool:
    """Whether a value is true, or a word for it."""
    return value is True or (value is not None and str(value).lower() in ("true", "1"))


def as_id(value: Any) -> str | None:
    """An id as a string. Programs write 31000001 as a number, also as 31000001.0, or as a list of one."""
    if isinstance(value, list) and len(value) == 1:
        (value,) = value
    if isinstance(value, list):
        raise TypeError(f"array of {len(value)} ids (a path that ends in [] takes the first one)")
    if isinstance(value, float) and not value.is_integer():
        raise TypeError("number with a fraction (ids of arXiv lose zeros as numbers: keep them as text)")
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(int(value))
    return as_text(value)


def as_text(value: Any) -> str | None:
    """A title, abstract or id as one string.

    A list of strings is joined by spaces. An object of words with their positions (the inverted
    abstracts of OpenAlex) is put in order. So are both if they were stored as a string of JSON or Python.

    Raises
    ------
    TypeError
        The value has another type.
    """
    if isinstance(value, str):
        return _stored(value) or SURROGATE.sub("\ufffd", value)
    if value is None:
        return None
    if isinstance(value, list) and all(isinstance(item, str | None) for item in value):
        return as_text(" ".join(filter(None, value)))
    if isinstance(value, dict) and isinstance(value.get("InvertedIndex"), dict):
        value = value["InvertedIndex"]  # of the Microsoft Academic Graph
    if isinstance(value, dict) and value:
        places = [positions for positions in value.values() if isinstance(positions, list)]
        if len(places) < len(value) or not all(isinstance(at, int) for at in _flat(places)):
            raise TypeError("object")
        placed = sorted((at, word) for word, positions in value.items() for at in positions)
        return as_text(" ".join(word for _, word in placed))
    raise TypeError(JSON_TYPES[type(value)])


def _stored(text: str) -> str | None:
    """The text of a list or an inverted abstract that is stored as a string; None if it is something else."""
    if not (INDEX.match(text) or STORED_LIST.match(text)):
        return None
    for read in (json.loads, ast.literal_eval):  # pandas writes the latter's spelling: {'word': [0]}
        try:
            return as_text(read(text))
        except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
            pass
    return None


def text_column(values: list[Any], numbers: bool = False) -> tuple[pa.StringArray, list[tuple[int, str]]]:
    """A column of strings, and (row, JSON type) of each value that is not one; its string is null.

    Parameters
    ----------
    numbers : whole numbers are strings too, as ids are, and of a list only its one item is
    """
    try:
        column = pa.array(values, pa.string())
        if not pc.any(pc.match_substring_regex(column, STORED)).as_py():
            return column, []
    except (pa.ArrowException, UnicodeEncodeError):
        pass
    texts: list[str | None] = []
    wrong = []
    for row, value in enumerate(values):
        try:
            texts.append(as_id(value) if numbers else as_text(value))
        except TypeError as error:
            texts.append(None)
            wrong.append((row, str(error)))
    return pa.array(texts, pa.string()), wrong


def category_column(values: list[Any], globs: tuple[str, ...]) -> tuple[pa.Array, list[np.ndarray]]:
    """The categories as lists (null if there are none), and for each glob which rows match it."""
    # few values are distinct
    keys = [tuple(value) if isinstance(value, list) else value for value in values]
    keys = [key if isinstance(key, str) or _is_names(key) else None for key in keys]
    codes = {key: code for code, key in enumerate(dict.fromkeys(keys))}
    rows = np.array([codes[key] for key in keys], np.int32)
    lists = [_category_names(key) for key in codes]
    column = pa.array([names or None for names in lists], pa.list_(pa.string())).take(pa.array(rows))
    hits = [
        np.array([any(fnmatchcase(name, glob) for name in names) for names in lists], bool) for glob in globs
    ]
    return column, [hit[rows] for hit in hits]


def _is_names(key: Any) -> bool:
    return isinstance(key, tuple) and all(isinstance(name, str | None) for name in key)


def _category_names(key: str | tuple[str | None, ...] | None) -> list[str]:
    if isinstance(key, str):
        return _distinct(split_categories(SURROGATE.sub("\ufffd", key)))
    names: list[str] = []
    for name in (name for name in key or () if name and not is_empty(name)):
        words = SURROGATE.sub("\ufffd", name).split()
        # ["cs.LG stat.ML"], as in the first snapshots of Kaggle, has two categories of arXiv
        names += words if all(map(CATEGORY.fullmatch, words)) else [" ".join(words)]
    return _distinct(names)


def _distinct(names: list[str]) -> list[str]:
    """Each name once, in order: several sources of Semantic Scholar give the same one."""
    return [name for name in dict.fromkeys(names) if not is_empty(name)]


def add_text(papers: pa.RecordBatch) -> pa.RecordBatch:
    """Add the columns `text` and `text_hash` to papers that have the other columns of PAPERS.

    `text` is `"{title}. {abstract}"` in lower case: what is encoded and counted.
    """
    text = lower_case(pc.binary_join_element_wise(papers["title"], papers["abstract"], ". "))
    added = {"text": text, "text_hash": _hash_texts(text)}
    columns = [added[key] if key in added else papers[key] for key in PAPERS.names]
    return pa.RecordBatch.from_arrays(columns, schema=PAPERS)


def _hash_texts(texts: pa.StringArray) -> pa.Array:
    """The 128-bit BLAKE2b hash of each text, as fixed-size binary."""
    _, offsets, data = texts.buffers()
    ends = np.frombuffer(offsets, np.int32)[texts.offset : texts.offset + len(texts) + 1].tolist()
    view = memoryview(data or b"")
    hashes = [blake2b(view[a:b], digest_size=16).digest() for a, b in pairwise(ends)]
    return pa.array(hashes, pa.binary(16))
