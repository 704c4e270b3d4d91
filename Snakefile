"""From a snapshot of paper metadata to a labeled map of its topics; see README.md."""

from snakemake.utils import min_version, validate

min_version("9.0")


configfile: "config.yaml"


include: "rules/config.smk"
include: "rules/common.smk"


check_config(config)
validate(config, SCHEMA_FILE)  # fills in the defaults
config.update(canonical(config, SCHEMA))
warn_of_another_corpus(config)


onstart:
    refuse_read_only_results()
    refuse_ignored_image()
    warn_of_running_jobs()


localrules:
    all,
    select_k,
    report,


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


# The map, its topics and all that they need come first. A rule's priority does not pass on to its inputs.
for each in workflow.rules:
    each.priority = int(each.name not in ("explain", "evaluate", "report"))


onsuccess:
    warn_of_steps()
    remove_parts()


rule all:
    default_target: True
    input:
        "<results>/map.png",
        "<results>/map.html",
        "<results>/topics.csv",
        "<results>/report.html",
        "<results>/corpus/papers.parquet",
        "<results>/corpus/ledger.json",
        "<results>/embeddings/embeddings.npy",
        "<results>/embeddings/embeddings.json",
        "<results>/clusters/k.json",
        "<results>/clusters/k_selection.png",
        "<results>/clusters/assignments.parquet",
        "<results>/topics/keywords.csv",
        "<results>/topics/representatives.parquet",
        "<results>/topics/hierarchy.csv",
        "<results>/topics/hierarchy.png",
        "<results>/topics/trends.csv",
        "<results>/topics/subtopic_trends.csv",
        "<results>/topics/trends.png",
        "<results>/topics/explanations.parquet",
        "<results>/evaluation/evaluation.json",
        "<results>/evaluation/explanations.png",
