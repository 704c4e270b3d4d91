"""DOIs, authors and journals of records, from facets.parquet."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lib.tables import read_batches
from lib.works.identifiers import doi_keys

BATCH = 1 << 18  # rows at a time


def read_facet_rows(facets: Path, names: list[str], ids: pa.Array | None = None) -> Iterator[pa.Table]:
    """The columns `id`, `facet` and `value` of facets.parquet, some rows at a time.

    Parameters
    ----------
    names : of the facets
    ids : of the papers; None: all
    """
    wanted = pa.array(names)
    for batch in read_batches(facets, ["id", "facet", "value"], BATCH):
        rows = batch.filter(pc.is_in(batch["facet"].cast(pa.string()), wanted))
        if ids is not None:
            rows = rows.filter(pc.is_in(rows["id"].cast(pa.string()), ids))
        if len(rows):
            yield pa.table({name: rows[name].cast(pa.string()) for name in ("id", "facet", "value")})


def read_dois(facets: Path) -> tuple[pa.ChunkedArray, pa.ChunkedArray]:
    """The ids of papers and their DOIs as `doi_keys`; a paper may have several."""
    ids, keys = [pa.array([], pa.string())], [pa.array([], pa.string())]
    for rows in read_facet_rows(facets, ["doi"]):
        of_rows = doi_keys(rows["value"].combine_chunks())
        known = of_rows.is_valid()
        ids.append(rows["id"].combine_chunks().filter(known))
        keys.append(of_rows.filter(known))
    return pa.chunked_array(ids), pa.chunked_array(keys)


def read_values(facets: Path, ids: pa.Array) -> dict[str, dict[str, list[str]]]:
    """For each of the facets doi, authors and journal its values by id, of the papers with these ids.

    DOIs are as `doi_keys` returns them.
    """
    values: dict[str, dict[str, list[str]]] = {name: {} for name in ("doi", "authors", "journal")}
    for rows in read_facet_rows(facets, list(values), ids):
        of_rows = pc.if_else(
            pc.equal(rows["facet"], "doi"), doi_keys(rows["value"].combine_chunks()), rows["value"]
        )
        for key, facet, value in zip(
            *(column.to_pylist() for column in (rows["id"], rows["facet"], of_rows)), strict=True
        ):
            if value is not None:
                values[facet].setdefault(key, []).append(value)
    return values


def rows_of(ids: pa.ChunkedArray, of_papers: pa.Array) -> np.ndarray:
    """The row of each id among the papers: int64 (m,); -1 for an id that is not there."""
    return pc.index_in(ids, of_papers).fill_null(-1).to_numpy().astype(np.int64)
