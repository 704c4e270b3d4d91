"""Sentences of publishers: recognized by cue and shape, and never taken from papers about them."""

import pyarrow as pa
import pytest

from lib.records.boilerplate import ANYWHERE, LEAST, SHARE, Shapes, find_notices, shape_of, without_notices

TEXT = "Liver enzymes of 40 mice rose within a week. Treatment with vitamin C lowered them again."
# Of publishers and databases, in wordings of our own; numbers and names of the second differ
PAIRS = {
    "Elsevier": (
        "© 2020 Elsevier B.V. All rights reserved.",
        "(C) 1998 Elsevier Science Ltd. All rights reserved.",
    ),
    "Elsevier for a society": (
        "© 2019 The Authors. Published by Elsevier Inc. on behalf of the Society of Toxicology.",
        "© 2021 The Authors. Published by Elsevier Ltd on behalf of the International Hepatology Club.",
    ),
    "Wiley": ("Copyright © 2010 John Wiley & Sons, Ltd.", "Copyright © 2003 Wiley-Liss, Inc."),
    "protected": (
        "This article is protected by copyright. All rights reserved.",
        "This article is protected by copyright. All rights reserved",
    ),
    "Springer": ("© Springer-Verlag Berlin Heidelberg 2013.", "© Springer Nature Switzerland AG 2021."),
    "Karger": (
        "Copyright (c) 2009 by S. Karger AG, Basel.",
        "Copyright (c) 2012 by Bentham Science Publishers.",
    ),
    "Royal Society of Chemistry": (
        "This journal is © The Royal Society of Chemistry 2011.",
        "This journal is © The Owner Societies 2014.",
    ),
    "Oxford": (
        "© The Author(s) 2020. Published by Oxford University Press on behalf of the Royal Astronomical Society.",
        "© The Author(s) 2017. Published by Oxford University Press on behalf of the Guarantors of Brain.",
    ),
    "PsycINFO": (
        "(PsycINFO Database Record (c) 2016 APA, all rights reserved).",
        "(PsycINFO Database Record (c) 2012 APA, all rights reserved).",
    ),
    "EBSCO": (
        "Copyright of Journal of Soil Studies is the property of Taylor & Francis Ltd and its content may not be copied "
        "or emailed to several sites without a permission in writing. This abstract may be abridged. [ABSTRACT FROM AUTHOR]",
        "Copyright of Annals of the Alps is the property of Springer Nature and its content may not be copied "
        "or emailed to several sites without a permission in writing. This abstract may be abridged. [ABSTRACT FROM AUTHOR]",
    ),
    "open access": (
        "This is an open access article under the CC BY license (http://creativecommons.org/licenses/by/4.0/).",
        "This is an open access article under the CC BY-NC-ND license (http://creativecommons.org/licenses/by-nc-nd/4.0/).",
    ),
    "preprint": (
        "Accepted for publication in The Astrophysical Journal.",
        "Accepted for publication in MNRAS.",
    ),
    "trial": (
        "Trial registration: ClinicalTrials.gov NCT01234567. Registered on 12 May 2015.",
        "Trial registration: ISRCTN 12345678. Registered on 3 June 2009.",
    ),
    "trial in brackets": (
        "(ClinicalTrials.gov number, NCT01234567.)",
        "(ClinicalTrials.gov number, NCT00045678.)",
    ),
    "no abstract": ("No abstract available for this article.", "No abstract available for this article."),
    "German": (
        "© 2020 Georg Thieme Verlag KG. Alle Rechte vorbehalten.",
        "© 2018 Hogrefe AG. Alle Rechte vorbehalten.",
    ),
    "French": ("© 2015 Elsevier Masson SAS. Tous droits réservés.", "© 2009 Dunod. Tous droits réservés."),
    "Spanish": (
        "© 2018 SEN. Publicado por Elsevier España, S.L.U. Todos los derechos reservados.",
        "© 2011 SEPAR. Publicado por Elsevier España S.L. Todos los derechos reservados.",
    ),
}
# Sentences of papers on these subjects
SCIENCE = [
    "Copyright law protects the expression of an idea and not the idea. Copyright terms last for decades.",
    "The copyright of a translation belongs to two people, and courts divide over its term since 1998.",
    "We ask whether artists who keep all rights reserved earn more than those who give some away.",
    "Creative Commons licenses are used by a fifth of the museums, and others publish under no license at all.",
    "The data set is licensed under terms that forbid copies, so that our software is released under the GPL.",
    "Trial registration was associated with fewer positive findings, and registered trials were larger.",
    "Rules for the registration of clinical trials were accepted by most journals in the year after.",
    "Published in 1859, the book changed how people saw species; accepted ideas fell within ten years.",
    "Submitted to high pressure, the steel broke. (c) In a third test it was cooled.",
    "Open access to the archive of a city lets historians of 2020 read what clerks wrote.",
]


def abstracts(sentences: list[str], where: str) -> list[str]:
    if where == "begin":
        return [f"{sentence} {TEXT}" for sentence in sentences]
    if where == "middle":
        first, second = TEXT.split(" Treatment")
        return [f"{first} {sentence} Treatment{second}" for sentence in sentences]
    if where == "structured":
        return [f"BACKGROUND: {TEXT} CONCLUSIONS: {TEXT} {sentence}" for sentence in sentences]
    return [f"{TEXT} {sentence}" for sentence in sentences]


def found(texts: list[str]):
    return find_notices(pa.array(texts), pa.array([True] * len(texts)))


def cleaned(texts: list[str], papers: int | None = None) -> list[str]:
    """The texts without what recurs in them, as a part of so many papers."""
    column = pa.array(texts)
    notices, shapes = found(texts)
    return without_notices(column, notices, frozenset(shapes.recurring(papers or len(texts)))).to_pylist()


@pytest.mark.parametrize("where", ["begin", "middle", "end", "structured"])
@pytest.mark.parametrize("name", PAIRS)
def test_a_sentence_that_recurs_with_other_names_and_numbers_is_removed(name, where):
    expected = abstracts([""], where)[0]
    for left in cleaned(abstracts(list(PAIRS[name]) * LEAST, where)):
        assert left.split() == expected.split()


def test_a_notice_without_a_full_stop_ends_before_the_text():
    for notice in ("© 2013 Elsevier Ltd", "© 2013 Elsevier B.V."):
        assert set(cleaned([f"{notice} This paper reports on mice."] * LEAST)) == {
            "This paper reports on mice."
        }
        assert set(cleaned([f"{notice} Background: {TEXT}"] * LEAST)) == {f"Background: {TEXT}"}
        assert set(cleaned([f"Mice were well {notice}"] * LEAST)) == {"Mice were well"}


def test_papers_about_copyright_licenses_and_registration_keep_their_sentences():
    """Even if many papers have them."""
    assert cleaned(SCIENCE * 50) == SCIENCE * 50


def test_a_sentence_of_few_papers_stays():
    texts = abstracts([PAIRS["preprint"][0]] * (LEAST - 1), "end")
    assert cleaned(texts) == texts
    assert cleaned([*texts, texts[0]]) == [TEXT] * LEAST
    assert cleaned([*texts, texts[0]], papers=int(LEAST / SHARE)) == [TEXT] * LEAST
    assert cleaned([*texts, texts[0]], papers=int(LEAST / SHARE) + 1) == [*texts, texts[0]]


def test_a_sentence_twice_in_a_paper_counts_once():
    texts = [f"{TEXT} Accepted by Nature. Accepted by Science."] * (LEAST - 1)
    assert cleaned(texts) == texts


@pytest.mark.parametrize(
    "notice",
    [
        *("© 2021 Elsevier Ltd. All rights reserved.", "Copyright (c) 2020 The Author(s)."),
        *("© The Author(s), under exclusive licence to Springer Nature 2021.", "Copyright 2019 by Wiley."),
        *(
            "© 2019 The Authors. Published by Elsevier B.V. on behalf of Cairo University.",
            "All rights reserved.",
        ),
        "Crown Copyright © 2008 Published by Elsevier Ltd. All rights reserved.",
    ],
)
@pytest.mark.parametrize("where", ["begin", "end", "structured"])
def test_one_plain_copyright_notice_is_removed(notice, where):
    (left,) = cleaned(abstracts([notice], where))
    assert left.split() == abstracts([""], where)[0].split()
    # of fewer than a share of the papers it stays
    assert cleaned(abstracts([notice], where), papers=int(1 / SHARE) + 1) == abstracts([notice], where)


@pytest.mark.parametrize(
    "text",
    [
        "We compare (a) the drought of 1982, (b) the flood of 1992 and (c) 1998 El Niño.",
        "Pictures were taken from a map. © 2015 Google. They show roofs of 40 towns in three countries.",
        "© 2020 was on the page that the court of Paris read.",
        "The law of 1998 is studied. Copyright 1998 was no success for authors.",
        "This article is protected by copyright. So were the others that the court read.",
        *(" ".join(pair) for pair in zip(SCIENCE[::2], SCIENCE[1::2], strict=True)),
    ],
)
def test_one_sentence_that_says_more_than_a_plain_notice_stays(text):
    assert cleaned([text]) == [text]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("© 2020 Elsevier B.V.", "(C) 1998 The Royal Society of Chemistry"),
        ("Published by Elsevier on behalf of the Society of Soil.", "published by Sage on behalf of a Club"),
        (
            "See https://a.org/x for 3 of 12",
            "See http://b.com for 44 of 1,200",
        ),
    ],
)
def test_shapes_fold_names_and_numbers(first, second):
    assert shape_of(first) == shape_of(second)


def test_shapes_keep_other_words():
    assert shape_of("Accepted by Nature.") != shape_of("Submitted to Nature.")


def test_the_search_before_finds_all_examples():
    for sentence in (sentence for pair in PAIRS.values() for sentence in pair):
        assert pa.compute.match_substring_regex(pa.array([sentence]), ANYWHERE)[0].as_py(), sentence


def test_counts_do_not_depend_on_the_order_of_the_papers():
    texts = abstracts([sentence for pair in PAIRS.values() for sentence in pair], "end") * 3
    whole = found(texts)[1]
    joined = Shapes()
    for text in reversed(texts):
        joined.add_all(found([text])[1])
    assert joined == whole
    assert joined.recurring(len(texts)) == whole.recurring(len(texts))
