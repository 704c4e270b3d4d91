"""Titles and abstracts that say that there is none, in several languages, and short ones of papers."""

import pyarrow as pa
import pytest

from lib.records.placeholders import without_abstract, without_title

NO_ABSTRACT = """
No abstract available for this article.
No abstract available for this article. Please see the full text.
Abstract not available
[Abstract missing]
[Not Available].
This article has no abstract
This article has no abstract; the first 100 words appear below.
This paper doesn't have an abstract.
There is no abstract for this article. Read the full article on the publisher's site.
There is no abstract available for this paper, but the first page is shown below.
An abstract is not available for this content so a preview has been provided below.
The abstract of this article is currently unavailable. Please use the link to the PDF.
Abstract unavailable.
Abstract not yet available, it will be added by the publisher soon after print.
No abstract is currently available for this record.
No summary available.
No abstract provided.
Abstract: not provided
No abstract.
Without abstract
Please click here to view the full article in a new window of the browser.
Click on the article title to read more.
To read the full text, please click on the link at the top of this page.
Please refer to the full text for details, as the authors did not write a summary.
The full text of this article hosted at a library is unavailable due to technical difficulties.
Full text of this article is available from the publisher as a PDF file.
This content does not have an English abstract. The original is in German.
In lieu of an abstract, here is a brief excerpt of the content:
We are sorry, but there is no abstract available for this article at this time.
The requested abstract is not available. Try again later on the journal site.
An abstract has not been provided for this chapter; see the front matter of the book.
The authors have not supplied an abstract for this paper at this time.
Zu diesem Artikel ist kein Abstract vorhanden, bitte öffnen Sie die PDF-Datei.
Not applicable.
N/A
Kein Abstract verfügbar.
Für diesen Artikel ist keine Zusammenfassung vorhanden.
Dieser Artikel hat kein Abstract.
Zusammenfassung nicht verfügbar
Ohne Zusammenfassung
Es liegt kein Abstract vor.
Pas de résumé disponible pour cet article.
Aucun résumé n'est disponible.
Cet article ne contient pas de résumé.
Résumé non disponible
Résumé indisponible.
Sin resumen.
Resumen no disponible
No hay resumen disponible para este artículo.
Este artículo no tiene resumen.
El resumen no está disponible en este momento.
无摘要
................................................................................
1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25
0.12 0.34 0.56 | 1.20 3.40 5.60 | 12.0 34.0 56.0 | 0.12 0.34 0.56
""".strip().splitlines()
ABSTRACTS = """
No abstract model of computation is available for quantum money. We give one.
No abstract algebra is needed: we prove the theorem by counting.
There is no abstract characterization of these algebras. We prove that none exists.
This paper has no abstract nonsense in it; all maps are written down.
Abstract interpretation is a theory of sound approximation. We apply it to Python.
Abstract missing data models are compared with concrete ones on three surveys.
Summary statistics are not available for all traits. We impute them from others.
Full text search is slow on large archives. We build an index that fits in memory.
Click chemistry is used to join peptides. The yield is above ninety percent.
Click here, pay there: how consumers cross borders when they shop online. We asked 900.
Without abstract thinking, mathematics would be a list. We follow children over a year.
No abstract given; compares pairs of languages from World Atlas of Language Structures.
See the forest for the trees: a method of pruning for random forests.
The full text of the treaty is compared with its drafts.
Unavailable items in surveys are a kind of missing data. We model them.
No summary measure is available for frailty. We propose one.
Previews of films decide on their success. We count 400 of them.
Sin resumen de datos no hay ciencia: un estudio de caso con tres archivos.
Keine Zusammenfassung ersetzt die Quelle: eine Studie an drei Archiven.
1 + 1 = 2 is proved anew.
""".strip().splitlines()
NO_TITLE = [
    "Untitled",
    "[Untitled]",
    "untitled document",
    "[Not Available].",
    "No title available",
    "Title not available",
    "." * 80,
]
NO_TITLE += [
    "—",
    "1 2 3 4 5 6",
    "12.5 13.5 14.5",
    "Ohne Titel",
    "Sans titre",
    "Sin título",
    "[No title]",
    "N/A",
]
TITLES = [
    "1984",
    "2 + 2 = 4",
    "$1/3$",
    "Untitled art works of the 1960s",
    "No title fight: boxing in 1921",
    "Not available to all: drugs",
]
TITLES += ["C", "癌症", "10.5281"]


def absent(text, function):
    return 0 in function(pa.array([text]))


@pytest.mark.parametrize("text", NO_ABSTRACT)
def test_no_abstract(text):
    assert absent(text, without_abstract)


@pytest.mark.parametrize("text", ABSTRACTS)
def test_an_abstract(text):
    assert not absent(text, without_abstract)


def test_a_long_text_behind_the_sentence_stays():
    assert not absent(
        "No abstract available. " + "We measure the mass of a star in the full text. " * 9, without_abstract
    )


@pytest.mark.parametrize("text", NO_TITLE)
def test_no_title(text):
    assert absent(text, without_title)


@pytest.mark.parametrize("text", TITLES)
def test_a_title(text):
    assert not absent(text, without_title)


def test_the_reason_shows_the_text_and_null_is_left_alone():
    reasons = without_abstract(pa.array([None, "", "Abstract not available", "..."]))
    assert reasons == {
        2: "only says that there is none: 'Abstract not available'",
        3: "has no letter: '...'",
    }
