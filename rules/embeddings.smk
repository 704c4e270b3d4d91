"""Embeddings: reads papers.parquet; writes embeddings.npy and embeddings.json."""

PARTS = range(config["embed"]["parts"])
IMAGE = config["embed"]["image"]
NEIGHBORS_GPUS = config["neighbors"]["gpus"]
NEIGHBORS_IMAGE = IMAGE if NEIGHBORS_GPUS else None
FLASH = config["embed"]["attention"] == "flash_attention_2"
GPU_ENV = "embeddings-flash.yaml" if FLASH else "embeddings.yaml"


rule embed:
    """Encode every N-th paper, and reuse cached vectors."""
    input:
        **code("embed"),
        **CORPUS,
        env=f"envs/{GPU_ENV}",
    output:
        vectors=temp(ensure("<results>/embeddings/parts/{part}.npy", non_empty=True)),
        summary=temp(ensure("<results>/embeddings/parts/{part}.json", non_empty=True)),
    log:
        "<logs>/embed/{part}.log",
    benchmark:
        "<benchmarks>/embed/{part}.tsv"
    conda:
        None if IMAGE else f"../envs/{GPU_ENV}"
    container:
        IMAGE
    threads: 8
    resources:
        mem_mb=memory("embed"),
        runtime=minutes("embed"),
        gpu=config["embed"]["gpus"],
    params:
        embed=settings("embed"),
        execution=execution("embed"),
    shell:
        """
        python {input.script} \
            --papers {input.papers} \
            --part {wildcards.part} \
            --parts {params.execution[parts]} \
            --model {params.embed[model]:q} \
            --revision {params.embed[revision]:q} \
            --pooling {params.embed[pooling]} \
            --prefix={params.embed[prefix]:q} \
            --max-tokens {params.embed[max_tokens]} \
            --device {params.execution[device]} \
            --precision {params.embed[precision]} \
            --attention {params.embed[attention]} \
            --require-flash {params.execution[require_flash]} \
            --batch-tokens {params.execution[batch_tokens]} \
            --dtype {params.embed[dtype]} \
            --cache {params.execution[cache]:q} \
            --threads {threads} \
            --vectors {output.vectors} \
            --summary {output.summary} \
            >{log} 2>&1
        """


rule gather:
    """Interleave the vectors of all parts, row i for row i of the papers."""
    input:
        **code("gather"),
        **CORPUS,
        vectors=expand("<results>/embeddings/parts/{part}.npy", part=PARTS),
        summaries=expand("<results>/embeddings/parts/{part}.json", part=PARTS),
        env="envs/corpus.yaml",
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
        mem_mb=memory("gather"),
        runtime=minutes("gather"),
    shell:
        """
        python {input.script} \
            --papers {input.papers} \
            --vectors {input.vectors} \
            --summaries {input.summaries} \
            --embeddings {output.embeddings} \
            --summary {output.summary} \
            >{log} 2>&1
        """


rule neighbors:
    """Find the nearest papers of every paper by cosine."""
    input:
        **code("neighbors"),
        **CORPUS,
        embeddings="<results>/embeddings/embeddings.npy",
        env="envs/clusters.yaml",
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
        else f"../envs/{GPU_ENV}" if NEIGHBORS_GPUS else "../envs/clusters.yaml"
    container:
        NEIGHBORS_IMAGE
    threads: 8
    resources:
        mem_mb=memory("neighbors"),
        runtime=minutes("neighbors"),
        gpu=NEIGHBORS_GPUS,
    params:
        neighbors=settings("neighbors"),
        execution=execution("neighbors"),
    shell:
        """
        python {input.script} \
            --papers {input.papers} \
            --embeddings {input.embeddings} \
            --k {params.neighbors[k]} \
            --gpus {params.execution[gpus]} \
            --threads {threads} \
            --neighbors {output.neighbors} \
            --similarities {output.similarities} \
            --summary {output.summary} \
            >{log} 2>&1
        """
