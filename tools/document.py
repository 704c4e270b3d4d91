"""Write config.yaml, docs/configuration.md and docs/files.md from the schemas, and tables of steps from the rules.

With `--check` nothing is written; the exit status is 1 if a file is not up to date.
"""

import argparse
import inspect
import json
import re
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any, is_typeddict

import pyarrow as pa
import yaml

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "scripts"))

from lib.clusters import schema as clusters
from lib.edits import schema as edits
from lib.embeddings import schema as embeddings
from lib.evaluation import schema as evaluation
from lib.exchange import schema as exchange
from lib.explain import schema as explain
from lib.keywords import schema as keywords
from lib.map import schema as map_files
from lib.naming import schema as naming
from lib.records import schema as records
from lib.trends import schema as trends
from lib.words import schema as words
from lib.works import schema as works
from rule_tables import request_table, step_table, with_table

WIDTH = 105
STEP_TABLES = {
    ROOT / "docs" / "design.md": step_table,
    ROOT / "docs" / "cluster.md": request_table,
}
CONFIG_HEADER = """\
# Generated from rules/config.schema.yaml by `make docs`: edit the schema, not this file.
# These defaults map the bundled papers on your machine, offline. To change a key, put it into a file
# of your own and add `--configfile mine.yaml`, or set it on the command line:
# `--config cluster='{k: 25}'`. presets/arxiv.yaml is for all of arXiv. Unknown keys are rejected.
"""
CONFIGURATION_HEADER = """\
# Configuration

This page is generated from `rules/config.schema.yaml` by `make docs`. Set a key in a file of your own
(`--configfile mine.yaml`) or on the command line (`--config 'cluster={k: 25}'`). The workflow rejects
an unknown key and suggests the closest one.

Changing a key re-runs the step of its section and the steps that depend on it. Changing a key marked †
re-runs nothing, since it decides how a step runs, not what it computes. `embed.parts` is the exception:
if it changes, `embed` and the steps that depend on it run again, with vectors from the cache.
"""
FILES_HEADER = """\
# Files

This page is generated from the files `schema.py` in the folders of `scripts/lib` by `make docs`. The rules
that hold between files are in [design.md](design.md).
"""
# where each table and each JSON file is in the results folder
TABLES = {
    "papers.parquet, papers.csv": exchange.PAPER_ROWS,
    "corpus/papers.parquet": records.PAPERS,
    "corpus/facets.parquet": records.FACET_ROWS,
    "corpus/vocabulary.parquet": words.VOCABULARY,
    "corpus/works.parquet": works.WORKS,
    "clusters/assignments.parquet": clusters.ASSIGNMENTS,
    "clusters/memberships.parquet": clusters.MEMBERSHIPS,
    "clusters/edited/made.parquet": edits.MADE,
    "clusters/nodes.parquet": clusters.NODES,
    "clusters/subtopics.parquet": clusters.SUBTOPICS,
    "assign/NAME.parquet, assign/NAME.csv": clusters.NEW_PAPERS,
    "topics/keywords.parquet, topics/keywords.csv": keywords.KEYWORDS,
    "topics/topics.parquet, topics.csv": naming.TOPICS,
    "topics/representatives.parquet": naming.REPRESENTATIVES,
    "topics/hierarchy.parquet, topics/hierarchy.csv": naming.HIERARCHY,
    "topics/trends.parquet, topics/trends.csv": trends.TRENDS,
    "topics/periods.parquet": trends.PERIODS,
    "topics/subtopic_trends.parquet, topics/subtopic_trends.csv": trends.SUBTOPIC_TRENDS,
    "topics/subtopic_periods.parquet": trends.SUBTOPIC_PERIODS,
    "topics/explanations.parquet": explain.EXPLANATIONS,
    "topics/explained.parquet": explain.EXPLAINED,
    "map/coordinates.parquet": map_files.COORDINATES,
    "map/search/terms.parquet": map_files.SEARCH_TERMS,
    "map/atlas.parquet": map_files.ATLAS,
    "map/labels.parquet": map_files.ATLAS_LABELS,
}
JSON_FILES = {
    "corpus/ledger.json": records.Ledger,
    "embeddings/embeddings.json": embeddings.EmbeddingsSummary,
    "embeddings/neighbors.json": embeddings.NeighborsSummary,
    "corpus/works.json": works.WorksSummary,
    "clusters/scan_k/{k}.json": clusters.Scan,
    "clusters/k.json": clusters.KSelection,
    "clusters/cluster.json": clusters.ClusterSummary,
    "clusters/edited/edits.json": edits.Replayed,
    "topics/edits.json": edits.Edits,
    "topics/explain.json": explain.ExplainSummary,
    "map/project.json": map_files.ProjectSummary,
    "evaluation/evaluation.json": evaluation.Evaluation,
}


def sections(schema: dict) -> Iterator[tuple[str, dict, dict]]:
    """Yield (name, schema of the section, its keys); a key at the top level is a section with no name."""
    for name, entry in schema["properties"].items():
        if "properties" in entry:
            yield name, entry, entry["properties"]
        else:
            yield "", {}, {name: entry}


def config_yaml(schema: dict) -> str:
    """config.yaml: every key with its default and its description."""
    text = CONFIG_HEADER
    for name, section, keys in sections(schema):
        text += f"\n# {section['description']}\n{name}:\n" if name else "\n"
        for key, entry in keys.items():
            indent = "  " if name else ""
            choices = f" One of {', '.join(entry['enum'])}." if "enum" in entry else ""
            line = f"{indent}{key}: {json.dumps(entry['default'])}"
            comment = f"# {entry['description']}{choices}"
            if len(line) + len(comment) < WIDTH:
                text += f"{line} {comment}\n"
            else:
                wrapped = textwrap.wrap(
                    comment, WIDTH, initial_indent=indent, subsequent_indent=f"{indent}# "
                )
                text += "\n".join([*wrapped, line]) + "\n"
    return text


def configuration_page(schema: dict) -> str:
    """docs/configuration.md: a table per section."""
    text = CONFIGURATION_HEADER
    for name, section, keys in sections(schema):
        text += f"\n## {name or next(iter(keys))}\n\n"
        text += f"{section['description']}\n\n" if name else ""
        text += "| key | default | allowed | meaning |\n|---|---|---|---|\n"
        for key, entry in keys.items():
            mark = " †" if entry.get("execution_only") else ""
            full = f"{name}.{key}" if name else key
            default = json.dumps(entry["default"])
            text += f"| `{full}`{mark} | `{default}` | {allowed(entry)} | {entry['description']} |\n"
    return text


def allowed(entry: dict) -> str:
    """The values that a key may have, in words."""
    if "enum" in entry:
        return ", ".join(entry["enum"])
    kinds = entry["type"] if isinstance(entry["type"], list) else [entry["type"]]
    kind = " or ".join(kinds)
    if "minimum" in entry and "maximum" in entry:
        return f"{kind}, {entry['minimum']} to {entry['maximum']}"
    return f"{kind}, at least {entry['minimum']}" if "minimum" in entry else kind


def files_page() -> str:
    """docs/files.md: the columns of each table and the keys of each JSON file."""
    text = FILES_HEADER
    for name, schema in TABLES.items():
        text += f"\n## {name}\n\n| column | type | meaning |\n|---|---|---|\n"
        text += "".join(f"| `{field.name}` | {field.type} | {meaning(field)} |\n" for field in schema)
    for name, kind in JSON_FILES.items():
        text += f"\n## {name}\n\n{inspect.getdoc(kind)}\n\n| key | type |\n|---|---|\n"
        text += "".join(f"| `{key}` | {type_name(value)} |\n" for key, value in annotations(kind).items())
    return text


def meaning(field: pa.Field) -> str:
    """The description of a column."""
    return field.metadata[b"description"].decode().replace("|", "\\|")


def annotations(kind: type) -> dict[str, Any]:
    """The keys of a TypedDict with their types; those of nested TypedDicts as `outer.inner`."""
    found: dict[str, Any] = {}
    for key, value in inspect.get_annotations(kind, eval_str=True).items():
        if is_typeddict(value):
            found |= {f"{key}.{inner}": v for inner, v in annotations(value).items()}
        else:
            found[key] = value
    return found


def type_name(value: Any) -> str:
    """A type as it is written in the code."""
    name = value.__name__ if isinstance(value, type) and not hasattr(value, "__args__") else str(value)
    return re.sub(r"lib\.\w+\.schema\.|typing\.", "", name).replace(" | ", " or ")


def pages() -> dict[Path, str]:
    """The text of every file that this tool writes."""
    schema = yaml.safe_load((ROOT / "rules" / "config.schema.yaml").read_text())
    return {
        ROOT / "config.yaml": config_yaml(schema),
        ROOT / "docs" / "configuration.md": configuration_page(schema),
        ROOT / "docs" / "files.md": files_page(),
        **{path: with_table(path.read_text(), table()) for path, table in STEP_TABLES.items()},
    }


def main(argv: list[str] | None = None) -> None:
    cli = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    cli.add_argument("--check", action="store_true", help="write nothing; fail if a file is not up to date")
    check = cli.parse_args(argv).check
    outdated = [path for path, text in pages().items() if not path.exists() or path.read_text() != text]
    for path in outdated:
        if not check:
            path.write_text(pages()[path])
        print(f"{path.relative_to(ROOT)}: {'not up to date; run `make docs`' if check else 'written'}")
    if check and outdated:
        sys.exit(1)


if __name__ == "__main__":
    main()
