"""Words of scientific prose: without LaTeX, numbers and the words that every paper uses."""

import re
from dataclasses import dataclass
from pathlib import Path

from lib.cli import UserError

MATH = re.compile(r"\$\$.*?\$\$|\$[^$]*\$|\\\(.*?\\\)|\\\[.*?\\\]", re.DOTALL)
# an accent (\"o, \'{e}, \c{c}) belongs to the letter that follows
ACCENT = re.compile(r"\\(?:[\"'`^~=.]|[uvHcdbrtk](?=[\s{]))\s*\{?\s*\\?([a-z])\}?")
COMMAND = re.compile(r"\\[a-zA-Z]+\*?|[{}~]")
LINK = re.compile(r"https?://\S+|www\.\S+|\S+@\S+")
WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*|[.,;:!?()\[\]|]")
LETTERS = re.compile(r"[^\W\d_]")
BREAK = ""  # stands between words that are not neighbors in the text


@dataclass(frozen=True)
class WordLists:
    """Words that are treated specially.

    Attributes
    ----------
    stop_words : words that never count
    head_words : words that count only as the second word of a bigram: `gauge theory`
    """

    stop_words: frozenset[str]
    head_words: frozenset[str]

    @classmethod
    def read(cls, stop_words: Path, head_words: Path) -> "WordLists":
        """Read both lists. A word in both is a head word."""
        head = _read_words(head_words)
        return cls(_read_words(stop_words) - head, head)


def _read_words(path: Path) -> frozenset[str]:
    """The words of a text file, one per line; lines that begin with # are comments."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError as error:
        raise UserError(f"{path}: not a text file in UTF-8 ({error}); save it as UTF-8") from None
    return frozenset(line.strip().lower() for line in lines if line.strip() and not line.startswith("#"))


def strip_latex(text: str) -> str:
    """Lower-case text without formulae, commands and links; accented letters become plain letters."""
    if "http" in text or "www." in text or "@" in text:
        text = LINK.sub(" | ", text)
    if "$" in text:
        # with an odd number of dollars it is unknown which are formulae: only the signs are removed
        text = MATH.sub(" | ", text) if text.count("$") % 2 == 0 else text.replace("$", " | ")
    if "\\" in text:
        text = COMMAND.sub(" ", ACCENT.sub(r"\1", MATH.sub(" | ", text)))
    return text


def words(text: str, lists: WordLists) -> list[str]:
    """The words of a lower-case text in order, with BREAK between words that are not neighbors.

    Stop words, bare numbers, short words and punctuation become breaks, so that a bigram is two
    words that stand side by side. Head words are kept; they count in bigrams only.
    """
    found = WORD.findall(strip_latex(text))
    return [w if len(w) > 2 and w not in lists.stop_words and _wordlike(w) else BREAK for w in found]


def _wordlike(word: str) -> bool:
    return word.isalpha() or (len(LETTERS.findall(word)) >= 2 and not word.endswith(("'s", "’s")))


def stem(word: str) -> str:
    """A word without its plural ending, to tell that `galaxies` repeats `galaxy`."""
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("sses", "xes", "ches", "shes")):
        return word[:-2]
    if word.endswith("s") and not word.endswith(("ss", "us", "is")) and len(word) > 3:
        return word[:-1]
    return word
