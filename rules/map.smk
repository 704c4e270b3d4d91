"""Map: reads embeddings and topics; writes coordinates.parquet, map.png and map.html."""

# The JavaScript of map.html, each file after those that it imports.
EXPLORE_MODULES = [
    "texts",
    "data",
    "view",
    "elements",
    "area",
    "state",
    "filter",
    "query",
    "vocabulary",
    "search",
    "said",
    "neighbors",
    "classes",
    "sizes",
    "colors",
    "density",
    "labels",
    "points_gl",
    "points_canvas",
    "pointer",
    "edit",
    "paper",
    "papers",
    "exports",
    "mine",
    "selection",
    "topics",
    "choice",
    "categories",
    "controls",
    "print",
    "main",
]

SEARCH = {
    "paper_space": "<results>/map/search/papers.npy",
    "term_space": "<results>/map/search/terms.npy",
    "search_terms": "<results>/map/search/terms.parquet",
}


rule project:
    """Lay the papers out on a plane, with similar papers close together."""
    input:
        **code("project", "map"),
        **CORPUS,
        **earlier(
            previous_coordinates="map/coordinates.parquet",
            previous_project="map/project.json",
        ),
        embeddings="<results>/embeddings/embeddings.npy",
        neighbors="<results>/embeddings/neighbors.npy",
        similarities="<results>/embeddings/similarities.npy",
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
        **requests("project"),
    params:
        **parameters(
            {**settings("project"), **SEED},
            takes=["threads"],
        ),
    shell:
        COMMAND


rule search:
    """Put terms and papers in one space, in which map.html searches by meaning."""
    input:
        **code("search", "map"),
        embeddings="<results>/embeddings/embeddings.npy",
        vocabulary=TERMS["vocabulary"],
        terms=TERMS["terms"],
        term_offsets=TERMS["term_offsets"],
    output:
        **{name: ensure(file, non_empty=True) for name, file in SEARCH.items()},
    log:
        "<logs>/search.log",
    benchmark:
        "<benchmarks>/search.tsv"
    conda:
        "../envs/map.yaml"
    threads: 1
    resources:
        **requests("search"),
    params:
        flags=flags(),
    shell:
        COMMAND


rule plot:
    """Draw the map, one point per paper with the labels of the topics, and the tree of the hierarchy."""
    input:
        **code("plot", "map"),
        **ASSIGNED,
        coordinates="<results>/map/coordinates.parquet",
        topics="<results>/topics/topics.parquet",
        hierarchy="<results>/topics/hierarchy.parquet",
        linkage="<results>/clusters/linkage.npy",
        cluster=f"{TOPICS}/cluster.json",
        project="<results>/map/project.json",
    output:
        maps=[
            report(
                ensure("<results>/map.png", non_empty=True),
                caption="../docs/captions/map.rst",
                category="Map",
            ),
            *(ensure(file, non_empty=True) for file in MORE_MAPS),
        ],
        tree=report(
            ensure("<results>/map/hierarchy.png", non_empty=True),
            caption="../docs/captions/hierarchy.rst",
            category="Topics",
        ),
    log:
        "<logs>/plot.log",
    benchmark:
        "<benchmarks>/plot.tsv"
    conda:
        "../envs/map.yaml"
    threads: 1
    resources:
        **requests("plot"),
    params:
        **parameters(settings("plot", "style", "title", "dpi")),
    shell:
        COMMAND


rule explore:
    """Write the map as one offline HTML file to hover over, zoom and search."""
    input:
        **code("explore", "map"),
        **RECORDS,
        **ASSIGNED,
        **FACETS,
        **earlier_topics(previous_assignments="assignments.parquet"),
        **earlier(previous_topics="topics/topics.parquet"),
        **(SEARCH if config["explore"]["search"] else dict.fromkeys(SEARCH, [])),
        coordinates="<results>/map/coordinates.parquet",
        topics="<results>/topics/topics.parquet",
        trends="<results>/topics/trends.parquet",
        periods="<results>/topics/periods.parquet",
        subtopic_trends="<results>/topics/subtopic_trends.parquet",
        subtopic_periods="<results>/topics/subtopic_periods.parquet",
        hierarchy="<results>/topics/hierarchy.parquet",
        subtopics="<results>/clusters/subtopics.parquet",
        memberships=f"{TOPICS}/memberships.parquet",
        neighbors="<results>/embeddings/neighbors.npy",
        category_names=config["label"]["category_names"],
        template=source("scripts/templates/explore.html"),
        style=source("scripts/templates/explore/explore.css"),
        scripts=[
            source(f"scripts/templates/explore/{name}.js") for name in EXPLORE_MODULES
        ],
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
        **requests("explore"),
    params:
        **parameters(
            {
                "link": config["link"],
                **settings("explore", "max_papers"),
                "edits": {"text": edits_file.text_of(config)},
            }
        ),
    shell:
        COMMAND


rule atlas:
    """Write the papers and the names on the map as tables for Embedding Atlas."""
    input:
        **code("atlas", "map"),
        **RECORDS,
        **ASSIGNED,
        coordinates="<results>/map/coordinates.parquet",
        topics="<results>/topics/topics.parquet",
        hierarchy="<results>/topics/hierarchy.parquet",
        subtopics="<results>/clusters/subtopics.parquet",
        neighbors="<results>/embeddings/neighbors.npy",
        similarities="<results>/embeddings/similarities.npy",
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
        **requests("atlas"),
    params:
        **parameters({"link": config["link"]}),
    shell:
        COMMAND
