"""Topics: reads papers, embeddings and assignments, writes keywords, labels and their measures."""


rule keywords:
    """Weigh the words and bigrams of each topic by class-based TF-IDF."""
    input:
        papers=ancient("results/papers.parquet"),
        digest=digest,
        assignments="results/assignments.parquet",
        chosen=chosen,
        script="scripts/keywords.py",
        lib=lib("cli", "ctfidf", "draw", "files", "text"),
    output:
        keywords=ensure("results/keywords.parquet", non_empty=True),
        csv=ensure("results/keywords.csv", non_empty=True),
    log:
        "logs/keywords.log",
    benchmark:
        "benchmarks/keywords.tsv"
    conda:
        "../envs/topics.yaml"
    threads: 4
    resources:
        mem_mb=scaled(12000),
        runtime=120,
    params:
        keywords=config["keywords"],
    shell:
        """
        python {input.script} \
            --papers {input.papers} \
            --assignments {input.assignments} \
            --top {params.keywords[top]} \
            --min-count {params.keywords[min_count]} \
            --max-papers {params.keywords[max_papers]} \
            --threads {threads} \
            --keywords {output.keywords} \
            --csv {output.csv} \
            >{log} 2>&1
        """


rule label:
    """Find each topic's most central papers and give the topic its label."""
    input:
        papers=ancient("results/papers.parquet"),
        digest=digest,
        embeddings="results/embeddings.npy",
        assignments="results/assignments.parquet",
        chosen=chosen,
        centroids="results/centroids.npy",
        keywords="results/keywords.parquet",
        script="scripts/label.py",
        lib=lib("cli", "files", "latex", "text", "vectors"),
    output:
        representatives=ensure("results/representatives.parquet", non_empty=True),
        topics=ensure("results/topics.parquet", non_empty=True),
        csv=report(
            ensure("results/topics.csv", non_empty=True),
            caption="../docs/captions/topics.rst",
            category="Topics",
        ),
    log:
        "logs/label.log",
    benchmark:
        "benchmarks/label.tsv"
    conda:
        "../envs/topics.yaml"
    threads: 4
    resources:
        mem_mb=scaled(4000),
        runtime=60,
    params:
        label=config["label"],
    shell:
        """
        python {input.script} \
            --papers {input.papers} \
            --embeddings {input.embeddings} \
            --assignments {input.assignments} \
            --centroids {input.centroids} \
            --keywords {input.keywords} \
            --representatives-per-topic {params.label[representatives_per_topic]} \
            --title-chars {params.label[title_chars]} \
            --threads {threads} \
            --representatives {output.representatives} \
            --topics {output.topics} \
            --csv {output.csv} \
            >{log} 2>&1
        """


rule evaluate:
    """Measure the topics: shape, agreement with arXiv's categories, diversity of words."""
    input:
        papers=ancient("results/papers.parquet"),
        digest=digest,
        assignments="results/assignments.parquet",
        chosen=chosen,
        topics="results/topics.parquet",
        cluster="results/cluster.json",
        project="results/project.json",
        script="scripts/evaluate.py",
        lib=lib("cli", "files", "sizes"),
    output:
        evaluation=ensure("results/evaluation.json", non_empty=True),
    log:
        "logs/evaluate.log",
    benchmark:
        "benchmarks/evaluate.tsv"
    conda:
        "../envs/topics.yaml"
    threads: 1
    resources:
        mem_mb=scaled(4000),
        runtime=60,
    shell:
        """
        python {input.script} \
            --papers {input.papers} \
            --assignments {input.assignments} \
            --topics {input.topics} \
            --cluster {input.cluster} \
            --project {input.project} \
            --evaluation {output.evaluation} \
            >{log} 2>&1
        """
