"""Bundled papers as several records of one work, and as works that look like one: with the right answer.

Written by hand of what is known of such records, without a look at how lib/works finds them.
"""

import gzip
import json
import re
from collections.abc import Callable
from datetime import date
from functools import cache

import numpy as np

from conftest import ROOT

SUBTITLES = (
    "a computational study",
    "theory and applications",
    "evidence from simulations",
    "new methods and results",
    "an experimental approach",
)
FAMILIES = "Novak Okafor Tanaka Silva Haddad Larsen Moreau Castillo Petrov Banerjee Weiss Kowalski".split()
GIVEN = "Ana Bo Chidi Dara Emil Fatma Georg Hana Ivo Jun Kofi Lea".split()
SWAPS = (("supervised", "unsupervised"), ("sodium", "potassium"), ("male", "female"), ("summer", "winter"))


@cache
def base_papers() -> list[dict]:
    """Bundled papers with a title and an abstract of some length, and no number in the title."""
    with gzip.open(ROOT / "data" / "sample.jsonl.gz") as file:
        papers = [json.loads(line) for line in file]
    kept = []
    for paper in papers:
        title, abstract = " ".join(paper["title"].split()), " ".join(paper["abstract"].split())
        plain = not re.search(r"\d|\\|\$|\b[IVX]+\b|\b[Pp]art\b|[Cc]omment|[Rr]epl", title)
        if plain and len(title.split()) > 4 and 500 < len(abstract) < 1800:
            kept.append({"title": title, "abstract": abstract})
    return kept


class Writer:
    """Writes records: `records` are dicts with id, title, abstract, published, dois, authors and work."""

    def __init__(self, seed: int):
        self.rng = np.random.default_rng(seed)
        self.records: list[dict] = []
        papers = base_papers()
        self.papers = iter([papers[i] for i in self.rng.permutation(len(papers))])
        self.number = 0

    def paper(self) -> dict:
        """The next paper, with authors and a year."""
        self.number += 1
        people = self.rng.choice(len(FAMILIES), self.rng.integers(1, 5), replace=False)
        authors = [f"{GIVEN[self.rng.integers(len(GIVEN))]} {FAMILIES[i]}" for i in people]
        return next(self.papers) | {"authors": authors, "year": int(self.rng.integers(2000, 2023))}

    def write(self, paper: dict, kind: str, work: str, **changes) -> None:
        """One record of a paper: `kind` decides its id and DOI."""
        paper = paper | changes
        n = len(self.records)
        key, dois = {
            "arxiv": (f"{paper['year'] % 100 or 1:02d}{1 + n % 12:02d}.{n:05d}", []),
            "biorxiv": (f"W{n:07d}", [f"10.1101/{paper['year']}.01.02.{n:06d}"]),
            "ssrn": (f"10.2139/ssrn.{n:06d}", []),
            "article": (f"W{n:07d}", [f"10.1016/j.made.{paper['year']}.{n:06d}"]),
            "bare": (f"rec{n:06d}", []),
        }[kind]
        self.records.append(
            {
                "id": key,
                "title": paper["title"],
                "abstract": paper["abstract"],
                "published": date(paper["year"], 1 + n % 12, 3),
                "dois": paper.get("dois", dois),
                "authors": paper["authors"],
                "work": work,
            }
        )

    def work(self) -> str:
        """The name of one more work."""
        return f"work {len(self.records)} {self.number}"


def sentences(abstract: str) -> list[str]:
    return re.split(r"(?<=[.?!]) ", abstract)


def revised(abstract: str, rng: np.random.Generator) -> str:
    """An abstract after review: about one word in twelve left out or replaced, and one sentence more."""
    words = abstract.split()
    changed = [("however" if rng.random() < 0.5 else "") if rng.random() < 0.08 else word for word in words]
    return " ".join(filter(None, changed)) + " Code and data are available from the authors on request."


def with_tex(title: str) -> str:
    """A title as TeX or a publisher's system writes it."""
    words = title.split()
    words[1] = rf"$\mathit{{{words[1]}}}$" if words[1].isalpha() else words[1]
    return " ".join(words).replace("e", r"{e}", 1).replace(" and ", " & ").replace("-", " ")


# One work each: (name, how it is written)
def capitals(w: Writer) -> None:
    paper, work = w.paper(), w.work()
    w.write(paper, "arxiv", work)
    w.write(paper, "article", work, title=paper["title"].upper(), abstract=revised(paper["abstract"], w.rng))


def tex_title(w: Writer) -> None:
    paper, work = w.paper(), w.work()
    w.write(paper, "biorxiv", work)
    w.write(paper, "article", work, title=with_tex(paper["title"]), year=paper["year"] + 1)


def subtitle(w: Writer) -> None:
    paper, work = w.paper(), w.work()
    longer = f"{paper['title'].rstrip('.')}: {SUBTITLES[w.rng.integers(len(SUBTITLES))]}"
    w.write(paper, "arxiv", work)
    w.write(paper, "article", work, title=longer, abstract=revised(paper["abstract"], w.rng))


def shorter_abstract(w: Writer) -> None:
    paper, work = w.paper(), w.work()
    of_paper = sentences(paper["abstract"])
    w.write(paper, "ssrn", work, abstract=" ".join(of_paper[: max(2, 2 * len(of_paper) // 3)]))
    w.write(paper, "article", work, year=paper["year"] + 2)


def longer_abstract(w: Writer) -> None:
    paper, work = w.paper(), w.work()
    w.write(paper, "arxiv", work)
    more = " ".join(sentences(w.paper()["abstract"])[:1])
    w.write(paper, "article", work, abstract=f"{paper['abstract']} {more}", authors=[])


def without_authors(w: Writer) -> None:
    paper, work = w.paper(), w.work()
    w.write(paper, "bare", work, authors=[])
    w.write(paper, "bare", work, authors=[], abstract=revised(paper["abstract"], w.rng))


def other_title(w: Writer) -> None:
    paper, work = w.paper(), w.work()
    words = paper["title"].split()
    w.write(paper, "arxiv", work)
    w.write(
        paper,
        "article",
        work,
        title=" ".join(["On", *words[len(words) // 2 :], "with", *words[: len(words) // 2]]),
    )


def spellings(w: Writer) -> None:
    paper, work = w.paper(), w.work()
    doi = f"10.1093/Made/{len(w.records)}"
    w.write(paper, "bare", work, dois=[doi.upper()])
    w.write(paper, "arxiv", work, dois=[f"https://doi.org/{doi}"], title=f"{paper['title']} revisited")
    w.write(paper, "bare", work, dois=[f"doi:{doi.lower()}"], abstract=w.paper()["abstract"])


def translation_with_doi(w: Writer) -> None:
    paper, work = w.paper(), w.work()
    doi = [f"10.1590/made{len(w.records)}"]
    w.write(paper, "bare", work, dois=doi)
    w.write(
        w.paper(),
        "bare",
        work,
        dois=doi,
        title="Uma breve história de tudo o que foi medido no mar",
        authors=[],
    )


def roman_or_arabic(w: Writer) -> None:
    paper, work = w.paper(), w.work()
    w.write(paper, "arxiv", work, title=f"{paper['title']}, Part II")
    w.write(paper, "article", work, title=f"{paper['title']}. Part 2")


def same_text(w: Writer) -> None:
    paper, work = w.paper(), w.work()
    for kind in ("bare", "biorxiv", "article", "bare"):
        w.write(paper, kind, work)


def three_versions(w: Writer) -> None:
    paper, work = w.paper(), w.work()
    w.write(paper, "arxiv", work, title=paper["title"].lower())
    w.write(paper, "ssrn", work, abstract=revised(paper["abstract"], w.rng), authors=[])
    w.write(paper, "article", work, year=paper["year"] + 2)


# Several works that look like one
def parts(w: Writer) -> None:
    paper = w.paper()
    for number in ("I", "II", "III"):
        w.write(paper, "bare", w.work() + number, title=f"{paper['title']}, Part {number}")
    work = w.work()
    w.write(paper, "article", work, title=f"{paper['title']} IV")
    w.write(paper, "arxiv", work, title=f"{paper['title']}. IV")


def years(w: Writer) -> None:
    paper = w.paper()
    for year in (2018, 2019, 2020):
        w.write(paper, "bare", w.work() + str(year), title=f"{paper['title']} in {year}", year=year)


def filled_form(w: Writer) -> None:
    paper = w.paper()
    for year in (2011, 2012):
        numbers = w.rng.integers(100, 9999, 4)
        text = "Of {} samples {} were positive; {} of them were sent by {} stations.".format(*numbers)
        w.write(paper, "bare", w.work() + str(year), abstract=f"{text} {paper['abstract']}", year=year)


def editorials(w: Writer) -> None:
    for title in ("Editorial", "Introduction", "Editorial", "Preface to the special issue"):
        w.write(w.paper(), "article", w.work(), title=title)
        w.write(w.paper(), "bare", w.work(), title=title, authors=[])


def comments(w: Writer) -> None:
    paper = w.paper()
    w.write(paper, "bare", w.work())
    w.write(w.paper(), "bare", w.work(), title=f'Comment on "{paper["title"]}"', abstract=paper["abstract"])
    w.write(paper, "bare", w.work(), title=f'Reply to comment on "{paper["title"]}"')
    w.write(paper, "article", w.work(), title=f"Correction to: {paper['title']}")


def siblings(w: Writer) -> None:
    paper = w.paper()
    for one, kind in ((0, "bare"), (1, "bare"), (0, "article"), (1, "article")):
        pair = SWAPS[w.number % len(SWAPS)]
        text = f"We look at {pair[one]} cases. {paper['abstract']}"
        title = f"{paper['title']} of {pair[one]} cases"
        w.write(paper, kind, f"sibling {w.number} {one}", title=title, abstract=text)


def namesakes(w: Writer) -> None:
    first = w.paper()
    w.write(first, "bare", w.work(), authors=[])
    w.write(w.paper(), "bare", w.work(), authors=[], title=first["title"])
    w.write(w.paper(), "article", w.work(), authors=["Zoe Unrelated"], title=first["title"])


def two_articles(w: Writer) -> None:
    paper = w.paper()
    half = " ".join(sentences(paper["abstract"])[:3])
    w.write(paper, "article", w.work(), abstract=f"{half} {w.paper()['abstract']}")
    w.write(paper, "article", w.work(), abstract=f"{half} {w.paper()['abstract']}", year=paper["year"] + 1)


def more_words(w: Writer) -> None:
    paper = w.paper()
    w.write(paper, "bare", w.work())
    other = sentences(w.paper()["abstract"])
    text = " ".join(sentences(paper["abstract"])[:2] + other[2:])
    w.write(paper, "bare", w.work(), title=f"{paper['title']} with delays", abstract=text)


def translation(w: Writer) -> None:
    w.write(w.paper(), "bare", w.work())
    w.write(w.paper(), "bare", w.work(), title="Eine kurze Geschichte von allem, was im Meer gemessen wurde")


POSITIVE = (
    *(capitals, tex_title, subtitle, shorter_abstract, longer_abstract, without_authors, other_title),
    *(spellings, translation_with_doi, roman_or_arabic, same_text, three_versions),
)
NEGATIVE = (
    *(
        parts,
        years,
        filled_form,
        editorials,
        comments,
        siblings,
        namesakes,
        two_articles,
        more_words,
        translation,
    ),
)
KINDS: tuple[Callable[[Writer], None], ...] = (*POSITIVE, *NEGATIVE)


def corpus(seed: int, rounds: int) -> list[dict]:
    """Records of `rounds` times all KINDS, sorted by id; `work` is the right answer, `kind` how it was written."""
    writer = Writer(seed)
    for _ in range(rounds):
        for kind in KINDS:
            before = len(writer.records)
            kind(writer)
            for record in writer.records[before:]:
                record["kind"] = kind.__name__
    return sorted(writer.records, key=lambda record: record["id"])


def pairs(labels: list) -> set[tuple[int, int]]:
    """All pairs of rows with one label."""
    rows: dict = {}
    for row, label in enumerate(labels):
        rows.setdefault(label, []).append(row)
    return {(a, b) for of in rows.values() for i, a in enumerate(of) for b in of[i + 1 :]}
