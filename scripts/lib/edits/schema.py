"""Schema of the file that says what became of each edit."""

from typing import TypedDict

import pyarrow as pa

from lib.columns import column

MADE = pa.schema(
    [
        column("id", pa.string(), "id of a paper"),
        column(
            "key",
            pa.string(),
            "topic that an edit put it into, before later edits; the next run goes on from there",
        ),
    ]
)

OF_PAPERS = ("merge", "split", "hide", "pin", "move", "seed")  # kinds that `edit` replays
APPLIED, REPLACED, CONFLICT, ORPHANED = "applied", "replaced", "conflict", "orphaned"


class Outcome(TypedDict):
    """What became of an edit.

    `status` is applied, replaced (by a later edit), conflict (with another edit), or orphaned (its topic or its papers are
    gone). `topic` is the key of the topic that it was applied to, and `reason` says why it was not applied, or what was
    left out.
    """

    status: str
    topic: str | None
    reason: str | None


class EditSummary(Outcome):
    """An edit of the file, and its outcome; `text` says in short what it does."""

    line: int
    kind: str
    text: str
    note: str | None
    by: str | None
    date: str | None
    name: str | None


class Edits(TypedDict):
    """All edits in the order of the file."""

    edits: list[EditSummary]


class Replayed(TypedDict):
    """The outcomes of the edits of papers, in the order of the file, and what a later run needs.

    `made` are the keys of all topics that edits made in the chain; their numbers are FIRST_MADE and up, in this order.
    `gone` says of the topics that edits removed where they are.
    """

    outcomes: list[Outcome]
    made: list[str]
    gone: dict[str, str]
