"""Clusters: reads embeddings.npy; writes k.json, centroids.npy and assignments.parquet."""

CANDIDATES = sorted(set(config["select_k"]["candidates"]))
GPUS = config["cluster"]["gpus"]
GPU_IMAGE = config["embed"]["image"] if GPUS else None


rule scan_k:
    """Cluster a sample at one K several times, and measure how good and how stable that is."""
    input:
        **code("scan_k"),
        **CORPUS,
        embeddings="<results>/embeddings/embeddings.npy",
        env="envs/clusters.yaml",
    output:
        scan=ensure("<results>/clusters/scan_k/{k}.json", non_empty=True),
    log:
        "<logs>/scan_k/{k}.log",
    benchmark:
        "<benchmarks>/scan_k/{k}.tsv"
    group:
        "scan_k"
    conda:
        "../envs/clusters.yaml"
    threads: 2
    resources:
        mem_mb=scaled(3000),
        runtime=60,
    params:
        scan_k=settings("scan_k"),
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
        mem_mb=scaled(1000),
        runtime=10,
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
    """Cluster all papers with K-means on their unit vectors."""
    input:
        **code("cluster"),
        **CORPUS,
        embeddings="<results>/embeddings/embeddings.npy",
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
        None
        if GPU_IMAGE
        else "../envs/embeddings.yaml" if GPUS else "../envs/clusters.yaml"
    container:
        GPU_IMAGE
    threads: 8
    resources:
        mem_mb=scaled(8000 if GPUS else 4000),
        runtime=240,
        gpu=GPUS,
    params:
        cluster=settings("cluster"),
        execution=execution("cluster"),
    shell:
        """
        python {input.script} \
            --papers {input.papers} \
            --embeddings {input.embeddings} \
            --chosen {input.chosen} \
            --seed {params.cluster[seed]} \
            --starts {params.cluster[starts]} \
            --sample {params.cluster[sample]} \
            --gpus {params.execution[gpus]} \
            --threads {threads} \
            --centroids {output.centroids} \
            --assignments {output.assignments} \
            --summary {output.summary} \
            >{log} 2>&1
        """
