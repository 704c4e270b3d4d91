"""The languages and scripts of texts."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence

# Scripts that Unicode's names of characters call otherwise.
SCRIPT_NAMES = {"CJK": "Chinese characters", "HIRAGANA": "Japanese kana", "KATAKANA": "Japanese kana"}
SAMPLE = 1000  # papers of which the language is looked at: 3 % of them is 30, give or take 5
FREQUENT = 0.03  # a language of fewer papers makes no topic; of a few, at least LEAST must have it
LEAST = 3
# Words that make at least ENGLISH_SHARE of an English text, and not of one with an English title
ENGLISH = re.compile(r"\b(?:the|of|and|that|with|from|which|this|are)\b")
ENGLISH_SHARE = 0.05


def shares(names: Iterable[str]) -> dict[str, float]:
    """The share of each name, the largest first, and equal ones in alphabetical order."""
    counts = Counter(names)
    total = sum(counts.values())
    return {name: n / total for name, n in sorted(counts.items(), key=lambda item: (-item[1], item[0]))}


def language_of(text: str) -> str:
    """The language of a text as a code of ISO 639-1, by py3langid; "unknown" without letters."""
    import py3langid  # reads its model

    return py3langid.classify(text)[0] if any(map(str.isalpha, text)) else "unknown"


def is_english(text: str) -> bool:
    """Whether a lower-case text is English by its function words; an English text of many formulas may not be."""
    if len(text.encode()) > 1.1 * len(text):  # in another script, perhaps with an English title
        return False
    return len(ENGLISH.findall(text)) >= ENGLISH_SHARE * (text.count(" ") + 1)


def frequent_languages(texts: Sequence[str]) -> dict[str, float]:
    """The languages of at least FREQUENT of the lower-case texts, with their shares, the largest first.

    Only texts that do not look English are classified, and none if these are too few to matter: the model takes a
    second to load.
    """
    least = max(LEAST, FREQUENT * len(texts))
    others = [text for text in texts if not is_english(text)]
    names = ["en"] * (len(texts) - len(others))
    names += map(language_of, others) if len(others) >= least else ["unknown"] * len(others)
    return {
        name: share
        for name, share in shares(names).items()
        if share * len(texts) >= least - 1e-9 and name != "unknown"
    }


def script_of(text: str) -> str:
    """The script of most letters of a text, such as Latin, Cyrillic or Chinese characters."""
    words = Counter(unicodedata.name(letter, "UNKNOWN").split(" ")[0] for letter in text if letter.isalpha())
    if not words:
        return "unknown"
    name = min(words, key=lambda word: (-words[word], word))
    return SCRIPT_NAMES.get(name, name.capitalize())
