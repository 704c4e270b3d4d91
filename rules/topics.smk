"""Topics: reads terms, papers, embeddings and assignments; writes keywords, labels, trends and explanations."""


rule keywords:
    """Weight the words and bigrams of each topic, group and subtopic by class-based TF-IDF."""
    input:
        **code("keywords", "topics"),
        **ASSIGNED,
        **TERMS,
        **FOUND,
        **edited("drop_words"),
        nodes="<results>/clusters/nodes.parquet",
        subtopics="<results>/clusters/subtopics.parquet",
        embeddings="<results>/embeddings/embeddings.npy",
        head_words=config["keywords"]["head_words"],
        works="<results>/corpus/works.parquet",
    output:
        keywords=ensure("<results>/topics/keywords.parquet", non_empty=True),
        csv=ensure("<results>/topics/keywords.csv", non_empty=True),
        coherence=ensure("<results>/topics/coherence.json", non_empty=True),
    log:
        "<logs>/keywords.log",
    benchmark:
        "<benchmarks>/keywords.tsv"
    conda:
        "../envs/topics.yaml"
    resources:
        **requests("keywords"),
    params:
        **parameters(
            {
                **settings("keywords"),
                "edits": {"drop": edits_file.chosen(EDITS, "drop_words")},
            }
        ),
    shell:
        COMMAND


rule label:
    """Choose representative papers, label the topics, and name the groups and subtopics."""
    input:
        **code("label", "topics"),
        **RECORDS,
        **ASSIGNED,
        **earlier(previous_topics="topics/topics.parquet"),
        **REPLAYS,
        found_centroids="<results>/clusters/centroids.npy" if REPLAYED else [],
        found_cluster="<results>/clusters/cluster.json" if REPLAYED else [],
        embeddings="<results>/embeddings/embeddings.npy",
        centroids=f"{TOPICS}/centroids.npy",
        cluster=f"{TOPICS}/cluster.json",
        nodes="<results>/clusters/nodes.parquet",
        subtopics="<results>/clusters/subtopics.parquet",
        keywords="<results>/topics/keywords.parquet",
        coherence="<results>/topics/coherence.json",
        category_names=config["label"]["category_names"],
        works="<results>/corpus/works.parquet",
    output:
        representatives=ensure(
            "<results>/topics/representatives.parquet", non_empty=True
        ),
        topics=ensure("<results>/topics/topics.parquet", non_empty=True),
        csv=report(
            ensure("<results>/topics.csv", non_empty=True),
            caption="../docs/captions/topics.rst",
            category="Topics",
        ),
        edits_file=ensure("<results>/topics/edits.json", non_empty=True),
        hierarchy=ensure("<results>/topics/hierarchy.parquet", non_empty=True),
        hierarchy_csv=report(
            ensure("<results>/topics/hierarchy.csv", non_empty=True),
            caption="../docs/captions/hierarchy.rst",
            category="Topics",
        ),
    log:
        "<logs>/label.log",
    benchmark:
        "<benchmarks>/label.tsv"
    conda:
        "../envs/topics.yaml"
    resources:
        **requests("label"),
    params:
        **parameters(
            {
                **settings("label"),
                **{f"llm_{key}": value for key, value in settings("llm").items()},
                "edits": {"all": edits_file.without_lines(EDITS)},
            },
            {
                "edit_lines": edits_file.lines(EDITS),
                "llm_key_variable": config["llm"]["key_variable"],
                "llm_cache": "cache/names",
            },
        ),
    shell:
        COMMAND


rule trends:
    """Count each topic's papers per year and month, and test which topics grow or decline."""
    input:
        **code("trends", "topics"),
        **RECORDS,
        **ASSIGNED,
        subtopics="<results>/clusters/subtopics.parquet",
        topics="<results>/topics/topics.parquet",
        hierarchy="<results>/topics/hierarchy.parquet",
        works="<results>/corpus/works.parquet",
    output:
        trends=ensure("<results>/topics/trends.parquet", non_empty=True),
        csv=report(
            ensure("<results>/topics/trends.csv", non_empty=True),
            caption="../docs/captions/trends.rst",
            category="Topics",
        ),
        periods=ensure("<results>/topics/periods.parquet", non_empty=True),
        subtopic_trends=ensure(
            "<results>/topics/subtopic_trends.parquet", non_empty=True
        ),
        subtopic_csv=ensure("<results>/topics/subtopic_trends.csv", non_empty=True),
        subtopic_periods=ensure(
            "<results>/topics/subtopic_periods.parquet", non_empty=True
        ),
        figure=report(
            ensure("<results>/topics/trends.png", non_empty=True),
            caption="../docs/captions/trends.rst",
            category="Topics",
        ),
    log:
        "<logs>/trends.log",
    benchmark:
        "<benchmarks>/trends.tsv"
    conda:
        "../envs/topics.yaml"
    resources:
        **requests("trends"),
    params:
        flags=flags(),
    shell:
        COMMAND


rule changes:
    """Tell what changed since the earlier run."""
    input:
        **code("changes", "topics"),
        **RECORDS,
        **ASSIGNED,
        **earlier_topics(previous_assignments="assignments.parquet"),
        **earlier(previous_topics="topics/topics.parquet"),
        **REPLAYS,
        cluster=f"{TOPICS}/cluster.json",
        topics="<results>/topics/topics.parquet",
        previous_history=chains.history_of(config),
    output:
        changes=ensure("<results>/topics/changes.json", non_empty=True),
        csv=report(
            ensure("<results>/topics/changes.csv", non_empty=True),
            caption="../docs/captions/changes.rst",
            category="Topics",
        ),
        history=ensure("<results>/topics/history.parquet", non_empty=True),
        figure=report(
            ensure("<results>/topics/changes.png", non_empty=True),
            caption="../docs/captions/changes.rst",
            category="Topics",
        ),
    log:
        "<logs>/changes.log",
    benchmark:
        "<benchmarks>/changes.tsv"
    conda:
        "../envs/topics.yaml"
    resources:
        **requests("changes"),
    params:
        flags=flags(),
    shell:
        COMMAND


rule explain:
    """Find the words that put papers into their topics, and the attention that each word gets."""
    input:
        **code("explain", GPU_ENV),
        **CORPUS,
        **ASSIGNED,
        embeddings="<results>/embeddings/embeddings.npy",
        encoding="<results>/embeddings/embeddings.json",
        centroids=f"{TOPICS}/centroids.npy",
        stop_words=source("data/words/stop_words.txt"),
    output:
        explanations=ensure("<results>/topics/explanations.parquet", non_empty=True),
        explained=ensure("<results>/topics/explained.parquet", non_empty=True),
        summary=ensure("<results>/topics/explain.json", non_empty=True),
    log:
        "<logs>/explain.log",
    benchmark:
        "<benchmarks>/explain.tsv"
    conda:
        None if IMAGE else f"../envs/{GPU_ENV}.yaml"
    container:
        IMAGE
    threads: 8
    resources:
        **requests("explain"),
        gpu=config["embed"]["gpus"],
    params:
        **parameters(
            settings("explain"),
            execution("embed", "device", "batch_tokens"),
            takes=["threads"],
        ),
    shell:
        COMMAND
