"""Encode new texts with the encoder and the settings of a finished run."""

import io
import shlex
from collections.abc import Sequence
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

import embed
from lib.cli import UserError, warn
from lib.embeddings.schema import EmbeddingsSummary
from lib.explain.reload import load_encoder_of, same_encoder
from lib.words.languages import LEAST, frequent_languages, is_english, language_of, shares
from lib.workflow.encoders import language_warning
from lib.workflow.steps import flag

SHORT = 60  # characters; the language of a shorter text cannot be told


def command_line(values: dict[str, Any]) -> list[str]:
    """The flags of a step."""
    return shlex.split(" ".join(flag(name, value) for name, value in values.items()))


def encode(
    papers: pa.Table, encoder: EmbeddingsSummary, cache: Path, threads: int, folder: Path
) -> np.ndarray:
    """The vectors of texts: (m, dim), in the type of the run.

    Parameters
    ----------
    papers : columns `id`, `text` and `text_hash`
    encoder : embeddings.json
    cache : of vectors, as in the config
    folder : for files that are no longer needed afterwards

    Raises
    ------
    UserError
        The encoder is not the one that made the vectors of the run.
    """
    _, settings = same_encoder(encoder)
    files = {"papers": folder / "new.parquet", "vectors": folder / "new.npy", "summary": folder / "new.json"}
    pq.write_table(papers, files["papers"])
    settings |= {name: encoder[name] for name in ("model", "revision", "precision", "dtype")}
    where = {"part": 0, "parts": 1, "device": "auto", "attention": "auto", "batch_tokens": None}
    with redirect_stdout(io.StringIO()):
        embed.main(command_line(files | settings | where | {"cache": cache, "threads": threads}))
    made: np.ndarray = np.load(files["vectors"])
    if made.shape[1] != encoder["dim"]:
        raise UserError(
            f"{encoder['model']} makes vectors of {made.shape[1]} dimensions, and those of the run have {encoder['dim']}; "
            "run `embed` again"
        )
    return made


def encode_one(text: str, encoder: EmbeddingsSummary, threads: int) -> np.ndarray:
    """The vector of one text as `encode` returns it: (1, dim). The cache, which may be large, is not read.

    Raises
    ------
    UserError
        The encoder is not the one that made the vectors of the run, or knows no token of the text.
    """
    import torch
    from transformers.utils.logging import disable_progress_bar

    disable_progress_bar()  # of the weights
    torch.set_num_threads(threads)
    loaded = load_encoder_of(encoder, "auto", None)
    tokens = loaded.tokenize([text])
    if not tokens.lengths.all():
        raise UserError("TEXT: no token of it is known to the encoder of the run")
    return loaded.encode(tokens.ids).astype(encoder["dtype"])


def warn_of_languages(texts: Sequence[str], model: str) -> None:
    """Warn of texts in languages that the encoder does not know, as a run does; of few texts, each is looked at."""
    languages = frequent_languages(texts)
    if len(texts) < LEAST:
        languages = shares(
            "en" if is_english(text) or len(text) < SHORT else language_of(text) for text in texts
        )
    if text := language_warning(languages, model):
        warn(text)
