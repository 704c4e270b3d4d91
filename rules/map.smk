"""Map: reads embeddings, topics and measures, writes coordinates, map.png, map.html, report.html."""


rule project:
    """Lay the papers out on a plane, similar ones close together."""
    input:
        papers=ancient("results/papers.parquet"),
        digest=digest,
        embeddings="results/embeddings.npy",
        script="scripts/project.py",
        lib=lib("cli", "draw", "files", "kmeans", "neighbours", "vectors"),
    output:
        coordinates=ensure("results/coordinates.parquet", non_empty=True),
        about=ensure("results/project.json", non_empty=True),
    log:
        "logs/project.log",
    benchmark:
        "benchmarks/project.tsv"
    conda:
        "../envs/map.yaml"
    threads: 8
    resources:
        mem_mb=scaled(8000),
        runtime=240,
    params:
        project=config["project"],
    shell:
        """
        python {input.script} \
            --papers {input.papers} \
            --embeddings {input.embeddings} \
            --method {params.project[method]} \
            --fit-papers {params.project[fit_papers]} \
            --neighbours {params.project[neighbours]} \
            --min-dist {params.project[min_dist]} \
            --perplexity {params.project[perplexity]} \
            --seed {params.project[seed]} \
            --threads {threads} \
            --coordinates {output.coordinates} \
            --about {output.about} \
            >{log} 2>&1
        """


rule plot:
    """Draw the map: every paper a point in its topic's colour, with the topics' labels."""
    input:
        coordinates="results/coordinates.parquet",
        assignments="results/assignments.parquet",
        chosen=chosen,
        topics="results/topics.parquet",
        cluster="results/cluster.json",
        project="results/project.json",
        script="scripts/plot.py",
        lib=lib("cli", "files", "layout", "style"),
    output:
        map=report(
            ensure("results/map.png", non_empty=True),
            caption="../docs/captions/map.rst",
            category="Map",
        ),
    log:
        "logs/plot.log",
    benchmark:
        "benchmarks/plot.tsv"
    conda:
        "../envs/map.yaml"
    threads: 1
    resources:
        mem_mb=scaled(4000),
        runtime=30,
    params:
        plot=config["plot"],
    shell:
        """
        python {input.script} \
            --coordinates {input.coordinates} \
            --assignments {input.assignments} \
            --topics {input.topics} \
            --cluster {input.cluster} \
            --project {input.project} \
            --title={params.plot[title]:q} \
            --dpi {params.plot[dpi]} \
            --map {output.map} \
            >{log} 2>&1
        """


rule explore:
    """Write the map as one offline HTML file to hover over, zoom and search."""
    input:
        papers=ancient("results/papers.parquet"),
        digest=digest,
        coordinates="results/coordinates.parquet",
        assignments="results/assignments.parquet",
        chosen=chosen,
        topics="results/topics.parquet",
        template="scripts/templates/explore.html",
        script="scripts/explore.py",
        lib=lib("cli", "draw", "files", "latex", "layout", "page", "style"),
    output:
        map=report(
            ensure("results/map.html", non_empty=True),
            caption="../docs/captions/map.rst",
            category="Map",
        ),
    log:
        "logs/explore.log",
    benchmark:
        "benchmarks/explore.tsv"
    conda:
        "../envs/map.yaml"
    threads: 1
    resources:
        mem_mb=scaled(4000),
        runtime=30,
    params:
        explore=config["explore"],
    shell:
        """
        python {input.script} \
            --papers {input.papers} \
            --coordinates {input.coordinates} \
            --assignments {input.assignments} \
            --topics {input.topics} \
            --template {input.template} \
            --max-papers {params.explore[max_papers]} \
            --map {output.map} \
            >{log} 2>&1
        """


rule report:
    """Put the map, the choice of K, the topics, the measures and the ledger on one page."""
    input:
        ledger="results/clean.json",
        embeddings="results/embeddings.json",
        k="results/k.json",
        scans="results/k_selection.csv",
        curves="results/k_selection.png",
        evaluation="results/evaluation.json",
        topics="results/topics.parquet",
        representatives="results/representatives.parquet",
        map="results/map.png",
        template="scripts/templates/report.html",
        script="scripts/report.py",
        lib=lib("cli", "files", "page"),
    output:
        report=report(
            ensure("results/report.html", non_empty=True),
            caption="../docs/captions/report.rst",
            category="Report",
        ),
    log:
        "logs/report.log",
    benchmark:
        "benchmarks/report.tsv"
    conda:
        "../envs/map.yaml"
    threads: 1
    resources:
        mem_mb=scaled(1000),
        runtime=10,
    shell:
        """
        python {input.script} \
            --ledger {input.ledger} \
            --embeddings {input.embeddings} \
            --k {input.k} \
            --scans {input.scans} \
            --curves {input.curves} \
            --evaluation {input.evaluation} \
            --topics {input.topics} \
            --representatives {input.representatives} \
            --map {input.map} \
            --template {input.template} \
            --report {output.report} \
            >{log} 2>&1
        """
