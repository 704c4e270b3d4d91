"""Find the files of an encoder on this machine, hash their content, and read their settings."""

import hashlib
import importlib.util
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lib.cli import UserError, container_hint, warn

# The files that an encoder needs. Other weight formats of a hub repository are not fetched.
PATTERNS = ("*.safetensors", "*.json", "*.txt", "*.model")
# Folders of a hub repository that are not fetched: exports to other runtimes. Those of the modules of
# sentence-transformers begin with a digit (1_Pooling, 2_Dense).
NOT_FETCHED = "[!0-9]*/*"
# What says how a model pools, and which prompt and which length it was made for.
LAYOUT_FILES = ("modules.json", "sentence_bert_config.json", "config_sentence_transformers.json")
PACKAGE = "package:"
# Models that count positions from behind that of the padding
AFTER_PADDING = {"roberta", "xlm-roberta", "xlm-roberta-xl", "camembert", "mpnet", "roberta-prelayernorm"}
AFTER_PADDING |= {"xmod", "data2vec-text", "ibert", "longformer", "lilt", "luke"}
# The types of JSON in words
WORDS = {
    dict: "an object",
    list: "a list",
    str: "text",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
}


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
            raise UserError(f"config key embed.model: no such folder: {folder}{container_hint()}")
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
    wanted: dict[str, Any] = {"repo_id": model, "revision": revision}
    wanted |= {"allow_patterns": list(PATTERNS), "ignore_patterns": NOT_FETCHED}
    try:
        folder: Path | None = Path(snapshot_download(**wanted))
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
        folder = _in_cache(wanted)
    except Exception as error:  # the client of the hub raises errors of several HTTP libraries
        raise UserError(f"embed.model: cannot fetch {model!r} ({error}); {elsewhere}") from None
    if folder is None:
        raise UserError(
            f"embed.model: {model!r} is not a folder here, and the hub cannot be reached to fetch it; {elsewhere}"
        )
    _check_layout_files(model, revision, folder)
    return folder


def _in_cache(wanted: dict[str, Any]) -> Path | None:
    """The folder of the hub's cache, even if it lacks files: transformers fetches only those that it reads."""
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import IncompleteSnapshotError, LocalEntryNotFoundError

    try:
        return Path(snapshot_download(**wanted, local_files_only=True))
    except IncompleteSnapshotError as error:
        return Path(error.snapshot_path)
    except LocalEntryNotFoundError:
        return None


def _check_layout_files(model: str, revision: str | None, folder: Path) -> None:
    """Raise a UserError if a folder of the hub's cache lacks what says how the model makes its vectors."""
    from huggingface_hub import get_cached_repo_tree
    from huggingface_hub.errors import CachedRepoTreeNotFoundError

    absent = [name for name in LAYOUT_FILES if not (folder / name).is_file()]
    try:
        in_repository = {file.path for file in get_cached_repo_tree(model, revision=revision)}
    except CachedRepoTreeNotFoundError:
        if "modules.json" in absent:
            warn(
                f"embed.model: the hub's cache on this machine holds no modules.json of {model!r}, and no list of its "
                "files; the vectors of the tokens are averaged. Set `embed.pooling` if the model pools otherwise"
            )
        return
    if missing := [name for name in absent if name in in_repository]:
        raise UserError(
            f"embed.model: the hub's cache on this machine holds a part of {model!r}, without {', '.join(missing)}, "
            "which say how it pools and which prompt it needs, and the hub cannot be reached to fetch them; on a "
            f"machine with internet run `hf download {model}`, or copy these files to {folder}"
        )


def hash_files(folder: Path, inside: tuple[str, ...] = ()) -> dict[str, str]:
    """The SHA-256 of each file that decides a vector: weights, architecture, tokenizer.

    Parameters
    ----------
    inside : folders inside it with weights of their own
    """
    hashes = {}
    for place in (folder, *(folder / name for name in inside)):
        for path in sorted(path for pattern in PATTERNS for path in place.glob(pattern)):
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
            hashes[path.relative_to(folder).as_posix()] = digest
    return hashes


def positions(folder: Path) -> int | None:
    """The longest input in tokens that the model has positions for; None if it sets no limit."""
    limit = _config(folder).get("max_position_embeddings", int, least=0)
    return limit - first_position(folder) if limit else limit


def first_position(folder: Path) -> int:
    """The number of the first position of a text; some models count from behind the padding position."""
    config = _config(folder)
    return (
        config.get("pad_token_id", int, 1, least=-1) + 1
        if config.get("model_type", str) in AFTER_PADDING
        else 0
    )


def _config(folder: Path) -> "Settings":
    return read_settings(folder / "config.json")


@dataclass(frozen=True)
class Settings:
    """A JSON object of a model folder, and the file that it is from."""

    file: Path
    values: dict[str, Any]

    def get(
        self, key: str, kind: type | tuple[type, ...], default: Any = None, least: int | None = None
    ) -> Any:
        """The value of a key, or the default if it is absent.

        Raises
        ------
        UserError
            The value has another type, or is smaller than `least`. Null needs the default None.
        """
        value = self.values.get(key, default)
        if value is None and default is None:
            return None
        return _checked(value, kind, f"{key} in {self.file}", least)


def read_settings(file: Path) -> Settings:
    """Read a file that holds a JSON object; see `read_json`."""
    return Settings(file, read_json(file, dict))


def read_json(file: Path, kind: type) -> Any:
    """Read a JSON file of a model; raises a UserError if it is missing, damaged or not of this type."""
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        raise UserError(f"embed.model: {file} is missing; take a complete copy of the model") from None
    except (OSError, ValueError, RecursionError) as error:
        raise UserError(
            f"embed.model: {file} cannot be loaded ({error}); take a complete copy of the model"
        ) from None
    return _checked(content, kind, f"the content of {file}")


def _checked(value: Any, kind: type | tuple[type, ...], what: str, least: int | None = None) -> Any:
    """The value, if it is of this type (true is not a number) and not smaller than `least`."""
    kinds = kind if isinstance(kind, tuple) else (kind,)
    expected = " or ".join(WORDS[each] for each in kinds)
    fits = isinstance(value, kinds) and (bool in kinds or not isinstance(value, bool))
    if least is not None:
        expected += f" from {least}"
        fits = fits and value >= least
    if not fits:
        raise UserError(
            f"embed.model: {what} is {json.dumps(value)[:60]}, not {expected}; correct it, or take a complete copy "
            "of the model"
        )
    return value
