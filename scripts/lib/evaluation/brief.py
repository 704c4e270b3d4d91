"""The first sentences of the report: what the map is, what it found, and how far to trust it."""

from lib.evaluation.report_texts import count
from lib.evaluation.schema import Evaluation
from lib.naming.names import first_parts
from lib.records.ledger import NOT_KEPT, NOT_READ
from lib.records.schema import Ledger
from lib.trends.periods import IN_SAMPLE

LARGEST = 3  # topics named as the largest, and as rising or fading
PARTS = 2  # of a name
DOUBTFUL = 6  # topics named as loose or mixed; the table marks all


def in_brief(
    topics: list[dict], years: tuple[int, int] | None, ledger: Ledger, evaluation: Evaluation
) -> list[str]:
    """Three paragraphs for a reader who knows no measure.

    Parameters
    ----------
    topics : rows of the report's table of topics, by descending size: `name`, `share`, `trend`, `loose`, `mixed`, `stability`
    years : the first and the last year with papers; None without dates
    """
    return [
        what_it_is(topics, years, ledger, evaluation["papers"]),
        what_it_found(topics),
        how_far_to_trust(topics, evaluation["negative_silhouette_share"]),
    ]


def what_it_is(topics: list[dict], years: tuple[int, int] | None, ledger: Ledger, papers: int) -> str:
    """The papers, where they are from, what was left out, and the topics."""
    source = ledger["input"] if isinstance(ledger["input"], str) else f"{len(ledger['input'])} files"
    lost = [
        (sum(ledger["buckets"][name]["count"] for name in names if name in ledger["buckets"]), words)
        for names, words in (*NOT_READ, *NOT_KEPT)
    ]
    reasons = [f"{words} ({number:,})" for number, words in lost if number]
    total = sum(number for number, _ in lost)
    left_out = (
        f" Of {count(ledger['lines'], ledger['unit'], ledger['unit'] + 's')} there, {count(total, 'was', 'were')} left out: {listed(reasons)}."
        if total
        else ""
    )
    span = (
        "" if years is None else f" of {years[0]} to {years[1]}" if years[0] < years[1] else f" of {years[0]}"
    )
    return (
        f"This is a map of {papers:,} papers{span} from {source} in {count(len(topics), 'topic', 'topics')}.{left_out} Topics were found "
        "from titles and abstracts alone: papers with similar texts are in one topic, whatever journal or category they are from."
    )


def what_it_found(topics: list[dict]) -> str:
    """The largest topics, and those whose share of the papers changed over the years."""
    largest = [f"{quoted(topic)} ({topic['share']:.0%})" for topic in topics[:LARGEST]]
    text = f"The largest {'topic is' if len(largest) == 1 else 'topics are'} {listed(largest)}."
    changes = []
    for trend, share in (("rising", "a growing share"), ("fading", "a shrinking share")):
        of_trend = [topic for topic in topics if topic["trend"] and topic["trend"]["trend"] == trend]
        of_trend.sort(key=lambda topic: -abs(topic["trend"]["order"]))
        if of_trend:
            have = "has" if len(of_trend) == 1 else "have"
            changes.append(f"{some(of_trend, LARGEST)} {have} {share} of the papers")
    if changes:
        uneven = any(topic["trend"] and topic["trend"]["uneven"] for topic in topics)
        text += f" Over the years{IN_SAMPLE * uneven}, {'; '.join(changes)}."
        if uneven:
            text += (
                " The papers were not drawn evenly over the years, so that these changes say as much of how they were drawn as of "
                "science: do not quote them as facts about science."
            )
    return text


def how_far_to_trust(topics: list[dict], nearer_elsewhere: float) -> str:
    """How many topics are stable, and which are not and why."""
    measured = [topic for topic in topics if topic["stability"] is not None]
    loose = [topic for topic in measured if topic["loose"]]
    mixed = [topic for topic in topics if topic["mixed"]]
    stable = [topic for topic in measured if not topic["loose"] and not topic["mixed"]]
    parts = []
    if measured:
        are = "is" if len(stable) == 1 else "are"
        parts.append(
            f"{len(stable)} of the {len(topics)} topics {are} stable: most of their papers are found together again "
            "when half of all are left out, and their keywords stand in the same papers."
        )
    if loose:
        parts.append(
            f"Loose, so that other papers of the same kind may divide otherwise: {some(loose, DOUBTFUL)}."
        )
    if mixed:
        parts.append(f"Mixed, so that several subjects are in one topic: {some(mixed, DOUBTFUL)}.")
    if unmeasured := len(topics) - len(measured):
        were = "was" if unmeasured == 1 else "were"
        parts.append(f"{unmeasured} {were} changed by edits, and not measured in this way.")
    if round(100 * nearer_elsewhere):
        parts.append(
            f"Borders between topics are soft: {nearer_elsewhere:.0%} of the papers are, by their own text alone, nearer to another "
            "topic, since each was placed together with its nearest papers. So trust topics more than the place of a single paper."
        )
    return " ".join(parts)


def quoted(topic: dict) -> str:
    """The first parts of the name of a topic, in a sentence."""
    return f"“{first_parts(topic['name'], PARTS)}”"


def some(topics: list[dict], most: int) -> str:
    """The names of the first topics, and how many there are more."""
    more = [f"{len(topics) - most} more"] if len(topics) > most else []
    return listed([*map(quoted, topics[:most]), *more])


def listed(items: list[str]) -> str:
    """`a, b and c`."""
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}"
