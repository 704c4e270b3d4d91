"""Exchange: reads all stages; writes one table per paper, and the files of other programs."""


rule papers:
    """Write one table with a row per paper, and views of all tables for DuckDB."""
    input:
        **code("papers", "exchange"),
        **RECORDS,
        **FACETS,
        **ASSIGNED,
        memberships=f"{TOPICS}/memberships.parquet",
        works="<results>/corpus/works.parquet",
        subtopics="<results>/clusters/subtopics.parquet",
        topics="<results>/topics/topics.parquet",
        hierarchy="<results>/topics/hierarchy.parquet",
        coordinates="<results>/map/coordinates.parquet",
        neighbors="<results>/embeddings/neighbors.npy",
        similarities="<results>/embeddings/similarities.npy",
        category_names=config["label"]["category_names"],
        template=source("scripts/templates/topics.sql"),
    output:
        table=ensure("<results>/papers.parquet", non_empty=True),
        csv=ensure("<results>/papers.csv", non_empty=True),
        views=ensure("<results>/topics.sql", non_empty=True),
    log:
        "<logs>/papers.log",
    benchmark:
        "<benchmarks>/papers.tsv"
    conda:
        "../envs/exchange.yaml"
    threads: 1
    resources:
        **requests("papers"),
    params:
        flags=flags(),
    shell:
        COMMAND


rule export:
    """Write the networks and the references for VOSviewer, Gephi, Zotero and others."""
    input:
        **code("export", "exchange"),
        **RECORDS,
        **FACETS,
        table="<results>/papers.parquet",
        subtopics="<results>/clusters/subtopics.parquet",
        topics="<results>/topics/topics.parquet",
        hierarchy="<results>/topics/hierarchy.parquet",
        embeddings="<results>/embeddings/embeddings.npy",
        neighbors="<results>/embeddings/neighbors.npy",
        similarities="<results>/embeddings/similarities.npy",
    output:
        topics_graph=ensure("<results>/exchange/topics.graphml", non_empty=True),
        parts_graph=ensure("<results>/exchange/subtopics.graphml", non_empty=True),
        papers_graph=ensure("<results>/exchange/papers.graphml", non_empty=True),
        topics_map=ensure("<results>/exchange/vosviewer_topics_map.txt", non_empty=True),
        topics_network=ensure(
            "<results>/exchange/vosviewer_topics_network.txt", non_empty=True
        ),
        topics_online=ensure("<results>/exchange/vosviewer_topics.json", non_empty=True),
        papers_map=ensure("<results>/exchange/vosviewer_papers_map.txt", non_empty=True),
        papers_network=ensure(
            "<results>/exchange/vosviewer_papers_network.txt", non_empty=True
        ),
        papers_online=ensure("<results>/exchange/vosviewer_papers.json", non_empty=True),
        ris=ensure("<results>/exchange/ris.zip", non_empty=True),
        csl=ensure("<results>/exchange/csl-json.zip", non_empty=True),
    log:
        "<logs>/export.log",
    benchmark:
        "<benchmarks>/export.tsv"
    conda:
        "../envs/exchange.yaml"
    threads: 1
    resources:
        **requests("export"),
    params:
        **parameters({"link": config["link"]}),
    shell:
        COMMAND


rule methods:
    """Write the methods paragraph for a paper, the works that it cites, and the flow of records."""
    input:
        **code("methods", "exchange"),
        ledger="<results>/corpus/ledger.json",
        works="<results>/corpus/works.json",
        embeddings="<results>/embeddings/embeddings.json",
        selection="<results>/clusters/k.json",
        scans="<results>/clusters/k_selection.csv",
        cluster=f"{TOPICS}/cluster.json",
        evaluation="<results>/evaluation/evaluation.json",
        project="<results>/map/project.json",
        edits="<results>/topics/edits.json",
        table="<results>/papers.parquet",
        topics="<results>/topics/topics.parquet",
        hierarchy="<results>/topics/hierarchy.parquet",
        trends="<results>/topics/trends.parquet",
        papers_digest=digest,
        metadata_digest=metadata,
        facets_digest=facets,
        template=source("scripts/templates/methods.md"),
        text_template=source("scripts/templates/methods.txt"),
        bibliography=source("scripts/templates/methods.bib"),
        flow_template=source("scripts/templates/flow.svg"),
    output:
        methods=ensure("<results>/methods.md", non_empty=True),
        bib=ensure("<results>/methods.bib", non_empty=True),
        flow=ensure("<results>/flow.svg", non_empty=True),
    log:
        "<logs>/methods.log",
    benchmark:
        "<benchmarks>/methods.tsv"
    localrule: True
    conda:
        "../envs/exchange.yaml"
    threads: 1
    resources:
        **requests("methods"),
    params:
        **parameters(
            {
                "config": {
                    "cluster": settings("cluster", "n_init"),
                    "llm": settings("llm", "url", "model"),
                    **SEED,
                }
            },
            {"about": about},
        ),
    shell:
        COMMAND
