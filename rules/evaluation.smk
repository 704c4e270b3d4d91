"""Evaluation: reads all stages; writes evaluation.json and report.html."""


rule evaluate:
    """Measure the topics: shape, agreement with categories, coherence and diversity of keywords."""
    input:
        **code("evaluate", "topics"),
        **RECORDS,
        **ASSIGNED,
        **TERMS,
        **FOUND,
        found_cluster="<results>/clusters/cluster.json" if REPLAYED else [],
        works="<results>/corpus/works.parquet",
        keywords="<results>/topics/keywords.parquet",
        coherence="<results>/topics/coherence.json",
        coordinates="<results>/map/coordinates.parquet",
        cluster=f"{TOPICS}/cluster.json",
        project="<results>/map/project.json",
        explanations="<results>/topics/explanations.parquet",
    output:
        evaluation=ensure("<results>/evaluation/evaluation.json", non_empty=True),
    log:
        "<logs>/evaluate.log",
    benchmark:
        "<benchmarks>/evaluate.tsv"
    conda:
        "../envs/topics.yaml"
    threads: 1
    resources:
        **requests("evaluate"),
    params:
        flags=flags(),
    shell:
        COMMAND


rule report:
    """Put the map, the choice of K, the topics, the measures and the ledger on one page."""
    input:
        **code("report", "map"),
        **news(
            changes="topics/changes.json",
            change_figure="topics/changes.png",
        ),
        ledger="<results>/corpus/ledger.json",
        works="<results>/corpus/works.json",
        embeddings="<results>/embeddings/embeddings.json",
        edits="<results>/topics/edits.json",
        selection="<results>/clusters/k.json",
        scans="<results>/clusters/k_selection.csv",
        curves="<results>/clusters/k_selection.png",
        evaluation="<results>/evaluation/evaluation.json",
        topics="<results>/topics/topics.parquet",
        representatives="<results>/topics/representatives.parquet",
        hierarchy="<results>/topics/hierarchy.parquet",
        tree="<results>/map/hierarchy.png",
        trends="<results>/topics/trends.parquet",
        periods="<results>/topics/periods.parquet",
        subtopic_trends="<results>/topics/subtopic_trends.parquet",
        trend_figure="<results>/topics/trends.png",
        explanations="<results>/topics/explanations.parquet",
        explained="<results>/topics/explained.parquet",
        explain="<results>/topics/explain.json",
        map="<results>/map.png",
        digest=digest,
        template=source("scripts/templates/report.html"),
        style=source("scripts/templates/report/report.css"),
        behavior=source("scripts/templates/report/report.js"),
        includes=[
            source("scripts/templates/report/changes.html"),
            source("scripts/templates/report/edits.html"),
            source("scripts/templates/report/explanations.html"),
        ],
    output:
        report=report(
            ensure("<results>/report.html", non_empty=True),
            caption="../docs/captions/report.rst",
            category="Report",
        ),
        explanation_figure=report(
            ensure("<results>/evaluation/explanations.png", non_empty=True),
            caption="../docs/captions/explanations.rst",
            category="Topics",
        ),
    log:
        "<logs>/report.log",
    benchmark:
        "<benchmarks>/report.tsv"
    localrule: True
    conda:
        "../envs/map.yaml"
    threads: 1
    resources:
        **requests("report"),
    params:
        **parameters(
            {"link": config["link"]},
            {"about": about, "benchmarks": str(RESULTS / "benchmarks")},
        ),
    shell:
        COMMAND
