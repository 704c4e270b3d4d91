"""What changed since an earlier run, in sentences."""

from lib.trends.schema import News

DUE = 0.05  # gap at which a fresh start is worth a thought
VERBS = {"born": "born", "split": "split off", "ended": "ended", "merged": "merged", "announced": "announced"}
STREAMS = 5  # largest streams of papers between topics that are told


def opening(news: News) -> list[str]:
    """Whether it is the same map: the papers, the topics, and what a fresh start would change."""
    going_on = news["names"]
    lines = [
        f"{news['papers']:,} papers, {news['new']:,} of them new since the earlier map, {news['removed']:,} removed.",
        f"{going_on} of {news['topics_before']} topics go on. {news['kept']:.1%} of the papers that were there keep their "
        f"topic, and {news['names_kept']} of {going_on} topics their name.",
    ]
    return lines + fresh_start(news)


def fresh_start(news: News) -> list[str]:
    """What a map without a history would look like, and whether it is time for one."""
    if news["history"] == "fresh":
        return [
            "This map was clustered without a history. Topics that are told to be born, split, merged or ended may be the "
            "same subjects, divided in another way."
        ]
    if news["gap"] is None or news["moved"] is None:
        return []
    if news["gap"] <= 0:
        return [f"A fresh start would fit no better, and move {news['moved']:.0%} of the papers."]
    text = f"A fresh start would fit {news['gap']:.1%} better and move {news['moved']:.0%} of the papers."
    if news["gap"] > DUE:
        text += " Consider one: set `cluster.history: fresh` for one run."
    return [text]


def lines_of(news: News) -> list[str]:
    """One line per change, and the largest streams between topics; new names last."""
    moves = [
        f"moved: {papers:,} {'paper' if papers == 1 else 'papers'} from {old} to {new}"
        for old, new, papers in news["moves"][:STREAMS]
    ]
    lines = [(change["kind"] == "renamed", line_of(change, news["run"])) for change in news["changes"]]
    return (
        [line for renamed, line in lines if not renamed]
        + moves
        + [line for renamed, line in lines if renamed]
    )


def line_of(change: dict, run: int) -> str:
    """A change in one line.

    Parameters
    ----------
    run : number of this run in the chain
    """
    name, kind = change["name"], change["kind"]
    if kind in ("grew", "shrank"):
        if not change["new"]:
            return f"grew slower: {name}, {change['after']:,} papers, none of the new ones"
        verb = "grew" if kind == "grew" else "grew slower"
        return (
            f"{verb}: {name}, {change['before']:,} to {change['after']:,} papers, {change['factor']:.1f} times its former "
            "share of the new ones"
        )
    if kind == "renamed":
        return f"renamed: {change['was']} → {name}"
    if kind == "announced":
        again = f", announced in run {change['announced']}" if change["announced"] < run else ""
        return f"announced: {change['after']:,} young papers of one subject in {name}, {change['new']:,} of them new{again}"
    verb = f"{VERBS[kind]} by an edit" if change["by_edit"] else VERBS[kind]
    if kind in ("born", "split"):
        origin = f"; most others were in {change['other_name']}" if change["other_name"] else ""
        return f"{verb}: {name}, {change['after']:,} papers, {change['new']:,} of them new{origin}"
    target = f"; most of them are in {change['other_name']} now" if change["other_name"] else ""
    return f"{verb}: {name}, {change['before']:,} papers{target}"
