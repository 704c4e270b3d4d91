"""What the blocks of a snapshot hold, summed."""

from collections import Counter
from dataclasses import dataclass, field

from lib.records.boilerplate import Shapes
from lib.records.ledger import LedgerCounts
from lib.records.records import OPTIONAL, Parsed


@dataclass
class Counts:
    """The counts of all blocks; the attributes are those of `Parsed`."""

    not_understood: LedgerCounts
    ledger: LedgerCounts = field(default_factory=LedgerCounts)
    normalised: Counter[str] = field(default_factory=Counter)
    filled: Counter[str] = field(default_factory=Counter)
    matched: set[str] = field(default_factory=set)
    shapes: Shapes = field(default_factory=Shapes)

    @classmethod
    def of(cls, parsed: list[Parsed], facets: tuple[str, ...]) -> "Counts":
        """The sums over all blocks; `facets` are those that are read."""
        counts = cls(LedgerCounts((*OPTIONAL, *facets)))
        for part in parsed:
            counts.ledger.add_all(part.ledger)
            counts.not_understood.add_all(part.not_understood)
            counts.normalised.update(part.normalised)
            counts.filled.update(part.filled)
            counts.matched |= part.matched
            counts.shapes.add_all(part.shapes)
        return counts
