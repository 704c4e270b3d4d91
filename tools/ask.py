"""Say to which topic of a finished run a text belongs, and which papers are nearest."""

import argparse
import sys
from hashlib import blake2b
from pathlib import Path

import numpy as np
import pandas as pd

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "scripts"))

from encode_as_run import encode_one, warn_of_languages
from finished_run import FinishedRun, describe
from lib.cli import UserError, run, say
from lib.embeddings.cache import HASH
from lib.records.lower_case import lower_case_string
from lib.records.text import normalise


def card(found: pd.Series, second: str) -> str:
    """What is said of a text; `second` is the name of the second-best topic."""
    lines = [
        f"Topic       {found['name']}  ({found['key']}, number {found['topic']})",
        f"Similarity  {found['similarity']:.3f}"
        + ("; unlike the other papers of the topic" if found["outlier"] else ""),
        f"Second      {second}  ({found['similarity'] - found['margin']:.3f})",
        f"Place       x {found['x']:.2f}, y {found['y']:.2f}",
        "Nearest papers",
    ]
    width = max(map(len, found["near_ids"]), default=0)
    near = zip(found["near_ids"], found["near_titles"], strict=True)
    lines += [f"  {name:<{width}}  {title}" for name, title in near]
    if found["known"]:
        lines.append("The run has this text.")
    return "\n".join(lines)


def main(argv: list[str] | None = None) -> None:
    cli = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    cli.add_argument("--text", required=True, help='"title. abstract"')
    cli.add_argument("--results", type=Path, required=True, help="results folder of a finished run")
    cli.add_argument("--threads", type=int, required=True, help="number of cores to use")
    args = cli.parse_args(argv)
    text = lower_case_string(normalise(args.text)[0])  # as `clean` does
    if not any(map(str.isalpha, text)):
        raise UserError("TEXT: no words; write a title and, for a better answer, an abstract")
    finished = FinishedRun.read(args.results)
    warn_of_languages([text], finished.encoder["model"])
    hashes = np.array([blake2b(text.encode(), digest_size=16).digest()], HASH)
    described = describe(
        finished, hashes, lambda _: encode_one(text, finished.encoder, args.threads), args.threads
    )
    found = described.iloc[0]
    say(card(found, str(finished.names_of(described["second_topic"])["name"].iloc[0])))


if __name__ == "__main__":
    run(main)
