"""Embeddings: reads papers.parquet; writes embeddings, the graph of nearest papers, and works."""

PARTS = range(config["embed"]["parts"])
IMAGE = config["embed"]["image"]
NEIGHBORS_GPUS = config["neighbors"]["gpus"]
NEIGHBORS_IMAGE = IMAGE if NEIGHBORS_GPUS else None
FLASH = config["embed"]["attention"] == "flash_attention_2"
GPU_ENV = "embeddings-flash" if FLASH else "embeddings"


rule embed:
    """Encode every N-th paper, and reuse cached vectors."""
    input:
        **code("embed", GPU_ENV),
        **CORPUS,
    output:
        vectors=temp(ensure("<results>/embeddings/parts/{part}.npy", non_empty=True)),
        summary=temp(ensure("<results>/embeddings/parts/{part}.json", non_empty=True)),
    log:
        "<logs>/embed/{part}.log",
    benchmark:
        "<benchmarks>/embed/{part}.tsv"
    conda:
        None if IMAGE else f"../envs/{GPU_ENV}.yaml"
    container:
        IMAGE
    threads: 8
    resources:
        **requests("embed"),
        gpu=config["embed"]["gpus"],
    params:
        **parameters(
            settings("embed"),
            execution("embed", "parts", "device", "batch_tokens", "cache"),
            takes=["part", "threads"],
        ),
    shell:
        COMMAND


rule gather:
    """Interleave the vectors of all parts, row i for row i of the papers."""
    input:
        **code("gather", "corpus"),
        **CORPUS,
        vectors=expand("<results>/embeddings/parts/{part}.npy", part=PARTS),
        summaries=expand("<results>/embeddings/parts/{part}.json", part=PARTS),
    output:
        embeddings=ensure("<results>/embeddings/embeddings.npy", non_empty=True),
        summary=ensure("<results>/embeddings/embeddings.json", non_empty=True),
    log:
        "<logs>/gather.log",
    benchmark:
        "<benchmarks>/gather.tsv"
    conda:
        "../envs/corpus.yaml"
    threads: 1
    resources:
        **requests("gather"),
    params:
        flags=flags(),
    shell:
        COMMAND


rule neighbors:
    """Find the nearest papers of every paper by cosine."""
    input:
        **code("neighbors", "clusters"),
        **CORPUS,
        embeddings="<results>/embeddings/embeddings.npy",
    output:
        neighbors=ensure("<results>/embeddings/neighbors.npy", non_empty=True),
        similarities=ensure("<results>/embeddings/similarities.npy", non_empty=True),
        summary=ensure("<results>/embeddings/neighbors.json", non_empty=True),
    log:
        "<logs>/neighbors.log",
    benchmark:
        "<benchmarks>/neighbors.tsv"
    conda:
        None
        if NEIGHBORS_IMAGE
        else f"../envs/{GPU_ENV}.yaml" if NEIGHBORS_GPUS else "../envs/clusters.yaml"
    container:
        NEIGHBORS_IMAGE
    threads: 8
    resources:
        **requests("neighbors"),
        gpu=NEIGHBORS_GPUS,
    params:
        **parameters(
            settings("neighbors"),
            execution("neighbors", "gpus"),
            takes=["threads"],
        ),
    shell:
        COMMAND


rule works:
    """Find the records that are copies and versions of one work."""
    input:
        **code("works", "corpus"),
        **RECORDS,
        **FACETS,
        neighbors="<results>/embeddings/neighbors.npy",
        similarities="<results>/embeddings/similarities.npy",
    output:
        works=ensure("<results>/corpus/works.parquet", non_empty=True),
        summary=ensure("<results>/corpus/works.json", non_empty=True),
    log:
        "<logs>/works.log",
    benchmark:
        "<benchmarks>/works.tsv"
    conda:
        "../envs/corpus.yaml"
    threads: 1
    resources:
        **requests("works"),
    params:
        **parameters(settings("works")),
    shell:
        COMMAND
