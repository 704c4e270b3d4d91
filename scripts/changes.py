"""Tell what changed since the earlier run."""

import argparse

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from matplotlib.figure import Figure

from lib.cli import Parser, UserError, run, say
from lib.clusters.schema import ASSIGNMENTS, ClusterSummary
from lib.edits.schema import Replayed
from lib.figures.flow_figure import NEW, plot_flows
from lib.figures.fonts import drawable
from lib.figures.style import save
from lib.files import atomic_outputs, read_json, write_json
from lib.naming.schema import TOPICS
from lib.naming.titles import latex_to_text
from lib.records.schema import PAPERS
from lib.rows import positions
from lib.tables import check_same_rows, read_table, write_csv, write_table
from lib.trends.changes import Step, change_table, history_table
from lib.trends.news import lines_of, opening
from lib.trends.schema import CHANGES, HISTORY, News

LINES = 12  # of the log
STREAMS = 20  # between topics, in changes.json


def arguments(argv: list[str] | None) -> argparse.Namespace:
    cli = Parser(__doc__)
    cli.inputs(
        papers="papers.parquet",
        assignments="assignments.parquet",
        cluster="cluster.json",
        topics="topics.parquet",
    )
    cli.optional_inputs(
        previous_assignments="assignments.parquet of the earlier run",
        previous_topics="its topics.parquet",
        previous_history="its history.parquet; nothing if it is the first run of the chain",
        replayed="edits.json of `edit`, if edits are of papers",
    )
    cli.outputs(changes="changes.json", csv="changes.csv", history="history.parquet", figure="changes.png")
    return cli.parse_args(argv)


def first_history(step: Step) -> pd.DataFrame:
    """The history of a chain of which only the earlier run of the step is known, with the columns of HISTORY."""
    sizes = step.counts["before"].loc[step.before["topic"]].to_numpy()
    table = step.before[["topic", "key", "name"]].assign(run=0, newest=None, papers=len(step.old), size=sizes)
    return table.assign(new=0, event=None)[HISTORY.names]


def news_of(step: Step, changes: pd.DataFrame, cluster: ClusterSummary, titles: dict[str, str]) -> News:
    """The changes and their summary.

    Parameters
    ----------
    changes : columns of CHANGES
    titles : by id, of the papers that show a change
    """
    both = (step.old_topic >= 0) & (step.topic >= 0)
    going_on = step.after[step.after["topic"].isin(step.before["topic"])]
    flows, names = step.flows, step.after.set_index("topic")["name"]
    before = step.before.set_index("topic")["name"]
    moves = flows[flows["old"] != flows["new"]].head(STREAMS)
    rows = pa.Table.from_pandas(changes, CHANGES, preserve_index=False).to_pylist()
    return News(
        run=cluster["run"],
        history=cluster["history"],
        papers=len(step.topic),
        new=int((~step.shared).sum()),
        removed=len(step.old) - int(step.shared.sum()),
        kept=float((step.old_topic[both] == step.topic[both]).mean()),
        topics_before=len(step.before),
        topics=len(step.after),
        names=len(going_on),
        names_kept=int(going_on["was"].isna().sum()),
        gap=cluster["gap"],
        moved=cluster["moved"],
        moves=[[before[row.old], names[row.new], int(row.papers)] for row in moves.itertuples()],
        changes=[row | {"titles": [titles[paper] for paper in row["papers"]]} for row in rows],
    )


def plot(step: Step, colors: dict[int, str]) -> Figure:
    """The figure: streams of papers from the former topics to today's."""
    flows = step.flows
    new = step.counts["new"][step.counts["new"] > 0]
    by_size = step.after.assign(size=step.counts["after"].loc[step.after["topic"]].to_numpy())
    by_size = by_size.sort_values("size", ascending=False, kind="stable")
    now = dict(zip(by_size["topic"], by_size["name"], strict=True))
    before = dict(zip(step.before["topic"], step.before["name"], strict=True))
    order = [
        *(number for number in now if number in before),
        *(number for number in before if number not in now),
    ]
    families, drawn = drawable([*(before[number] for number in order), *now.values()])
    names = (
        dict(zip(order, drawn[: len(order)], strict=True)),
        dict(zip(now, drawn[len(order) :], strict=True)),
    )
    return plot_flows(
        [*flows["old"], *[NEW] * len(new)],
        [*flows["new"], *new.index],
        [*flows["papers"], *new],
        names,
        colors,
        tuple(families),
    )


def main(argv: list[str] | None = None) -> None:
    args = arguments(argv)
    if args.previous_assignments is None or args.previous_topics is None:
        raise UserError(
            "config key previous: there is no earlier run to compare with; set it to a results folder"
        )
    papers = read_table(args.papers, PAPERS, ["id", "title", "published"])
    now = read_table(args.assignments, ASSIGNMENTS, ["id", "topic", "similarity"])
    check_same_rows(papers=len(papers), assignments=len(now))
    cluster = read_json(args.cluster, ClusterSummary)
    earlier = read_table(args.previous_assignments, ASSIGNMENTS, ["id", "topic"])
    columns = ["topic", "key", "name", "was", "color"]
    before, after = (
        read_table(path, TOPICS, columns).to_pandas() for path in (args.previous_topics, args.topics)
    )
    at, old = positions(earlier["id"], now["id"]), earlier["topic"].to_numpy()
    step = Step(
        before,
        after,
        old,
        np.where(at >= 0, old[at], -1).astype(np.int32),
        now["topic"].to_numpy(),
        now["similarity"].to_numpy(),
        at >= 0,
        now["id"],
        cluster["announced"],
        frozenset(read_json(args.replayed, Replayed)["gone"]) if args.replayed else frozenset(),
    )
    changes = change_table(step)
    shown = papers.filter(
        pc.is_in(papers["id"], pa.array([i for row in changes["papers"] for i in row], pa.string()))
    )
    titles = dict(zip(shown["id"].to_pylist(), map(latex_to_text, shown["title"].to_pylist()), strict=True))
    news = news_of(step, changes, cluster, titles)
    newest = pc.max(papers["published"]).as_py()
    known = args.previous_history
    earlier_runs = read_table(known, HISTORY).to_pandas() if known else first_history(step)
    history = history_table(earlier_runs, step, changes, cluster["run"], newest)
    colors = dict(zip(pd.concat([after, before])["topic"], pd.concat([after, before])["color"], strict=True))
    outputs = (args.changes, args.csv, args.history, args.figure)
    with atomic_outputs(*outputs) as (changes_file, csv_file, history_file, figure_file):
        write_json(changes_file, news)
        write_csv(csv_file, changes)
        write_table(history_file, pa.Table.from_pandas(history, HISTORY, preserve_index=False), HISTORY)
        save(plot(step, colors), figure_file, 150)
    lines = [*opening(news), *lines_of(news)]
    for line in lines[:LINES]:
        say(line)
    if len(lines) > LINES:
        say(f"and {len(lines) - LINES} more, in report.html and changes.csv")


if __name__ == "__main__":
    run(main)
