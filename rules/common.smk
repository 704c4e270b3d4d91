"""The config, and the inputs, params and resources that rules share."""

import importlib.util
import os
import sys

from snakemake import __version__ as snakemake_version
from snakemake.settings.types import DeploymentMethod


def load(root, *names):
    """Modules of lib/workflow. Their package gets a name of its own: an importing workflow may have a `lib` too."""
    package = f"lib_workflow_of_{root.resolve()}".replace(".", "_")
    if package not in sys.modules:
        folder = root / "scripts/lib/workflow"
        spec = importlib.util.spec_from_file_location(
            package,
            folder / "__init__.py",
            submodule_search_locations=[str(folder)],
        )
        sys.modules[package] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[package])
    return [importlib.import_module(f"{package}.{name}") for name in names]


configs, chains, checks, edits_file, requesting, steps, words = load(
    ROOT, "config", "chains", "checks", "edits_file", "requests", "steps", "word_lists"
)
if not isinstance(config, dict):
    raise WorkflowError(
        f"`config:` of the module is {config!r}; give it a dict of keys, such as a section of your own config"
    )
SCHEMA = configs.read_schema(ROOT)
config.update(configs.complete(config, SCHEMA, ROOT))
chains.check_previous(config)
# Edits are settings: a step runs again if those that it takes have changed, wherever they stand in the file
EDITS = edits_file.read_edits(config, ROOT)
REPLAYED = edits_file.chosen(EDITS, *edits_file.OF_PAPERS)
if workflow.is_main_process:
    checks.warn_of_another_corpus(config)
    chains.warn_of_another_chain(config)


def source(path):
    """A file of the workflow as an input of a rule, wherever the workflow runs."""
    return local(os.path.normpath(ROOT / path))


def code(step, env):
    """The inputs `script`, `lib` and `env` of a rule: its script, the files that the script imports, its packages."""
    script = f"scripts/{step}.py"
    lib = sorted(steps.imported_files(ROOT, script))
    return {
        "script": source(script),
        "lib": [source(path) for path in lib],
        "env": source(f"envs/{env}.yaml"),
    }


def settings(section, *keys):
    """The config keys of a section that decide a result: all of them, or those named."""
    values = configs.settings(config, SCHEMA, section)
    return {key: values[key] for key in keys or values}


def execution(section, *keys):
    """The config keys of a section that decide how a step runs: all of them, or those named."""
    values = configs.execution(config, SCHEMA, section)
    return {key: values[key] for key in keys or values}


def parameters(tracked, untracked={}, takes=()):
    """The params of a rule: the settings that re-run it if they change, and the flags of its script.

    The settings are one dict, since Snakemake does not notice that two params swap their values.
    """
    return {"settings": tracked, "flags": flags(tracked, untracked, takes=takes)}


def requests(step):
    """The resources mem_mb and runtime of a rule."""
    return requesting.requests(config, step)


def digest(wildcards):
    """papers.digest. Asking for it makes Snakemake evaluate the graph again once `clean` has run."""
    output = checkpoints.clean.get().output  # not reached while `clean` has to run
    checks.check_papers(output.papers, output.ledger, config)
    checks.check_number_of_topics(output.digest, config)
    if workflow.is_main_process:
        checks.warn_of_languages(output.ledger, config)
    return output.digest


def metadata(wildcards):
    """metadata.digest, for the steps that read titles, dates or categories beside the texts."""
    return checkpoints.clean.get().output.metadata


def facets(wildcards):
    """facets.digest, for the steps that read authors, journals or DOIs."""
    return checkpoints.clean.get().output.facets_digest


def chosen(wildcards):
    """k.txt. Steps that read the assignments depend on it too, so that one more candidate re-runs none of them."""
    return checkpoints.select_k.get().output.chosen


def earlier(**files):
    """Files of the earlier run that the config names, as inputs by name; without one, no files."""
    return in_folder(config["previous"], files)


def earlier_topics(**files):
    """The same for files of the topics, as edited there."""
    return in_folder(config["previous"] and chains.clustered(config["previous"]), files)


def news(**files):
    """What `changes` writes, as inputs by name; without an earlier run, no files."""
    return in_folder(config["previous"] and "<results>", files)


def in_folder(folder, files):
    return {
        name: os.path.join(folder, file) if folder else []
        for name, file in files.items()
    }


def about():
    """What the report says of this run."""
    return steps.about(ROOT, snakemake_version, configs.changed_keys(config, SCHEMA))


COMMAND = steps.COMMAND
flags = steps.flags
SEED = {"seed": config["seed"]}
RESULTS = configs.results_folder(config)
MORE_MAPS = [f"<results>/map.{kind}" for kind in config["plot"]["formats"]]
TERMS = {
    "vocabulary": "<results>/corpus/vocabulary.parquet",
    **{
        name: f"<results>/corpus/{name}.npy"
        for name in ("tokens", "offsets", "terms", "term_offsets")
    },
}
# What decides which words count; the lists of `lists` only if the papers have their language
WORD_LISTS = words.word_lists(config, ROOT)
# The papers change when their digest does, not when their file is written again.
CORPUS = {"papers": ancient("<results>/corpus/papers.parquet"), "version": digest}
RECORDS = {**CORPUS, "metadata": metadata}
FACETS = {
    "facets": ancient("<results>/corpus/facets.parquet"),
    "facets_version": facets,
}
# The topics as `cluster` found them, or as edits changed them
TOPICS = "<results>/clusters/edited" if REPLAYED else "<results>/clusters"
FOUND = {  # what edits are compared with
    "found_assignments": ("<results>/clusters/assignments.parquet" if REPLAYED else []),
}
REPLAYS = {"replayed": f"{TOPICS}/edits.json" if REPLAYED else []}


def edited(kind):
    """What a step needs to find the topics of edits of a kind, as inputs by name; no files without such edits."""
    some = edits_file.chosen(EDITS, kind)
    return {
        "edited": f"{TOPICS}/cluster.json" if some else [],
        "replayed": REPLAYS["replayed"] if some else [],
    }


ASSIGNED = {
    "assignments": f"{TOPICS}/assignments.parquet",
    "choice": chosen,
}
