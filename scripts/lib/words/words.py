"""The words of scientific prose: without TeX, numbers and the words that every paper uses."""

import re
import unicodedata
from functools import cache
from pathlib import Path
from typing import Any

from lib.cli import UserError
from lib.records.lower_case import lower_case_string
from lib.records.tex import split_formulae

# The name of a command, with an argument that is not part of the text
COMMAND = re.compile(
    r"\\(?:(?:begin|end|cite[a-z]*|(?:eq|page|auto|c)?ref|label)\*?\s*\{[^{}]*\}|[a-zA-Z]+\*?)"
)
# ASCII only: Chinese goes on behind an address without a space. Braces end it, as in \href{address}{text}.
LINK = re.compile(r"https?://[!-z|~]+|www\.[!-z|~]+|(?<![!-~])[!-?A-z|~]+@[!-z|~]+")
# Vowel signs and other marks are part of a word, and so are the joiners of Arabic and Indic scripts.
MARKS = "".join(c for c in map(chr, range(0x300, 0x1D00)) if unicodedata.category(c)[0] == "M")
LETTER = rf"[\w\u200c\u200d{MARKS}]"
# "non linear" is the word "non-linear"
LOOSE = ("non", "multi", "semi", "quasi", "pseudo")
SPACED = rf"(?:(?:{'|'.join(LOOSE)}) (?=[a-z])|x (?=rays?\b))?"
WORD = re.compile(rf"{SPACED}{LETTER}+(?:['’-]{LETTER}+)*|[.,;:!?()\[\]|。，、；：！？（）「」《》“”]")
# The same for a text in ASCII, with and without words of SPACED, which take time to look for
ASCII = r"[A-Za-z0-9]+(?:['-][A-Za-z0-9]+)*|[.,;:!?()\[\]|]"
ASCII_WORD, PLAIN_WORD = re.compile(SPACED + ASCII), re.compile(ASCII)
BEFORE_SPACE = (*(f"{prefix} " for prefix in LOOSE), "x ray")
LETTERS = re.compile(r"[^\W\d_]")
# Scripts without spaces between words. Chinese words come from a dictionary (jieba); of the others
# no words are known.
HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
SOUTH_EAST_ASIAN = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"
KANA = re.compile("[\u3041-\u3096\u30a1-\u30fa\u31f0-\u31ff]")
HAN_RUN = re.compile(f"[{HAN}]+")
SHORT_WORD = re.compile(rf"[{HAN}]{{1,2}}|[\uac00-\ud7a3]{{2}}|\d[a-z]")  # 2d, 5g
JAPANESE_RUN = re.compile(f"[{HAN}\u3005\u3040-\u30ff\u31f0-\u31ff]+")
SOUTH_EAST_ASIAN_RUN = re.compile(f"[{SOUTH_EAST_ASIAN}]+")
PREFIXES = frozenset(
    "anti auto bio cross counter hyper infra inter intra meso meta micro mid mini mono multi nano neuro non over "
    "photo poly post pre proto pseudo quasi self semi sub super supra tele thermo trans tri ultra uni under".split()
)
BREAK = ""  # stands between words that are not neighbors in the text


def read_words(path: Path) -> frozenset[str]:
    """The words of a text file, one per line; lines that begin with # are comments."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError as error:
        raise UserError(f"{path}: not a text file in UTF-8 ({error}); save it as UTF-8") from None
    return frozenset(
        lower_case_string(line.strip()) for line in lines if line.strip() and not line.startswith("#")
    )


def prose(text: str) -> str:
    """Lower-case text without formulas, TeX commands and links; ` | ` stands in their place."""
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
        text = HAN_RUN.sub(lambda run: f" {' '.join(cut_chinese(run[0]))} ", text)
    return SOUTH_EAST_ASIAN_RUN.sub(" | ", text)


def cut_chinese(run: str) -> list[str]:
    """The words of a run of Chinese characters, in order."""
    words: list[str] = _chinese().cut(run)
    return words


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


def tokens(text: str) -> list[str]:
    """The words and punctuation marks of a lower-case text in order, without formulas and links."""
    text = prose(text)
    if not text.isascii():
        return WORD.findall(separate_words(text))
    return (ASCII_WORD if any(map(text.__contains__, BEFORE_SPACE)) else PLAIN_WORD).findall(text)


def split_token(token: str, stop_words: frozenset[str]) -> list[str]:
    """The words of a token, with BREAK in place of each that does not count.

    Two words with a hyphen are two words: `spin-orbit`. Prefixes, letters, numbers and stop words stay
    where they are: `non-linear`, `x-ray`, `covid-19`, `many-body`.
    """
    word = token.removesuffix("'s").removesuffix("’s")
    _, space, rest = word.partition(" ")
    if space and (rest in stop_words or not rest[1:]):
        return [BREAK]  # "multi and single mode"
    parts = word.split("-")
    if not all(_stands_alone(part) and part not in stop_words for part in parts):
        parts = [word]
    return [part if _counts(part) and part not in stop_words else BREAK for part in parts]


def _stands_alone(part: str) -> bool:
    return len(part) > 2 and part.isalpha() and part not in PREFIXES


def _counts(word: str) -> bool:
    """Whether a word is long enough and has enough letters; of Chinese and Korean fewer are enough."""
    if len(word) < 3:
        return bool(SHORT_WORD.fullmatch(word))
    return word.isalpha() or len(LETTERS.findall(word)) >= 2
