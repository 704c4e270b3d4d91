"""The figures of a text, each with the file and the key that it is from."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc


class Source(NamedTuple):
    """A figure in the text, and where it is from.

    `key` is a path in a JSON file (`buckets.kept.count`), the sum of several, or says what is counted in a table
    (`count of trend = rising`).
    """

    text: str
    file: str
    key: str


def whole(value: float) -> str:
    """4,463"""
    return f"{value:,.0f}"


def plain(value: Any) -> str:
    """2017, or a text"""
    return str(value)


def percent(value: float) -> str:
    """95 %"""
    return f"{100 * value:.0f} %"


def tenths(value: float) -> str:
    """0.3 %"""
    return f"{100 * value:.1f} %"


def three(value: float) -> str:
    """0.072"""
    return f"{value:.3f}"


def two(value: float) -> str:
    """0.94"""
    return f"{value:.2f}"


FORMS: dict[str, Callable[[Any], str]] = {
    "whole": whole,
    "plain": plain,
    "percent": percent,
    "tenths": tenths,
    "three": three,
    "two": two,
}


@dataclass
class Facts:
    """What a template takes its figures from; it notes where each is from.

    Attributes
    ----------
    summaries : content of JSON files, and the config, by name
    tables : by name
    constants : values in the code, by the name of their file and their own
    used : the figures so far, each once
    cited : keys of the works cited so far
    """

    summaries: dict[str, Any]
    tables: dict[str, pa.Table]
    constants: dict[tuple[str, str], float]
    used: dict[Source, None] = field(default_factory=dict)
    cited: dict[str, None] = field(default_factory=dict)

    def value(self, file: str, key: str) -> Any:
        """The value of a key, without a note."""
        if (file, key) in self.constants:
            return self.constants[file, key]
        if file in self.tables:
            return of_table(self.tables[file], key)
        if key.startswith("count of "):  # in a list of objects: count of edits.status = applied
            path, _, wanted = key.removeprefix("count of ").partition(" = ")
            name, _, own = path.rpartition(".")
            return sum(str(each[own]) == wanted for each in self._at(file, name))
        found = [self._at(file, part) for part in key.split(" + ")]
        return found[0] if len(found) == 1 else sum(found)

    def _at(self, file: str, path: str) -> Any:
        content = self.summaries[file]
        for part in path.split("."):
            content = content[part]
        return content

    def n(self, file: str, key: str, form: str = "whole") -> str:
        """The value as text; notes where it is from."""
        text = FORMS[form](self.value(file, key))
        self.used[Source(text, file, key)] = None
        return text

    def cite(self, *works: str) -> str:
        """A citation in the form of pandoc: [@hennig2007]."""
        self.cited |= dict.fromkeys(works)
        return "[" + "; ".join(f"@{work}" for work in works) + "]"


def of_table(table: pa.Table, key: str) -> Any:
    """What a key says of a table: `count of NAME = VALUE`, `count of NAME` (not null), `min of NAME` or `max of NAME`.

    The value `null` counts rows without one.
    """
    what, _, rest = key.partition(" of ")
    name, _, wanted = rest.partition(" = ")
    column = table[name]
    if what in ("min", "max"):
        return pc.min_max(column)[what].as_py()
    if not wanted:
        return len(column) - column.null_count
    if wanted == "null":
        return column.null_count
    return pc.sum(pc.equal(column.cast(pa.string()), wanted)).as_py() or 0
