"""The readers that bench_clean.py compares ours with, each a program of its own: pandas, polars, DuckDB.

They write the same columns from the same file, but do not normalise the texts beyond whitespace and keep no
ledger. DuckDB has no BLAKE2b; MD5 stands for it.
"""

import sys
from pathlib import Path

from measure import OUT, command, overlay

PACKAGES = ["polars==2.1.0", "polars-runtime-32==2.1.0", "duckdb==2.0.1"]
NOTE = r"(?i)^(this|the) (paper|article).{0,20}withdrawn"

PANDAS = f"""
import json, re, sys
from hashlib import blake2b
import pandas as pd
rows = []
for line in open(sys.argv[1], encoding="utf-8"):
    record = json.loads(line)
    title, abstract = " ".join(record["title"].split()), " ".join(record["abstract"].split())
    if len(abstract) < 50 or re.match(r"{NOTE}", abstract):
        continue
    text = f"{{title}}. {{abstract}}".lower()
    categories = record["categories"].split()
    versions = record["versions"]
    rows.append({{
        "id": record["id"], "title": title, "abstract": abstract, "text": text, "categories": categories,
        "primary_category": categories[0], "published": versions[0]["created"] if versions else None,
        "updated": record["update_date"], "text_hash": blake2b(text.encode(), digest_size=16).digest(),
    }})
frame = pd.DataFrame(rows).drop_duplicates("id", keep="last").sort_values("id")
frame["published"] = pd.to_datetime(frame["published"], format="%a, %d %b %Y %H:%M:%S GMT")
frame["updated"] = pd.to_datetime(frame["updated"])
frame.to_parquet(sys.argv[2], compression="zstd")
"""

POLARS = f"""
import sys
from hashlib import blake2b
import polars as pl
text = pl.String
schema = {{"id": text, "title": text, "abstract": text, "categories": text, "update_date": text,
          "versions": pl.List(pl.Struct({{"created": text}}))}}
folded = [pl.col(c).str.replace_all(r"\\s+", " ").str.strip_chars() for c in ("title", "abstract")]
created = pl.col("versions").list.first().struct.field("created")
(
    pl.read_ndjson(sys.argv[1], schema=schema)
    .lazy()
    .with_columns(*folded, pl.col("update_date").str.to_date("%Y-%m-%d").alias("updated"))
    .filter(pl.col("abstract").str.len_chars() >= 50, ~pl.col("abstract").str.contains(r"{NOTE}"))
    .sort("updated")
    .unique("id", keep="last", maintain_order=True)
    .sort("id")
    .with_columns(
        (pl.col("title") + ". " + pl.col("abstract")).str.to_lowercase().alias("text"),
        pl.col("categories").str.split(" "),
        created.str.to_date("%a, %d %b %Y %H:%M:%S GMT", strict=False).alias("published"),
    )
    .with_columns(
        pl.col("categories").list.first().alias("primary_category"),
        pl.col("text").map_elements(lambda t: blake2b(t.encode(), digest_size=16).digest(), pl.Binary).alias("text_hash"),
    )
    .drop("update_date", "versions")
    .collect()
    .write_parquet(sys.argv[2], compression="zstd")
)
"""

DUCKDB = f"""
import sys
import duckdb
duckdb.sql(f'''
COPY (
  WITH records AS (
    SELECT id, trim(regexp_replace(title, '\\\\s+', ' ', 'g')) AS title,
      trim(regexp_replace(abstract, '\\\\s+', ' ', 'g')) AS abstract,
      string_split(categories, ' ') AS categories, update_date::DATE AS updated, versions[1].created AS created
    FROM read_json('{{sys.argv[1]}}', format = 'newline_delimited', columns = {{{{
      id: 'VARCHAR', title: 'VARCHAR', abstract: 'VARCHAR', categories: 'VARCHAR', update_date: 'VARCHAR',
      versions: 'STRUCT(created VARCHAR)[]'}}}})
  ), latest AS (
    SELECT * FROM records
    WHERE length(abstract) >= 50 AND NOT regexp_matches(abstract, '{NOTE}')
    QUALIFY row_number() OVER (PARTITION BY id ORDER BY updated DESC) = 1
  )
  SELECT id, title, abstract, lower(title || '. ' || abstract) AS text, categories,
    categories[1] AS primary_category, try_strptime(created, '%a, %d %b %Y %H:%M:%S GMT')::DATE AS published,
    updated, md5(lower(title || '. ' || abstract)) AS text_hash
  FROM latest ORDER BY id
) TO '{{sys.argv[2]}}' (FORMAT parquet, COMPRESSION zstd)
''')
"""

BASELINES = {"json and pandas": PANDAS, "polars": POLARS, "DuckDB": DUCKDB}


def run(name: str, snapshot: Path) -> tuple[float, float, float]:
    """Seconds, peak MB and processor seconds of a baseline."""
    out = OUT / "baseline.parquet"
    return command(
        [sys.executable, "-c", BASELINES[name], snapshot, out],
        {"PYTHONPATH": str(overlay("readers", PACKAGES))},
    )
