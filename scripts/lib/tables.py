"""Read and write tables. The schemas are in the folders of lib (schema.py)."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from lib.cli import UserError
from lib.files import damaged

if TYPE_CHECKING:
    import pandas as pd  # it takes a third of a second to import, and many steps do without it

# A formula, or a number that would not be written again as it is: a point, an exponent, a leading zero, 16 digits
NOT_PLAIN = re.compile(
    r"[=+\-@\t\r]|\s*(?:\d+\.\d*|\.\d+|\d[\d_]*\.?\d*[eE][+-]?\d+|0\d+|\d{16,})\s*$|(?:nan|null|none|n/a|na|true|false|inf(?:inity)?)$",
    re.IGNORECASE,
)


def read_table(path: Path, schema: pa.Schema, columns: list[str] | None = None) -> pa.Table:
    """The given columns (by default all) of a Parquet file, in the types of the schema."""
    columns = columns or schema.names
    try:
        table = pq.read_table(path, columns=columns)
        return table.cast(pa.schema([schema.field(name) for name in columns]))
    except FileNotFoundError:
        raise UserError(f"{path}: no such file; run the step that writes it") from None
    except (pa.ArrowException, OSError, KeyError, ValueError) as error:
        raise damaged(path, f"Parquet file with the columns {', '.join(columns)}", error) from None


def read_batches(path: Path, columns: list[str], rows: int) -> Iterator[pa.RecordBatch]:
    """The given columns of a Parquet file, at most `rows` rows at a time."""
    try:
        yield from pq.ParquetFile(path).iter_batches(rows, columns=columns)
    except FileNotFoundError:
        raise UserError(f"{path}: no such file; run the step that writes it") from None
    except (pa.ArrowException, OSError) as error:
        raise damaged(path, "Parquet file", error) from None


def read_texts(path: Path, rows: np.ndarray) -> list[str]:
    """The texts of the given rows, int (m,) in ascending order, of papers.parquet."""
    texts: list[str] = read_rows(path, ["text"], rows)["text"].to_pylist()
    return texts


def read_rows(path: Path, columns: list[str], rows: np.ndarray) -> pa.Table:
    """The given columns of the given rows, int (m,) in ascending order, of a Parquet file with at least one row."""
    taken: list[pa.RecordBatch] = []
    start = 0
    for batch in read_batches(path, columns, 8192):
        first, last = np.searchsorted(rows, [start, start + len(batch)])
        taken.append(batch.take(pa.array(rows[first:last] - start)))
        start += len(batch)
    return pa.Table.from_batches(taken)


def count_rows(path: Path) -> int:
    """The number of rows of a Parquet file."""
    try:
        return pq.read_metadata(path).num_rows
    except pa.ArrowException as error:
        raise damaged(path, "Parquet file", error) from None


def write_table(path: Path, table: "pa.Table | pd.DataFrame", schema: pa.Schema) -> None:
    """Write a Parquet file with the columns of the schema, in its order and types."""
    if not isinstance(table, pa.Table):
        table = pa.Table.from_pandas(table, schema, preserve_index=False).replace_schema_metadata()
    with table_writer(path, schema) as writer:
        writer.write_table(table.select(schema.names).cast(schema))


def table_writer(path: Path, schema: pa.Schema, **options: Any) -> pq.ParquetWriter:
    """A writer for a Parquet file that is written a batch at a time."""
    return pq.ParquetWriter(path, schema, compression="zstd", **options)


def check_same_rows(**lengths: int) -> None:
    """Raise a UserError unless all named inputs have the same number of rows."""
    if len(set(lengths.values())) > 1:
        counts = ", ".join(f"{name} {n:,}" for name, n in lengths.items())
        raise UserError(
            f"the inputs have different numbers of rows ({counts}); delete older ones and run again"
        )


def write_csv(path: "Path | IO[str]", frame: "pd.DataFrame", header: bool = True) -> None:
    """Write a table as CSV: floats with six digits, lists joined by "; ", missing values empty, TRUE and FALSE as in R.

    A text that a spreadsheet would run as a formula (`=…`, `+…`, `-…`, `@…`), or that a reader would take for a
    number of another spelling (the id 0704.0010), gets an apostrophe in front, by which spreadsheets mark text.

    Parameters
    ----------
    path : or a file that is open, to write a table in parts
    header : write the names of the columns
    """
    lists = [name for name in frame if len(frame) and isinstance(frame[name].iloc[0], list)]
    frame = frame.assign(**{name: frame[name].map("; ".join) for name in lists})
    texts = [name for name in frame if frame[name].dtype.kind not in "biufcmM"]
    flags = {
        name: frame[name].map({True: "TRUE", False: "FALSE"}) for name in frame if frame[name].dtype == bool
    }
    frame = frame.assign(**{name: frame[name].map(as_text_cell) for name in texts}, **flags)
    frame.to_csv(path, index=False, header=header, float_format="%.6g")


def as_text_cell(value: Any) -> Any:
    """A text that stays as it is in a spreadsheet and in `pandas.read_csv`; other values as they are."""
    return f"'{value}" if isinstance(value, str) and NOT_PLAIN.match(value) else value


def read_csv(path: Path) -> "pd.DataFrame":
    """The cells of a CSV file as text, as they were written."""
    import pandas as pd

    try:
        return pd.read_csv(path, dtype=str, keep_default_na=False)
    except (ValueError, pd.errors.EmptyDataError) as error:
        raise damaged(path, "CSV file", error) from None
