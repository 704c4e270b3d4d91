"""Count the papers of each topic per year and month, and test which topics rise or fade."""

import argparse

import numpy as np
import pandas as pd
import pyarrow as pa

from lib.cli import Parser, run, say, warn
from lib.clusters.schema import ASSIGNMENTS, SUBTOPICS
from lib.figures.fonts import drawable
from lib.figures.style import save
from lib.figures.trend_figure import plot_trends
from lib.files import atomic_outputs
from lib.keywords.schema import HIERARCHY
from lib.naming.schema import TOPICS
from lib.records.schema import PAPERS
from lib.tables import check_same_rows, read_table, write_csv, write_table
from lib.trends.periods import (
    FALSE_DISCOVERIES,
    MIN_PAPERS,
    count_papers,
    half_by,
    is_partial,
    periods,
    shares_by_year,
)
from lib.trends.regression import adjusted, change_per_year
from lib.trends.schema import PERIODS, SUBTOPIC_PERIODS, SUBTOPIC_TRENDS, TRENDS


def period_table(days: np.ndarray, topics: np.ndarray, k: int, unit: str) -> pd.DataFrame:
    """The papers of each topic in each period, with the columns of PERIODS.

    Parameters
    ----------
    days : datetime64[D] (n,), of the papers with a date
    topics : int (n,), 0 to k - 1; k for papers that count in the corpus only
    unit : "year" or "month"
    """
    if not len(days):
        return PERIODS.empty_table().to_pandas()
    numbers, counts = count_papers(periods(days, unit), topics, k + 1)
    months = numbers * 12 if unit == "year" else numbers
    first = (months - 1970 * 12).astype("datetime64[M]").astype("datetime64[D]")
    partial = np.zeros(len(numbers), bool)
    partial[-1] = is_partial(days.max(), unit)
    share = (counts / np.maximum(counts.sum(0), 1))[:k]
    return pd.DataFrame(
        {
            "topic": np.repeat(np.arange(k), len(numbers)),
            "unit": unit,
            "period": np.tile(first, k),
            "papers": counts[:k].ravel(),
            "share": share.ravel(),
            "partial": np.tile(partial, k),
        }
    )


def trend_table(days: np.ndarray, topics: np.ndarray, names: list[str]) -> pd.DataFrame:
    """One row per topic, with the columns of TRENDS; its trend is tested on whole years.

    Parameters
    ----------
    days : datetime64[D] (n,), of the papers with a date
    topics : int (n,), 0 to k - 1; k for papers that count in the corpus only
    names : of the k topics
    """
    table = pd.DataFrame({"topic": np.arange(len(names)), "name": names})
    if not len(days):
        return table.reindex(columns=TRENDS.names).assign(dated_papers=0, trend="")
    years, counts = count_papers(periods(days, "year"), topics, len(names) + 1)
    whole = slice(0, len(years) - is_partial(days.max(), "year"))
    exposure, counts = counts.sum(0), counts[:-1]
    found = [change_per_year(row[whole], exposure[whole], years[whole]) for row in counts]
    q_values = adjusted(np.array([trend.p_value for trend in found]))
    change = np.array([trend.change for trend in found])
    direction = np.where(change > 0, "rising", "fading")
    dated = counts.sum(1)
    share = np.where(exposure >= min(MIN_PAPERS, exposure.max()), counts / np.maximum(exposure, 1), 0.0)
    return table.assign(
        dated_papers=dated,
        first_year=[int(years[row > 0][0]) if row.any() else None for row in counts],
        half_by=[half_by(row, years) if row.any() else None for row in counts],
        peak_year=[int(years[row.argmax()]) if row.any() else None for row in share],
        change_per_year=change,
        low=[trend.low for trend in found],
        high=[trend.high for trend in found],
        q_value=q_values,
        trend=np.where(q_values <= FALSE_DISCOVERIES, direction, ""),
    )


def tables(days: np.ndarray, topics: np.ndarray, names: list[str]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The trends of topics, and their papers per year and month.

    Parameters
    ----------
    days : datetime64[D] (n,), of the papers with a date
    topics : int (n,), 0 to k - 1; -1 for papers of none, which count in the corpus only
    names : of the k topics
    """
    topics = np.where(topics < 0, len(names), topics)
    by_period = [period_table(days, topics, len(names), unit) for unit in ("year", "month")]
    return trend_table(days, topics, names), pd.concat(by_period)


def arguments(argv: list[str] | None) -> argparse.Namespace:
    cli = Parser(__doc__)
    cli.inputs(
        papers="papers.parquet",
        assignments="assignments.parquet",
        subtopics="subtopics.parquet",
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
    topics = read_table(args.assignments, ASSIGNMENTS, ["topic"])["topic"].to_numpy()
    subtopic = read_table(args.subtopics, SUBTOPICS, ["subtopic"])["subtopic"]
    check_same_rows(papers=len(published), assignments=len(topics), subtopics=len(subtopic))
    names = read_table(args.topics, TOPICS, ["name"])["name"].to_pylist()
    nodes = read_table(args.hierarchy, HIERARCHY, ["level", "node", "parent", "name"]).to_pandas()
    nodes = nodes[nodes["level"] == "subtopic"]
    dated = published.is_valid().to_numpy(zero_copy_only=False)
    days = published.drop_null().cast(pa.int32()).to_numpy().astype("datetime64[D]")
    table, by_period = tables(days, topics[dated], names)
    owners = subtopic.fill_null(-1).to_numpy()[dated]
    below, below_by_period = tables(days, owners, nodes["name"].tolist())
    below = below.rename(columns={"topic": "subtopic"}).assign(topic=nodes["parent"].to_numpy())
    below_by_period = below_by_period.rename(columns={"topic": "subtopic"})
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
        write_csv(csv_file, table)
        write_csv(subtopic_csv_file, below[SUBTOPIC_TRENDS.names])
        save(figure, figure_file, 150)
    if undated := int((~dated).sum()):
        warn(f"{undated:,} of {len(dated):,} papers have no date and are left out of the trends")
    for level, some in (("topics", table), ("subtopics", below)):
        rising, fading = ((some["trend"] == kind).sum() for kind in ("rising", "fading"))
        say(f"{rising} {level} rise, {fading} fade, of {some['q_value'].notna().sum()} tested")


if __name__ == "__main__":
    run(main)
