"""Map: reads embeddings and topics; writes coordinates.parquet, map.png and map.html."""

# The JavaScript of map.html, each file after those that it imports.
EXPLORE_MODULES = [
    "data",
    "view",
    "elements",
    "state",
    "filter",
    "colors",
    "density",
    "labels",
    "points_gl",
    "points_canvas",
    "pointer",
    "paper",
    "papers",
    "topics",
    "controls",
    "main",
]


rule project:
    """Lay the papers out on a plane, similar ones close together."""
    input:
        **code("project"),
        **CORPUS,
        embeddings="<results>/embeddings/embeddings.npy",
        neighbors="<results>/embeddings/neighbors.npy",
        similarities="<results>/embeddings/similarities.npy",
        env="envs/map.yaml",
    output:
        coordinates=ensure("<results>/map/coordinates.parquet", non_empty=True),
        summary=ensure("<results>/map/project.json", non_empty=True),
    log:
        "<logs>/project.log",
    benchmark:
        "<benchmarks>/project.tsv"
    conda:
        "../envs/map.yaml"
    threads: 8
    resources:
        mem_mb=memory("project"),
        runtime=minutes("project"),
    params:
        project=settings("project"),
    shell:
        """
        python {input.script} \
            --papers {input.papers} \
            --embeddings {input.embeddings} \
            --neighbors {input.neighbors} \
            --similarities {input.similarities} \
            --method {params.project[method]} \
            --fit-papers {params.project[fit_papers]} \
            --n-neighbors {params.project[n_neighbors]} \
            --min-dist {params.project[min_dist]} \
            --perplexity {params.project[perplexity]} \
            --seed {params.project[seed]} \
            --threads {threads} \
            --coordinates {output.coordinates} \
            --summary {output.summary} \
            >{log} 2>&1
        """


rule plot:
    """Draw the map: every paper a point in its topic's color, with the labels of the topics."""
    input:
        **code("plot"),
        **ASSIGNED,
        coordinates="<results>/map/coordinates.parquet",
        topics="<results>/topics/topics.parquet",
        hierarchy="<results>/topics/hierarchy.parquet",
        cluster="<results>/clusters/cluster.json",
        project="<results>/map/project.json",
        env="envs/map.yaml",
    output:
        map=report(
            ensure("<results>/map.png", non_empty=True),
            caption="../docs/captions/map.rst",
            category="Map",
        ),
        more=[
            ensure(f"<results>/map.{kind}", non_empty=True)
            for kind in config["plot"]["formats"]
        ],
    log:
        "<logs>/plot.log",
    benchmark:
        "<benchmarks>/plot.tsv"
    conda:
        "../envs/map.yaml"
    threads: 1
    resources:
        mem_mb=memory("plot"),
        runtime=minutes("plot"),
    params:
        plot=settings("plot"),
    shell:
        """
        python {input.script} \
            --coordinates {input.coordinates} \
            --assignments {input.assignments} \
            --topics {input.topics} \
            --hierarchy {input.hierarchy} \
            --cluster {input.cluster} \
            --project {input.project} \
            --style {params.plot[style]} \
            --title={params.plot[title]:q} \
            --dpi {params.plot[dpi]} \
            --maps {output.map} {output.more} \
            >{log} 2>&1
        """


rule explore:
    """Write the map as one offline HTML file to hover over, zoom and search."""
    input:
        **code("explore"),
        **CORPUS,
        **ASSIGNED,
        coordinates="<results>/map/coordinates.parquet",
        topics="<results>/topics/topics.parquet",
        trends="<results>/topics/trends.parquet",
        periods="<results>/topics/periods.parquet",
        subtopic_trends="<results>/topics/subtopic_trends.parquet",
        subtopic_periods="<results>/topics/subtopic_periods.parquet",
        hierarchy="<results>/topics/hierarchy.parquet",
        subtopics="<results>/clusters/subtopics.parquet",
        template="scripts/templates/explore.html",
        style="scripts/templates/explore/explore.css",
        scripts=expand("scripts/templates/explore/{name}.js", name=EXPLORE_MODULES),
        env="envs/map.yaml",
    output:
        map=report(
            ensure("<results>/map.html", non_empty=True),
            caption="../docs/captions/map.rst",
            category="Map",
        ),
    log:
        "<logs>/explore.log",
    benchmark:
        "<benchmarks>/explore.tsv"
    conda:
        "../envs/map.yaml"
    threads: 1
    resources:
        mem_mb=memory("explore"),
        runtime=minutes("explore"),
    params:
        explore=settings("explore"),
        link=lambda wildcards: config["link"],
    shell:
        """
        python {input.script} \
            --papers {input.papers} \
            --coordinates {input.coordinates} \
            --assignments {input.assignments} \
            --topics {input.topics} \
            --trends {input.trends} \
            --periods {input.periods} \
            --subtopic-trends {input.subtopic_trends} \
            --subtopic-periods {input.subtopic_periods} \
            --hierarchy {input.hierarchy} \
            --subtopics {input.subtopics} \
            --template {input.template} \
            --style {input.style} \
            --scripts {input.scripts} \
            --link={params.link:q} \
            --max-papers {params.explore[max_papers]} \
            --map {output.map} \
            >{log} 2>&1
        """


rule atlas:
    """Write the papers and the names on the map as tables for Embedding Atlas."""
    input:
        **code("atlas"),
        **CORPUS,
        **ASSIGNED,
        coordinates="<results>/map/coordinates.parquet",
        topics="<results>/topics/topics.parquet",
        hierarchy="<results>/topics/hierarchy.parquet",
        subtopics="<results>/clusters/subtopics.parquet",
        neighbors="<results>/embeddings/neighbors.npy",
        similarities="<results>/embeddings/similarities.npy",
        env="envs/map.yaml",
    output:
        atlas=ensure("<results>/map/atlas.parquet", non_empty=True),
        labels=ensure("<results>/map/labels.parquet", non_empty=True),
    log:
        "<logs>/atlas.log",
    benchmark:
        "<benchmarks>/atlas.tsv"
    conda:
        "../envs/map.yaml"
    threads: 1
    resources:
        mem_mb=memory("atlas"),
        runtime=minutes("atlas"),
    params:
        link=lambda wildcards: config["link"],
    shell:
        """
        python {input.script} \
            --papers {input.papers} \
            --coordinates {input.coordinates} \
            --assignments {input.assignments} \
            --topics {input.topics} \
            --hierarchy {input.hierarchy} \
            --subtopics {input.subtopics} \
            --neighbors {input.neighbors} \
            --similarities {input.similarities} \
            --link={params.link:q} \
            --atlas {output.atlas} \
            --labels {output.labels} \
            >{log} 2>&1
        """
