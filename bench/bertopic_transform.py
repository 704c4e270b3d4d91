"""Fit BERTopic on vectors and time its `transform` of others; arguments: fitted.npy, new.npy, K, target.json."""

import json
import sys
import time
from pathlib import Path

import numpy as np
from bertopic import BERTopic
from sklearn.cluster import KMeans
from umap import UMAP


def main() -> None:
    fitted, new = (np.load(path).astype(np.float32) for path in sys.argv[1:3])
    k, target = int(sys.argv[3]), Path(sys.argv[4])
    words = np.array("star field group graph spin model data proof wave code".split())
    texts = [[" ".join(words[np.argsort(row[:10])[:5]]) for row in rows] for rows in (fitted, new)]
    reduction = UMAP(n_neighbors=15, n_components=5, min_dist=0.0, metric="cosine", random_state=0)
    model = BERTopic(
        embedding_model=None, umap_model=reduction, hdbscan_model=KMeans(k, n_init=1, random_state=0)
    )
    model.fit(texts[0], embeddings=fitted)
    begun = time.perf_counter(), time.process_time()
    topics, _ = model.transform(texts[1], embeddings=new)
    measured = {"seconds": time.perf_counter() - begun[0], "processor": time.process_time() - begun[1]}
    same, _ = model.transform(texts[0][: len(new)], embeddings=fitted[: len(new)])
    measured["same"] = float((np.array(same) == np.array(model.topics_)[: len(new)]).mean())
    target.write_text(json.dumps(measured | {"topics": len(set(topics))}))


if __name__ == "__main__":
    main()
