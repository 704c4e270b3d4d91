"""Clusters: reads embeddings.npy; writes k.json, centroids.npy and assignments.parquet."""

# Following an earlier run needs no GPU
FOLLOWS = bool(chains.topics_of_previous(config))
GPUS = 0 if FOLLOWS else config["cluster"]["gpus"]
GPU_IMAGE = config["embed"]["image"] if GPUS else None
# What decides how topics follow those of an earlier run; without one, a change re-runs nothing
FOLLOWING = settings("cluster", "k", "stay", "history")
HISTORY = {key: FOLLOWING[key] for key in chains.settings_of_history(config)}
NO_HISTORY = {key: value for key, value in FOLLOWING.items() if key not in HISTORY}
SAMPLE = {
    name: f"<results>/clusters/sample/{name}.npy"
    for name in ("rows", "vectors", "half_rows", "half_vectors")
}


rule smooth:
    """Smooth the vectors of a sample and of its random halves: average each with those of its nearest papers."""
    input:
        **code("smooth", "clusters"),
        **CORPUS,
        embeddings="<results>/embeddings/embeddings.npy",
        neighbors="<results>/embeddings/neighbors.npy",
        similarities="<results>/embeddings/similarities.npy",
    output:
        **{name: ensure(file, non_empty=True) for name, file in SAMPLE.items()},
    log:
        "<logs>/smooth.log",
    benchmark:
        "<benchmarks>/smooth.tsv"
    conda:
        "../envs/clusters.yaml"
    threads: 8
    resources:
        **requests("smooth"),
    params:
        **parameters(
            {
                **settings("cluster", "smooth"),
                **settings("scan_k", "sample"),
            },
            takes=["threads"],
        ),
    shell:
        COMMAND


rule scan_k:
    """Cluster a sample several times at one K, and measure quality and stability."""
    input:
        **code("scan_k", "clusters"),
        **CORPUS,
        **SAMPLE,
        embeddings="<results>/embeddings/embeddings.npy",
    output:
        scan=ensure("<results>/clusters/scan_k/{k}.json", non_empty=True),
    log:
        "<logs>/scan_k/{k}.log",
    benchmark:
        "<benchmarks>/scan_k/{k}.tsv"
    conda:
        "../envs/clusters.yaml"
    threads: lambda wildcards: requesting.scan_threads(config)
    resources:
        **requests("scan_k"),
    params:
        **parameters(SEED, takes=["k", "threads"]),
    shell:
        COMMAND


checkpoint select_k:
    """Compare the scans of all candidates, propose a K and give the reason."""
    input:
        **code("select_k", "clusters"),
        scans=expand(
            "<results>/clusters/scan_k/{k}.json", k=requesting.candidates(config)
        ),
    output:
        selection=ensure("<results>/clusters/k.json", non_empty=True),
        chosen=ensure("<results>/clusters/k.txt", non_empty=True),
        table=report(
            ensure("<results>/clusters/k_selection.csv", non_empty=True),
            caption="../docs/captions/k_selection.rst",
            category="How many topics",
        ),
        figure=report(
            ensure("<results>/clusters/k_selection.png", non_empty=True),
            caption="../docs/captions/k_selection.rst",
            category="How many topics",
        ),
    log:
        "<logs>/select_k.log",
    benchmark:
        "<benchmarks>/select_k.tsv"
    localrule: True
    conda:
        "../envs/clusters.yaml"
    threads: 1
    resources:
        **requests("select_k"),
    params:
        **parameters(
            {
                **settings("cluster", "k"),
                "previous": config["previous"] if FOLLOWS else None,
            }
        ),
    shell:
        COMMAND


rule cluster:
    """Cluster all papers with K-means on smoothed vectors."""
    input:
        **code("cluster", "clusters"),
        **CORPUS,
        **SAMPLE,
        **earlier(
            previous_assignments="clusters/assignments.parquet",
            previous_summary="clusters/cluster.json",
        ),
        embeddings="<results>/embeddings/embeddings.npy",
        neighbors="<results>/embeddings/neighbors.npy",
        similarities="<results>/embeddings/similarities.npy",
        chosen=chosen,
    output:
        centroids=ensure("<results>/clusters/centroids.npy", non_empty=True),
        search=ensure("<results>/clusters/search.npy", non_empty=True),
        assignments=ensure("<results>/clusters/assignments.parquet", non_empty=True),
        memberships=ensure("<results>/clusters/memberships.parquet", non_empty=True),
        summary=ensure("<results>/clusters/cluster.json", non_empty=True),
    log:
        "<logs>/cluster.log",
    benchmark:
        "<benchmarks>/cluster.tsv"
    conda:
        None
        if GPU_IMAGE
        else f"../envs/{GPU_ENV}.yaml" if GPUS else "../envs/clusters.yaml"
    container:
        GPU_IMAGE
    threads: 8
    resources:
        **requests("cluster"),
        gpu=GPUS,
    params:
        **parameters(
            # without K, which comes from k.txt: setting it to what was proposed clusters nothing again
            {**settings("cluster", "smooth", "n_init"), **SEED, **HISTORY},
            {**execution("cluster", "gpus"), **NO_HISTORY},
            takes=["threads"],
        ),
    shell:
        COMMAND


rule edit:
    """Replay the edits of papers on the topics: merge, split, hide, pin, move and seed."""
    input:
        **code("edit", "clusters"),
        **earlier_topics(
            previous_assignments="assignments.parquet",
            previous_summary="cluster.json",
        ),
        version=digest,
        previous_replayed=chains.of_edits(config, "edits.json"),
        previous_made=chains.of_edits(config, "made.parquet"),
        previous_history=chains.history_of(config),
        embeddings="<results>/embeddings/embeddings.npy",
        neighbors="<results>/embeddings/neighbors.npy",
        similarities="<results>/embeddings/similarities.npy",
        vocabulary=TERMS["vocabulary"],
        terms=TERMS["terms"],
        term_offsets=TERMS["term_offsets"],
        assignments="<results>/clusters/assignments.parquet",
        memberships="<results>/clusters/memberships.parquet",
        search="<results>/clusters/search.npy",
        summary="<results>/clusters/cluster.json",
        choice=chosen,
    output:
        centroids=ensure("<results>/clusters/edited/centroids.npy", non_empty=True),
        search_edited=ensure("<results>/clusters/edited/search.npy", non_empty=True),
        assignments_edited=ensure(
            "<results>/clusters/edited/assignments.parquet", non_empty=True
        ),
        memberships_edited=ensure(
            "<results>/clusters/edited/memberships.parquet", non_empty=True
        ),
        made=ensure("<results>/clusters/edited/made.parquet", non_empty=True),
        summary_edited=ensure("<results>/clusters/edited/cluster.json", non_empty=True),
        replayed=ensure("<results>/clusters/edited/edits.json", non_empty=True),
    log:
        "<logs>/edit.log",
    benchmark:
        "<benchmarks>/edit.tsv"
    conda:
        "../envs/clusters.yaml"
    threads: 8
    resources:
        **requests("edit"),
    params:
        **parameters(
            {
                "edits": {"replay": REPLAYED},
                **settings("cluster", "smooth"),
                **settings("hierarchy", "min_papers", "max_subtopics"),
                **SEED,
                **{key: value for key, value in HISTORY.items() if key != "k"},
            },
            {key: value for key, value in NO_HISTORY.items() if key != "k"},
            takes=["threads"],
        ),
    shell:
        COMMAND


rule hierarchy:
    """Group the topics, and divide large ones into subtopics."""
    input:
        **code("hierarchy", "clusters"),
        **ASSIGNED,
        **edited("group"),
        embeddings="<results>/embeddings/embeddings.npy",
        centroids=f"{TOPICS}/centroids.npy",
    output:
        nodes=ensure("<results>/clusters/nodes.parquet", non_empty=True),
        subtopics=ensure("<results>/clusters/subtopics.parquet", non_empty=True),
        linkage=ensure("<results>/clusters/linkage.npy", non_empty=True),
    log:
        "<logs>/hierarchy.log",
    benchmark:
        "<benchmarks>/hierarchy.tsv"
    conda:
        "../envs/clusters.yaml"
    threads: 8
    resources:
        **requests("hierarchy"),
    params:
        **parameters(
            {
                **settings("hierarchy"),
                **SEED,
                "edits": {"group": edits_file.chosen(EDITS, "group")},
            },
            takes=["threads"],
        ),
    shell:
        COMMAND
