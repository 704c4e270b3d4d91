"""Schema and reader of the files of this stage: the vocabulary, and the terms of the papers.

docs/files.md is written from them (`make docs`).
"""

import argparse
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from lib.tables import column, read_table
from lib.vectors import read_array

VOCABULARY = pa.schema(
    [
        column(
            "term",
            pa.string(),
            "a word or a bigram in its most frequent spelling; row i is term i, row 0 is empty",
        ),
        column("papers", pa.int64(), "papers that have it"),
        column("titles", pa.int64(), "papers that have it in the title"),
        column("first", pa.int32(), "row of the first word of a bigram; null for words"),
        column("second", pa.int32(), "row of the second word"),
        column(
            "followed_share",
            pa.float32(),
            "share of its uses that another word follows directly; null for bigrams",
        ),
    ]
)


@dataclass(frozen=True)
class Terms:
    """The words and terms of all papers.

    Attributes
    ----------
    vocabulary : columns of VOCABULARY
    tokens, offsets : int32 words of all papers, 0 where two are not neighbors; int64 (n + 1,), where each begins
    terms, term_offsets : the same of the distinct terms of each paper
    """

    vocabulary: pa.Table
    tokens: np.ndarray
    offsets: np.ndarray
    terms: np.ndarray
    term_offsets: np.ndarray

    @classmethod
    def read(cls, args: argparse.Namespace) -> "Terms":
        """The files of the flags; the large arrays are memory-mapped."""
        return cls(
            read_table(args.vocabulary, VOCABULARY),
            read_array(args.tokens, mapped=True),
            read_array(args.offsets),
            read_array(args.terms, mapped=True),
            read_array(args.term_offsets),
        )
