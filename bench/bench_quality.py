"""Topics and keywords beside BERTopic, Turftopic, scikit-learn and EVoC: the same vectors, the same number of topics.

On the bundled papers, and on 20,000 papers of CORPUS, if that is given. All keywords are found in the texts in
the same way: a hyphen is a space, and singular and plural are one word. Coherence and diversity are those of the first ten keywords of a topic. `LIBRARIES="sklearn
bertopic"` leaves the others out.
"""

import json
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from bench_space import corpora, texts
from measure import OUT, ROOT, TERMS, command, overlay, script, table

LIMIT = int(os.environ.get("PAPERS", "20000"))
LIBRARIES = os.environ.get("LIBRARIES", "sklearn bertopic turftopic evoc").split()
K = {"bundled": 20}  # what `select_k` chooses; elsewhere 40
TOP = 10
PACKAGES = [
    "bertopic==0.17.4",
    "hdbscan==0.8.44",
    "umap-learn==0.5.12",
    "pynndescent==0.7.0",
    "plotly==7.1.0",
    "turftopic==0.28.0",
    "igraph==0.11.9",
    "texttable==1.7.2",
    "rich==13.9.4",
    "evoc==0.3.2",
]
# ways to find words for our topics, then ways with topics of their own
WORDS = {
    "mean TF-IDF": "sklearn-tfidf",
    "BERTopic, c-TF-IDF": "bertopic-ctfidf",
    "BERTopic, KeyBERT-inspired": "bertopic-keybert",
    "BERTopic, MMR": "bertopic-mmr",
}
TOPICS = {
    "BERTopic: UMAP, K-means, c-TF-IDF": "bertopic-own",
    "Turftopic: KeyNMF": "turftopic-keynmf",
    "Turftopic: S³": "turftopic-s3",
    "scikit-learn: NMF": "sklearn-nmf",
    "scikit-learn: LDA": "sklearn-lda",
}


def wanted(ways: dict[str, str]) -> list[tuple[str, str]]:
    """The ways of the libraries that are asked for."""
    return [(what, way) for what, way in ways.items() if way.partition("-")[0] in LIBRARIES]


def occurrences(papers: list[str], terms: list[str]) -> Iterator[tuple[np.ndarray, ...]]:
    """Where terms stand in papers, as `count_windows` takes it."""
    number = {tuple(split(term)): i for i, term in enumerate(terms)}
    lengths = sorted({len(words) for words in number})
    for start in range(0, len(papers), 2048):
        sizes, found = [], []
        for paper, text in enumerate(papers[start : start + 2048]):
            words = split(text)
            sizes.append(len(words))
            for n in lengths:
                some = enumerate(zip(*(words[i:] for i in range(n)), strict=False))
                found += [(paper, at, number[term]) for at, term in some if term in number]
        columns = np.array(found, np.int64).reshape(-1, 3).T
        yield np.array(sizes), columns[0], columns[1], columns[2]


def split(text: str) -> list[str]:
    """The words of a text in the singular, with hyphens as spaces."""
    from lib.words.spelling import stem

    return [stem(word) for word in re.findall(r"\w+", text.lower())]


def twins(keywords: list[list[str]]) -> float:
    """Pairs of keywords that share a word, in any form, per topic."""
    words = [[set(split(word)) for word in some] for some in keywords]
    return float(np.mean([sum(bool(a & b) for i, a in enumerate(some) for b in some[:i]) for some in words]))


def quality(papers: list[str], keywords: list[list[str]]) -> list:
    """NPMI in papers, C_v, diversity and twins of the keywords of each topic."""
    from lib.evaluation.coherence import WINDOW, c_v, count_windows, diversity, mean_known, mean_npmi, npmi

    some = [words[:TOP] for words in keywords]
    terms = sorted({" ".join(split(word)) for words in some for word in words})
    number = {term: i for i, term in enumerate(terms)}
    own = [np.array([number[" ".join(split(word))] for word in words], int) for words in some]
    found = list(occurrences(papers, terms))
    whole, windows = (count_windows(found, len(terms), size) for size in (sys.maxsize // 4, WINDOW))
    return [
        mean_known(mean_npmi(npmi(whole), own)),
        mean_known(c_v(npmi(windows), own)),
        diversity(some, TOP),
        twins(some),
    ]


def run(way: str, folder: Path, k: int) -> tuple[np.ndarray, list[list[str]], float, float]:
    """The topics, the keywords, processor seconds and peak MB of a way of quality_ways.py."""
    target = folder / f"{way}.json"
    path = f"{overlay('quality', PACKAGES)}:{ROOT / 'scripts'}:{ROOT / 'bench'}"
    args = [sys.executable, ROOT / "bench" / "quality_ways.py", way, folder, k, target]
    _, peak, seconds = command(args, {"PYTHONPATH": path})
    found = json.loads(target.read_text())
    return np.array(found["topics"]), found["keywords"], seconds, peak


def our_words(folder: Path, topics: np.ndarray, name: str) -> tuple[list[list[str]], float, float]:
    """Our keywords of some topics, with the processor seconds and peak MB of `terms` and `keywords`. Papers of -1 count in none."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    from lib.clusters.schema import ASSIGNMENTS

    known = np.flatnonzero(topics >= 0)
    kept, assignments = folder / f"{name}-papers.parquet", folder / f"{name}-assignments.parquet"
    pq.write_table(pq.read_table(folder / "papers.parquet").take(known), kept)
    owner = topics[known].astype(np.int32)
    filled = {
        field.name: owner if field.name == "topic" else pa.nulls(len(known), field.type)
        for field in ASSIGNMENTS
    }
    pq.write_table(pa.table(filled, schema=ASSIGNMENTS), assignments)
    embeddings = folder / f"{name}-embeddings.npy"
    np.save(embeddings, np.load(folder / "vectors.npy", mmap_mode="r")[known])
    files = {flag: folder / f"{name}-{file}" for flag, file in TERMS.items()}
    written = {"keywords": folder / f"{name}-keywords.parquet", "csv": folder / f"{name}-keywords.csv"}
    counted = command(script("terms", papers=kept, threads=2, **files))
    centroids = folder / f"{name}-centroids.npy"
    np.save(centroids, np.zeros((int(owner.max()) + 1, 1), np.float32))  # of which only the number is read
    works = folder / f"{name}-works.parquet"
    pq.write_table(pa.table({"counted": np.ones(len(known), bool)}), works)
    read = {"embeddings": embeddings, "assignments": assignments, "centroids": centroids, "works": works}
    weighed = command(script("keywords", **read, **files, **written))
    keywords: list[list[str]] = [[] for _ in range(int(owner.max()) + 1)]
    for row in pq.read_table(written["keywords"]).to_pylist():
        keywords[row["topic"]].append(row["term"])
    return keywords, counted[2] + weighed[2], max(counted[1], weighed[1])


def main() -> None:
    from sklearn.metrics import adjusted_mutual_info_score

    for name, _, primary in corpora(LIMIT):
        k = K.get(name, 40)
        folder = OUT / f"vectors-{name}-{None if name == 'bundled' else LIMIT}"
        papers = texts(name, LIMIT)
        topics, _, seconds, peak = run("ours", folder, k)
        np.save(folder / "topics.npy", topics)

        def ami(some: np.ndarray, primary: list[str] = primary) -> float:
            return float(adjusted_mutual_info_score(primary, some))

        keywords, more, most = our_words(folder, topics, "ours")
        rows = [["**ours**", *quality(papers, keywords), ami(topics), seconds + more, max(peak, most)]]
        rows += [["**ours**, words alone", *quality(papers, keywords), ami(topics), more, most]]
        for what, way in wanted(WORDS):
            _, keywords, *cost = run(way, folder, k)
            rows.append([f"our topics; {what}", *quality(papers, keywords), ami(topics), *cost])
        for what, way in wanted(TOPICS):
            found, keywords, *cost = run(way, folder, k)
            rows.append([what, *quality(papers, keywords), ami(found), *cost])
        if "evoc" in LIBRARIES:
            found, _, seconds, peak = run("evoc", folder, k)
            keywords, more, most = our_words(folder, found, "evoc")
            share, clusters = float(np.mean(found >= 0)), int(found.max()) + 1
            what = f"EVoC ({clusters} clusters of {share:.0%} of the papers); our words"
            rows.append([what, *quality(papers, keywords), ami(found), seconds + more, max(peak, most)])
        header = ["way", "NPMI", "C_v", "diversity", "twins", "AMI", "processor s", "peak MB"]
        table(f"Quality: {len(papers):,} papers of {name}, K = {k}", header, rows)


if __name__ == "__main__":
    main()
