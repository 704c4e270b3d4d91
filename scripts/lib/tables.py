"""The schemas of all tables, with one reader and one writer for each kind of file.

docs/files.md is written from these schemas (`make docs`).
"""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from lib.cli import UserError
from lib.files import damaged

if TYPE_CHECKING:
    import pandas as pd  # it takes a third of a second to import, and many steps do without it


def column(name: str, kind: pa.DataType, description: str) -> pa.Field:
    """A column of a schema with what docs/files.md says of it."""
    return pa.field(name, kind, metadata={"description": description})


PAPERS = pa.schema(
    [
        column("id", pa.string(), "id of the paper; the rows are sorted by it"),
        column(
            "title", pa.string(), "without markup; TeX letters and accents as Unicode (NFC), single spaces"
        ),
        column("abstract", pa.string(), "the same"),
        column("text", pa.string(), '"{title}. {abstract}" in lower case: what is encoded and counted'),
        column("categories", pa.list_(pa.string()), "null if the record has none"),
        column("primary_category", pa.string(), "the first category"),
        column("published", pa.date32(), "day of the first version, else the first day of the id's month"),
        column("updated", pa.date32(), "`update_date` of the record"),
        column("text_hash", pa.binary(16), "BLAKE2b of `text`: the key of the embedding cache"),
    ]
)
ASSIGNMENTS = pa.schema(
    [
        column("id", pa.string(), "id of the paper; row i is row i of the papers"),
        column("topic", pa.int32(), "number of its topic"),
        column("similarity", pa.float32(), "cosine to the centroid of its topic"),
        column(
            "margin",
            pa.float32(),
            "`similarity` minus the largest cosine to another centroid; negative if smoothing put it in this topic",
        ),
        column("second_topic", pa.int32(), "the topic of that centroid"),
        column("silhouette", pa.float32(), "exact cosine silhouette, -1 to 1"),
        column("outlier", pa.bool_(), "`similarity` is below Tukey's lower fence of its topic"),
    ]
)
VOCABULARY = pa.schema(
    [
        column(
            "term",
            pa.string(),
            "a word or a bigram in its most frequent spelling; row i is term i, row 0 is empty",
        ),
        column("papers", pa.int64(), "papers that have it"),
        column("titles", pa.int64(), "papers that have it in the title"),
        column("first", pa.int32(), "row of the first word of a bigram; null for words"),
        column("second", pa.int32(), "row of the second word"),
        column(
            "leads", pa.float32(), "share of its uses that another word follows directly; null for bigrams"
        ),
    ]
)
NODES = pa.schema(
    [
        column("level", pa.string(), "group, topic or subtopic"),
        column(
            "node",
            pa.int32(),
            "number of the node in its level; groups and the subtopics of a topic by descending size",
        ),
        column("parent", pa.int32(), "group of a topic, or topic of a subtopic; null for groups"),
        column("size", pa.int64(), "number of papers"),
        column(
            "repeats",
            pa.float64(),
            "of subtopics: mean Jaccard index with the best match on random halves of the topic",
        ),
    ]
)
SUBTOPICS = pa.schema(
    [
        column("id", pa.string(), "id of the paper; row i is row i of the papers"),
        column("subtopic", pa.int32(), "number of its subtopic; null if its topic is not divided"),
    ]
)
HIERARCHY = pa.schema(
    [
        *NODES,
        column("share", pa.float64(), "share of all papers"),
        column(
            "name",
            pa.string(),
            "its best keywords, at most three; those of a subtopic say how it differs within its topic",
        ),
        column("keywords", pa.list_(pa.string()), "heaviest first, against the other nodes of its parent"),
    ]
)
KEYWORDS = pa.schema(
    [
        column("topic", pa.int32(), "number of the topic"),
        column("rank", pa.int32(), "1 for the keyword with the largest weight"),
        column(
            "keyword", pa.string(), "`term`, with the words beside at least half of its uses in the topic"
        ),
        column("weight", pa.float64(), "by class-based TF-IDF, title rate and vectors (docs/design.md)"),
        column("papers", pa.int64(), "papers of the topic that have the term"),
        column("share", pa.float64(), "share of all papers with the term that are in the topic"),
        column("title_rate", pa.float64(), "how often its papers have it in the title; 1 is the mean"),
        column("term", pa.string(), "the word or bigram of the vocabulary that was counted"),
    ]
)
TOPICS = pa.schema(
    [
        column("topic", pa.int32(), "number of the topic; topics are sorted by descending size"),
        column("label", pa.string(), '"{primary keyword} | {representative title}"'),
        column("size", pa.int64(), "number of papers"),
        column("share", pa.float64(), "share of all papers"),
        column("name", pa.string(), "its best keywords, at most three; no two topics have the same name"),
        column("primary_keyword", pa.string(), "the best keyword; no two topics have the same one"),
        column("keywords", pa.list_(pa.string()), "heaviest first"),
        column(
            "representative_id",
            pa.string(),
            "id of the paper whose title tells the topic best, of its 50 nearest",
        ),
        column("representative_title", pa.string(), "its title, TeX converted to Unicode"),
        column("silhouette", pa.float64(), "mean silhouette of its papers"),
        column(
            "repeats",
            pa.float64(),
            "mean Jaccard index with its best match when random halves are clustered; below 0.6 it is loose",
        ),
        column("main_category", pa.string(), "the most frequent primary category"),
        column("main_category_share", pa.float64(), "its share of the papers that have a category"),
        column(
            "colour", pa.string(), "its colour in all figures, as #rrggbb; similar topics have similar hues"
        ),
    ]
)
REPRESENTATIVES = pa.schema(
    [
        column("topic", pa.int32(), "number of the topic"),
        column(
            "role",
            pa.string(),
            "nearest: to the centroid; telling: titles that say most of the keywords; diverse: unlike each other; "
            "latest: newest of the nearer half; borderline: smallest margin to another topic",
        ),
        column("rank", pa.int32(), "1 for the first of its role"),
        column("id", pa.string(), "id of the paper"),
        column("title", pa.string(), "its title, TeX converted to Unicode"),
        column("similarity", pa.float32(), "cosine to the centroid"),
        column(
            "score",
            pa.float64(),
            "by role: similarity; how well the title tells the topic (F2 of its keywords, less their share in the best "
            "other topic); largest cosine to an earlier one; days since 1970; margin",
        ),
    ]
)
PERIODS = pa.schema(
    [
        column("topic", pa.int32(), "number of the topic"),
        column("unit", pa.string(), "year or month"),
        column("period", pa.date32(), "its first day"),
        column("papers", pa.int64(), "papers of the topic whose first version is of this period"),
        column("share", pa.float64(), "share of all papers of the period"),
        column("partial", pa.bool_(), "the period is not over; it is left out of the tests"),
    ]
)
TRENDS = pa.schema(
    [
        column("topic", pa.int32(), "number of the topic"),
        column("name", pa.string(), "its name"),
        column("dated_papers", pa.int64(), "its papers with a date"),
        column("first_year", pa.int32(), "year of its first paper"),
        column("half_by", pa.int32(), "year by which half of its papers had appeared"),
        column(
            "peak_year", pa.int32(), "year of its largest share of the corpus, among years with 30 papers"
        ),
        column("change_per_year", pa.float64(), "change of its share per year: 0.1 for 10 % more"),
        column("low", pa.float64(), "lower end of the 95 % interval"),
        column("high", pa.float64(), "upper end of the 95 % interval"),
        column("q_value", pa.float64(), "p-value after Benjamini and Hochberg; null if not tested"),
        column("trend", pa.string(), "rising or fading where q_value is at most 0.05, else empty"),
    ]
)
_OF_SUBTOPIC = column("subtopic", pa.int32(), "number of the subtopic")
SUBTOPIC_PERIODS = pa.schema([_OF_SUBTOPIC, *list(PERIODS)[1:]])
SUBTOPIC_TRENDS = pa.schema([_OF_SUBTOPIC, *TRENDS])
EXPLANATIONS = pa.schema(
    [
        column("topic", pa.int32(), "number of the topic of the paper"),
        column("id", pa.string(), "id of the paper"),
        column("position", pa.int32(), "place of the word in the text that the encoder read, from 0"),
        column("before", pa.string(), "the text between the word before and this one"),
        column("word", pa.string(), "the word as it stands there; a formula is one word"),
        column(
            "influence",
            pa.float32(),
            "loss of cosine to the centroid of the topic when the word is left out everywhere in the text; null for "
            "stop words",
        ),
        column(
            "margin_influence",
            pa.float32(),
            "loss of the margin to the second-best topic; negative if the word speaks for that topic",
        ),
        column("measured", pa.bool_(), "whether the two are measured, else estimated; null for stop words"),
        column(
            "attention",
            pa.float32(),
            "share of the attention that this place gets over all layers (rollout); null if the encoder gives none",
        ),
        column("attention_by_layer", pa.list_(pa.float32()), "the same in each layer, averaged over heads"),
    ]
)
EXPLAINED = pa.schema(
    [
        column("topic", pa.int32(), "number of the topic of the paper"),
        column("id", pa.string(), "id of the paper"),
        column("second_topic", pa.int32(), "the second-best topic"),
        column("similarity", pa.float32(), "cosine to the centroid of the topic"),
        column(
            "margin", pa.float32(), "`similarity` minus the cosine to the centroid of the second-best topic"
        ),
        column("words", pa.int32(), "words that the encoder read"),
        column("cut_words", pa.int32(), "words that it did not read, since the text was cut at max_tokens"),
        column(
            "attention_correlation",
            pa.float64(),
            "Spearman's correlation of attention (rollout) and influence over the distinct words, without stop words",
        ),
        column(
            "special_attention",
            pa.float32(),
            "share of the attention (rollout) that special tokens and the prefix get; the rest is punctuation's",
        ),
        column("loss_influential", pa.float64(), "loss of similarity without the 5 most influential words"),
        column(
            "loss_random",
            pa.float64(),
            "the same for 5 random words that are not stop words, mean of 5 choices",
        ),
        column("loss_attention", pa.float64(), "the same for the 5 words with the most attention"),
    ]
)
COORDINATES = pa.schema(
    [
        column("id", pa.string(), "id of the paper; row i is row i of the papers"),
        column("x", pa.float32(), "position on the map"),
        column("y", pa.float32(), "position on the map"),
    ]
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


def read_texts(path: Path, rows: np.ndarray) -> list[str]:
    """The texts of the given rows, int (m,) in ascending order, of papers.parquet."""
    texts: list[str] = []
    start = 0
    for batch in read_batches(path, ["text"], 8192):
        first, last = np.searchsorted(rows, [start, start + len(batch)])
        texts += batch["text"].take(pa.array(rows[first:last] - start)).to_pylist()
        start += len(batch)
    return texts


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


def write_csv(path: Path, frame: "pd.DataFrame") -> None:
    """Write a table as CSV: floats with six digits, lists joined by "; ", missing values empty."""
    lists = [name for name in frame if len(frame) and isinstance(frame[name].iloc[0], list)]
    frame = frame.assign(**{name: frame[name].map("; ".join) for name in lists})
    frame.to_csv(path, index=False, float_format="%.6g")


def read_csv(path: Path) -> "pd.DataFrame":
    """The cells of a CSV file as text, as they were written."""
    import pandas as pd

    try:
        return pd.read_csv(path, dtype=str, keep_default_na=False)
    except (ValueError, pd.errors.EmptyDataError) as error:
        raise damaged(path, "CSV file", error) from None
