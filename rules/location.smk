"""Where the workflow lies: in its own checkout, elsewhere on this machine, or in a Git repository."""

import os
import subprocess
import tempfile
from pathlib import Path

from snakemake.sourcecache import LocalGitFile, LocalSourceFile


def folder_of(source):
    """The folder of the workflow, as a path from the working directory.

    A workflow in a Git repository is first unpacked below .snakemake: its scripts import each other. The folder is named
    by a link without the commit. Another commit therefore re-runs only the steps whose files differ, and scripts that
    are running keep their files.
    """
    if isinstance(source, LocalSourceFile):
        return Path(os.path.relpath(source.get_path_or_uri(secret_free=True)))
    link = Path(".snakemake/workflows") / (workflow.modifier.namespace or "main")
    if workflow.is_main_process:
        unpack(source, link)
    return link / source.path


def unpack(source, link):
    """Unpack the commit of a source file into a folder of its own, and make the link lead there."""
    if isinstance(source, LocalGitFile):
        from git import Repo

        repo = Repo(source.repo_path)
    else:
        repo = source.hosted_repo.repo
    commit = repo.commit(source.ref).hexsha
    folder = link.with_name(f"{link.name}-{commit}")
    if not folder.exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
            part = Path(scratch) / "new"
            part.mkdir()
            command = ["git", f"--git-dir={repo.git_dir}", "archive", commit]
            archive = subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout
            subprocess.run(
                ["tar", "--extract", "--directory", part], check=True, input=archive
            )
            (part / ".commit").write_text(commit)
            part.rename(folder)
    if not link.is_symlink() or os.readlink(link) != folder.name:
        new = folder.with_name(f".{link.name}.{os.getpid()}")
        new.symlink_to(folder.name)
        new.replace(link)


# This file lies in a folder of the workflow.
ROOT = Path(os.path.normpath(folder_of(workflow.current_basedir) / ".."))
if set("<>{}") & set(str(ROOT)):
    raise WorkflowError(
        f"{ROOT}: Snakemake has a use of its own for the characters < > {{ }} in a path; move the workflow to another folder"
    )
# The main workflow reads the config.yaml of the working directory, if there is one; a module has its own.
own_config = workflow.modifier.is_main_snakefile() and Path("config.yaml").is_file()
CONFIG_FILE = "config.yaml" if own_config else str(ROOT / "config.yaml")
