"""Topics: reads terms, papers, embeddings and assignments; writes keywords, labels, trends and explanations."""


rule keywords:
    """Weigh the words and bigrams of each topic by class-based TF-IDF."""
    input:
        **code("keywords"),
        **ASSIGNED,
        **TERMS,
        embeddings="<results>/embeddings/embeddings.npy",
        centroids="<results>/clusters/centroids.npy",
        head_words=config["keywords"]["head_words"],
        env="envs/topics.yaml",
    output:
        keywords=ensure("<results>/topics/keywords.parquet", non_empty=True),
        csv=ensure("<results>/topics/keywords.csv", non_empty=True),
    log:
        "<logs>/keywords.log",
    benchmark:
        "<benchmarks>/keywords.tsv"
    conda:
        "../envs/topics.yaml"
    resources:
        mem_mb=memory("keywords"),
        runtime=minutes("keywords"),
    params:
        keywords=settings("keywords"),
    shell:
        """
        python {input.script} \
            --vocabulary {input.vocabulary} \
            --tokens {input.tokens} \
            --offsets {input.offsets} \
            --terms {input.terms} \
            --term-offsets {input.term_offsets} \
            --embeddings {input.embeddings} \
            --assignments {input.assignments} \
            --centroids {input.centroids} \
            --head-words {input.head_words:q} \
            --top {params.keywords[top]} \
            --keywords {output.keywords} \
            --csv {output.csv} \
            >{log} 2>&1
        """


rule label:
    """Find each topic's most central papers and give the topic its label."""
    input:
        **code("label"),
        **CORPUS,
        **ASSIGNED,
        embeddings="<results>/embeddings/embeddings.npy",
        centroids="<results>/clusters/centroids.npy",
        cluster="<results>/clusters/cluster.json",
        keywords="<results>/topics/keywords.parquet",
        env="envs/topics.yaml",
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
    log:
        "<logs>/label.log",
    benchmark:
        "<benchmarks>/label.tsv"
    conda:
        "../envs/topics.yaml"
    resources:
        mem_mb=memory("label"),
        runtime=minutes("label"),
    params:
        label=settings("label"),
        llm=settings("llm"),
        execution=execution("llm"),
    shell:
        """
        python {input.script} \
            --papers {input.papers} \
            --embeddings {input.embeddings} \
            --assignments {input.assignments} \
            --centroids {input.centroids} \
            --cluster {input.cluster} \
            --keywords {input.keywords} \
            --representatives-per-topic {params.label[representatives_per_topic]} \
            --title {params.label[title]} \
            --title-chars {params.label[title_chars]} \
            --llm-url {params.llm[url]} \
            --llm-model {params.llm[model]:q} \
            --llm-key-variable {params.execution[key_variable]} \
            --llm-seconds {params.execution[seconds]} \
            --llm-cache {params.execution[cache]:q} \
            --representatives {output.representatives} \
            --topics {output.topics} \
            --csv {output.csv} \
            >{log} 2>&1
        """


rule tree:
    """Name the groups and subtopics of the hierarchy, and draw its tree."""
    input:
        **code("tree"),
        **ASSIGNED,
        **TERMS,
        embeddings="<results>/embeddings/embeddings.npy",
        nodes="<results>/clusters/nodes.parquet",
        subtopics="<results>/clusters/subtopics.parquet",
        linkage="<results>/clusters/linkage.npy",
        topics="<results>/topics/topics.parquet",
        head_words=config["keywords"]["head_words"],
        env="envs/topics.yaml",
    output:
        hierarchy=ensure("<results>/topics/hierarchy.parquet", non_empty=True),
        csv=report(
            ensure("<results>/topics/hierarchy.csv", non_empty=True),
            caption="../docs/captions/hierarchy.rst",
            category="Topics",
        ),
        figure=report(
            ensure("<results>/topics/hierarchy.png", non_empty=True),
            caption="../docs/captions/hierarchy.rst",
            category="Topics",
        ),
    log:
        "<logs>/tree.log",
    benchmark:
        "<benchmarks>/tree.tsv"
    conda:
        "../envs/topics.yaml"
    resources:
        mem_mb=memory("tree"),
        runtime=minutes("tree"),
    params:
        keywords=settings("keywords"),
    shell:
        """
        python {input.script} \
            --vocabulary {input.vocabulary} \
            --tokens {input.tokens} \
            --offsets {input.offsets} \
            --terms {input.terms} \
            --term-offsets {input.term_offsets} \
            --embeddings {input.embeddings} \
            --assignments {input.assignments} \
            --nodes {input.nodes} \
            --subtopics {input.subtopics} \
            --linkage {input.linkage} \
            --topics {input.topics} \
            --head-words {input.head_words:q} \
            --top {params.keywords[top]} \
            --hierarchy {output.hierarchy} \
            --csv {output.csv} \
            --figure {output.figure} \
            >{log} 2>&1
        """


rule trends:
    """Count each topic's papers per year and month, and test which topics rise or fade."""
    input:
        **code("trends"),
        **CORPUS,
        **ASSIGNED,
        subtopics="<results>/clusters/subtopics.parquet",
        topics="<results>/topics/topics.parquet",
        hierarchy="<results>/topics/hierarchy.parquet",
        env="envs/topics.yaml",
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
        mem_mb=memory("trends"),
        runtime=minutes("trends"),
    shell:
        """
        python {input.script} \
            --papers {input.papers} \
            --assignments {input.assignments} \
            --subtopics {input.subtopics} \
            --topics {input.topics} \
            --hierarchy {input.hierarchy} \
            --trends {output.trends} \
            --csv {output.csv} \
            --periods {output.periods} \
            --subtopic-trends {output.subtopic_trends} \
            --subtopic-csv {output.subtopic_csv} \
            --subtopic-periods {output.subtopic_periods} \
            --figure {output.figure} \
            >{log} 2>&1
        """


rule explain:
    """Find the words that put papers into their topics, and the attention that each word gets."""
    input:
        **code("explain"),
        **CORPUS,
        **ASSIGNED,
        **{name: TERMS[name] for name in ("vocabulary", "terms", "term_offsets")},
        embeddings="<results>/embeddings/embeddings.npy",
        encoding="<results>/embeddings/embeddings.json",
        centroids="<results>/clusters/centroids.npy",
        topics="<results>/topics/topics.parquet",
        stop_words=config["terms"]["stop_words"],
        env=f"envs/{GPU_ENV}",
    output:
        explanations=ensure("<results>/topics/explanations.parquet", non_empty=True),
        explained=ensure("<results>/topics/explained.parquet", non_empty=True),
        summary=ensure("<results>/topics/explain.json", non_empty=True),
        figure=report(
            ensure("<results>/topics/explanations.png", non_empty=True),
            caption="../docs/captions/explanations.rst",
            category="Topics",
        ),
    log:
        "<logs>/explain.log",
    benchmark:
        "<benchmarks>/explain.tsv"
    conda:
        None if IMAGE else f"../envs/{GPU_ENV}"
    container:
        IMAGE
    threads: 8
    resources:
        mem_mb=memory("explain"),
        runtime=minutes("explain"),
        gpu=config["embed"]["gpus"],
    params:
        explain=settings("explain"),
        execution=execution("embed"),
    shell:
        """
        python {input.script} \
            --papers {input.papers} \
            --embeddings {input.embeddings} \
            --encoding {input.encoding} \
            --centroids {input.centroids} \
            --assignments {input.assignments} \
            --topics {input.topics} \
            --vocabulary {input.vocabulary} \
            --terms {input.terms} \
            --term-offsets {input.term_offsets} \
            --stop-words {input.stop_words:q} \
            --papers-per-topic {params.explain[papers_per_topic]} \
            --device {params.execution[device]} \
            --batch-tokens {params.execution[batch_tokens]} \
            --threads {threads} \
            --explanations {output.explanations} \
            --explained {output.explained} \
            --summary {output.summary} \
            --figure {output.figure} \
            >{log} 2>&1
        """
