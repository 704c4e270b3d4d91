"""The methods paragraph and the works that it cites."""

from pathlib import Path

import bibtexparser
from bibtexparser.model import Block
from jinja2 import Environment, FileSystemLoader

from lib.exchange.facts import Facts
from lib.records.ledger import NOT_KEPT, NOT_READ
from lib.records.schema import Ledger

# The stages of the flow: the buckets of the ledger that each leaves out, with what they are called
BOX, LINE = 54, 20  # heights of a box and of a line at its side, in flow.svg


def render_text(template: Path, **values: object) -> str:
    """Fill a template of a text, or of an SVG file, whose values are escaped."""
    templates = Environment(
        loader=FileSystemLoader(template.parent),
        autoescape=template.suffix == ".svg",
        trim_blocks=template.suffix != ".txt",  # there line ends are spaces
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return templates.get_template(template.name).render(**values)


def paragraphs(text: str) -> str:
    """A text with one line per paragraph; in the template a ¶ ends each, and line ends are spaces."""
    blocks = (" ".join(block.split()) for block in text.split("¶"))
    return "\n\n".join(block for block in blocks if block) + "\n"


def left_out(ledger: Ledger, stage: tuple[tuple[tuple[str, ...], str], ...]) -> list[tuple[str, int]]:
    """What a stage of the flow leaves out: name and number of records, without those of none."""
    counts = [
        (name, sum(ledger["buckets"][bucket]["count"] for bucket in buckets)) for buckets, name in stage
    ]
    return [(name, count) for name, count in counts if count]


def flow_boxes(facts: Facts) -> list[dict]:
    """The boxes of the flow from top to bottom: `name`, `count`, and `out`, what is left out below it."""
    ledger = facts.summaries["corpus/ledger.json"]
    unread, dropped = left_out(ledger, NOT_READ), left_out(ledger, NOT_KEPT)
    read = ledger["lines"] - sum(count for _, count in unread)
    boxes = [
        {
            "name": f"{ledger['unit'].capitalize()}s identified",
            "count": ledger["lines"],
            "out": unread or dropped,
        }
    ]
    if unread:
        boxes.append({"name": "Records screened", "count": read, "out": dropped})
    boxes.append({"name": "Papers kept", "count": ledger["buckets"]["kept"]["count"], "out": []})
    works = facts.summaries["corpus/works.json"]
    if works["joined"] and works["count"] == "works":
        boxes[-1]["out"] = [("copies and versions of one work", works["joined"])]
        boxes.append({"name": "Works counted", "count": works["works"], "out": []})
    # of what the box above counts: copies of a work that has no topic are left out once
    kind = "works" if boxes[-1]["name"] == "Works counted" else "papers"
    rows = facts.tables["papers.parquet"]
    in_topic = rows.filter(rows["counted"])["topic"]
    if in_topic.null_count:
        boxes[-1]["out"] = [(f"{kind} without a topic", in_topic.null_count)]
        count = len(in_topic) - in_topic.null_count
        boxes.append({"name": f"{kind.capitalize()} in topics", "count": count, "out": []})
    return boxes


def placed(boxes: list[dict]) -> tuple[list[dict], int]:
    """The boxes with their places in flow.svg, and its height."""
    y, shown = 10, []
    for box in boxes:
        lines = [f"{name} (n = {count:,})" for name, count in box["out"]]
        side = 14 + LINE * len(lines)
        gap = max(side + 20, 36) if lines else 36
        top = y + BOX + (gap - side) // 2
        shown.append(
            box
            | {"n": f"{box['count']:,}", "y": y, "next": y + BOX + gap, "arrow": y + BOX + gap // 2}
            | {"side": top, "side_height": side}
            | {"lines": [{"text": text, "y": top + LINE * (i + 1)} for i, text in enumerate(lines)]}
        )
        y += BOX + gap
    return shown, shown[-1]["y"] + BOX + 10


def works_cited(bibliography: Path, cited: list[str]) -> str:
    """The entries of a BibTeX file that are cited, in its order.

    Raises
    ------
    KeyError
        A cited work is not in the file.
    """
    library = bibtexparser.parse_file(str(bibliography), append_middleware=[])
    known = library.entries_dict
    if missing := [key for key in cited if key not in known]:
        raise KeyError(f"{bibliography} lacks {', '.join(missing)}")
    kept: list[Block] = [entry for entry in library.entries if entry.key in cited]
    return bibtexparser.write_string(bibtexparser.Library(kept))
