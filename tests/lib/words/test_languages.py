"""Languages and scripts."""

import gzip
import json

import pytest

from conftest import ROOT
from lib.words.languages import frequent_languages, is_english, language_of, script_of, shares


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


# Beginnings of abstracts, in words of our own
ABSTRACTS = {
    "de": "wir untersuchen das wachstum von galaxien im frühen universum und zeigen, dass die masse der sterne mit der zeit zunimmt.",
    "fr": "nous étudions la croissance des galaxies dans l'univers jeune et montrons que la masse des étoiles augmente avec le temps.",
    "es": "estudiamos el crecimiento de las galaxias en el universo temprano y mostramos que la masa de las estrellas aumenta con el tiempo.",
    "pt": "estudamos o crescimento das galáxias no universo jovem e mostramos que a massa das estrelas aumenta com o tempo.",
    "it": "studiamo la crescita delle galassie nell'universo giovane e mostriamo che la massa delle stelle aumenta con il tempo.",
    "nl": "wij onderzoeken de groei van sterrenstelsels in het vroege heelal en laten zien dat de massa van de sterren toeneemt.",
    "pl": "badamy wzrost galaktyk we wczesnym wszechświecie i pokazujemy, że masa gwiazd rośnie wraz z upływem czasu.",
    "ru": "мы изучаем рост галактик в ранней вселенной и показываем, что масса звёзд увеличивается со временем.",
    "sv": "vi undersöker hur galaxer växer i det tidiga universum och visar att stjärnornas massa ökar med tiden.",
    "tr": "erken evrendeki gökadaların büyümesini inceliyoruz ve yıldızların kütlesinin zamanla arttığını gösteriyoruz.",
    "zh": "我们研究早期宇宙中星系的增长，并表明恒星的质量随时间增加。",
    "ja": "私たちは初期宇宙における銀河の成長を調べ、星の質量が時間とともに増えることを示す。",
    "ko": "우리는 초기 우주에서 은하의 성장을 연구하고 별의 질량이 시간에 따라 증가함을 보인다.",
    "ar": "ندرس نمو المجرات في الكون المبكر ونبين أن كتلة النجوم تزداد مع مرور الزمن.",
}
IN_ENGLISH = "we study the growth of galaxies in the early universe and show that the mass of stars increases with time."


@pytest.mark.parametrize("language", ABSTRACTS)
def test_languages_of_abstracts(language):
    text = ABSTRACTS[language]
    assert language_of(text) == language and not is_english(text)
    # with an English title, as many journals have it
    assert not is_english(f"the growth of galaxies and the mass of stars. {text * 9}")


def test_english_texts_look_english():
    with gzip.open(ROOT / "data/sample.jsonl.gz") as file:
        texts = [" ".join(json.loads(line)["abstract"].lower().split()) for line in file]
    looks = [is_english(text) for text in texts]
    assert sum(looks) > 0.98 * len(texts)  # the others are short, or formulas, or in French
    assert frequent_languages(texts).keys() == {"en"}


def test_frequent_languages_have_their_share():
    texts = [IN_ENGLISH] * 60 + [ABSTRACTS["de"]] * 35 + [ABSTRACTS["ja"]] * 3 + [ABSTRACTS["fr"]] * 2
    assert frequent_languages(texts) == {"en": 0.6, "de": 0.35, "ja": 0.03}
    assert frequent_languages([IN_ENGLISH] * 18 + [ABSTRACTS["de"]] * 2) == {
        "en": 0.9
    }  # two may be a mistake
    assert frequent_languages([]) == {}
