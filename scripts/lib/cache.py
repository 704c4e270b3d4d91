"""A store of vectors by the hash of their text, shared by every run, corpus and job.

Vectors of one fingerprint (model, weights, prefix, max tokens, pooling, precision) live in one
folder of append-only segments. A segment is a safetensors file of two tensors, `hashes` (n, 16)
uint8 and `vectors` (n, dim), with a BLAKE2b checksum of both in its metadata. It is written aside,
synced and renamed: a reader sees all of it or nothing, on NFS and Lustre too, and jobs that write
at once never touch each other's files. A text encoded by two jobs at once is stored twice, which
is harmless.
"""

import hashlib
import json
import os
import sys
import uuid
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from lib.cli import UserError
from lib.files import read_table

FORMAT = 1  # of the segments; a folder of another format is refused, not guessed at
HASH = "S16"  # 16-byte hashes compare and sort as strings; numpy's stripping of final NULs is harmless


def text_hashes(papers: Path) -> np.ndarray:
    """The column `text_hash` of a papers.parquet, the keys of the cache: S16 (n,)."""
    column = read_table(papers, ["text_hash"])["text_hash"].combine_chunks()
    return np.frombuffer(column.buffers()[1], HASH)[column.offset :][: len(column)]


def fingerprint(settings: dict) -> str:
    """A short name for all that decides what vector a text gets."""
    canonical = json.dumps(settings | {"format": FORMAT}, sort_keys=True)
    return hashlib.sha256(canonical.encode()).hexdigest()[:24]


class Cache:
    """The segments of one fingerprint; `settings` are what it was made from."""

    def __init__(self, root: Path, settings: dict):
        self.folder = root / fingerprint(settings)
        if root.exists() and not root.is_dir():
            raise UserError(f"embed.cache: {root} is no folder; name another, or set it to null")
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            manifest = self.folder / "manifest.json"
            if not manifest.exists():
                aside = self.folder / f".{uuid.uuid4().hex}.part"
                aside.write_text(json.dumps({"format": FORMAT} | settings, indent=1) + "\n")
                aside.replace(manifest)
            found = dict(json.loads(manifest.read_text())).get("format")
        except (OSError, ValueError, TypeError) as error:
            raise UserError(
                f"embed.cache: {self.folder}: {error}; make it writable, point `embed.cache` to another "
                "folder, or set it to null"
            ) from None
        if found != FORMAT:
            raise UserError(
                f"embed.cache: {self.folder} is of format {found}, this version reads {FORMAT}; "
                "point `embed.cache` to another folder"
            )

    def segments(self, set_aside: bool = True) -> Iterator[tuple[Path, np.ndarray, np.ndarray]]:
        """Yield (path, hashes S16 (n,), vectors (n, dim)) of each sound segment.

        A damaged segment is reported and renamed to `*.corrupt`; its texts are encoded again.
        """
        for path in sorted(self.folder.glob("*.safetensors")):
            try:
                yield path, *_read(path)
            except FileNotFoundError:
                continue  # set aside or pruned by another job
            except OSError as error:  # of the disk or the network: the segment may be sound
                print(
                    f"warning: {path}: segment cannot be read and is passed over ({error})", file=sys.stderr
                )
            except (SafetensorError, ValueError) as error:
                if not set_aside:
                    print(f"warning: {path}: damaged segment ({error})", file=sys.stderr)
                    continue
                print(f"warning: {path}: damaged segment set aside ({error})", file=sys.stderr)
                try:
                    path.rename(path.with_suffix(".corrupt"))
                except OSError as refused:
                    print(f"warning: {path}: cannot be renamed ({refused})", file=sys.stderr)

    def fill(self, wanted: np.ndarray, vectors: np.ndarray | None) -> tuple[np.ndarray, np.ndarray | None]:
        """Look up sorted, distinct hashes.

        Returns
        -------
        found : bool (n,)
        vectors : (n, dim), rows of found hashes filled in; None where the cache holds none of them
        """
        found = np.zeros(len(wanted), bool)
        for _, hashes, stored in self.segments():
            at = np.searchsorted(wanted, hashes)
            at[at == len(wanted)] = 0
            hit = (wanted[at] == hashes) & ~found[at] if len(wanted) else np.zeros(len(at), bool)
            if hit.any():
                if vectors is None:
                    vectors = np.empty((len(wanted), stored.shape[1]), stored.dtype)
                vectors[at[hit]] = stored[hit]
                found[at[hit]] = True
        return found, vectors

    def append(self, hashes: np.ndarray, vectors: np.ndarray) -> None:
        """Store a segment; after the return it outlives a kill of the process or of the machine."""
        codes = np.frombuffer(hashes.astype(HASH).tobytes(), np.uint8).reshape(-1, 16)
        tensors = {"hashes": codes, "vectors": np.ascontiguousarray(vectors)}
        name = uuid.uuid4().hex
        aside = self.folder / f".{name}.part"
        try:
            with aside.open("wb") as file:
                file.write(save(tensors, {"checksum": _checksum(codes, tensors["vectors"])}))
                file.flush()
                os.fsync(file.fileno())
            aside.replace(self.folder / f"{name}.safetensors")
            _sync_folder(self.folder)
        except OSError as error:
            aside.unlink(missing_ok=True)
            raise UserError(
                f"embed.cache: cannot write to {self.folder} ({error.strerror}); free some space, point "
                "`embed.cache` to another folder, or set it to null. What was stored before is safe"
            ) from None


def _sync_folder(folder: Path) -> None:
    """Make renames in a folder last, where the system and the file system can."""
    with suppress(OSError):
        at = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(at)
        finally:
            os.close(at)


def _read(path: Path) -> tuple[np.ndarray, np.ndarray]:
    with safe_open(path, "np") as file:
        codes, vectors = file.get_tensor("hashes"), file.get_tensor("vectors")
        expected = (file.metadata() or {}).get("checksum")
    if _checksum(codes, vectors) != expected:
        raise ValueError("checksum differs")
    return np.frombuffer(codes.tobytes(), HASH), vectors


def _checksum(codes: np.ndarray, vectors: np.ndarray) -> str:
    digest = hashlib.blake2b(digest_size=16)
    digest.update(np.ascontiguousarray(codes).view(np.uint8).reshape(-1))
    digest.update(np.ascontiguousarray(vectors).view(np.uint8).reshape(-1))
    return digest.hexdigest()
