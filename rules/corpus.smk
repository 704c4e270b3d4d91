"""Corpus: reads the snapshot, writes results/papers.parquet, papers.digest and the ledger."""


checkpoint clean:
    """Turn the snapshot into clean papers, with a ledger of every line."""
    input:
        snapshot=config["input"],
        script="scripts/clean.py",
        lib=lib("cli", "draw", "records", "snapshot"),
    output:
        papers=ensure("results/papers.parquet", non_empty=True),
        ledger=ensure("results/clean.json", non_empty=True),
        digest=ensure("results/papers.digest", non_empty=True),
    log:
        "logs/clean.log",
    benchmark:
        "benchmarks/clean.tsv"
    conda:
        "../envs/corpus.yaml"
    threads: 4
    resources:
        mem_mb=scaled(2000),
        runtime=60,
    params:
        clean=config["clean"],
    shell:
        """
        python {input.script} \
            --input {input.snapshot:q} \
            --min-abstract-chars {params.clean[min_abstract_chars]} \
            --categories {params.clean[categories]:q} \
            --since {params.clean[since]} \
            --until {params.clean[until]} \
            --limit {params.clean[limit]} \
            --keep-withdrawn {params.clean[keep_withdrawn]} \
            --max-malformed-share {params.clean[max_malformed_share]} \
            --threads {threads} \
            --papers {output.papers} \
            --ledger {output.ledger} \
            --digest {output.digest} \
            >{log} 2>&1
        """
