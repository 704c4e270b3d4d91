"""Count words and bigrams as the step `terms` does, with scikit-learn's CountVectorizer: `terms_baseline.py PAPERS`."""

import sys
from itertools import pairwise
from pathlib import Path

import pyarrow.parquet as pq
from sklearn.feature_extraction.text import CountVectorizer

from lib.words.spelling import plain
from lib.words.words import read_words, split_token, tokens

STOP_WORDS = read_words(Path("data/words/stop_words.txt"))


def analyse(text: str) -> list[str]:
    """The words of a text in one form, and the pairs of neighbors."""
    found = [plain(word) for token in tokens(text) for word in split_token(token, STOP_WORDS)]
    return [*filter(None, found), *(f"{a} {b}" for a, b in pairwise(found) if a and b)]


def main() -> None:
    texts = pq.read_table(sys.argv[1], columns=["text"])["text"].to_pylist()
    vectorizer = CountVectorizer(analyzer=analyse, binary=True, min_df=5)
    print(vectorizer.fit_transform(texts).shape)


if __name__ == "__main__":
    main()
