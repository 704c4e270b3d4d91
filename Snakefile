"""From a snapshot of paper metadata to a labelled map of its topics; see README.md."""

from snakemake.utils import min_version, validate

min_version("9.0")


configfile: "config.yaml"


include: "rules/common.smk"


check_config(config)
validate(config, SCHEMA_FILE)  # fills in the defaults
warn_of_another_corpus(config)


pathvars:
    logs="<results>/logs",
    benchmarks="<results>/benchmarks",


wildcard_constraints:
    k=r"\d+",
    part=r"\d+",


include: "rules/corpus.smk"
include: "rules/embeddings.smk"
include: "rules/clusters.smk"
include: "rules/topics.smk"
include: "rules/map.smk"
include: "rules/evaluation.smk"


rule all:
    default_target: True
    input:
        "<results>/topics.csv",
        "<results>/topics/keywords.csv",
        "<results>/topics/representatives.parquet",
        "<results>/topics/hierarchy.csv",
        "<results>/topics/trends.csv",
        "<results>/map.png",
        "<results>/map.html",
        "<results>/report.html",
