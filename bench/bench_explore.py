"""map.html: size, time to the first picture, and time to draw a frame, beside a canvas that draws each point.

On made-up maps of 100,000 and 500,000 papers, whose titles are those of the corpus, repeated, in
headless Chromium. Script time is what the main thread spends on a frame while the map is moved and
zoomed; the time that the GPU needs is not in it. "Frames per second" has both, but headless Chromium has
no GPU: SwiftShader computes WebGL on the processor.
"""

import importlib
import json
import os
import shutil
import sys
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from measure import OUT, ROOT, command, corpus, page_files, script, table

PAPERS = tuple(map(int, os.environ.get("EXPLORE_PAPERS", "100000,500000").split(",")))
TOPICS = 40
CANVAS = ROOT / "bench" / "explore_canvas.js"
FRAMES = 60
SCHEMAS = [f"lib.{room}.schema" for room in ("records", "clusters", "naming", "trends", "map")]
# Headless Chromium has WebGL without a GPU, which the page leaves alone since it is slower than a canvas.
USE_GL = "WebGLRenderingContext.prototype.getExtension = () => null"
# Moves about and zooms in fourfold and back; `old` makes the other way to draw.
MEASURE = """async old => {
  const {view, draw, drawn} = explorer, times = [], frames = FRAMES;
  const step = old ? old(explorer) : draw, start = performance.now();
  for (let k = 0; k < frames; k++) {
    const turn = 2 * Math.PI * k / frames;
    Object.assign(view, {x: .5 + .1 * Math.sin(turn), y: .5 + .1 * Math.cos(turn), zoom: 2.5 - 1.5 * Math.cos(turn)});
    await new Promise(requestAnimationFrame);
    const before = performance.now();
    step();
    times.push(performance.now() - before);
  }
  await new Promise(requestAnimationFrame);
  const seconds = (performance.now() - start) / 1000;
  times.sort((a, b) => a - b);
  return {median: times[frames >> 1], worst: times[frames - 1], rate: frames / seconds,
          first: drawn.first, ready: drawn.ready, by: document.getElementById("map").dataset.drawnBy};
}""".replace("FRAMES", str(FRAMES))


def titles_of_corpus() -> tuple[list[str], list[str | None]]:
    """Titles and primary categories of the corpus."""
    titles, categories = [], []
    with corpus().open(encoding="utf-8") as file:
        for line in file:
            record = json.loads(line)
            titles.append(" ".join(record["title"].split()))
            categories.append((record.get("categories") or "none").split()[0])
    return titles, categories


def make_inputs(folder: Path, n: int) -> dict[str, Path]:
    """The files that `explore` reads, for n papers in topics of different sizes and shapes."""
    rng = np.random.default_rng(0)
    titles, categories = titles_of_corpus()
    chosen = np.arange(n) % len(titles)
    topic = np.sort(rng.choice(TOPICS, n, p=np.geomspace(8, 1, TOPICS) / np.geomspace(8, 1, TOPICS).sum()))
    topic = topic[rng.permutation(n)].astype(np.int32)
    # each topic is a few overlapping blobs around a center
    centers = rng.normal(size=(TOPICS, 2)) * 4
    parts = centers[:, None] + rng.normal(size=(TOPICS, 6, 2)) * 0.9
    part = rng.integers(6, size=n)
    points = parts[topic, part] + rng.normal(size=(n, 2)) * rng.gamma(2, 0.2, size=(n, 1))
    similarity = rng.beta(8, 4, n).astype(np.float32)
    days = [date(1995, 1, 1) + timedelta(int(d)) for d in rng.beta(3, 1.2, n) * 11_300]
    years = np.array([d.year for d in days])
    ids = [f"{d.year % 100:02d}{d.month:02d}.{i:06d}" for i, d in enumerate(days)]
    tables = {
        "papers": {
            "id": ids,
            "title": [titles[i] for i in chosen],
            "primary_category": [categories[i] for i in chosen],
            "published": pa.array(days, pa.date32()),
        },
        "coordinates": {
            "id": ids,
            "x": points[:, 0].astype(np.float32),
            "y": points[:, 1].astype(np.float32),
        },
        "assignments": {"topic": topic, "similarity": similarity, "outlier": similarity < 0.35},
        "topics": topic_table(topic, titles, n),
        "trends": trend_table("topic", TOPICS),
        "subtopic_trends": trend_table("subtopic", 6 * TOPICS),
        "hierarchy": hierarchy_table(topic, part),
        "subtopics": {"id": ids, "subtopic": (6 * topic + part).astype(np.int32)},
        "memberships": {
            "topics": [[int(t), int(t + 1) % TOPICS] for t in topic],
            "shares": [[0.75, 0.25]] * n,
        },
        "periods": period_table("topic", topic, TOPICS, years),
        "subtopic_periods": period_table("subtopic", 6 * topic + part, 6 * TOPICS, years),
    }
    folder.mkdir(parents=True, exist_ok=True)
    authors = [[f"Author {i % 997}", f"Author {i % 1009}"] for i in range(n)]
    facets = {
        "id": np.repeat(ids, 2),
        "facet": ["authors"] * 2 * n,
        "value": [a for two in authors for a in two],
    }
    pq.write_table(filled("facet_rows", facets), folder / "facets.parquet")
    for name, columns in tables.items():
        pq.write_table(filled(name, columns), folder / f"{name}.parquet")
    near = (np.arange(n)[:, None] + np.arange(1, 21)) % n
    np.save(folder / "neighbors.npy", near.astype(np.int32))
    return {name: folder / f"{name}.parquet" for name in tables} | {
        "neighbors": folder / "neighbors.npy",
        "facets": folder / "facets.parquet",
    }


def filled(name: str, columns: dict) -> pa.Table:
    """A table with all columns of its schema; those that are not given are null."""
    schema = next(
        getattr(module, name.upper())
        for module in map(importlib.import_module, SCHEMAS)
        if hasattr(module, name.upper())
    )
    rows = len(next(iter(columns.values())))
    arrays = [
        columns[field.name] if field.name in columns else pa.nulls(rows, field.type) for field in schema
    ]
    arrays = [
        pa.array(a, f.type) if not isinstance(a, pa.Array) else a for a, f in zip(arrays, schema, strict=True)
    ]
    return pa.Table.from_arrays(arrays, schema=schema)


def topic_table(topic: np.ndarray, titles: list[str], n: int) -> dict:
    from lib.figures.palette import hex_colors, topic_colors

    rng = np.random.default_rng(1)
    words = sorted(
        {w.lower() for title in titles[:5000] for w in title.split() if w.isalpha() and len(w) > 5}
    )
    keywords = [[str(w) for w in rng.choice(words, 8, replace=False)] for _ in range(TOPICS)]
    sizes = np.bincount(topic, minlength=TOPICS)
    names = [" · ".join(k[:3]) for k in keywords]
    return {
        "topic": np.arange(TOPICS), "key": [f"t{0xa00 + t:04x}" for t in range(TOPICS)], "name": names, "label": names, "primary_keyword": [k[0] for k in keywords],
        "keywords": keywords, "fields": [[]] * TOPICS, "size": sizes, "share": sizes / n,
        "color": hex_colors(topic_colors(rng.normal(size=(TOPICS, 2)))),
    }  # fmt: skip


def hierarchy_table(topic: np.ndarray, part: np.ndarray) -> dict:
    """Eight groups of five topics, and six subtopics of each topic."""
    groups, sizes = TOPICS // 5, np.bincount(topic, minlength=TOPICS)
    below = np.bincount(6 * topic + part, minlength=6 * TOPICS)
    levels = {"group": groups, "topic": TOPICS, "subtopic": 6 * TOPICS}
    names = [f"{level} {i}" for level, count in levels.items() for i in range(count)]
    return {
        "level": [level for level, count in levels.items() for _ in range(count)],
        "node": [i for count in levels.values() for i in range(count)],
        "parent": [None] * groups + [t // 5 for t in range(TOPICS)] + [s // 6 for s in range(6 * TOPICS)],
        "size": np.concatenate([sizes.reshape(groups, 5).sum(1), sizes, below]),
        "name": names,
        "keywords": [[name] for name in names],
        "fields": [[]] * len(names),
        "mixed": [False] * len(names),
        "tentative": [False] * len(names),
    }


def trend_table(level: str, count: int) -> dict:
    change = np.random.default_rng(2).normal(size=count) / 10
    trend = np.select([change > 0.1, change < -0.1], ["rising", "fading"], "").tolist()
    return {level: np.arange(count), "change_per_year": change, "trend": trend}


def period_table(level: str, node: np.ndarray, count: int, years: np.ndarray) -> dict:
    """The papers of each year of each node of a level."""
    span = np.arange(years.min(), years.max() + 1)
    counts = np.bincount(node * len(span) + years - span[0], minlength=count * len(span))
    counts = counts.reshape(count, len(span))
    return {
        level: np.repeat(np.arange(count), len(span)),
        "unit": ["year"] * counts.size,
        "period": pa.array([date(int(y), 1, 1) for _ in range(count) for y in span], pa.date32()),
        "papers": counts.ravel(),
        "share": (counts / counts.sum(0)).ravel(),
        "partial": [False] * counts.size,
    }


def measure_page(playwright, page: Path, use_gl: bool, old: str) -> dict:
    """Open the page in a fresh browser, and move about for some frames."""
    chromium = shutil.which("chromium") or sys.exit("install chromium to measure map.html")
    browser = playwright.chromium.launch(executable_path=chromium, chromium_sandbox=False)
    tab = browser.new_page(viewport={"width": 1400, "height": 900})
    if use_gl:
        tab.add_init_script(USE_GL)
    tab.goto(page.as_uri())
    tab.wait_for_selector("#map[data-ready]", timeout=120_000)
    found = tab.evaluate(f"({MEASURE})({old})")
    browser.close()
    return found


def main() -> None:
    from playwright.sync_api import sync_playwright

    ways = {
        "WebGL": (True, "null"),
        "pixels of a canvas": (False, "null"),
        "circles of a canvas (before)": (False, CANVAS.read_text()),
    }
    rows = []
    with sync_playwright() as playwright:
        for n in PAPERS:
            folder = OUT / f"explore-{n}"
            inputs = make_inputs(folder, n)
            page = folder / "map.html"
            seconds, peak, _ = command(script("explore", **inputs, **page_files(), max_papers=n, map=page))
            print(
                f"explore, {n:,} papers: {seconds:.1f} s, {peak:,.0f} MB, page {page.stat().st_size / 1e6:.1f} MB"
            )
            for name, (use_gl, old) in ways.items():
                found = measure_page(playwright, page, use_gl, old)
                times = [found[key] / 1000 for key in ("first", "ready")]
                rows.append([name, n, *times, found["median"], found["worst"], found["rate"]])
    header = [
        "drawn by",
        "papers",
        "first picture, s",
        "ready, s",
        "script per frame, ms",
        "worst",
        "frames per second",
    ]
    table("map.html in headless Chromium, 1400 x 900 pixels", header, rows)
