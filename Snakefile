"""From a snapshot of paper metadata to a labeled map of its topics; see README.md."""

from snakemake.utils import min_version

min_version("9.0")
# Snakemake 9.27 cannot include a file by its name if the Snakefile is at the top of a local Git repository.
here = workflow.current_basedir


include: here.join("rules/location.smk")


configfile: CONFIG_FILE


include: here.join("rules/common.smk")


onstart:
    checks.lock_results(config)
    checks.require_apptainer_for_image(
        config,
        DeploymentMethod.APPTAINER
        in workflow.deployment_settings.deployment_method,
    )
    checks.warn_of_running_jobs()


onsuccess:
    checks.warn_of_steps(config)
    if workflow.is_main_process:
        checks.remove_parts(config)
        if not REPLAYED:
            checks.remove_edited(config)


pathvars:
    logs="<results>/logs",
    benchmarks="<results>/benchmarks",


wildcard_constraints:
    k=r"\d+",
    part=r"\d+",


rule all:
    input:
        "<results>/map.png",
        MORE_MAPS,
        "<results>/map.html",
        "<results>/topics.csv",
        "<results>/papers.csv",
        "<results>/papers.parquet",
        "<results>/topics.sql",
        "<results>/methods.md",
        "<results>/methods.bib",
        "<results>/flow.svg",
        "<results>/report.html",
        "<results>/corpus/papers.parquet",
        "<results>/corpus/ledger.json",
        "<results>/corpus/facets.parquet",
        "<results>/corpus/works.parquet",
        "<results>/embeddings/embeddings.npy",
        "<results>/embeddings/embeddings.json",
        "<results>/clusters/k.json",
        "<results>/clusters/k_selection.png",
        "<results>/clusters/assignments.parquet",
        "<results>/clusters/memberships.parquet",
        "<results>/topics/keywords.csv",
        "<results>/topics/representatives.parquet",
        "<results>/topics/hierarchy.csv",
        "<results>/map/hierarchy.png",
        "<results>/topics/trends.csv",
        "<results>/topics/subtopic_trends.csv",
        "<results>/topics/trends.png",
        "<results>/topics/explanations.parquet",
        "<results>/evaluation/evaluation.json",
        "<results>/evaluation/explanations.png",
        **news(
            changes="topics/changes.csv",
            change_figure="topics/changes.png",
            history="topics/history.parquet",
        ),


include: here.join("rules/corpus.smk")
include: here.join("rules/embeddings.smk")
include: here.join("rules/clusters.smk")
include: here.join("rules/topics.smk")
include: here.join("rules/map.smk")
include: here.join("rules/evaluation.smk")
include: here.join("rules/exchange.smk")


# The map, its topics and all that they need come first. A rule's priority does not pass on to its inputs.
for each in workflow.modifier.rules:
    each.priority = int(
        not each.name.endswith(("explain", "evaluate", "report", "methods"))
    )
