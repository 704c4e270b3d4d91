"""Count the papers of each topic per year and month, and test which topics grow or decline."""

import argparse

import numpy as np
import pyarrow as pa

from lib.cli import Parser, run, say, warn
from lib.clusters.schema import SUBTOPICS
from lib.clusters.topic_numbers import read_assignments
from lib.figures.fonts import drawable
from lib.figures.style import save
from lib.figures.trend_figure import plot_trends
from lib.files import atomic_outputs
from lib.naming.schema import HIERARCHY, TOPICS
from lib.records.schema import PAPERS
from lib.tables import check_same_rows, read_table, write_csv, write_table
from lib.trends.periods import periods, shares_by_year
from lib.trends.regression import tables_of
from lib.trends.schema import PERIODS, SUBTOPIC_PERIODS, SUBTOPIC_TRENDS, TRENDS
from lib.works.counted import read_counted, without_copies


def arguments(argv: list[str] | None) -> argparse.Namespace:
    cli = Parser(__doc__)
    cli.inputs(
        papers="papers.parquet",
        assignments="assignments.parquet",
        subtopics="subtopics.parquet",
        works="works.parquet",
        topics="topics.parquet",
        hierarchy="hierarchy.parquet",
    )
    cli.outputs(
        trends="trends.parquet",
        csv="trends.csv",
        periods="periods.parquet",
        subtopic_trends="subtopic_trends.parquet",
        subtopic_csv="subtopic_trends.csv",
        subtopic_periods="subtopic_periods.parquet",
        figure="trends.png",
    )
    return cli.parse_args(argv)


def main(argv: list[str] | None = None) -> None:
    args = arguments(argv)
    published = read_table(args.papers, PAPERS, ["published"])["published"].combine_chunks()
    of_topics = read_table(args.topics, TOPICS, ["topic", "name", "size"]).to_pandas()
    numbers, names = of_topics["topic"].to_numpy(), of_topics["name"].tolist()
    topics = read_assignments(args.assignments, ["topic"], numbers)[0]["topic"].to_numpy()
    subtopic = read_table(args.subtopics, SUBTOPICS, ["subtopic"])["subtopic"]
    counted = read_counted(args.works)
    check_same_rows(
        papers=len(published), assignments=len(topics), subtopics=len(subtopic), works=len(counted)
    )
    stands = (without_copies(topics, counted) >= 0) | (counted & (topics < 0))
    published, topics = published.filter(pa.array(stands)), topics[stands]
    subtopic = subtopic.filter(pa.array(stands))
    nodes = read_table(args.hierarchy, HIERARCHY, ["level", "node", "parent", "name"]).to_pandas()
    nodes = nodes[nodes["level"] == "subtopic"]
    dated = published.is_valid().to_numpy(zero_copy_only=False)
    days = published.drop_null().cast(pa.int32()).to_numpy().astype("datetime64[D]")
    table, by_period = tables_of(days, topics[dated], names)
    table["topic"], by_period["topic"] = numbers, numbers[by_period["topic"]]
    subtopic_of = subtopic.fill_null(-1).to_numpy()[dated]
    below, below_by_period = tables_of(days, subtopic_of, nodes["name"].tolist())
    below = below.rename(columns={"topic": "subtopic"}).assign(topic=nodes["parent"].to_numpy())
    below_by_period = below_by_period.rename(columns={"topic": "subtopic"})
    listed = of_topics.sort_values("size", ascending=False, kind="stable")["topic"].tolist()
    years, shares = shares_by_year(by_period)
    families, shown = drawable(names)
    change = table["change_per_year"].to_numpy(float)
    papers = np.array([np.count_nonzero(periods(days, "year") == year) for year in years])
    figure = plot_trends(shown, shares, years, papers, list(table["trend"]), change, tuple(families))
    written = (args.trends, args.periods, args.subtopic_trends, args.subtopic_periods)
    with atomic_outputs(*written, args.csv, args.subtopic_csv, args.figure) as outputs:
        *files, csv_file, subtopic_csv_file, figure_file = outputs
        contents = (
            (table, TRENDS),
            (by_period, PERIODS),
            (below, SUBTOPIC_TRENDS),
            (below_by_period, SUBTOPIC_PERIODS),
        )
        for file, (content, schema) in zip(files, contents, strict=True):
            write_table(file, content, schema)
        for file, of_nodes in ((csv_file, table), (subtopic_csv_file, below[SUBTOPIC_TRENDS.names])):
            write_csv(file, of_nodes.sort_values("topic", key=lambda t: t.map(listed.index), kind="stable"))
        save(figure, figure_file, 150)
    if undated := int((~dated).sum()):
        warn(f"{undated:,} of {len(dated):,} papers have no date and are left out of the trends")
    for level, trends in (("topics", table), ("subtopics", below)):
        rising, fading = ((trends["trend"] == kind).sum() for kind in ("rising", "fading"))
        say(f"{rising} {level} rise, {fading} fade, of {trends['q_value'].notna().sum()} tested")


if __name__ == "__main__":
    run(main)
