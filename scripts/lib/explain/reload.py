"""Load the encoder of a finished run again, and make sure that it is the same."""

import re
from pathlib import Path
from typing import Any

import numpy as np

from lib.cli import UserError
from lib.embeddings.device import pick_device, pick_precision
from lib.embeddings.encoder import Encoder, load
from lib.embeddings.model import hash_files, locate
from lib.embeddings.modules import read_layout
from lib.embeddings.schema import EmbeddingsSummary

# Rounding alone moves a vector by no more than this, as 1 - cosine; another prefix moves it further.
ROUNDING = {"float32": 1e-4, "float16": 1e-3, "bfloat16": 5e-3}


def load_encoder_of(summary: EmbeddingsSummary, device: str, budget: int | None) -> Encoder:
    """The encoder that `embed` used: in float32 if `embed` used it, otherwise in the fast precision of the device.

    In two bundled papers, bfloat16 changed the influence of a word by 0.0003 (root mean square; the median
    influence is 0.0017). The ranks of the words agree (Spearman 0.994), and it takes 0.6 of the time.

    Parameters
    ----------
    summary : embeddings.json
    device : see `pick_device`
    budget : tokens in a batch, see `load`
    """
    folder, settings = same_encoder(summary)
    on = pick_device(device)
    precision = pick_precision("float32" if summary["precision"] == "float32" else "auto", on)
    return load(folder, device=on, precision=precision, budget=budget, **settings)


def same_encoder(summary: EmbeddingsSummary) -> tuple[Path, dict[str, Any]]:
    """The folder of the encoder that `embed` used, and the settings pooling, prefix and max_tokens.

    Raises
    ------
    UserError
        The model no longer exists, or its files or settings differ from those of the run.
    """
    folder = locate(summary["model"], summary["revision"])
    pooling = re.match("[a-z]*", summary["pooling"])
    assert pooling
    settings = {"pooling": pooling[0], "prefix": summary["prefix"], "max_tokens": summary["max_tokens"]}
    layout = read_layout(folder, **settings)  # type: ignore[arg-type]
    changed = [
        name
        for name, digest in hash_files(folder, layout.folders).items()
        if summary["files"].get(name) != digest
    ]
    changed += ["the pooling"] if layout.pooled != summary["pooling"] else []
    if changed:
        raise UserError(
            f"the model {summary['model']} is no longer the one of embeddings.json ({', '.join(changed)} differ); run "
            "`embed` again, or put the model of the run back"
        )
    return folder, settings


def check_same_vector(made: np.ndarray, stored: np.ndarray, name: str, precision: str) -> float:
    """1 - cosine of a recomputed vector and the vector in embeddings.npy.

    Parameters
    ----------
    made, stored : float32 (dim,), unit length
    name : id of the paper
    precision : the precision in which the stored vector was computed

    Raises
    ------
    UserError
        The difference is larger than rounding explains.
    """
    cosine = float(made.astype(np.float64) @ stored) if made.shape == stored.shape else np.nan
    if not 1 - cosine <= ROUNDING[precision]:
        raise UserError(
            f"the vector of paper {name} in embeddings.npy is not that of the encoder (cosine {cosine:.4f}); "
            "papers.parquet, embeddings.npy and embeddings.json are not of one run. Run `embed` again"
        )
    return 1 - cosine
