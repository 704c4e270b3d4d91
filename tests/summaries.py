"""Complete JSON files of some steps, for the tests of the steps that read them."""

CLUSTER = {
    "k": 4,
    "papers": 140,
    "smooth": 1,
    "silhouette": 0.1,
    "silhouette_by_topic": [0.1, 0.1, 0.1, 0.1],
    "repeats_by_topic": [0.9, 0.8, 0.7, 0.5],
    "inertia": 70.0,
    "iterations": 5,
    "sizes": [48, 36, 30, 26],
    "outliers": 2,
}
PROJECT = {
    "method": "umap",
    "papers": 140,
    "fitted": 140,
    "compared": 140,
    "n_neighbors": 15,
    "neighbors_kept": 0.5,
    "neighbors_kept_at_random": 0.1,
    "checked": 140,
    "trustworthiness": 0.93,
    "category_accuracy": 0.7,
    "category_accuracy_on_map": 0.6,
    "seconds": 1.0,
}
EMBEDDINGS = {
    "model": "m",
    "revision": None,
    "files": {},
    "prefix": "",
    "max_tokens": 256,
    "pooling": "mean",
    "precision": "float32",
    "dtype": "float16",
    "dim": 2,
    "device": "cpu",
    "origins": [
        {"origin": {"device": "cpu", "attention": "sdpa", "kernels": ["k"]}, "papers": 10, "share": 1.0}
    ],
    "papers": 10,
    "cache_hits": 4,
    "cache_misses": 6,
    "tokens": 600,
    "padding_tokens": 200,
    "truncated_papers": 1,
    "truncated_tokens": 5,
    "model_flops": 1000.0,
    "matmul_flops_per_second": 4000.0,
    "encode_seconds": 2.0,
    "seconds": 3.0,
}
