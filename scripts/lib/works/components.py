"""Records joined into works, pair by pair; a pair that would join two works that contradict each other is refused."""

from collections.abc import Collection

from lib.works.evidence import Description, differing


class Components:
    """Records that are one work.

    `join` looks at all records of both works, not only at the two of the pair: an article may be near to two
    preprints with different ids, and belongs to one of them.
    """

    def __init__(self, descriptions: dict[int, Description]):
        """Each record is a work of its own at first.

        Parameters
        ----------
        descriptions : by row
        """
        self.parent = {row: row for row in descriptions}
        self.marks = {
            row: {name: set(of) for name, of in each.marks.items()} for row, each in descriptions.items()
        }
        self.families = {row: set(each.families) for row, each in descriptions.items()}

    def work_of(self, row: int) -> int:
        """The row of one of the records of a work, the same for all of them."""
        while self.parent[row] != row:
            self.parent[row] = self.parent[self.parent[row]]
            row = self.parent[row]
        return row

    def join(self, a: int, b: int, may_differ: Collection[str] = (), *, any_authors: bool = False) -> bool:
        """Make one work of those of two rows; False if they are one already, or contradict each other.

        Parameters
        ----------
        may_differ : marks in which the works may differ
        any_authors : the works may have no author in common
        """
        a, b = sorted((self.work_of(a), self.work_of(b)))
        if a == b or differing(self.marks[a], self.marks[b]) - set(may_differ):
            return False
        if (
            not any_authors
            and self.families[a]
            and self.families[b]
            and not self.families[a] & self.families[b]
        ):
            return False
        self.parent[b] = a
        for name, of in self.marks.pop(b).items():
            self.marks[a].setdefault(name, set()).update(of)
        self.families[a] |= self.families.pop(b)
        return True
