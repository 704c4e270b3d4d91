"""Words of scientific prose: without TeX, numbers and the words that every paper uses."""

import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from lib.cli import UserError
from lib.corpus.tex import split_formulae

COMMAND = re.compile(r"\\[a-zA-Z]+\*?")
# ASCII only: Chinese goes on behind an address without a space.
LINK = re.compile(r"https?://[!-~]+|www\.[!-~]+|(?<![!-~])[!-?A-~]+@[!-~]+")
# Vowel signs and other marks are part of a word, and so are the joiners of Arabic and Indic scripts.
MARKS = "".join(c for c in map(chr, range(0x300, 0x1D00)) if unicodedata.category(c)[0] == "M")
LETTER = rf"[\w\u200c\u200d{MARKS}]"
WORD = re.compile(rf"{LETTER}+(?:['’-]{LETTER}+)*|[.,;:!?()\[\]|。，、；：！？（）「」《》“”]")
# The same for a text in ASCII
ASCII_WORD = re.compile(r"\w+(?:['-]\w+)*|[.,;:!?()\[\]|]", re.ASCII)
LETTERS = re.compile(r"[^\W\d_]")
# Scripts without spaces between words. Chinese words come from a dictionary (jieba); of the others
# no words are known.
HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
SOUTH_EAST_ASIAN = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"
KANA = re.compile("[\u3041-\u3096\u30a1-\u30fa\u31f0-\u31ff]")
SYLLABLES = re.compile("[\uac00-\ud7a3]+")  # of Korean
HAN_RUN = re.compile(f"[{HAN}]+")
JAPANESE_RUN = re.compile(f"[{HAN}\u3005\u3040-\u30ff\u31f0-\u31ff]+")
SOUTH_EAST_ASIAN_RUN = re.compile(f"[{SOUTH_EAST_ASIAN}]+")
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


def prose(text: str) -> str:
    """Lower-case text without formulae, TeX commands and links; ` | ` stands in their place."""
    if "http" in text or "www." in text or "@" in text:
        text = LINK.sub(" | ", text)
    if "$" in text or "\\" in text:
        text = COMMAND.sub(" ", " | ".join(split_formulae(text)[::2]))
    return text.replace("_", " ")  # which is a letter to a regular expression


def separate_words(text: str) -> str:
    """The text with spaces between its Chinese words, and without words of scripts that lack spaces."""
    if is_japanese(text):
        text = JAPANESE_RUN.sub(" | ", text)
    elif HAN_RUN.search(text):
        text = HAN_RUN.sub(lambda run: f" {' '.join(_chinese().cut(run[0]))} ", text)
    return SOUTH_EAST_ASIAN_RUN.sub(" | ", text)


@cache
def _chinese() -> Any:
    import rjieba  # loads its dictionary, which takes half a second

    return rjieba


def is_japanese(text: str) -> bool:
    """Whether kana stand among the characters; a Chinese text may quote a few."""
    kana = len(KANA.findall(text))
    return 5 * kana > sum(map(len, HAN_RUN.findall(text))) if kana else False


def lacks_words(text: str) -> bool:
    """Whether most letters of a text are in a script of whose words none are known."""
    if text.isascii():
        return False
    lost = SOUTH_EAST_ASIAN_RUN.findall(text) + (JAPANESE_RUN.findall(text) if is_japanese(text) else [])
    return bool(lost) and 2 * sum(map(len, lost)) > len(LETTERS.findall(text))


def words(text: str, lists: WordLists) -> list[str]:
    """The words of a lower-case text in order, with BREAK between words that are not neighbors.

    Stop words, bare numbers, short words and punctuation become breaks, so that a bigram is two
    words that stand side by side. Head words are kept; they count in bigrams only.
    """
    text = prose(text)
    found = ASCII_WORD.findall(text) if text.isascii() else WORD.findall(separate_words(text))
    return [w if _counts(w) and w not in lists.stop_words else BREAK for w in found]


def _counts(word: str) -> bool:
    """Whether a word is long enough and has enough letters; of Chinese and Korean two are enough."""
    if len(word) < 3:
        return len(word) == 2 and bool(HAN_RUN.fullmatch(word) or SYLLABLES.fullmatch(word))
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
