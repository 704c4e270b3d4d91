"""Corpus: reads the snapshot; writes papers.parquet, papers.digest and ledger.json."""


checkpoint clean:
    """Turn the snapshot into clean papers, with a ledger of every line."""
    input:
        **code("clean"),
        snapshot=config["input"],
        env="envs/corpus.yaml",
    output:
        papers=ensure("<results>/corpus/papers.parquet", non_empty=True),
        ledger=ensure("<results>/corpus/ledger.json", non_empty=True),
        digest=ensure("<results>/corpus/papers.digest", non_empty=True),
    log:
        "<logs>/clean.log",
    benchmark:
        "<benchmarks>/clean.tsv"
    conda:
        "../envs/corpus.yaml"
    threads: 4
    resources:
        mem_mb=scaled(2000),
        runtime=60,
    params:
        clean=settings("clean"),
        fields=json.dumps(config["clean"]["fields"]),
    shell:
        """
        python {input.script} \
            --snapshot={input.snapshot:q} \
            --fields {params.fields:q} \
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
