"""Edits of words and groups: rename, describe, drop_words, group and note."""

from dataclasses import dataclass, field

import numpy as np

from lib.clusters.partitions import number_by_size, renumbered
from lib.edits.schema import APPLIED, CONFLICT, OF_PAPERS, REPLACED, EditSummary, Outcome
from lib.edits.state import Edit, NotApplied, State, applied, not_applied, seed_key
from lib.words.spelling import stems

NOUNS = {"rename": "name", "describe": "description"}  # of which a topic has one


@dataclass
class Words:
    """What edits say of the topics, by code.

    Attributes
    ----------
    names, descriptions : by topic
    outcomes : of the edits of words, in the order of the file
    """

    names: dict[int, str] = field(default_factory=dict)
    descriptions: dict[int, str] = field(default_factory=dict)
    outcomes: list[Outcome] = field(default_factory=list)


def words_of(state: State, edits: list[Edit]) -> Words:
    """The names and descriptions that edits give; of several edits of one topic the last is applied.

    Parameters
    ----------
    edits : of any kind; of those of papers only seeds count, which name their topics
    """
    words = Words()
    for edit in edits:
        if edit["kind"] == "seed" and (key := seed_key(edit["value"]["name"])) in state.here():
            words.names[state.code(key)] = edit["value"]["name"]
    replaced: dict[tuple[str, int], int] = {}  # outcome of the last edit of a kind, by topic
    for edit in edits:
        if edit["kind"] in OF_PAPERS:
            continue
        try:
            outcome = _apply(words, state, edit)
        except NotApplied as error:
            outcome = not_applied(error)
        else:
            about = (edit["kind"], state.keys.index(outcome["topic"]) if outcome["topic"] else -1)
            if about in replaced and edit["kind"] in NOUNS:
                later = f"a later edit gives {outcome['topic']} another {NOUNS[edit['kind']]}"
                words.outcomes[replaced[about]] = not_applied(NotApplied(REPLACED, later))
            replaced[about] = len(words.outcomes)
        words.outcomes.append(outcome)
    standing = {name for name, _ in groups_of(state, edits)}
    of_words = [edit for edit in edits if edit["kind"] not in OF_PAPERS]
    for place, (edit, outcome) in enumerate(zip(of_words, words.outcomes, strict=True)):
        if edit["kind"] == "group" and outcome["status"] == APPLIED and edit["value"]["name"] not in standing:
            words.outcomes[place] = not_applied(NotApplied(REPLACED, "later groups have all of its topics"))
    return words


def _apply(words: Words, state: State, edit: Edit) -> Outcome:
    """Apply an edit; raises NotApplied."""
    if edit["kind"] == "group":
        return _group_outcome(state, edit["value"]["topics"])
    if "topic" not in edit and "papers" not in edit:
        return applied(None)
    code = state.target(edit)
    if edit["kind"] == "rename":
        _check_free(words.names, code, edit)
        words.names[code] = edit["value"]
    elif edit["kind"] == "describe":
        words.descriptions[code] = edit["value"]
    return applied(state.keys[code])


def _check_free(names: dict[int, str], code: int, edit: Edit) -> None:
    """Raise NotApplied if an edit has given the name to another topic."""
    if any(
        stems(name.lower()) == stems(edit["value"].lower()) for other, name in names.items() if other != code
    ):
        raise NotApplied(CONFLICT, f"another topic has the name {edit['value']!r} by an earlier edit")


def _group_outcome(state: State, keys: list[str]) -> Outcome:
    """Whether some topics of a group are there."""
    left = []
    for key in keys:
        try:
            state.code(key)
        except NotApplied as error:
            left.append(error)
    if len(left) == len(keys):
        raise left[0]
    return applied(None, "; ".join(map(str, left)) or None)


def groups_of(state: State, edits: list[Edit]) -> list[tuple[str, list[int]]]:
    """The groups of the edits: name, and codes of the topics that no later group has; edits of one name make one group."""
    home: dict[int, str] = {}
    for edit in edits:
        for key in edit["value"]["topics"] if edit["kind"] == "group" else ():
            try:
                home[state.code(key)] = edit["value"]["name"]
            except NotApplied:
                continue  # `words_of` says why
    names = dict.fromkeys(home.values())
    return [(name, sorted(code for code, of in home.items() if of == name)) for name in names]


def regrouped(groups: np.ndarray, asked: list[tuple[str, list[int]]], sizes: np.ndarray) -> np.ndarray:
    """The group of each topic, int32 (k,), numbered by descending size; those asked for have the topics asked for.

    Parameters
    ----------
    groups : int32 (k,), found by the hierarchy
    sizes : int (k,), papers of each topic
    """
    if not asked:
        return groups
    labels, n = groups.copy(), int(groups.max()) + 1
    for place, (_, codes) in enumerate(asked):
        labels[codes] = n + place
    _, labels = np.unique(labels, return_inverse=True)
    return renumbered(labels, number_by_size(labels, int(labels.max()) + 1, sizes))


def dropped_words(state: State, edits: list[Edit]) -> tuple[frozenset[str], dict[int, frozenset[str]]]:
    """The words, in lower case, that are keywords of no topic, and those that are none of certain topics."""
    everywhere: set[str] = set()
    of_topic: dict[int, set[str]] = {}
    for edit in edits:
        words = {" ".join(word.lower().split()) for word in edit["value"]}
        try:
            if "topic" in edit or "papers" in edit:
                of_topic.setdefault(state.target(edit), set()).update(words)
            else:
                everywhere |= words
        except NotApplied:
            continue
    return frozenset(everywhere), {code: frozenset(words) for code, words in of_topic.items()}


def edit_summary(
    edits: list[Edit], lines: list[int], replayed: list[Outcome], words: list[Outcome], names: dict[str, str]
) -> list[EditSummary]:
    """All edits with their outcomes, in the order of the file.

    Parameters
    ----------
    replayed, words : outcomes of the edits of papers, and of the others
    names : of the topics by key
    """
    of_papers, of_words = iter(replayed), iter(words)
    found = []
    for edit, line in zip(edits, lines, strict=True):
        outcome = next(of_papers if edit["kind"] in OF_PAPERS else of_words)
        found.append(
            EditSummary(
                **outcome,
                line=line,
                kind=edit["kind"],
                text=in_short(edit),
                note=edit["value"] if edit["kind"] == "note" else edit.get("note"),
                by=edit.get("by"),
                date=edit.get("date"),
                name=names.get(outcome["topic"] or ""),
            )
        )
    return found


SHOWN = 5  # papers or words of an edit


def in_short(edit: Edit) -> str:
    """What an edit does, in a few words."""
    value, kind = edit["value"], edit["kind"]
    about = edit.get("topic") or (f"the topic of {some(edit['papers'])}" if "papers" in edit else "")
    texts = {
        "rename": lambda: f"rename {about}: {value}",
        "describe": lambda: f"describe {about}",
        "merge": lambda: f"merge {some(value)} into {about}",
        "split": lambda: f"split {about} into {value.get('into', 'its subtopics')}",
        "hide": lambda: f"hide {about}",
        "pin": lambda: f"pin {about}",
        "move": lambda: f"move {some(value['papers'])} to {about}",
        "drop_words": lambda: (
            f"drop the {'word' if len(value) == 1 else 'words'} {some(value)}"
            + (f" of {about}" if about else "")
        ),
        "group": lambda: f"group {value['name']}: {some(value['topics'])}",
        "seed": lambda: f"seed {value['name']}",
        "note": lambda: f"note on {about}",
    }
    return texts[kind]()


def some(items: list) -> str:
    """The first items of a list, and how many there are more."""
    more = f" and {len(items) - SHOWN:,} more" if len(items) > SHOWN else ""
    return ", ".join(map(str, items[:SHOWN])) + more
