"""Read the words and terms of all papers."""

import argparse
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from lib.arrays import read_array
from lib.tables import read_table
from lib.words.schema import VOCABULARY


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
