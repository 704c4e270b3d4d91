"""Clusters: reads embeddings.npy; writes k.json, centroids.npy and assignments.parquet."""

# A K that the config sets is scanned alone: the other scans would decide nothing.
SET_K = config["cluster"]["k"]
CANDIDATES = [SET_K] if SET_K else sorted(set(config["select_k"]["candidates"]))
GPUS = config["cluster"]["gpus"]
GPU_IMAGE = config["embed"]["image"] if GPUS else None
SAMPLE = {
    name: f"<results>/clusters/sample/{name}.npy"
    for name in ("rows", "vectors", "half_rows", "half_vectors")
}


rule smooth:
    """Average the vectors of a sample and of random halves of it with their nearest papers."""
    input:
        **code("smooth"),
        **CORPUS,
        embeddings="<results>/embeddings/embeddings.npy",
        neighbors="<results>/embeddings/neighbors.npy",
        similarities="<results>/embeddings/similarities.npy",
        env="envs/clusters.yaml",
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
        mem_mb=memory("smooth"),
        runtime=minutes("smooth"),
    params:
        # one dict, since Snakemake does not notice that two params swap their values
        smooth={
            "smooth": config["cluster"]["smooth"],
            "sample": config["scan_k"]["sample"],
            "splits": config["scan_k"]["splits"],
        },
    shell:
        """
        python {input.script} \
            --papers {input.papers} \
            --embeddings {input.embeddings} \
            --neighbors {input.neighbors} \
            --similarities {input.similarities} \
            --smooth {params.smooth[smooth]} \
            --sample {params.smooth[sample]} \
            --splits {params.smooth[splits]} \
            --threads {threads} \
            --rows {output.rows} \
            --vectors {output.vectors} \
            --half-rows {output.half_rows} \
            --half-vectors {output.half_vectors} \
            >{log} 2>&1
        """


rule scan_k:
    """Cluster a sample at one K several times, and measure how good and how stable that is."""
    input:
        **code("scan_k"),
        **CORPUS,
        **SAMPLE,
        embeddings="<results>/embeddings/embeddings.npy",
        env="envs/clusters.yaml",
    output:
        scan=ensure("<results>/clusters/scan_k/{k}.json", non_empty=True),
    log:
        "<logs>/scan_k/{k}.log",
    benchmark:
        "<benchmarks>/scan_k/{k}.tsv"
    conda:
        "../envs/clusters.yaml"
    threads: scan_threads
    resources:
        mem_mb=memory("scan_k"),
        runtime=minutes("scan_k"),
    params:
        # one dict, since Snakemake does not notice that two params swap their values
        scan={name: config["scan_k"][name] for name in ("seeds", "seed")},
    shell:
        """
        python {input.script} \
            --papers {input.papers} \
            --embeddings {input.embeddings} \
            --rows {input.rows} \
            --vectors {input.vectors} \
            --half-rows {input.half_rows} \
            --half-vectors {input.half_vectors} \
            --k {wildcards.k} \
            --seeds {params.scan[seeds]} \
            --seed {params.scan[seed]} \
            --threads {threads} \
            --scan {output.scan} \
            >{log} 2>&1
        """


checkpoint select_k:
    """Compare the scans of all candidates, propose a K and say why."""
    input:
        **code("select_k"),
        scans=expand("<results>/clusters/scan_k/{k}.json", k=CANDIDATES),
        env="envs/clusters.yaml",
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
    conda:
        "../envs/clusters.yaml"
    threads: 1
    resources:
        mem_mb=memory("select_k"),
        runtime=minutes("select_k"),
    params:
        k=config["cluster"]["k"],
    shell:
        """
        python {input.script} \
            --scans {input.scans} \
            --k {params.k} \
            --selection {output.selection} \
            --chosen {output.chosen} \
            --table {output.table} \
            --figure {output.figure} \
            >{log} 2>&1
        """


rule cluster:
    """Cluster all papers with K-means on smoothed vectors."""
    input:
        **code("cluster"),
        **CORPUS,
        **SAMPLE,
        embeddings="<results>/embeddings/embeddings.npy",
        neighbors="<results>/embeddings/neighbors.npy",
        similarities="<results>/embeddings/similarities.npy",
        chosen=chosen,
        env="envs/clusters.yaml",
    output:
        centroids=ensure("<results>/clusters/centroids.npy", non_empty=True),
        assignments=ensure("<results>/clusters/assignments.parquet", non_empty=True),
        summary=ensure("<results>/clusters/cluster.json", non_empty=True),
    log:
        "<logs>/cluster.log",
    benchmark:
        "<benchmarks>/cluster.tsv"
    conda:
        None if GPU_IMAGE else f"../envs/{GPU_ENV}" if GPUS else "../envs/clusters.yaml"
    container:
        GPU_IMAGE
    threads: 8
    resources:
        mem_mb=memory("cluster"),
        runtime=minutes("cluster"),
        gpu=GPUS,
    params:
        # without K, which comes from k.txt: setting it to what was proposed clusters nothing again
        cluster={k: v for k, v in settings("cluster").items() if k != "k"},
        execution=execution("cluster"),
    shell:
        """
        python {input.script} \
            --papers {input.papers} \
            --embeddings {input.embeddings} \
            --neighbors {input.neighbors} \
            --similarities {input.similarities} \
            --rows {input.rows} \
            --vectors {input.vectors} \
            --half-rows {input.half_rows} \
            --half-vectors {input.half_vectors} \
            --chosen {input.chosen} \
            --smooth {params.cluster[smooth]} \
            --seed {params.cluster[seed]} \
            --n-init {params.cluster[n_init]} \
            --gpus {params.execution[gpus]} \
            --threads {threads} \
            --centroids {output.centroids} \
            --assignments {output.assignments} \
            --summary {output.summary} \
            >{log} 2>&1
        """


rule hierarchy:
    """Group the topics, and divide large ones into stable subtopics."""
    input:
        **code("hierarchy"),
        **ASSIGNED,
        embeddings="<results>/embeddings/embeddings.npy",
        centroids="<results>/clusters/centroids.npy",
        env="envs/clusters.yaml",
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
        mem_mb=memory("hierarchy"),
        runtime=minutes("hierarchy"),
    params:
        hierarchy=settings("hierarchy"),
    shell:
        """
        python {input.script} \
            --embeddings {input.embeddings} \
            --assignments {input.assignments} \
            --centroids {input.centroids} \
            --groups {params.hierarchy[groups]} \
            --min-papers {params.hierarchy[min_papers]} \
            --max-subtopics {params.hierarchy[max_subtopics]} \
            --seed {params.hierarchy[seed]} \
            --threads {threads} \
            --nodes {output.nodes} \
            --subtopics {output.subtopics} \
            --linkage {output.linkage} \
            >{log} 2>&1
        """
