"""Replay the edits that change which papers a topic has: merge, move, split, hide, pin, seed.

The clustering itself does not know of edits: each run replays them all on its own topics, so that a line that is taken out
of the file is undone. Edits are applied in the order of the file.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from lib.edits.schema import CONFLICT, ORPHANED, REPLACED, Outcome
from lib.edits.space import Space
from lib.edits.splitting import as_before
from lib.edits.state import Edit, NotApplied, State, applied, not_applied, seed_key
from lib.rows import label_sizes


@dataclass
class Before:
    """What edits did in the earlier run.

    Attributes
    ----------
    topic : object (n,), key of the topic of each paper of this run; None: it is new, or was in none
    made : rows of this run that each edit put into a topic, before later edits, by key: int64 (m,)
    """

    topic: np.ndarray
    made: dict[str, np.ndarray]

    def rows(self, key: str) -> np.ndarray:
        """The papers that a topic had when an edit made it, or else in the end: int64 (m,)."""
        return self.made[key] if key in self.made else np.flatnonzero(self.topic == key)

    def home(self, key: str) -> np.ndarray | None:
        """Whether each paper was in a topic (1), in another one (-1) or in none (0): int8 (n,); None: it had no papers."""
        rows = self.rows(key)
        home = np.where(self.topic == None, 0, -1).astype(np.int8)  # noqa: E711
        home[rows] = 1
        return home if len(rows) else None


@dataclass
class Replay:
    """Applies edits.

    Attributes
    ----------
    state : changed by each edit
    before : the edited topics of the earlier run, if there is one
    space : the vectors
    find : (value of `seed`) -> rows of papers that a topic begins with
    """

    state: State
    before: Before | None
    space: Space
    find: Callable[[dict], np.ndarray]

    def __post_init__(self) -> None:
        self.moved: dict[int, int] = {}  # the edit that moved each row last
        self.asked: dict[int, int] = {}  # papers of each `move`
        self.made: dict[str, np.ndarray] = {}  # what a later run needs, see `Before`

    def run(self, edits: list[Edit]) -> list[Outcome]:
        """The outcome of each edit; pinned topics come back first, so that other edits find them."""
        outcomes: list[Outcome] = [applied(None)] * len(edits)
        for number, edit in sorted(enumerate(edits), key=lambda pair: pair[1]["kind"] != "pin"):
            try:
                outcomes[number] = getattr(self, edit["kind"])(number, edit)
            except NotApplied as error:
                outcomes[number] = not_applied(error)
            self._note_empty(edit)
        last = np.bincount(list(self.moved.values()), minlength=len(edits)) if self.moved else None
        for number, asked in self.asked.items():
            again = asked - int(last[number]) if last is not None else 0
            if again and again == asked:
                outcomes[number] = not_applied(NotApplied(REPLACED, "a later edit moves all of its papers"))
            elif again:
                left_out = outcomes[number]["reason"]
                reason = f"a later edit moves {again} of its {asked} papers"
                outcomes[number]["reason"] = f"{left_out}; {reason}" if left_out else reason
        return outcomes

    def _note_empty(self, edit: Edit) -> None:
        sizes = label_sizes(self.state.labels, len(self.state.keys))
        for code in np.flatnonzero(sizes == 0).tolist():
            if self.state.keys[code] not in self.state.gone:
                self.state.leave(code, f"has no papers left after the edit {edit['kind']}")

    def merge(self, number: int, edit: Edit) -> Outcome:
        """Let other topics become part of one."""
        state = self.state
        into, left, statuses = state.target(edit), [], []
        for key in edit["value"]:
            try:
                code = state.code(key)
            except NotApplied as error:
                left.append(str(error))
                statuses.append(error.status)
                continue
            if code == into:
                left.append(f"{key} cannot become part of itself")
                statuses.append(CONFLICT)
                continue
            state.labels[state.labels == code] = into
            state.leave(code, f"is part of {state.keys[into]} by an edit")
        if len(left) == len(edit["value"]):
            raise NotApplied(CONFLICT if CONFLICT in statuses else ORPHANED, "; ".join(left))
        return applied(state.keys[into], "; ".join(left) or None)

    def hide(self, number: int, edit: Edit) -> Outcome:
        """Take the papers of a topic out of it."""
        code = self.state.target(edit)
        rows = np.flatnonzero(self.state.labels == code)
        self.state.labels[rows] = -1
        self.state.leave(code, "is hidden by an edit")
        return applied(self.state.keys[code], f"{len(rows):,} papers are in no topic")

    def move(self, number: int, edit: Edit) -> Outcome:
        """Put papers into a topic."""
        code = self.state.target(edit)
        rows, left_out = self.state.rows_of(edit["value"]["papers"])
        self.state.labels[rows] = code
        self.moved |= dict.fromkeys(rows.tolist(), number)
        self.asked[number] = len(rows)
        return applied(self.state.keys[code], left_out)

    def split(self, number: int, edit: Edit) -> Outcome:
        """Divide a topic. The largest part keeps its key KEY, and the others get KEY-2, KEY-3, …, as long as they last."""
        state = self.state
        code = state.target(edit)
        key, rows = state.keys[code], np.flatnonzero(state.labels == code)
        into = edit["value"].get("into")
        start = np.full(len(rows), -1, np.int32)
        if self.before and key in self.before.made:
            parts = [key, *(f"{key}-{part}" for part in range(2, (into or 20) + 1))]
            for part, name in enumerate(parts):
                start[np.isin(rows, self.before.rows(name))] = part
        had = len(np.unique(start[start >= 0]))
        if had > 1 and into in (None, had):
            labels = self.space.followed(rows, start)
        else:
            labels = as_before(self.space.parts(rows, into), start)
        parts_here = np.unique(labels).tolist()
        if len(parts_here) < 2:
            why = "its subtopics are not stable" if into is None else f"its papers do not form {into} groups"
            raise NotApplied(CONFLICT, f"{key} cannot be divided: {why}")
        self.made[key] = rows[labels == parts_here[0]]
        for part in parts_here[1:]:
            self._add(f"{key}-{part + 1}", rows[labels == part])
        return applied(key)

    def pin(self, number: int, edit: Edit) -> Outcome:
        """Bring a topic that ended back, from the papers that it had in the earlier run."""
        key = edit.get("topic")
        try:
            return applied(self.state.keys[self.state.target(edit)])
        except NotApplied as error:
            if key is None or self.before is None or error.status != ORPHANED:
                raise
            rows = self.before.rows(key)
            if not len(rows):
                raise
        self._add(key, self._grown(key, rows))
        return applied(key, "its number had ended; it goes on with the papers around those that it had")

    def seed(self, number: int, edit: Edit) -> Outcome:
        """Make a topic of words, papers or a text."""
        value = edit["value"]
        key = seed_key(value["name"])
        if key in self.state.keys:
            raise NotApplied(CONFLICT, f"another seed has the name {value['name']!r}")
        rows, left_out = self.state.rows_of(value["ids"]) if "ids" in value else (self.find(value), None)
        if not len(rows):
            raise NotApplied(ORPHANED, "no paper has its words")
        self._add(key, self._grown(key, rows))
        return applied(key, left_out)

    def _grown(self, key: str, start: np.ndarray) -> np.ndarray:
        """The papers of a topic that begins with some, or goes on; papers that an edit moved stay where they are."""
        home = self.before.home(key) if self.before else None
        rows = self.space.grown(self.state.labels, len(self.state.keys), start, home)
        return np.setdiff1d(rows, list(self.moved))

    def _add(self, key: str, rows: np.ndarray) -> None:
        """A topic of these papers."""
        state = self.state
        if key in state.keys:
            raise NotApplied(CONFLICT, f"there is a topic {key} already, by an earlier edit")
        self.made[key] = rows
        state.labels[rows] = len(state.keys)
        state.keys.append(key)
