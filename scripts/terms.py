"""Number the words and bigrams of the corpus, and list those of each paper.

This is independent of the topics: another clustering reads the same terms.
"""

import argparse
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa

from lib.arrays import Appended
from lib.cli import Parser, UserError, optional, progress, run, say, warn
from lib.files import atomic_outputs, read_json, scratch_folder
from lib.records.lower_case import lower_case
from lib.records.schema import LEAST_PAPERS, Ledger
from lib.tables import count_rows, read_batches, write_table
from lib.words.counting import over_papers
from lib.words.schema import VOCABULARY
from lib.words.spelling import plain
from lib.words.stop_words import Thesaurus, read_stop_words, read_thesaurus
from lib.words.terms import (
    HYPHEN,
    Spellings,
    Words,
    count_bigrams,
    count_in_titles,
    count_leading,
    counts_alone,
    number_words,
    spell,
    spell_bigrams,
    terms_of_papers,
)
from lib.words.words import lacks_words

BATCH = 2048  # papers per task of a process


def vocabulary_table(
    words: Words,
    bigrams: list[str],
    codes: np.ndarray,
    papers: np.ndarray,
    titles: np.ndarray,
    leading: np.ndarray,
    long_forms: dict[str, str],
) -> pa.Table:
    """The words, then the bigrams, with the columns of VOCABULARY.

    Parameters
    ----------
    codes, papers : of the bigrams, as `count_bigrams` returns them
    titles : int64, the titles that have each term
    leading : int64, how often another word follows each word
    long_forms : of abbreviations, by their plain form
    """
    n = len(words.terms)
    none = np.arange(n + len(bigrams)) < n
    followed_share = leading / np.maximum(words.occurrences, 1)
    first, second = (np.r_[np.zeros(n, np.int64), half] for half in np.divmod(codes, n))
    columns = [
        pa.array(words.terms + bigrams),
        pa.array(np.r_[words.papers, papers]),
        pa.array(titles),
        pa.array(first.astype(np.int32), mask=none),
        pa.array(second.astype(np.int32), mask=none),
        pa.array(np.r_[followed_share, np.zeros(len(bigrams))].astype(np.float32), mask=~none),
        pa.array([long_forms.get(plain(word)) for word in words.terms] + [None] * len(bigrams), pa.string()),
    ]
    return pa.Table.from_arrays(columns, schema=VOCABULARY)


def arguments(argv: list[str] | None) -> argparse.Namespace:
    cli = Parser(__doc__)
    cli.inputs(papers="papers.parquet")
    cli.flag("--ledger", optional(Path), "input: ledger.json, which names the languages of the papers")
    cli.flag("--stop-words", Path, "input: files of words that are ignored, one per line", nargs="+")
    cli.flag("--lists", Path, "input: such files that count if the papers have their language", nargs="*")
    cli.flag("--more-stop-words", str, "further words that are ignored", nargs="*")
    cli.flag("--synonyms", optional(Path), "input: thesaurus in the form of VOSviewer, or None")
    cli.flag("--min-count", int, "minimum number of papers with a term")
    cli.threads()
    cli.outputs(
        vocabulary="vocabulary.parquet",
        tokens="tokens.npy",
        offsets="offsets.npy",
        terms="terms.npy",
        term_offsets="term_offsets.npy",
    )
    return cli.parse_args(argv)


def text_batches(path: Path, without_words: list[int]) -> Iterator[list[str]]:
    """The texts of papers.parquet in batches, each as two parts: the title and the rest.

    Counts the papers in languages without word segmentation.
    """
    with progress(total=count_rows(path), desc="terms", unit=" papers") as bar:
        for batch in read_batches(path, ["title", "text"], BATCH):
            texts = batch["text"].to_pylist()
            without_words[0] += sum(map(lacks_words, texts))
            parts = []
            for title, text in zip(lower_case(batch["title"]).to_pylist(), texts, strict=True):
                cut = len(title) if text.startswith(title) else 0
                parts += [text[:cut], text[cut:]]
            yield parts
            bar.update(len(texts))


def user_entries(args: argparse.Namespace, synonyms: Thesaurus | None) -> dict[str, str]:
    """The stop words and labels that users wrote themselves, as `spell` watches them, and as they are written."""
    bundled = Path(__file__).resolve().parents[1] / "data"
    files = [path for path in args.stop_words if not path.resolve().is_relative_to(bundled)]
    words = read_stop_words(files, [], [], args.more_stop_words)
    return {word: word for word in words} | (synonyms.labels if synonyms else {})


def say_what_matches_nothing(entries: dict[str, str], matched: frozenset[str]) -> None:
    """Name the entries that are in no paper: a misspelled one would never be noticed."""
    if missing := sorted(label for entry, label in entries.items() if entry not in matched):
        shown = ", ".join(missing[:5]) + (", …" if len(missing) > 5 else "")
        say(
            f"{len(missing):,} of {len(entries):,} entries of the stop words and the thesaurus are in no paper: {shown}"
        )


def read_choice(args: argparse.Namespace) -> tuple[frozenset[str], Thesaurus | None]:
    """The stop words and the synonyms."""
    languages = read_json(args.ledger, Ledger)["languages"] if args.ledger else {}
    stop_words = read_stop_words(args.stop_words, args.lists, languages, args.more_stop_words)
    return stop_words, read_thesaurus(args.synonyms) if args.synonyms else None


def warn_of_scripts(without_words: int, papers: int) -> None:
    """Warn of papers in scripts of which no words are known."""
    if without_words:
        warn(
            f"{without_words:,} of {papers:,} papers have no keywords: their scripts "
            "(Japanese, Thai, ...) put no spaces between words"
        )


def check_words(without_words: int, papers: int, min_count: int) -> None:
    """Raise a UserError if no word is frequent enough in a corpus whose scripts put spaces between words."""
    if 2 * without_words >= papers:
        return
    if papers < LEAST_PAPERS:  # another key would not help
        raise UserError(f"a map needs {LEAST_PAPERS} papers or more, there are {papers}")
    raise UserError(
        f"config key terms.min_count: no word is in {min_count} papers; set it lower, or check terms.stop_words"
    )


def number_corpus(
    args: argparse.Namespace, scratch: Path, outputs: list[Path]
) -> tuple[Words, pa.Table, Spellings]:
    """Write the five files; returns the words, the vocabulary and the spellings for the log."""
    vocabulary_file, tokens_file, offsets_file, terms_file, term_offsets_file = outputs
    stop_words, synonyms = read_choice(args)
    entries = user_entries(args, synonyms)
    without_words = [0]
    with (scratch / "stream").open("wb") as file:
        batches = text_batches(args.papers, without_words)
        spelled = spell(batches, stop_words, file, args.threads, synonyms, frozenset(entries))
    parts = spelled.offsets
    spelled = replace(spelled, offsets=parts[::2])
    warn_of_scripts(without_words[0], len(spelled.offsets) - 1)
    say_what_matches_nothing(entries, spelled.matched)
    stream = np.memmap(scratch / "stream", np.int32, "r")
    words = number_words(stream, spelled, args.min_count, args.threads)
    if len(words.terms) == 1:
        check_words(without_words[0], len(spelled.offsets) - 1, args.min_count)
    offsets = spelled.offsets

    def words_between(start: int, stop: int) -> np.ndarray:
        return words.of_spelling[stream[offsets[start] : offsets[stop]] & ~HYPHEN]

    with tokens_file.open("wb") as file:
        written = Appended(file, np.int32)
        for part in over_papers(offsets, args.threads, words_between, stream):
            written.append(part)
        written.finish()
    tokens = np.load(tokens_file, mmap_mode="r")
    leading = count_leading(tokens, offsets, len(words.terms), args.threads)
    codes, papers = count_bigrams(tokens, offsets, leading, args.min_count, args.threads)
    shown = spell_bigrams(stream, spelled, words, codes, args.threads)
    # words of Chinese are joined without a space, and two bigrams or a word may then look the same
    taken = dict.fromkeys(words.terms)
    fresh = np.array([taken.setdefault(term, i) == i for i, term in enumerate(shown)], bool)
    codes, papers = codes[fresh], papers[fresh]
    bigrams = [term for term, is_fresh in zip(shown, fresh, strict=True) if is_fresh]
    alone, counts = counts_alone(words.terms), [np.zeros(1, np.int64)]
    alone &= synonyms.counts_alone(words.terms) if synonyms else True
    titles = count_in_titles(tokens, parts, codes, alone, args.threads)
    vocabulary = vocabulary_table(words, bigrams, codes, papers, titles, leading, spelled.long_forms)
    write_table(vocabulary_file, vocabulary, VOCABULARY)

    def terms_between(start: int, stop: int) -> tuple[np.ndarray, np.ndarray]:
        owners, terms = terms_of_papers(tokens, offsets, codes, alone, start, stop)
        return terms.astype(np.int32), np.bincount(owners, minlength=stop - start)

    with terms_file.open("wb") as file:
        written = Appended(file, np.int32)
        for part, per_paper in over_papers(offsets, args.threads, terms_between, tokens):
            written.append(part)
            counts.append(per_paper)
        written.finish()
    np.save(offsets_file, offsets)
    np.save(term_offsets_file, np.cumsum(np.concatenate(counts)))
    return words, vocabulary, spelled


def main(argv: list[str] | None = None) -> None:
    args = arguments(argv)
    names = (args.vocabulary, args.tokens, args.offsets, args.terms, args.term_offsets)
    with (
        atomic_outputs(*names) as outputs,
        scratch_folder(".terms-", outputs[0].parent) as scratch,
    ):
        words, vocabulary, spelled = number_corpus(args, scratch, outputs)
    n = len(words.terms) - 1
    say(
        f"{spelled.offsets[-1]:,} words of {len(spelled.offsets) - 1:,} papers in {len(spelled.words) - 1:,} spellings; "
        f"{n:,} words and {len(vocabulary) - n - 1:,} bigrams are in {args.min_count} papers or more"
    )


if __name__ == "__main__":
    run(main)
