"""Schemas of the files of this stage: the vocabulary.

docs/files.md is written from them (`make docs`).
"""

import pyarrow as pa

from lib.columns import column

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
        column(
            "stands_for",
            pa.string(),
            "long form that it most often abbreviates: `vision-language models (VLMs)`; null for other terms",
        ),
    ]
)
