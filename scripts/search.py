"""Put terms and papers in one space, in which map.html searches by meaning without an encoder."""

import argparse

import numpy as np
import pyarrow as pa

from lib.arrays import read_array, release_pages, write_npy_header
from lib.cli import Parser, progress, run, say
from lib.files import atomic_outputs
from lib.map.schema import SEARCH_TERMS
from lib.map.search_space import (
    COMPONENTS,
    PAPER_STEP,
    SAMPLE,
    TERM_STEP,
    SearchSpace,
    chosen_terms,
    chunks,
    in_steps,
    incidence,
    term_vectors,
)
from lib.tables import read_table, write_table
from lib.vectors import open_embeddings, take
from lib.words.schema import VOCABULARY


def arguments(argv: list[str] | None) -> argparse.Namespace:
    cli = Parser(__doc__)
    cli.inputs(
        embeddings="embeddings.npy",
        vocabulary="vocabulary.parquet",
        terms="terms.npy",
        term_offsets="term_offsets.npy",
    )
    cli.outputs(paper_space="papers.npy", term_space="terms.npy", search_terms="terms.parquet")
    return cli.parse_args(argv)


def main(argv: list[str] | None = None) -> None:
    args = arguments(argv)
    vocabulary = read_table(args.vocabulary, VOCABULARY, ["term", "papers", "titles"])
    terms, offsets = read_array(args.terms, mapped=True), read_array(args.term_offsets)
    n = len(offsets) - 1
    vectors = open_embeddings(args.embeddings, n)
    space, every = SearchSpace(vectors), -(-n // SAMPLE)
    with atomic_outputs(args.paper_space, args.term_space, args.search_terms) as (
        papers_file,
        terms_file,
        table_file,
    ):
        sampled = []
        with papers_file.open("wb") as file:
            write_npy_header(file, (n, COMPONENTS), np.dtype(np.int8))
            for rows in progress(list(chunks(n)), desc="papers", unit="chunk"):
                projected = space.project(take(vectors, rows))
                file.write(in_steps(projected, PAPER_STEP).tobytes())
                sampled.append(projected[rows % every == 0])
        has = incidence(terms, offsets, np.arange(0, n, every), len(vocabulary))
        release_pages(terms, 0, len(terms))
        chosen = chosen_terms(vocabulary["papers"].to_numpy(), has)
        found = term_vectors(has[:, chosen], np.concatenate(sampled))  # none in a corpus without words
        np.save(terms_file, in_steps(found, TERM_STEP))
        write_table(table_file, vocabulary.take(pa.array(chosen)), SEARCH_TERMS)
    say(f"{n:,} papers and {len(chosen):,} terms in {COMPONENTS} components")


if __name__ == "__main__":
    run(main)
