"""Where the workflow lies: in its own checkout, elsewhere on this machine, or in a Git repository."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from snakemake.sourcecache import LocalGitFile, LocalSourceFile


def folder_of(source):
    """The folder of the workflow, as a path from the working directory.

    A workflow in a Git repository is first unpacked below .snakemake: its scripts import each other.
    """
    if isinstance(source, LocalSourceFile):
        return Path(os.path.relpath(source.get_path_or_uri(secret_free=True)))
    if isinstance(source, LocalGitFile):
        from git import Repo

        repo = Repo(source.repo_path)
    else:
        repo = source.hosted_repo.repo
    commit = repo.commit(source.ref).hexsha
    folder = Path(".snakemake/workflows") / commit
    if not folder.exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        part = Path(tempfile.mkdtemp(dir=folder.parent))
        archive = subprocess.run(
            ["git", f"--git-dir={repo.git_dir}", "archive", commit],
            check=True,
            stdout=subprocess.PIPE,
        )
        subprocess.run(
            ["tar", "--extract", "--directory", part], check=True, input=archive.stdout
        )
        (part / ".commit").write_text(f"{commit}\n")
        part.chmod(0o755)
        try:
            part.rename(folder)
        except OSError:  # another job was faster
            shutil.rmtree(part)
    return folder / source.path


# This file lies in a folder of the workflow.
ROOT = Path(os.path.normpath(folder_of(workflow.current_basedir) / ".."))
if set("<>{}") & set(str(ROOT)):
    raise WorkflowError(
        f"{ROOT}: Snakemake has a use of its own for the characters < > {{ }} in a path; move the workflow to another folder"
    )
# The main workflow reads the config.yaml of the working directory, if there is one; a module has its own.
own_config = workflow.modifier.is_main_snakefile() and Path("config.yaml").is_file()
CONFIG_FILE = "config.yaml" if own_config else str(ROOT / "config.yaml")
