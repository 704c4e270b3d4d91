"""From a snapshot of paper metadata to a labelled map of its topics; see README.md."""

from snakemake.utils import min_version, validate

min_version("9.0")


configfile: "config.yaml"


include: "rules/common.smk"


check_config(config, "rules/config.schema.yaml")
validate(config, "rules/config.schema.yaml")  # fills in the defaults


include: "rules/corpus.smk"
include: "rules/embed.smk"
include: "rules/cluster.smk"
include: "rules/topics.smk"
include: "rules/map.smk"


wildcard_constraints:
    k=r"\d+",
    part=r"\d+",


rule all:
    default_target: True
    input:
        "results/topics.csv",
        "results/keywords.csv",
        "results/map.png",
        "results/map.html",
        "results/report.html",
