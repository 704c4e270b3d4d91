"""Where the workflow lies: in its own checkout, elsewhere on this machine, or in a Git repository."""

import os
import subprocess
import tempfile
from pathlib import Path

from snakemake.sourcecache import LocalGitFile, LocalSourceFile


def folder_of(source):
    """The folder of the workflow, as a path from the working directory.

    A workflow in a Git repository is first unpacked below .snakemake: its scripts import each other. The name of the
    folder does not hold the commit. Another commit therefore re-runs only the steps whose files differ.
    """
    if isinstance(source, LocalSourceFile):
        return Path(os.path.relpath(source.get_path_or_uri(secret_free=True)))
    if isinstance(source, LocalGitFile):
        from git import Repo

        repo = Repo(source.repo_path)
    else:
        repo = source.hosted_repo.repo
    folder = Path(".snakemake/workflows") / (workflow.modifier.namespace or "main")
    commit, unpacked = repo.commit(source.ref).hexsha, folder / ".commit"
    if workflow.is_main_process and (
        not unpacked.is_file() or unpacked.read_text() != commit
    ):
        unpack(repo.git_dir, commit, folder)
    return folder / source.path


def unpack(git_dir, commit, folder):
    """Put the files of a commit into a folder, in place of those of another commit."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
        part = Path(scratch) / "new"
        part.mkdir()
        command = ["git", f"--git-dir={git_dir}", "archive", commit]
        archive = subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout
        subprocess.run(
            ["tar", "--extract", "--directory", part], check=True, input=archive
        )
        (part / ".commit").write_text(commit)
        if folder.exists():
            folder.rename(Path(scratch) / "old")
        part.rename(folder)


# This file lies in a folder of the workflow.
ROOT = Path(os.path.normpath(folder_of(workflow.current_basedir) / ".."))
if set("<>{}") & set(str(ROOT)):
    raise WorkflowError(
        f"{ROOT}: Snakemake has a use of its own for the characters < > {{ }} in a path; move the workflow to another folder"
    )
# The main workflow reads the config.yaml of the working directory, if there is one; a module has its own.
own_config = workflow.modifier.is_main_snakefile() and Path("config.yaml").is_file()
CONFIG_FILE = "config.yaml" if own_config else str(ROOT / "config.yaml")
