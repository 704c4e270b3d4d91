"""The languages and scripts of texts."""

import unicodedata
from collections import Counter
from collections.abc import Iterable

# Scripts that Unicode's names of characters call otherwise.
SCRIPT_NAMES = {"CJK": "Chinese characters", "HIRAGANA": "Japanese kana", "KATAKANA": "Japanese kana"}


def shares(names: Iterable[str]) -> dict[str, float]:
    """The share of each name, the largest first, and equal ones in alphabetical order."""
    counts = Counter(names)
    total = sum(counts.values())
    return {name: n / total for name, n in sorted(counts.items(), key=lambda item: (-item[1], item[0]))}


def language_of(text: str) -> str:
    """The language of a text as a code of ISO 639-1, by py3langid; "unknown" without letters."""
    import py3langid  # reads its model

    return py3langid.classify(text)[0] if any(map(str.isalpha, text)) else "unknown"


def script_of(text: str) -> str:
    """The script of most letters of a text, such as Latin, Cyrillic or Chinese characters."""
    words = Counter(unicodedata.name(letter, "UNKNOWN").split(" ")[0] for letter in text if letter.isalpha())
    if not words:
        return "unknown"
    name = min(words, key=lambda word: (-words[word], word))
    return SCRIPT_NAMES.get(name, name.capitalize())
