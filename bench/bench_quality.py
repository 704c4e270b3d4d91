"""Topics and keywords beside BERTopic, Turftopic, scikit-learn and EVoC: the same vectors, the same number of topics.

On the bundled papers and, if CORPUS is given, on 20,000 of its papers and on 6,000 of subjects other than computer
science. All ways are measured at equal lengths, five and ten keywords per topic, and as each way lists them. All
keywords are found in the texts in the same way: a hyphen is a space, and singular and plural are one word.
`LIBRARIES="sklearn bertopic"` leaves the others out.
"""

import json
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import numpy as np

from bench_space import corpora, folder_of, texts
from measure import ROOT, TERMS, command, default_flags, overlay, script, table

LIMIT = int(os.environ.get("PAPERS", "20000"))
LIBRARIES = os.environ.get("LIBRARIES", "sklearn bertopic turftopic evoc").split()
K = {"bundled": 17, "others": 30}  # elsewhere 40
TOP = 10
LENGTHS = (5, TOP, None)
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


def quality(papers: list[str], keywords: list[list[str]]) -> dict[int | None, list]:
    """For five and ten keywords, and for all: their number, C_v, NPMI in papers and near each other, and diversity."""
    from lib.keywords.coherence import (
        NEAR,
        WINDOW,
        c_v,
        count_windows,
        diversity,
        mean_known,
        mean_npmi,
        npmi,
    )

    words = [[" ".join(split(word)) for word in of_topic] for of_topic in keywords]
    terms = sorted({word for of_topic in words for word in of_topic})
    number = {term: i for i, term in enumerate(terms)}
    places = list(occurrences(papers, terms))
    whole, windows, near = (
        npmi(count_windows(places, len(terms), size)) for size in (sys.maxsize // 4, WINDOW, NEAR)
    )
    measured = {}
    for n in LENGTHS:
        lists = [of_topic[:n] for of_topic in words]
        columns = [np.array([number[word] for word in of_topic], int) for of_topic in lists]
        measured[n] = [
            sum(map(len, lists)),
            mean_known(c_v(windows, columns)),
            mean_known(mean_npmi(whole, columns)),
            mean_known(mean_npmi(near, columns)),
            diversity(lists, TOP),
        ]
    return measured


def run(way: str, folder: Path, k: int) -> tuple[np.ndarray, list[list[str]], float, float]:
    """The topics, the keywords, processor seconds and peak MB of a way of quality_ways.py."""
    target = folder / f"{way}.json"
    path = f"{overlay('quality', PACKAGES)}:{ROOT / 'scripts'}:{ROOT / 'bench'}"
    args = [sys.executable, ROOT / "bench" / "quality_ways.py", way, folder, k, target]
    _, peak, seconds = command(args, {"PYTHONPATH": path})
    found = json.loads(target.read_text())
    return np.array(found["topics"]), found["keywords"], seconds, peak


def our_terms(folder: Path, name: str):
    """The terms of a corpus as the step `terms` writes them, and the words that count only in bigrams."""
    from lib.words.term_files import Terms
    from lib.words.words import read_words

    files = {flag: folder / f"{name}-{file}" for flag, file in TERMS.items()}
    command(script("terms", papers=folder / "papers.parquet", threads=2, **files))
    return Terms.read(SimpleNamespace(**files)), read_words(ROOT / default_flags("keywords")["head_words"])


def our_model(folder: Path, topics: np.ndarray, name: str):
    """Our keyword model of given topics; papers of -1 count in none."""
    from lib.keywords.model import KeywordModel

    corpus, head_words = our_terms(folder, name)
    vectors = np.load(folder / "vectors.npy", mmap_mode="r")
    return KeywordModel.of(corpus, vectors, topics, np.arange(topics.max() + 1), head_words)


def our_words(model, own_length: bool) -> list[list[str]]:
    """Our keywords as they are shown: ten per topic, or as many as the rules leave."""
    import lib.keywords.model as rules

    least, rules.LEAST = rules.LEAST, rules.LEAST if own_length else TOP
    keywords = model.keywords_of(np.arange(len(model.sizes)), TOP)
    rules.LEAST = least
    return [[keyword.keyword for keyword in of_topic] for of_topic in keywords]


def plain_words(model) -> list[list[str]]:
    """The ten terms of each topic with the largest class-based TF-IDF, without repeated words."""
    from lib.keywords.ctfidf import ctfidf

    lists = []
    for row in ctfidf(model.counts):
        words: list[str] = []
        for column in row.indices[np.lexsort((row.indices, -row.data))].tolist():
            term = model.vocabulary.terms[column]
            if not set(split(term)) & {part for word in words for part in split(word)}:
                words.append(term)
            if len(words) == TOP:
                break
        lists.append(words)
    return lists


def main() -> None:
    from sklearn.metrics import adjusted_mutual_info_score

    for name, _, primary in corpora(LIMIT, others=True):
        k = K.get(name, 40)
        folder = folder_of(name, LIMIT)
        papers = texts(folder)
        topics, _, seconds, peak = run("ours", folder, k)
        np.save(folder / "topics.npy", topics)
        model = our_model(folder, topics, "ours")
        ten, own = (quality(papers, our_words(model, own_length)) for own_length in (False, True))
        ami = float(adjusted_mutual_info_score(primary, topics))
        measured = {"**ours**": (ten | {None: own[None]}, ami, seconds, peak)}
        measured["our topics; c-TF-IDF of our terms, no repeated words"] = (
            quality(papers, plain_words(model)),
            ami,
            None,
            None,
        )
        for what, way in wanted(WORDS):
            _, keywords, *cost = run(way, folder, k)
            measured[f"our topics; {what}"] = (quality(papers, keywords), ami, *cost)
        for what, way in wanted(TOPICS):
            labels, keywords, *cost = run(way, folder, k)
            measured[what] = (
                quality(papers, keywords),
                float(adjusted_mutual_info_score(primary, labels)),
                *cost,
            )
        if "evoc" in LIBRARIES:
            labels, _, *cost = run("evoc", folder, k)
            model = our_model(folder, labels, "evoc")
            what = (
                f"EVoC ({labels.max() + 1} clusters of {np.mean(labels >= 0):.0%} of the papers); our words"
            )
            words = quality(papers, our_words(model, False)) | {
                None: quality(papers, our_words(model, True))[None]
            }
            measured[what] = words, float(adjusted_mutual_info_score(primary, labels)), *cost
        for n in LENGTHS:
            length = f"{n} keywords per topic" if n else "as each way lists them"
            header = ["way", "keywords", "C_v", "NPMI, papers", "NPMI, near", "diversity"]
            rows = [[what, *words[n]] for what, (words, *_) in measured.items()]
            table(f"Keywords: {len(papers):,} papers of {name}, K = {k}, {length}", header, rows)
        rows = [[what, *rest] for what, (_, *rest) in measured.items()]
        table(f"Topics: {name}", ["way", "AMI with categories", "processor s", "peak MB"], rows)


if __name__ == "__main__":
    main()
