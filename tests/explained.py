"""A small finished run for the tests of explanations, with vectors of a random encoder."""

from pathlib import Path

import numpy as np
import torch

from conftest import pq_write
from encoders import abstracts, tiny_bert, write_papers
from lib.embeddings.encoder import load
from lib.embeddings.model import hash_files
from lib.files import write_json
from summaries import EMBEDDINGS

MAX_TOKENS = 64
LONG = " ".join(f"galaxy{'' if i % 3 else ' cluster'}" for i in range(300))
TOPICS = [0] * 12 + [1] * 8 + [2] * 3 + [3]  # one of three identical papers, one of a single paper


def finished_run(folder: Path) -> Path:
    """A results folder with what explanations need. Topic 3 is a single paper of one word."""
    folder.mkdir()
    for stage in ("corpus", "embeddings", "clusters", "topics"):
        (folder / stage).mkdir()
    model = tiny_bert(folder / "model")
    encoder = load(model, device=torch.device("cpu"), max_tokens=MAX_TOKENS, prefix="topic: ")
    texts = [
        f"{LONG}. a title of three hundred words",
        *abstracts(19),
        *["spin glass in a field."] * 3,
        "galaxies.",
    ]
    ids = [f"hep-th/{i:07d}" for i in range(len(texts))]
    write_papers(folder / "corpus/papers.parquet", texts, ids)
    vectors = np.concatenate([encoder.encode([tokens]) for tokens in encoder.tokenize(texts).ids])
    np.save(folder / "embeddings/embeddings.npy", vectors.astype(np.float16))
    about = EMBEDDINGS | {"model": str(model), "files": hash_files(model), "prefix": "topic: ", "parts": 1}
    about |= {"max_tokens": MAX_TOKENS, "padding_share": 0.0, "tokens_per_second": None}
    about |= {"flops_per_second": None, "share_of_matmul_rate": None}
    write_json(folder / "embeddings/embeddings.json", about)
    topics = np.array(TOPICS, np.int32)
    centroids = np.stack([vectors[topics == topic].mean(0) for topic in range(4)])
    np.save(folder / "clusters/centroids.npy", centroids)
    cosines = vectors @ (centroids / np.linalg.norm(centroids, axis=1, keepdims=True)).T
    own = cosines[np.arange(len(topics)), topics]
    cosines[np.arange(len(topics)), topics] = -1
    pq_write(
        folder / "clusters/assignments.parquet",
        id=ids,
        topic=topics,
        similarity=own,
        margin=own - cosines.max(1),
        second_topic=cosines.argmax(1).astype(np.int32),
        silhouette=own,
        outlier=topics < 0,
    )
    names = ["a", "b <i>", "$c$", "量子"]
    pq_write(folder / "topics/topics.parquet", name=names)
    return folder


def inputs_of(folder: Path) -> dict[str, Path]:
    """The inputs of `explain` by flag."""
    return {
        "papers": folder / "corpus/papers.parquet",
        "embeddings": folder / "embeddings/embeddings.npy",
        "encoding": folder / "embeddings/embeddings.json",
        "centroids": folder / "clusters/centroids.npy",
        "assignments": folder / "clusters/assignments.parquet",
    }
