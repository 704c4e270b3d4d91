"""Corpus: reads the snapshot; writes papers, their terms and the ledger."""


checkpoint clean:
    """Turn the snapshot into clean papers, with a ledger of every line."""
    input:
        **code("clean", "corpus"),
        snapshot=config["input"],
    output:
        papers=ensure("<results>/corpus/papers.parquet", non_empty=True),
        ledger=ensure("<results>/corpus/ledger.json", non_empty=True),
        facets_table=ensure("<results>/corpus/facets.parquet", non_empty=True),
        digest=ensure("<results>/corpus/papers.digest", non_empty=True),
        metadata=ensure("<results>/corpus/metadata.digest", non_empty=True),
        facets_digest=ensure("<results>/corpus/facets.digest", non_empty=True),
    log:
        "<logs>/clean.log",
    benchmark:
        "<benchmarks>/clean.tsv"
    conda:
        "../envs/corpus.yaml"
    threads: 4
    resources:
        **requests("clean"),
    params:
        **parameters(
            settings("clean"),
            takes=["threads"],
        ),
    shell:
        COMMAND


rule terms:
    """Build the vocabulary of words and bigrams, and list the terms of each paper."""
    input:
        **code("terms", "corpus"),
        **CORPUS,
        **WORD_LISTS,
        ledger=ancient("<results>/corpus/ledger.json"),
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
        **requests("terms"),
    params:
        **parameters(
            settings("terms", "min_count", "more_stop_words"),
            {} if "synonyms" in WORD_LISTS else {"synonyms": None},
            takes=["threads"],
        ),
    shell:
        COMMAND
