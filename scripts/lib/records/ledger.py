"""The ledger: every line of a snapshot is in exactly one bucket."""

from collections.abc import Callable, Iterable

from lib.records.schema import Bucket, LedgerEntry

BUCKETS = (
    "kept",
    "blank",
    "malformed_json",
    "not_an_object",
    "no_id",
    "no_title",
    "no_abstract",
    "short_abstract",
    "duplicate",
    "withdrawn",
    "note",
    "deleted",
    "filtered",
)
FIRST = 20  # line numbers and reasons kept per bucket

# What became of a complete record (one with id, title and abstract): its bucket and the reason.
VERDICTS = (
    ("kept", "kept"),
    ("withdrawn", "the abstract is only a note on a withdrawal or a correction"),
    ("note", "title and abstract are a note (erratum, retraction notice, front matter), not a paper"),
    ("short_abstract", "the abstract is shorter than min_abstract_chars"),
    ("filtered", "no category matches the patterns"),
    ("filtered", "first version before `since`, or of unknown date"),
    ("filtered", "first version after `until`, or of unknown date"),
    ("duplicate", "another line with this id has a later update, a later version, or comes later"),
    ("filtered", "not in the sample of `limit`"),
    ("deleted", "the record says that the paper is deleted"),
    ("no_abstract", "too little is left of the abstract without the sentences of publishers"),
)
KEPT, WITHDRAWN, NOTE, SHORT, CATEGORY, SINCE, UNTIL, DUPLICATE, LIMIT, DELETED, BOILERPLATE = range(
    len(VERDICTS)
)


# The buckets in words for readers: what was not read, and what was read and not kept
NOT_READ = (
    (("blank", "malformed_json", "not_an_object"), "not readable"),
    (("no_id", "no_title"), "without id or title"),
    (("duplicate",), "earlier versions of a record"),
    (("deleted",), "deleted at the source"),
)
NOT_KEPT = (
    (("no_abstract", "short_abstract"), "without abstract, or too short"),
    (("withdrawn",), "withdrawn"),
    (("note",), "notes (errata, front matter)"),
    (("filtered",), "outside the selection"),
)


class LedgerCounts:
    """The number of lines per bucket, and the first few of each with the reason."""

    def __init__(self, buckets: Iterable[str] = BUCKETS):
        self.counts: dict[str, int] = dict.fromkeys(buckets, 0)
        self.first: dict[str, list[tuple[int, str]]] = {bucket: [] for bucket in self.counts}

    def add(self, bucket: str, line: int, reason: str) -> None:
        """Count one line. Lines must be added in ascending order."""
        self.counts[bucket] += 1
        if len(self.first[bucket]) < FIRST:
            self.first[bucket].append((line, reason))

    def add_many(self, bucket: str, count: int, first: list[tuple[int, str]]) -> None:
        """Count many lines in any order; `first` are the first of them."""
        self.counts[bucket] += count
        self.first[bucket] = sorted(self.first[bucket] + first)[:FIRST]

    def add_all(self, other: "LedgerCounts") -> None:
        """Count the lines of another one with the same buckets."""
        for bucket, count in other.counts.items():
            self.add_many(bucket, count, other.first[bucket])

    @property
    def lines(self) -> int:
        """The number of lines counted."""
        return sum(self.counts.values())

    def buckets(self, entry: Callable[[int, str], LedgerEntry]) -> dict[str, Bucket]:
        """The buckets as the ledger file holds them; `entry` makes an entry of a line and a reason."""
        return {
            name: Bucket(count=count, first=[entry(line, why) for line, why in self.first[name]])
            for name, count in self.counts.items()
        }

    def __str__(self) -> str:
        return ", ".join(f"{count:,} {bucket}" for bucket, count in self.counts.items() if count)
