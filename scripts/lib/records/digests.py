"""Digests of what `clean` writes: each changes when, and only when, what the steps below read of it changes."""

from hashlib import sha256
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

BETWEEN, END = "\x1f", "\x1e"  # characters that no normal form has


class Digests:
    """Of the ids and texts, of the other columns of papers that later steps read, and of the facets."""

    def __init__(self) -> None:
        self.texts, self.metadata, self.facets = sha256(), sha256(), sha256()
        self.papers = 0

    def add(self, papers: pa.RecordBatch, facets: pa.RecordBatch) -> None:
        """Take in the next papers in order of id, and their facets."""
        self.papers += len(papers)
        texts = [papers["id"].cast(pa.binary()), papers["text_hash"].cast(pa.binary())]
        self.texts.update(_data(pc.binary_join_element_wise(*texts, b"\0")))
        categories = pc.binary_join(papers["categories"], "\x1d")
        columns = [papers["id"], papers["title"], categories, papers["published"].cast(pa.string())]
        self.metadata.update(_joined(columns))
        self.facets.update(_joined([papers["id"]]))
        for name in ("id", "facet"):  # the position of a value follows from them
            self.facets.update(facets[name].indices.cast(pa.int32()).to_numpy())
        self.facets.update(_joined([facets["facet"].dictionary]))
        self.facets.update(_joined([facets["value"], facets["key"]]))

    def write(self, paths: list[Path]) -> None:
        """Write papers.digest, metadata.digest and facets.digest."""
        digests = [of.hexdigest() for of in (self.texts, self.metadata, self.facets)]
        for path, digest in zip(paths, digests, strict=True):
            path.write_text(f"{digest}  {self.papers} papers\n")


def _joined(columns: list[pa.StringArray]) -> memoryview:
    """The texts of some columns, row by row; a missing one is empty."""
    return _data(
        pc.binary_join_element_wise(*columns, END, BETWEEN, null_handling="replace", null_replacement="")
    )


def _data(rows: pa.StringArray | pa.BinaryArray) -> memoryview:
    """The bytes of all rows, one after another."""
    _, offsets, data = rows.buffers()
    ends = np.frombuffer(offsets, np.int32)[rows.offset : rows.offset + len(rows) + 1]
    return memoryview(data or b"")[ends[0] : ends[-1]] if len(rows) else memoryview(b"")
