"""Evaluation: reads all stages; writes evaluation.json and report.html."""


rule evaluate:
    """Measure the topics: shape, agreement with categories, coherence and diversity of keywords."""
    input:
        **code("evaluate"),
        **CORPUS,
        **ASSIGNED,
        **TERMS,
        keywords="<results>/topics/keywords.parquet",
        topics="<results>/topics/topics.parquet",
        coordinates="<results>/map/coordinates.parquet",
        cluster="<results>/clusters/cluster.json",
        project="<results>/map/project.json",
        explanations="<results>/topics/explanations.parquet",
        env="envs/topics.yaml",
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
        mem_mb=memory("evaluate"),
        runtime=minutes("evaluate"),
    shell:
        """
        python {input.script} \
            --papers {input.papers} \
            --vocabulary {input.vocabulary} \
            --tokens {input.tokens} \
            --offsets {input.offsets} \
            --terms {input.terms} \
            --term-offsets {input.term_offsets} \
            --keywords {input.keywords} \
            --assignments {input.assignments} \
            --topics {input.topics} \
            --coordinates {input.coordinates} \
            --cluster {input.cluster} \
            --project {input.project} \
            --explanations {input.explanations} \
            --evaluation {output.evaluation} \
            >{log} 2>&1
        """


rule report:
    """Put the map, the choice of K, the topics, the measures and the ledger on one page."""
    input:
        **code("report"),
        ledger="<results>/corpus/ledger.json",
        embeddings="<results>/embeddings/embeddings.json",
        selection="<results>/clusters/k.json",
        scans="<results>/clusters/k_selection.csv",
        curves="<results>/clusters/k_selection.png",
        evaluation="<results>/evaluation/evaluation.json",
        topics="<results>/topics/topics.parquet",
        representatives="<results>/topics/representatives.parquet",
        hierarchy="<results>/topics/hierarchy.parquet",
        tree="<results>/topics/hierarchy.png",
        trends="<results>/topics/trends.parquet",
        periods="<results>/topics/periods.parquet",
        subtopic_trends="<results>/topics/subtopic_trends.parquet",
        trend_figure="<results>/topics/trends.png",
        explanations="<results>/topics/explanations.parquet",
        explained="<results>/topics/explained.parquet",
        explain="<results>/topics/explain.json",
        map="<results>/map.png",
        digest=digest,
        template="scripts/templates/report.html",
        style="scripts/templates/report/report.css",
        behaviour="scripts/templates/report/report.js",
        explanation_page="scripts/templates/report/explanations.html",
        env="envs/map.yaml",
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
    conda:
        "../envs/map.yaml"
    threads: 1
    resources:
        mem_mb=memory("report"),
        runtime=minutes("report"),
    params:
        link=lambda wildcards: config["link"],
        about=about_run,
        benchmarks=lambda wildcards, threads: str(results_folder(config) / "benchmarks"),
    shell:
        """
        python {input.script} \
            --ledger {input.ledger} \
            --embeddings {input.embeddings} \
            --selection {input.selection} \
            --scans {input.scans} \
            --curves {input.curves} \
            --evaluation {input.evaluation} \
            --topics {input.topics} \
            --representatives {input.representatives} \
            --hierarchy {input.hierarchy} \
            --tree {input.tree} \
            --trends {input.trends} \
            --periods {input.periods} \
            --subtopic-trends {input.subtopic_trends} \
            --trend-figure {input.trend_figure} \
            --explanations {input.explanations} \
            --explained {input.explained} \
            --explain {input.explain} \
            --map {input.map} \
            --digest {input.digest} \
            --template {input.template} \
            --style {input.style} \
            --behaviour {input.behaviour} \
            --benchmarks {params.benchmarks:q} \
            --about {params.about:q} \
            --link={params.link:q} \
            --report {output.report} \
            --explanation-figure {output.explanation_figure} \
            >{log} 2>&1
        """
