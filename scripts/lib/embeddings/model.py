"""Find the files of an encoder on this machine, and hash their content."""

import hashlib
import importlib.util
import json
import os
from pathlib import Path

from lib.cli import UserError

# The files that an encoder needs. Other weight formats of a hub repository are not fetched.
PATTERNS = ("*.safetensors", "*.json", "*.txt", "*.model")
PACKAGE = "package:"
AFTER_PADDING = ("roberta", "xlm-roberta", "xlm-roberta-xl", "camembert", "mpnet")


def locate(model: str, revision: str | None = None) -> Path:
    """The folder of an encoder named as in config.yaml.

    Parameters
    ----------
    model : `package:NAME/FOLDER` (in an installed Python package, which is not imported), the path
        of a folder, or the id of a Hugging Face repository
    revision : commit, branch or tag of the repository

    Raises
    ------
    UserError
        The package or folder is missing or has no safetensors, or the hub cannot be reached.
    """
    if model.startswith(PACKAGE):
        folder = _in_package(model)
    elif model.startswith((".", "/", "~")) or Path(model).is_dir():
        folder = Path(model).expanduser()
        if not folder.is_dir():
            raise UserError(f"config key embed.model: no such folder: {folder}")
    else:
        folder = _from_hub(model, revision)
    if not (folder / "config.json").is_file():
        raise UserError(f"embed.model: {folder} has no config.json, so it is not a Hugging Face model folder")
    if not sorted(folder.glob("*.safetensors")):
        raise UserError(
            f"embed.model: {folder} has no *.safetensors; other weight formats can run code when "
            "they are read and are refused. Convert the model with `save_pretrained`, or take a "
            "revision that has safetensors"
        )
    return folder


def _in_package(model: str) -> Path:
    name, _, inside = model.removeprefix(PACKAGE).partition("/")
    try:
        spec = importlib.util.find_spec(name)  # finds without importing
    except (ImportError, ValueError):  # of a name with a dot, of no name
        spec = None
    if spec is None or not spec.submodule_search_locations:
        raise UserError(
            f"config key embed.model: the Python package {name!r} is not installed; "
            "`make run` and envs/embeddings.yaml install the default one"
        )
    folder = Path(spec.submodule_search_locations[0]) / inside
    if not folder.is_dir():
        raise UserError(f"config key embed.model: the package {name!r} has no folder {inside!r}")
    return folder


def _from_hub(model: str, revision: str | None) -> Path:
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")  # read when it is imported
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError, RepositoryNotFoundError

    at = f" --revision {revision}" if revision else ""
    elsewhere = (
        f"on a machine with internet run `hf download {model}{at} --local-dir FOLDER`, copy FOLDER here "
        "and set `embed.model` to its path"
    )
    try:
        # top level only: exports to other runtimes live in folders
        return Path(
            snapshot_download(model, revision=revision, allow_patterns=list(PATTERNS), ignore_patterns="*/*")
        )
    except HFValidationError as error:
        raise UserError(
            f"config key embed.model: {model!r} is neither a folder here nor a repository id ({error})"
        ) from None
    except RepositoryNotFoundError as error:  # a gated or private one too
        raise UserError(
            f"config key embed.model: the hub shows you no repository {model!r} ({type(error).__name__}); "
            "check the id, and for a gated or private one log in with `hf auth login`"
        ) from None
    except LocalEntryNotFoundError:
        raise UserError(
            f"embed.model: {model!r} is not a folder here, and the hub cannot be reached to fetch it; {elsewhere}"
        ) from None
    except Exception as error:  # the client of the hub raises errors of several HTTP libraries
        raise UserError(f"embed.model: cannot fetch {model!r} ({error}); {elsewhere}") from None


def hash_files(folder: Path) -> dict[str, str]:
    """The SHA-256 of each file that decides a vector: weights, architecture, tokenizer."""
    hashes = {}
    for path in sorted(path for pattern in PATTERNS for path in folder.glob(pattern)):
        with path.open("rb") as file:
            hashes[path.name] = hashlib.file_digest(file, "sha256").hexdigest()
    return hashes


def positions(folder: Path) -> int | None:
    """The longest input in tokens that the model has positions for; None if it sets no limit."""
    limit = _config(folder).get("max_position_embeddings")
    return limit - first_position(folder) if limit else limit


def first_position(folder: Path) -> int:
    """The number of the first position of a text; some models count from behind the padding position."""
    config = _config(folder)
    return config.get("pad_token_id", 1) + 1 if config.get("model_type") in AFTER_PADDING else 0


def _config(folder: Path) -> dict:
    return json.loads((folder / "config.json").read_text())
