"""Add an edit of a topic to the file of edits that the next run replays."""

import argparse
import re
import sys
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import yaml
from snakemake.exceptions import WorkflowError

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "scripts"))

from lib.cli import UserError, run, say, warn
from lib.edits.state import seed_key
from lib.files import atomic_outputs
from lib.naming.schema import TOPICS
from lib.records.schema import PAPERS
from lib.tables import read_table
from lib.workflow.edits_file import Edit, extensible, read_edits

# The variables of `make edit`, and what they are
VARIABLES = {
    "topic": "key of the topic, such as t7f3a",
    "name": "its new name",
    "describe": "one or two sentences about it",
    "merge": "keys of topics that become part of it",
    "papers": "ids of papers that move into it",
    "hide": "1: show its papers without a topic",
    "note": "why",
    "by": "who",
}
CONFIG = Path("config.yaml")


def entry_of(values: dict[str, str], today: date) -> dict[str, Any]:
    """One entry of the file. values : by the names of VARIABLES; empty ones are not in the entry.

    Raises
    ------
    UserError
        There is no topic, or nothing to do.
    """
    if not values["topic"]:
        raise UserError(
            'TOPIC: of which topic? Write its key (topics.csv): make edit TOPIC=t7f3a NAME="New name"'
        )
    if values["hide"] not in ("", "1"):
        raise UserError(f"HIDE: {values['hide']!r}; write HIDE=1")
    entry = {
        "topic": values["topic"],
        "rename": values["name"],
        "describe": values["describe"],
        "merge": values["merge"].split(),
        "hide": values["hide"] == "1",
        "move": {"papers": papers} if (papers := values["papers"].split()) else None,
        "note": values["note"],
    }
    entry = {key: value for key, value in entry.items() if value}
    if len(entry) == 1:
        raise UserError("nothing to do; give one of NAME, DESCRIBE, MERGE, HIDE, PAPERS and NOTE")
    return entry | ({"by": values["by"]} if values["by"] else {}) | {"date": today.isoformat()}


def check_topics(entry: dict[str, Any], topics: dict[str, str], edits: list[Edit]) -> None:
    """Raise UserError if the entry names a topic that is not there, or gives one the name of another.

    Parameters
    ----------
    topics : name of each topic of the run, by key
    edits : of the file, some of which make topics
    """
    made = {seed_key(edit["value"]["name"]) for edit in edits if edit["kind"] == "seed"}
    ended = {edit.get("topic") for edit in edits if edit["kind"] == "hide"}
    ended |= {key for edit in edits if edit["kind"] == "merge" for key in edit["value"]}
    divided = {edit.get("topic") for edit in edits if edit["kind"] == "split"}
    for variable, keys in (("TOPIC", [entry["topic"]]), ("MERGE", entry.get("merge", []))):
        for key in keys:
            if key in topics or key in made or re.sub(r"-\d+$", "", key) in divided:
                continue
            if key in ended:
                raise UserError(
                    f"{variable}: an edit of the file ends the topic {key}; take its line out first"
                )
            by_text = {text.lower(): each for each, name in topics.items() for text in (each, name)}
            near = get_close_matches(key.lower(), by_text, 1, 0.5)
            hint = f"; did you mean {by_text[near[0]]} ({topics[by_text[near[0]]]})?" if near else ""
            raise UserError(
                f"{variable}: no topic has the key {key!r}{hint or '; topics.csv lists the keys'}"
            )
    name = entry.get("rename", "").strip().lower()
    for key, other in topics.items():
        if key != entry["topic"] and other.lower() == name:
            raise UserError(f"NAME: topic {key} has the name {other!r}; choose another, or merge the two")


def check_papers(papers: list[str], ids: pa.ChunkedArray) -> None:
    """Raise UserError if papers are not among the ids of the run."""
    asked = pa.array(papers, pa.string())
    lacking = asked.filter(pc.invert(pc.is_in(asked, value_set=ids.combine_chunks()))).to_pylist()
    if lacking:
        more = f" and {len(lacking) - 3} more" if len(lacking) > 3 else ""
        raise UserError(f"PAPERS: the run has no paper {', '.join(lacking[:3])}{more}; correct the ids")


def configured_file(config: Path) -> str | None:
    """The file of edits that a config names, if it names one."""
    try:
        return (yaml.safe_load(config.read_text("utf-8")) or {}).get("edits") if config.is_file() else None
    except yaml.YAMLError as error:
        raise UserError(f"{config}: not YAML ({error}); correct it, or name the file with EDITS") from None


def read_file(file: Path) -> tuple[list[Edit], str]:
    """The edits and the text of the file of edits, which need not be there."""
    if not file.exists():
        return [], ""
    if not file.is_file():
        raise UserError(f"EDITS: {file} is not a file; name one, such as edits.yaml")
    try:
        return read_edits({"edits": str(file)}, ROOT), file.read_bytes().decode("utf-8-sig")
    except WorkflowError as error:
        raise UserError(str(error)) from None


def with_entry(text: str, entry: dict[str, Any]) -> str:
    """The text of the file with one more entry at its end."""
    added = yaml.safe_dump([entry], allow_unicode=True, sort_keys=False, width=110)
    return extensible(text) + (added.replace("\n", "\r\n") if "\r\n" in text else added)


def write_file(file: Path, text: str, edits: list[Edit]) -> None:
    """Write the text, which must hold these edits and then others.

    Raises
    ------
    UserError
        The new edit has a fault; the file stays as it was.
    """
    with atomic_outputs(file.resolve()) as (part,):
        part.write_bytes(text.encode())
        try:
            now = read_edits({"edits": str(part)}, ROOT)
        except WorkflowError as error:
            fault = re.sub(r"^.*, line \d+: ", "", str(error).splitlines()[-1])
            raise UserError(f"the edit has a fault, {file} stays as it was: {fault}") from None
        if [edit | {"line": 0} for edit in now[: len(edits)]] != [edit | {"line": 0} for edit in edits]:
            raise UserError(f"{file}: an entry cannot be added at its end; add it by hand")


def arguments(argv: list[str] | None) -> argparse.Namespace:
    cli = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    for name, about in VARIABLES.items():
        cli.add_argument(f"--{name}", default="", help=about)
    cli.add_argument(
        "--edits", default="", help="file of edits; empty: that of config.yaml, or else edits.yaml"
    )
    cli.add_argument(
        "--results", type=Path, required=True, help="results folder of a run, to check keys and ids"
    )
    return cli.parse_args(argv)


def main(argv: list[str] | None = None) -> None:
    args = arguments(argv)
    for name, text in vars(args).items():
        if re.search("[\ud800-\udfff]", str(text)):
            raise UserError(f"{name.upper()}: not in UTF-8; set the terminal to UTF-8")
    entry = entry_of({name: getattr(args, name).strip() for name in VARIABLES}, date.today())
    configured = configured_file(CONFIG)
    file = Path(args.edits or configured or "edits.yaml")
    edits, text = read_file(file)
    topics = args.results / "topics" / "topics.parquet"
    if topics.is_file():
        table = read_table(topics, TOPICS, ["key", "name"]).to_pydict()
        check_topics(entry, dict(zip(table["key"], table["name"], strict=True)), edits)
        if "move" in entry:
            papers = read_table(args.results / "corpus" / "papers.parquet", PAPERS, ["id"])
            check_papers(entry["move"]["papers"], papers["id"])
    else:
        warn(f"{topics}: no such file, so that keys are not checked; name a finished run with RESULTS")
    longer = with_entry(text, entry)
    write_file(file, longer, edits)
    if not longer.startswith(text):
        warn(f"{file} is written anew, without its comments, since no line could follow its brackets")
    say(
        f"Added to {file}: {', '.join(key for key in entry if key not in ('topic', 'by', 'date'))} of {entry['topic']}"
    )
    say("Next: run as before" + ("" if configured == str(file) else f', and add CONFIG="edits={file}"'))


if __name__ == "__main__":
    run(main)
