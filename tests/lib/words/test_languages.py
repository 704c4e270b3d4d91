"""Languages and scripts."""

import pytest

from lib.words.languages import language_of, script_of, shares


@pytest.mark.parametrize(
    ("text", "language", "script"),
    [
        ("we study the growth of galaxies in the early universe", "en", "Latin"),
        ("nous étudions la croissance des galaxies dans l'univers jeune", "fr", "Latin"),
        ("мы изучаем рост галактик в ранней вселенной", "ru", "Cyrillic"),
        ("我们研究早期宇宙中星系的增长", "zh", "Chinese characters"),
        ("私たちは銀河のせいちょうをけんきゅうする", "ja", "Japanese kana"),
        ("12 + 3 = 15", "unknown", "unknown"),
    ],
)
def test_language_and_script(text, language, script):
    assert (language_of(text), script_of(text)) == (language, script)


def test_shares():
    assert shares("abac") == {"a": 0.5, "b": 0.25, "c": 0.25}
    assert list(shares("cab")) == ["a", "b", "c"]
    assert shares([]) == {}
