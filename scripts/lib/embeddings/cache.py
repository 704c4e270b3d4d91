"""A store of vectors by the hash of their text, shared by all runs, corpora and jobs.

All vectors with one fingerprint (weights, prefix, max tokens, pooling, precision) live in one
folder of append-only segments. A segment is a safetensors file of two tensors, `hashes` (n, 16)
uint8 and `vectors` (n, dim). Its metadata say how the vectors were computed (device, attention,
kernels) and hold a BLAKE2b checksum of all. It is written to a temporary file, synced and renamed. A reader therefore sees the whole segment or nothing, on NFS and
Lustre too, and jobs that write at the same time never touch the same file. A text that two jobs
encode at the same time is stored twice, which is harmless.
"""

import hashlib
import json
import os
import uuid
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from lib.cli import UserError, container_hint, warn
from lib.embeddings.schema import Origin
from lib.records.schema import PAPERS
from lib.tables import read_table

FORMAT = 1  # of the segments; a folder in another format is refused
HASH = "S16"  # 16-byte hashes compare and sort as strings; numpy strips final NULs, which is harmless


class Segment(NamedTuple):
    """A segment: hashes S16 (n,), vectors (n, dim), and how they were computed; None: not recorded."""

    path: Path
    hashes: np.ndarray
    vectors: np.ndarray
    origin: Origin | None


class Lookup(NamedTuple):
    """What the cache holds of the hashes that were asked for.

    Attributes
    ----------
    cached : bool (n,)
    vectors : (n, dim); None if no row was given and none was found
    origins : for each segment that was used, how it was computed and the rows int (m,) it gave
    """

    cached: np.ndarray
    vectors: np.ndarray | None
    origins: list[tuple[Origin | None, np.ndarray]]


def text_hashes(papers: Path) -> np.ndarray:
    """The column `text_hash` of papers.parquet, the keys of the cache: S16 (n,)."""
    column = read_table(papers, PAPERS, ["text_hash"])["text_hash"].combine_chunks()
    return np.frombuffer(column.buffers()[1], HASH)[column.offset :][: len(column)]


def fingerprint(settings: dict) -> str:
    """A short name for everything that decides the vector of a text."""
    canonical = json.dumps(settings | {"format": FORMAT}, sort_keys=True)
    return hashlib.sha256(canonical.encode()).hexdigest()[:24]


def variants(root: Path, settings: dict, key: str) -> list:
    """The other values of `key` for which the cache holds vectors with otherwise the same settings."""
    wanted = {"format": FORMAT} | settings
    values = []
    for manifest in sorted(root.glob("*/manifest.json")):
        with suppress(OSError, ValueError, TypeError):
            stored = dict(json.loads(manifest.read_text()))
            differs = stored != wanted and stored | {key: settings[key]} == wanted
            if differs and any(manifest.parent.glob("*.safetensors")):
                values.append(stored[key])
    return values


class Cache:
    """The segments of one fingerprint, made from `settings`."""

    def __init__(self, root: Path, settings: dict):
        self.folder = root / fingerprint(settings)
        if root.exists() and not root.is_dir():
            raise UserError(f"embed.cache: {root} is not a folder; name another one, or set it to null")
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            manifest = self.folder / "manifest.json"
            if not manifest.exists():
                part = self.folder / f".{uuid.uuid4().hex}.part"
                part.write_text(json.dumps({"format": FORMAT} | settings, indent=1) + "\n")
                part.replace(manifest)
            stored_format = dict(json.loads(manifest.read_text())).get("format")
        except (OSError, ValueError, TypeError) as error:
            raise UserError(
                f"embed.cache: {self.folder}: {error}; make it writable, point `embed.cache` to another "
                f"folder, or set it to null{container_hint()}"
            ) from None
        if stored_format != FORMAT:
            raise UserError(
                f"embed.cache: {self.folder} has format {stored_format}, this version reads {FORMAT}; "
                "point `embed.cache` to another folder"
            )

    def segments(self, set_aside: bool = True) -> Iterator[Segment]:
        """Yield each sound segment.

        A damaged segment is reported and, if `set_aside`, renamed to `*.corrupt`. Its texts are
        encoded again.
        """
        for path in sorted(self.folder.glob("*.safetensors")):
            try:
                yield Segment(path, *_read(path))
            except FileNotFoundError:
                continue  # another job set it aside or pruned it
            except OSError as error:  # of the disk or the network: the segment may be sound
                warn(f"{path}: segment cannot be read and is skipped ({error})")
            except (SafetensorError, ValueError) as error:
                warn(f"{path}: damaged segment{' set aside' if set_aside else ''} ({error})")
                if set_aside:
                    try:
                        path.rename(path.with_suffix(".corrupt"))
                    except OSError as refused:
                        warn(f"{path}: cannot be renamed ({refused})")

    def fill(self, wanted: np.ndarray, vectors: np.ndarray | None) -> Lookup:
        """Look up sorted, distinct hashes, and fill in the rows of `vectors` that are found.

        Parameters
        ----------
        wanted : S16 (n,)
        vectors : (n, dim), or None to have it made
        """
        cached = np.zeros(len(wanted), bool)
        origins = []
        for _, hashes, stored, origin in self.segments():
            at = np.searchsorted(wanted, hashes)
            at[at == len(wanted)] = 0
            hit = (wanted[at] == hashes) & ~cached[at] if len(wanted) else np.zeros(len(at), bool)
            if hit.any():
                if vectors is None:
                    vectors = np.empty((len(wanted), stored.shape[1]), stored.dtype)
                vectors[at[hit]] = stored[hit]
                cached[at[hit]] = True
                origins.append((origin, at[hit]))
        return Lookup(cached, vectors, origins)

    def append(self, hashes: np.ndarray, vectors: np.ndarray, origin: Origin | None) -> None:
        """Store a segment. Once this returns, the segment survives a kill and a power failure.

        Parameters
        ----------
        hashes : S16 (n,)
        vectors : (n, dim)
        origin : how the vectors were computed; None: not known
        """
        codes = np.frombuffer(hashes.astype(HASH).tobytes(), np.uint8).reshape(-1, 16)
        tensors = {"hashes": codes, "vectors": np.ascontiguousarray(vectors)}
        about = json.dumps(origin) if origin else ""
        metadata = {"origin": about, "checksum": _checksum(codes, tensors["vectors"], about)}
        name = uuid.uuid4().hex
        part = self.folder / f".{name}.part"
        try:
            with part.open("wb") as file:
                file.write(save(tensors, metadata))
                file.flush()
                os.fsync(file.fileno())
            part.replace(self.folder / f"{name}.safetensors")
            _sync_folder(self.folder)
        except OSError as error:
            part.unlink(missing_ok=True)
            raise UserError(
                f"embed.cache: cannot write to {self.folder} ({error.strerror}); free some space, point "
                "`embed.cache` to another folder, or set it to null. What was stored before is safe"
            ) from None


def _sync_folder(folder: Path) -> None:
    """Make renames in a folder durable, if the system and the file system can."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _read(path: Path) -> tuple[np.ndarray, np.ndarray, Origin | None]:
    with safe_open(path, "np") as file:
        codes, vectors = file.get_tensor("hashes"), file.get_tensor("vectors")
        metadata = file.metadata() or {}
    about = metadata.get("origin", "")  # segments of version 0.1 have none
    if _checksum(codes, vectors, about) != metadata.get("checksum"):
        raise ValueError("checksum differs")
    return np.frombuffer(codes.tobytes(), HASH), vectors, json.loads(about) if about else None


def _checksum(codes: np.ndarray, vectors: np.ndarray, about: str) -> str:
    digest = hashlib.blake2b(digest_size=16)
    digest.update(np.ascontiguousarray(codes).view(np.uint8).reshape(-1).data)
    digest.update(np.ascontiguousarray(vectors).view(np.uint8).reshape(-1).data)
    digest.update(about.encode())
    return digest.hexdigest()
