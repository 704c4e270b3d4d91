"""The schemas of all tables and JSON files, with one reader and one writer for each kind of file.

docs/files.md is written from these schemas (`make docs`).
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypedDict, TypeVar, cast

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from lib.cli import UserError
from lib.files import damaged

J = TypeVar("J", bound=Mapping)


def _column(name: str, kind: pa.DataType, description: str) -> pa.Field:
    return pa.field(name, kind, metadata={"description": description})


PAPERS = pa.schema(
    [
        _column("id", pa.string(), "id of the paper; the rows are sorted by it"),
        _column("title", pa.string(), "as published, whitespace collapsed"),
        _column("abstract", pa.string(), "as published, whitespace collapsed"),
        _column("text", pa.string(), '"{title}. {abstract}" in lower case: what is encoded and counted'),
        _column("categories", pa.list_(pa.string()), "null if the record has none"),
        _column("primary_category", pa.string(), "the first category"),
        _column("published", pa.date32(), "day of the first version, else the first day of the id's month"),
        _column("updated", pa.date32(), "`update_date` of the record"),
        _column("text_hash", pa.binary(16), "BLAKE2b of `text`: the key of the embedding cache"),
    ]
)
ASSIGNMENTS = pa.schema(
    [
        _column("id", pa.string(), "id of the paper; row i is row i of the papers"),
        _column("topic", pa.int32(), "number of its topic"),
        _column("similarity", pa.float32(), "cosine to the centroid of its topic"),
        _column("margin", pa.float32(), "`similarity` minus the cosine to the second-best centroid"),
        _column("second_topic", pa.int32(), "the topic of that centroid"),
        _column("silhouette", pa.float32(), "exact cosine silhouette, -1 to 1"),
        _column("outlier", pa.bool_(), "`similarity` is below Tukey's lower fence of its topic"),
    ]
)
KEYWORDS = pa.schema(
    [
        _column("topic", pa.int32(), "number of the topic"),
        _column("rank", pa.int32(), "1 for the keyword with the largest weight"),
        _column("keyword", pa.string(), "a word or a bigram"),
        _column("weight", pa.float64(), "class-based TF-IDF"),
        _column("count", pa.int64(), "occurrences in the topic"),
        _column("share", pa.float64(), "share of all occurrences of the keyword that are in the topic"),
    ]
)
TOPICS = pa.schema(
    [
        _column("topic", pa.int32(), "number of the topic; topics are sorted by descending size"),
        _column("label", pa.string(), '"{primary keyword} | {representative title}"'),
        _column("size", pa.int64(), "number of papers"),
        _column("share", pa.float64(), "share of all papers"),
        _column("primary_keyword", pa.string(), "the best keyword; no two topics have the same one"),
        _column("keywords", pa.list_(pa.string()), "heaviest first"),
        _column("representative_id", pa.string(), "id of the paper nearest to the centroid"),
        _column("representative_title", pa.string(), "its title, TeX converted to Unicode"),
        _column("silhouette", pa.float64(), "mean silhouette of its papers"),
        _column("main_category", pa.string(), "the most frequent primary category"),
        _column("main_category_share", pa.float64(), "its share of the papers that have a category"),
    ]
)
REPRESENTATIVES = pa.schema(
    [
        _column("topic", pa.int32(), "number of the topic"),
        _column("rank", pa.int32(), "1 for the paper nearest to the centroid"),
        _column("id", pa.string(), "id of the paper"),
        _column("title", pa.string(), "its title, TeX converted to Unicode"),
        _column("distance", pa.float32(), "Euclidean distance to the centroid"),
    ]
)
COORDINATES = pa.schema(
    [
        _column("id", pa.string(), "id of the paper; row i is row i of the papers"),
        _column("x", pa.float32(), "position on the map"),
        _column("y", pa.float32(), "position on the map"),
    ]
)


class LedgerEntry(TypedDict):
    """One line of the snapshot in the ledger."""

    line: int
    reason: str


class Bucket(TypedDict):
    """The lines with one outcome: their number and the first of them."""

    count: int
    first: list[LedgerEntry]


class Ledger(TypedDict):
    """What became of each line of the snapshot; the counts of the buckets add up to `lines`."""

    input: str
    settings: dict[str, Any]
    lines: int
    buckets: dict[str, Bucket]


class PartSummary(TypedDict):
    """How one part of the papers was encoded."""

    model: str
    revision: str | None
    files: dict[str, str]
    prefix: str
    max_tokens: int
    pooling: str
    precision: str
    dtype: str
    dim: int
    device: str
    attention: str | None
    kernels: list[str]
    papers: int
    cache_hits: int
    cache_misses: int
    tokens: int
    padding_tokens: int
    truncated_papers: int | None
    truncated_tokens: int | None
    model_flops: float
    matmul_flops_per_second: float | None
    encode_seconds: float
    seconds: float


class EmbeddingsSummary(PartSummary):
    """How all papers were encoded; speeds and truncation cover only the papers encoded in this run."""

    parts: int
    padding_share: float
    tokens_per_second: float | None
    flops_per_second: float | None
    share_of_matmul_rate: float | None


class Scan(TypedDict):
    """One candidate for K, measured on the sample; one entry per clustering or pair; sizes per topic."""

    k: int
    papers: int
    sample: int
    skipped: str | None
    inertia: list[float]
    silhouette: list[float]
    sizes: list[int]
    stability_seeds: list[float]
    stability_halves: list[float]
    ami_primary: float | None
    seconds: float


class KSelection(TypedDict):
    """The chosen K, the rule that chose it, and the reason in one sentence."""

    k: int
    rule: str
    proposed: int
    plateau: list[int]
    sentence: str
    sample: int
    papers: int
    seconds: dict[str, float]
    skipped: list[str]


class ClusterSummary(TypedDict):
    """The clustering in a few figures; lists have one entry per topic."""

    k: int
    papers: int
    silhouette: float
    silhouette_by_topic: list[float]
    inertia: float
    iterations: int
    sizes: list[int]
    outliers: int


class ProjectSummary(TypedDict):
    """How the map was laid out and how faithful it is."""

    method: str
    papers: int
    fitted: int
    n_neighbors: int
    neighbors_kept: float
    neighbors_kept_at_random: float
    seconds: float


class Agreement(TypedDict):
    """How well topics agree with a classification of the papers."""

    papers: int
    classes: int
    ami: float | None
    ari: float | None
    purity: float | None


class SizeSummary(TypedDict):
    """The sizes of the topics in a few figures."""

    smallest: int
    median: float
    largest: int
    effective_topics: float


class Evaluation(TypedDict):
    """Measures of the topics."""

    papers: int
    k: int
    silhouette: float
    negative_silhouette_share: float
    inertia_per_paper: float
    sizes: SizeSummary
    primary_category: Agreement
    archive: Agreement
    topic_diversity: float
    map_neighbors_kept: float


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


def read_points(path: Path) -> np.ndarray:
    """The positions in coordinates.parquet: float32 (n, 2)."""
    table = read_table(path, COORDINATES, ["x", "y"])
    return np.stack([table["x"].to_numpy(), table["y"].to_numpy()], 1)


def read_batches(path: Path, columns: list[str], rows: int) -> Iterator[pa.RecordBatch]:
    """The given columns of a Parquet file, at most `rows` rows at a time."""
    try:
        yield from pq.ParquetFile(path).iter_batches(rows, columns=columns)
    except FileNotFoundError:
        raise UserError(f"{path}: no such file; run the step that writes it") from None
    except (pa.ArrowException, OSError) as error:
        raise damaged(path, "Parquet file", error) from None


def count_rows(path: Path) -> int:
    """The number of rows of a Parquet file."""
    try:
        return pq.read_metadata(path).num_rows
    except pa.ArrowException as error:
        raise damaged(path, "Parquet file", error) from None


def write_table(path: Path, table: pa.Table | pd.DataFrame, schema: pa.Schema) -> None:
    """Write a Parquet file with the columns of the schema, in its order and types."""
    if isinstance(table, pd.DataFrame):
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
            f"the inputs have different numbers of rows ({counts}); delete the older ones and run again"
        )


def read_json(path: Path, kind: type[J]) -> J:
    """The object in a JSON file; it must have all keys of the TypedDict `kind`."""
    try:
        content = dict(json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, TypeError) as error:
        raise damaged(path, "JSON file with an object", error) from None
    if missing := [key for key in kind.__annotations__ if key not in content]:
        raise damaged(path, f"{kind.__name__} file of this version", f"it lacks {', '.join(missing)}")
    return cast(J, content)


def write_json(path: Path, content: Mapping) -> None:
    """Write an object as a JSON file."""
    path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def write_csv(path: Path, frame: pd.DataFrame) -> None:
    """Write a table as CSV: floats with six digits, lists joined by "; ", missing values empty."""
    lists = [name for name in frame if len(frame) and isinstance(frame[name].iloc[0], list)]
    frame = frame.assign(**{name: frame[name].map("; ".join) for name in lists})
    frame.to_csv(path, index=False, float_format="%.6g")


def read_csv(path: Path) -> pd.DataFrame:
    """The cells of a CSV file as text, as they were written."""
    try:
        return pd.read_csv(path, dtype=str, keep_default_na=False)
    except (ValueError, pd.errors.EmptyDataError) as error:
        raise damaged(path, "CSV file", error) from None
