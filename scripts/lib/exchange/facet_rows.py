"""The facets of papers, read a block of papers at a time."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lib.tables import read_batches

COLUMNS = ("id", "facet", "value", "key")
NO_ROWS = pa.schema([(name, pa.string()) for name in COLUMNS]).empty_table()
BATCH = 1 << 18  # rows at a time


def read_rows_of(facets: Path, names: list[str]) -> Iterator[pa.Table]:
    """The rows of some facets, some at a time, as texts: ids and names of facets are written as dictionaries."""
    wanted = pa.array(names)
    for batch in read_batches(facets, list(COLUMNS), BATCH):
        rows = batch.filter(pc.is_in(batch["facet"].cast(pa.string()), wanted))
        if len(rows):
            yield pa.table({name: rows[name].cast(pa.string()) for name in COLUMNS})


class FacetBlocks:
    """The rows of facets.parquet, in step with the papers: both are sorted by id.

    Parameters
    ----------
    facets : facets.parquet
    names : of the facets that are read
    """

    def __init__(self, facets: Path, names: list[str]):
        self.batches = read_rows_of(facets, names)
        self.waiting = NO_ROWS

    def of(self, ids: pa.Array) -> pa.Table:
        """The columns `row` (place in `ids`), `facet`, `value` and `key` of the next papers, in the order of the file.

        Parameters
        ----------
        ids : string (n,), the ids that follow those of the last call
        """
        last = ids[-1].as_py()
        rows = [self.waiting]
        while not (len(rows[-1]) and rows[-1]["id"][-1].as_py() > last):
            batch = next(self.batches, None)
            if batch is None:
                break
            rows.append(batch)
        found = pa.concat_tables(rows).combine_chunks()
        here = pc.less_equal(found["id"], last)
        self.waiting = found.filter(pc.invert(here))
        found = found.filter(here)
        places = pc.index_in(found["id"].combine_chunks(), value_set=ids)
        found = found.set_column(0, "row", places).filter(places.is_valid())
        return found.select(["row", "facet", "value", "key"])


def first_values(rows: pa.Table, facet: str, n: int) -> pa.Array:
    """The first value of a facet of each of n papers: string (n,), null where it has none.

    Parameters
    ----------
    rows : as `FacetBlocks.of` returns them
    """
    own = rows.filter(pc.equal(rows["facet"], facet))
    row, first = np.unique(own["row"].to_numpy(), return_index=True)
    place = np.full(n, -1)
    place[row] = first
    return own["value"].combine_chunks().take(pa.array(place, mask=place < 0))


def value_lists(rows: pa.Table, facet: str, n: int) -> list[list[str]]:
    """All values of a facet of each of n papers, in their order."""
    own = rows.filter(pc.equal(rows["facet"], facet))
    lists: list[list[str]] = [[] for _ in range(n)]
    for row, value in zip(own["row"].to_pylist(), own["value"].to_pylist(), strict=True):
        lists[row].append(value)
    return lists


def in_blocks(batches: Iterable[pa.RecordBatch], rows: int) -> Iterator[pa.Table]:
    """Batches of any length as tables of `rows` rows each; the last one may be shorter."""
    waiting: list[pa.RecordBatch] = []
    length = 0
    for batch in batches:
        waiting.append(batch)
        length += len(batch)
        while length >= rows:
            table = pa.Table.from_batches(waiting)
            yield table.slice(0, rows).combine_chunks()
            waiting = table.slice(rows).to_batches()
            length -= rows
    if length:
        yield pa.Table.from_batches(waiting).combine_chunks()
