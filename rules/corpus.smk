"""Corpus: reads the snapshot; writes papers, their terms and the ledger."""


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
        mem_mb=memory("clean"),
        runtime=minutes("clean"),
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


rule terms:
    """Number the words and bigrams of the corpus."""
    input:
        **code("terms"),
        **CORPUS,
        stop_words=config["terms"]["stop_words"],
        env="envs/corpus.yaml",
    output:
        **{name: ensure(file, non_empty=True) for name, file in TERMS.items()},
    log:
        "<logs>/terms.log",
    benchmark:
        "<benchmarks>/terms.tsv"
    conda:
        "../envs/corpus.yaml"
    threads: 4
    resources:
        mem_mb=memory("terms"),
        runtime=minutes("terms"),
    params:
        terms=settings("terms"),
    shell:
        """
        python {input.script} \
            --papers {input.papers} \
            --stop-words {input.stop_words:q} \
            --min-count {params.terms[min_count]} \
            --threads {threads} \
            --vocabulary {output.vocabulary} \
            --tokens {output.tokens} \
            --offsets {output.offsets} \
            --terms {output.terms} \
            --term-offsets {output.term_offsets} \
            >{log} 2>&1
        """
