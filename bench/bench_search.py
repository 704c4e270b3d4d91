"""Does the search of map.html find what the encoder finds, and how fast and large is it with 100,000 papers.

On a finished run (RESULTS, by default results/). Queries are the titles of 800 papers, which are left out of all that is searched,
and of what terms mean, and on arXiv the queries of bench/queries.tsv. The page itself answers, in headless Chromium. A found
paper is right if it has the primary category of the query; precision is over the first ten.

The pages of SEARCH_PAPERS papers, by default 100,000, are made of copies of the papers of the run, with noise; SEARCH_PAPERS=
makes none.
"""

import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from measure import OUT, ROOT, command, page_files, script, table

RESULTS = Path(os.environ.get("RESULTS", ROOT / "results"))
QUERIES = ROOT / "bench" / "queries.tsv"
OF_PAPERS = ("papers", "coordinates", "assignments", "memberships", "subtopics")
TITLES, FOUND = 800, 10
LARGE = [int(n) for n in os.environ.get("SEARCH_PAPERS", "100000").split(",") if n]
SPACE = {"paper_space": "papers.npy", "term_space": "terms.npy", "search_terms": "terms.parquet"}
RANKED = """queries => queries.map(query => {
  const {rank} = explorer.search.find(query), order = [...rank.keys()].sort((a, b) => rank[b] - rank[a] || a - b);
  return order.slice(0, 10).map(i => explorer.texts.ids.get(i));
})"""
TIMES = """queries => queries.map(query => {
  const start = performance.now();
  explorer.search.find(query);
  return performance.now() - start;
})"""
Right = Callable[[int, str], bool]


def page_inputs(folder: Path) -> dict[str, Path]:
    """The files of the run that `explore` reads, without those of the search."""
    names = {
        "papers": "corpus/papers", "coordinates": "map/coordinates", "assignments": "clusters/assignments",
        "memberships": "clusters/memberships", "subtopics": "clusters/subtopics", "topics": "topics/topics",
        "hierarchy": "topics/hierarchy", "facets": "corpus/facets", "trends": "topics/trends", "periods": "topics/periods",
        "subtopic_trends": "topics/subtopic_trends", "subtopic_periods": "topics/subtopic_periods",
    }  # fmt: skip
    files = {name: folder / f"{file}.parquet" for name, file in names.items()}
    return files | page_files() | {"neighbors": folder / "embeddings/neighbors.npy"}


def opened_page(playwright, page: Path):
    chromium = shutil.which("chromium") or sys.exit("install chromium to measure map.html")
    browser = playwright.chromium.launch(executable_path=chromium, chromium_sandbox=False)
    tab = browser.new_page(viewport={"width": 1400, "height": 900})
    tab.goto(page.as_uri())
    tab.wait_for_selector("#map[data-ready]", timeout=120_000)
    return tab


def write_space(folder: Path, rows: np.ndarray) -> dict[str, Path]:
    """What `search` writes of some papers."""
    from lib.map.search_space import (
        PAPER_STEP,
        TERM_STEP,
        SearchSpace,
        chosen_terms,
        in_steps,
        incidence,
        term_vectors,
    )
    from lib.vectors import open_embeddings, take

    vectors = open_embeddings(RESULTS / "embeddings/embeddings.npy")
    read = take(vectors, rows)
    papers = SearchSpace(read).project(read)
    vocabulary = pq.read_table(RESULTS / "corpus/vocabulary.parquet", columns=["term", "papers", "titles"])
    terms, offsets = (np.load(RESULTS / f"corpus/{name}.npy") for name in ("terms", "term_offsets"))
    has = incidence(terms, offsets, rows, len(vocabulary))
    chosen = chosen_terms(vocabulary["papers"].to_numpy(), has)
    files = {name: folder / file for name, file in SPACE.items()}
    np.save(files["paper_space"], in_steps(papers, PAPER_STEP))
    np.save(files["term_space"], in_steps(term_vectors(has[:, chosen], papers), TERM_STEP))
    pq.write_table(vocabulary.take(pa.array(chosen)), files["search_terms"])
    return files


def encoded(folder: Path, queries: list[str]) -> np.ndarray:
    """The vectors of the queries: float32 (q, dim)."""
    papers, vectors = folder / "queries.parquet", folder / "queries.npy"
    named = [str(q) for q in range(len(queries))]
    hashes = pa.array([name.rjust(16).encode() for name in named], pa.binary(16))
    pq.write_table(pa.table({"id": named, "text": queries, "text_hash": hashes}), papers)
    made = {"vectors": vectors, "summary": folder / "queries.json", "cache": None}
    command(script("embed", papers=papers, threads=2, **made))
    return np.load(vectors).astype(np.float32)


def by_encoder(folder: Path, queries: list[str], rows: np.ndarray) -> np.ndarray:
    """The cosine of each paper to each query: float32 (q, n)."""
    vectors = np.load(RESULTS / "embeddings/embeddings.npy")[rows].astype(np.float32)
    return encoded(folder, queries) @ vectors.T


def by_words(queries: list[str], texts: list[str]) -> np.ndarray:
    """The same of TF-IDF of titles and abstracts."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    words = TfidfVectorizer(stop_words="english", sublinear_tf=True)
    papers = words.fit_transform(texts)
    return (words.transform(queries) @ papers.T).toarray()


def first_ids(scores: np.ndarray, ids: list[str]) -> list[list[str]]:
    """The ids of the FOUND best papers of each query."""
    return [[ids[i] for i in np.argsort(-row, kind="stable")[:FOUND]] for row in scores]


def precision(found: list[list[str]], right: Right) -> tuple[float, float]:
    """The mean share of right papers, and its standard error."""
    shares = np.array([np.mean([right(q, i) for i in row]) for q, row in enumerate(found)])
    return float(shares.mean()), float(shares.std() / len(shares) ** 0.5)


def measure_finding(playwright) -> None:
    from lib.rows import hash_ids, sample_rows

    folder = OUT / "search"
    folder.mkdir(parents=True, exist_ok=True)
    all_papers = pq.read_table(RESULTS / "corpus/papers.parquet")
    asked = sample_rows(hash_ids(all_papers["id"].to_pylist(), seed=1), TITLES)
    rows = np.setdiff1d(np.arange(len(all_papers)), asked)
    inputs = page_inputs(RESULTS)
    for name in OF_PAPERS:
        pq.write_table(pq.read_table(inputs[name]).take(pa.array(rows)), folder / f"{name}.parquet")
        inputs[name] = folder / f"{name}.parquet"
    inputs["neighbors"] = few_neighbors(folder, inputs["neighbors"], rows)
    command(
        script(
            "explore", **inputs, **write_space(folder, rows), max_papers=len(rows), map=folder / "map.html"
        )
    )
    page = opened_page(playwright, folder / "map.html")
    papers, titles = all_papers.take(pa.array(rows)), all_papers["title"].take(pa.array(asked)).to_pylist()
    ids, texts = papers["id"].to_pylist(), papers["text"].to_pylist()
    category = dict(zip(ids, papers["primary_category"].to_pylist(), strict=True))
    own = all_papers["primary_category"].take(pa.array(asked)).to_pylist()
    listed = [line.split("\t") for line in QUERIES.read_text().splitlines() if not line.startswith("#")]
    wanted = [set(names.split(",")) for _, names in listed]
    sets: list[tuple[str, list[str], Right]] = [
        (f"{TITLES} titles, category", titles, lambda q, i: category[i] == own[q]),
        (f"{TITLES} titles, archive", titles, lambda q, i: archive(category[i]) == archive(own[q])),
        (f"{len(listed)} queries written by hand", [query for query, _ in listed], lambda q, i: category[i] in wanted[q]),
    ]  # fmt: skip
    lines = []
    for name, queries, right in sets if set.union(*wanted) & set(own) else sets[:2]:
        plain = [query.replace('"', " ").replace(" -", " ") for query in queries]  # no signs of the search
        ways = {
            "encoder": first_ids(by_encoder(folder, queries, rows), ids),
            "page": page.evaluate(RANKED, plain),
            "TF-IDF": first_ids(by_words(queries, texts), ids),
        }
        found = {way: precision(each, right) for way, each in ways.items()}
        best = found["encoder"][0]
        lines += [[f"{name}: {way}", *each, each[0] / best] for way, each in found.items()]
    header = ["queries", "precision@10", "standard error", "of the encoder's"]
    table(f"Found among {len(ids):,} papers, without those whose titles are queries", header, lines)
    page.context.browser.close()


def archive(category: str | None) -> str:
    return (category or "").split(".")[0]


def copies(folder: Path, n: int) -> dict[str, Path]:
    """The inputs of a page of n papers: copies of those of the run, with noise."""
    rng = np.random.default_rng(0)
    inputs = page_inputs(RESULTS)
    total = pq.read_metadata(inputs["papers"]).num_rows
    rows = np.arange(n) % total
    for name in OF_PAPERS:
        copied = pq.read_table(inputs[name]).take(pa.array(rows))
        if name == "coordinates":
            for axis in ("x", "y"):
                values = copied[axis].to_numpy() + rng.normal(0, 0.05, n).astype(np.float32)
                copied = copied.set_column(copied.schema.get_field_index(axis), axis, pa.array(values))
        if "id" in copied.column_names:
            unique = [f"{i}v{k // total}" for k, i in enumerate(copied["id"].to_pylist())]
            copied = copied.set_column(copied.schema.get_field_index("id"), "id", pa.array(unique))
        pq.write_table(copied, folder / f"{name}.parquet")
        inputs[name] = folder / f"{name}.parquet"
    facets = pq.read_table(inputs["facets"])
    ids = facets["id"].to_pylist()
    parts = [facets.set_column(0, "id", pa.array([f"{i}v{k}" for i in ids])) for k in range(-(-n // total))]
    pq.write_table(pa.concat_tables(parts), folder / "facets.parquet")
    inputs["facets"] = folder / "facets.parquet"
    inputs["neighbors"] = few_neighbors(folder, inputs["neighbors"], rows)
    return inputs


def few_neighbors(folder: Path, neighbors: Path, rows: np.ndarray) -> Path:
    """The neighbors of some rows; others stand for those that are not among the rows. The search does not read them."""
    np.save(folder / "neighbors.npy", np.minimum(np.load(neighbors)[rows], len(rows) - 1))
    return folder / "neighbors.npy"


def copied_space(folder: Path, n: int) -> dict[str, Path]:
    """A space of n papers and as many terms as a page holds, of which the copies have other letters."""
    from lib.map.search_space import TERMS

    rng = np.random.default_rng(1)
    read = {name: RESULTS / "map/search" / file for name, file in SPACE.items()}
    files = {name: folder / file for name, file in SPACE.items()}
    for name, count in (("paper_space", n), ("term_space", TERMS)):
        numbers = np.load(read[name])
        many = numbers[np.arange(count) % len(numbers)] + rng.integers(-2, 3, (count, numbers.shape[1]))
        np.save(files[name], np.clip(many, -127, 127).astype(np.int8))
    terms = pq.read_table(read["search_terms"]).take(
        pa.array(np.arange(TERMS) % len(np.load(read["term_space"])))
    )
    letters = np.array(list("abcdefghijklmnopqrstuvwxyz"))
    known = len(np.load(read["term_space"]))
    names = [t if i < known else t + "".join(rng.choice(letters, 2)) for i, t in enumerate(terms["term"].to_pylist())]  # fmt: skip
    pq.write_table(terms.set_column(0, "term", pa.array(names)), files["search_terms"])
    return files


def measure_speed(playwright, n: int) -> None:
    folder = OUT / f"search-{n}"
    folder.mkdir(parents=True, exist_ok=True)
    inputs, lines = copies(folder, n), []
    spaces = {"words alone": {}, "words and meaning": copied_space(folder, n)}
    queries = [line.split("\t")[0] for line in QUERIES.read_text().splitlines() if not line.startswith("#")]
    titles = pq.read_table(inputs["papers"], columns=["title"])["title"].to_pylist()[:50]
    for name, space in spaces.items():
        page = folder / "map.html"
        command(script("explore", **inputs, **space, max_papers=n, map=page))
        firsts, readies = [], []
        for _ in range(5):
            tab = opened_page(playwright, page)
            drawn = tab.evaluate("explorer.drawn")
            firsts.append(drawn["first"] / 1000)
            readies.append(drawn["ready"] / 1000)
            times = [sorted(tab.evaluate(TIMES, asked)) for asked in (queries, titles)]
            tab.context.browser.close()
        spans = [value for each in times for value in (each[len(each) // 2], each[-1])]
        lines.append(
            [name, page.stat().st_size / 1e6, float(np.median(firsts)), float(np.median(readies)), *spans]
        )
    header = ["map.html", "MB", "first picture, s", "ready, s", "answer to a query, ms", "worst", "to a title, ms", "worst"]  # fmt: skip
    table(f"{n:,} papers, copies of those of the run", header, lines)


def main() -> None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        measure_finding(playwright)
        for n in LARGE:
            measure_speed(playwright, n)
