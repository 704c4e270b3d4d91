"""Clusters: reads results/embeddings.npy, writes k.json, centroids.npy and assignments.parquet."""

CANDIDATES = sorted(set(config["select_k"]["candidates"]))
GPUS = config["cluster"]["gpus"]
GPU_IMAGE = config["embed"]["image"] if GPUS else None


rule scan_k:
    """Cluster a sample at one K several times, and measure how good and stable that is."""
    input:
        papers=ancient("results/papers.parquet"),
        digest=digest,
        embeddings="results/embeddings.npy",
        script="scripts/scan_k.py",
        lib=lib("cli", "draw", "files", "kmeans", "silhouette", "vectors"),
    output:
        scan=ensure("results/scan_k/{k}.json", non_empty=True),
    log:
        "logs/scan_k/{k}.log",
    benchmark:
        "benchmarks/scan_k/{k}.tsv"
    group:
        "scan_k"
    conda:
        "../envs/cluster.yaml"
    threads: 2
    resources:
        mem_mb=scaled(3000),
        runtime=60,
    params:
        scan_k=config["scan_k"],
    shell:
        """
        python {input.script} \
            --papers {input.papers} \
            --embeddings {input.embeddings} \
            --k {wildcards.k} \
            --sample {params.scan_k[sample]} \
            --seeds {params.scan_k[seeds]} \
            --seed {params.scan_k[seed]} \
            --threads {threads} \
            --scan {output.scan} \
            >{log} 2>&1
        """


checkpoint select_k:
    """Weigh the scans of all candidates, propose a K and say why."""
    input:
        scans=expand("results/scan_k/{k}.json", k=CANDIDATES),
        script="scripts/select_k.py",
        lib=lib("cli", "files", "sizes", "style"),
    output:
        k=ensure("results/k.json", non_empty=True),
        chosen=ensure("results/k.txt", non_empty=True),
        table=report(
            ensure("results/k_selection.csv", non_empty=True),
            caption="../docs/captions/k_selection.rst",
            category="How many topics",
        ),
        figure=report(
            ensure("results/k_selection.png", non_empty=True),
            caption="../docs/captions/k_selection.rst",
            category="How many topics",
        ),
    log:
        "logs/select_k.log",
    benchmark:
        "benchmarks/select_k.tsv"
    conda:
        "../envs/cluster.yaml"
    threads: 1
    resources:
        mem_mb=scaled(1000),
        runtime=10,
    params:
        k=config["cluster"]["k"],
    shell:
        """
        python {input.script} \
            --scans {input.scans} \
            --override {params.k} \
            --k {output.k} \
            --chosen {output.chosen} \
            --table {output.table} \
            --figure {output.figure} \
            >{log} 2>&1
        """


rule cluster:
    """Cluster all papers with K-means on their unit vectors."""
    input:
        papers=ancient("results/papers.parquet"),
        digest=digest,
        embeddings="results/embeddings.npy",
        chosen=chosen,
        script="scripts/cluster.py",
        lib=lib(
            "cli",
            "device",
            "draw",
            "files",
            "kmeans",
            "kmeans_cuda",
            "silhouette",
            "vectors",
        ),
    output:
        centroids=ensure("results/centroids.npy", non_empty=True),
        assignments=ensure("results/assignments.parquet", non_empty=True),
        about=ensure("results/cluster.json", non_empty=True),
    log:
        "logs/cluster.log",
    benchmark:
        "benchmarks/cluster.tsv"
    conda:
        None if GPU_IMAGE else "../envs/embed.yaml" if GPUS else "../envs/cluster.yaml"
    container:
        GPU_IMAGE
    threads: 8
    resources:
        mem_mb=scaled(8000 if GPUS else 4000),
        runtime=240,
        gpu=GPUS,
    params:
        cluster=config["cluster"],
    shell:
        """
        python {input.script} \
            --papers {input.papers} \
            --embeddings {input.embeddings} \
            --chosen {input.chosen} \
            --seed {params.cluster[seed]} \
            --starts {params.cluster[starts]} \
            --sample {params.cluster[sample]} \
            --gpus {params.cluster[gpus]} \
            --threads {threads} \
            --centroids {output.centroids} \
            --assignments {output.assignments} \
            --about {output.about} \
            >{log} 2>&1
        """
