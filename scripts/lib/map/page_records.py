"""What map.html hands on of each paper: authors, journal, DOI, citations and day."""

from pathlib import Path

import numpy as np
import pyarrow as pa

from lib.map.page_data import one_line
from lib.works.facets import read_facet_rows

ABSTRACTS = 20_000  # papers of a page that holds abstracts, too: about 1 kB each
BETWEEN = "; "  # authors
UNDATED = -(2**31)


def record_blocks(papers: pa.Table, facets: Path) -> dict[str, np.ndarray | list[str]]:
    """One array or list of texts per column, in the order of the papers.

    The columns: `authors`, separated by BETWEEN; `journals` and `dois`, the first of each, empty if there is none; `cited`,
    uint32, one more than the number of citations, 0 if unknown; `days`, int32, since 1970, UNDATED if unknown.

    Parameters
    ----------
    papers : columns id and published, in the order of the page
    facets : facets.parquet
    """
    values: dict[str, dict[str, list[str]]] = {"authors": {}, "journal": {}, "doi": {}, "cited_by": {}}
    for rows in read_facet_rows(facets, list(values), papers["id"].combine_chunks()):
        for identifier, facet, value in zip(*(column.to_pylist() for column in rows.columns), strict=True):
            if text := one_line(value or ""):
                values[facet].setdefault(identifier, []).append(text)
    ids = papers["id"].to_pylist()
    day = papers["published"].to_numpy(zero_copy_only=False).astype("datetime64[D]")
    return {
        # a name has no separator in it
        "authors": [BETWEEN.join(a.replace(";", ",") for a in values["authors"].get(i, [])) for i in ids],
        "journals": [values["journal"].get(i, [""])[0] for i in ids],
        "dois": [values["doi"].get(i, [""])[0] for i in ids],
        "cited": np.array([1 + int(values["cited_by"].get(i, ["-1"])[0]) for i in ids], np.uint32),
        "days": np.where(np.isnat(day), UNDATED, day.astype(np.int64)).astype(np.int32),
    }
