"""Embeddings: reads results/papers.parquet, writes results/embeddings.npy and embeddings.json."""

PARTS = range(config["embed"]["parts"])
IMAGE = config["embed"]["image"]


rule embed:
    """Encode every N-th paper, taking from the cache what was encoded before."""
    input:
        papers=ancient("results/papers.parquet"),
        digest=digest,
        script="scripts/embed.py",
        lib=lib("cache", "cli", "device", "encoder", "files", "model"),
    output:
        vectors=temp(ensure("results/embed/{part}.npy", non_empty=True)),
        facts=temp(ensure("results/embed/{part}.json", non_empty=True)),
    log:
        "logs/embed/{part}.log",
    benchmark:
        "benchmarks/embed/{part}.tsv"
    conda:
        None if IMAGE else "../envs/embed.yaml"
    container:
        IMAGE
    threads: 8
    resources:
        mem_mb=scaled(16000),
        runtime=720,
        gpu=config["embed"]["gpus"],
    params:
        embed=config["embed"],
    shell:
        """
        python {input.script} \
            --papers {input.papers} \
            --part {wildcards.part} \
            --parts {params.embed[parts]} \
            --model {params.embed[model]:q} \
            --revision {params.embed[revision]:q} \
            --prefix={params.embed[prefix]:q} \
            --max-tokens {params.embed[max_tokens]} \
            --device {params.embed[device]} \
            --precision {params.embed[precision]} \
            --attention {params.embed[attention]} \
            --require-flash {params.embed[require_flash]} \
            --batch-tokens {params.embed[batch_tokens]} \
            --dtype {params.embed[dtype]} \
            --cache {params.embed[cache]:q} \
            --threads {threads} \
            --vectors {output.vectors} \
            --facts {output.facts} \
            >{log} 2>&1
        """


rule gather:
    """Interleave the parts' vectors, row i for row i of the papers."""
    input:
        papers=ancient("results/papers.parquet"),
        digest=digest,
        vectors=expand("results/embed/{part}.npy", part=PARTS),
        facts=expand("results/embed/{part}.json", part=PARTS),
        script="scripts/gather.py",
        lib=lib("cli", "files"),
    output:
        embeddings=ensure("results/embeddings.npy", non_empty=True),
        about=ensure("results/embeddings.json", non_empty=True),
    log:
        "logs/gather.log",
    benchmark:
        "benchmarks/gather.tsv"
    conda:
        "../envs/corpus.yaml"
    threads: 1
    resources:
        mem_mb=scaled(2000),
        runtime=60,
    shell:
        """
        python {input.script} \
            --papers {input.papers} \
            --vectors {input.vectors} \
            --facts {input.facts} \
            --embeddings {output.embeddings} \
            --about {output.about} \
            >{log} 2>&1
        """
