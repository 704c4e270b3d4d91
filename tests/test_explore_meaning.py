"""explore: the search by meaning, in a real browser."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from browser import needs_chromium, opened
from conftest import EVIL, assert_refused, script
from explore import main
from explorer import lit, row_of, settled
from lib.words.spelling import stem
from measure import command_line
from page_inputs import planted_columns, space_files, write_inputs, write_page

pytestmark = needs_chromium


@pytest.fixture(scope="module")
def file(planted, tmp_path_factory):
    """map.html of the planted subjects, with their search space."""
    folder = tmp_path_factory.mktemp("meaning")
    return write_page(folder, **planted_columns(planted), **space_files(folder, planted))


@pytest.fixture
def page(browser, file):
    with opened(browser, file) as shown:
        yield shown


def search(page, query: str) -> list[str]:
    """The ids that a query finds, best first; the list of papers shows them."""
    page.fill("#search", query)
    page.keyboard.press("Enter")
    settled(page)
    rows = page.locator("#papers .paper").evaluate_all("all => all.map(item => Number(item.dataset.row))")
    return [page.evaluate("i => explorer.texts.ids.get(i)", row) for row in rows]


def said(page) -> str:
    return page.locator("#said").inner_text()


def test_papers_that_lack_the_words_are_found_by_meaning(page, planted):
    titles = [title.split()[1::3] for title in planted.titles]  # "The synapse and the cortex"
    one, other = next(
        words for words, t in zip(titles, planted.truth, strict=True) if t == 2 and len(set(words)) == 2
    )
    found = search(page, f"{one} {other}")
    rows = [planted.ids.index(i) for i in found]
    both = [i for i, title in enumerate(planted.titles) if one in title and other in title]
    assert both and set(rows[: len(both)]) == set(both)  # titles with all words come first
    assert (
        len(rows) == len(both) + 10 and (planted.truth[rows] == 2).all()
    )  # and ten others: a twentieth of the 140 is less
    assert f"{len(both)} with all the words, 10 near in meaning" in said(page)
    assert f"Understood: {one} · {other}" in said(page)
    assert page.locator("#order").input_value() == "best"
    assert page.locator("#papers .near").count() == 10
    assert set(found) == lit(page) and page.locator("#status").inner_text() == f"{len(rows)} of 140 papers"


def test_words_and_meaning_rank_together_as_the_definition_says(page, planted):
    """Against numpy: the cosine to the sum of the terms by idf, half the share of the words, and 1 for all of them."""
    query, words = "dust spiral", ["dust", "spiral"]
    terms = page.evaluate("explorer.search.vocabulary.names")
    order = [row_of(page, i) for i in planted.ids]
    papers = np.array(page.evaluate("[...explorer.search.space.papers]"), float).reshape(64, -1).T[order]
    spaces = np.array(page.evaluate("[...explorer.search.space.terms]"), float).reshape(64, -1).T
    counts = page.evaluate("[...explorer.search.space.counts]")
    asked = [i for i, term in enumerate(terms) if term in (*words, query)]
    vector = sum(np.log(141 / counts[i]) * spaces[i] for i in asked)
    cosines = papers @ vector / np.linalg.norm(vector) / 32
    has = np.array([[word in title.lower() for word in words] for title in planted.titles])
    weights = np.log(141 / has.sum(0))
    score = cosines + 0.5 * has @ weights / weights.sum() + has.all(1)
    found = [planted.ids.index(i) for i in search(page, query)]
    ranks = score[found]
    assert (np.diff(ranks) < 1e-3).all()
    others = np.delete(score, found)
    assert others.max() <= ranks.min() + 1e-3


def test_a_word_in_the_abstract_alone_counts_half_of_one_in_the_title(browser, tmp_path, planted):
    """A word that is neither a term nor in a title finds the papers with it in the abstract; `-word` leaves out titles only."""
    columns = planted_columns(planted)
    inputs = write_inputs(tmp_path, **columns) | space_files(tmp_path, planted)
    papers = pq.read_table(inputs["papers"])
    abstracts = papers["abstract"].to_pylist()
    for i in (7, 90):
        abstracts[i] += " We saw a quokka in the outback."
    column = papers.schema.get_field_index("abstract")
    pq.write_table(papers.set_column(column, "abstract", pa.array(abstracts)), inputs["papers"])
    main(command_line("explore", **inputs, map=tmp_path / "map.html"))
    with opened(browser, tmp_path / "map.html") as page:
        found = [planted.ids.index(i) for i in search(page, "quokka")]
        assert set(found[:2]) == {7, 90} and len(found) == 10
        assert "Understood: quokka" in said(page) and "near in meaning" in said(page)
        order = [row_of(page, i) for i in planted.ids]
        ranks = page.evaluate(  # by words alone
            "query => Array.from(new explorer.search.constructor(explorer.texts, null).find(query).rank)",
            "telescope quokka",
        )
        has = np.array(["telescope" in title.lower() for title in planted.titles])
        weights = np.log(141 / np.array([has.sum(), 2]))
        half = 0.5 * np.isin(np.arange(140), [7, 90])
        score = 0.5 * (weights[0] * has + weights[1] * half) / weights.sum()
        assert np.abs(np.array(ranks)[order] - 65535 * (score + 1) / 3.5).max() <= 1
        search(page, "-quokka")
        assert len(lit(page)) == 140


def test_plurals_and_spellings_are_one_word(page):
    terms = ["galaxy", "matrices", "colour", "non-linear", "spin-orbit", "x-ray binaries", "analysis", "lens", "modelling"]  # fmt: skip
    asked = ["galaxies", "matrix", "colors", "nonlinear", "non linear", "spin-orbits", "x ray binary", "analyses", "lenses", "modeling", "gas"]  # fmt: skip
    read = page.evaluate(
        """([terms, asked]) => { const of = new explorer.search.vocabulary.constructor(terms);
        return asked.map(text => of.read(text.split(/[ -]/)).terms.map(t => terms[t])); }""",
        [terms, asked],
    )
    assert [set(found) for found in read] == [
        {"galaxy"}, {"matrices"}, {"colour"}, {"non-linear"}, {"non-linear"}, {"spin-orbit"}, {"x-ray binaries"}, {"analysis"},
        set(), {"modelling"}, set(),
    ]  # fmt: skip


def test_plurals_are_those_of_the_workflow(page):
    """No British spelling is among these words, which the page changes in more ways than `stem`."""
    words = "matrices glasses viruses boxes fishes series novae quanta physics gas bus axis stars bases families".split()
    own = page.evaluate(
        "words => words.map(word => new explorer.search.vocabulary.constructor([word]).rows.keys().next().value)",
        words,
    )
    assert own == [stem(word) for word in words]


def test_a_word_that_is_spelled_wrong_is_read_as_the_nearest_term(page, planted):
    found = search(page, "telescpoe")
    assert (planted.truth[[planted.ids.index(i) for i in found]] == 0).all() and len(found) == 10
    assert "No title here has “telescpoe”; read as “telescope”" in said(page)
    page.get_by_role("button", name="Search for telescope").click()
    assert page.input_value("#search") == "telescope" and "read as" not in said(page)
    with_word = {i for i, title in zip(planted.ids, planted.titles, strict=True) if "telescope" in title}
    assert with_word and with_word < lit(page)


def test_an_unknown_word_is_read_by_its_parts_and_a_beginning_by_what_follows(page, planted):
    assert {planted.truth[planted.ids.index(i)] for i in search(page, "nanotelescope")} == {0}
    assert "read as “telescope”" in said(page) and page.locator("#said button").count() == 0
    assert {planted.truth[planted.ids.index(i)] for i in search(page, "entanglementphoton")} == {3}
    assert "“entanglement”, “photon”" in said(page)
    assert {planted.truth[planted.ids.index(i)] for i in search(page, "telep")} == {3}  # teleportation


def test_a_query_that_finds_nothing_says_what_to_do(page):
    assert search(page, "zzgrblx") == []
    assert "Not known here: “zzgrblx”" in said(page)
    assert "Write fewer or other words, such as “galaxies” or “primes”" in said(page)
    page.fill("#search", "")
    page.locator("#topics-tab").click()
    page.locator(".node.topic", has_text="qubits").click()
    search(page, "axon")
    assert lit(page) == set() and "The other filters leave out what was found." in said(page)
    page.get_by_role("button", name="Keep the search alone").click()
    assert page.input_value("#search") == "axon" and len(lit(page)) > 7


def test_minus_leaves_out_and_quotes_require(page, planted):
    def ids(wanted) -> set[str]:
        return {i for i, title in zip(planted.ids, planted.titles, strict=True) if wanted(title.lower())}

    search(page, '"prime and the lattice"')
    assert lit(page) == ids(lambda title: "prime and the lattice" in title)
    search(page, '"prime" lattice')
    assert lit(page) <= ids(lambda title: "prime" in title) and lit(page) >= ids(lambda title: {"prime", "lattice"} <= set(title.split()))  # fmt: skip
    search(page, "prime -lattices")
    assert not lit(page) & ids(lambda title: "lattice" in title)
    assert lit(page) >= ids(lambda title: "prime" in title and "lattice" not in title)
    search(page, "-prime -the")
    assert lit(page) == set()  # all titles have "the"
    search(page, "-prime")
    assert lit(page) == ids(lambda title: "prime" not in title)
    search(page, "-latt")  # a part of a word leaves out nothing
    assert len(lit(page)) == 140


def test_more_like_this_lists_the_nearest_papers(page, planted):
    identifier = planted.ids[5]
    page.evaluate("() => { window.open = () => {}; }")
    search(page, f"{planted.titles[5]}")
    page.locator(f'.paper[data-row="{row_of(page, identifier)}"] button').click()
    page.get_by_role("button", name="More like this").click()
    settled(page)
    assert page.input_value("#search") == f"like:{identifier}" and page.locator("#papers").is_visible()
    found = [planted.ids.index(i) for i in search(page, f"like:{identifier}")]
    assert found[0] == 5 and len(found) == 11
    assert "1 asked for, 10 near in meaning" in said(page) and "with all the words" not in said(page)
    rows = planted.vectors.astype(float) - planted.vectors.astype(float).mean(0)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    nearest = np.argsort(-(rows @ rows[5]))[:11]
    assert len(set(found) & set(nearest)) >= 9
    assert "like" in settled(page)
    search(page, "like:nobody")
    assert "This map has no paper “nobody”." in said(page)


def test_a_question_is_answered_without_its_small_words(page, planted):
    found = [planted.ids.index(i) for i in search(page, "what is a supernova and how does it explode?")]
    assert found and (planted.truth[found[:5]] == 0).all()
    assert "Not known here: “explode”" in said(page) and "“what”" not in said(page)


def test_an_old_link_with_a_search_opens(browser, file):
    with opened(browser, file, "#q=neuron+cortex&paper=2301.00003&topic=t0a02") as page:
        assert page.input_value("#search") == "neuron cortex" and len(lit(page)) > 0
        assert "near in meaning" in said(page)


def test_texts_of_any_kind_are_searched_and_shown_as_text(browser, tmp_path, planted):
    titles = [EVIL, "שלום גלקסיה", "👩‍🔬 science", "銀河の形成と進化", *planted.titles[4:]]
    columns = planted_columns(planted) | {"titles": titles}
    with opened(browser, write_page(tmp_path, **columns, **space_files(tmp_path, planted))) as page:
        for i, query in enumerate(["</script>", "גלקסיה", "👩‍🔬", "進化"]):
            assert search(page, query)[0] == planted.ids[i], query
        search(page, '<b>"x" <img src=x onerror=alert(1)>')
        assert page.locator("#said img, #said b").count() == 0
        assert page.evaluate("document.documentElement.dataset.hit") is None


def test_without_terms_words_in_titles_lead_to_papers_of_like_meaning(browser, tmp_path, planted):
    """A corpus in Japanese has no terms: a word that titles have means what these papers are about."""
    subjects = ["銀河", "素数", "神経", "量子"]
    titles = [f"{subjects[t]}の研究{i}" if i % 3 else f"題名{i}" for i, t in enumerate(planted.truth)]
    files = space_files(tmp_path, planted)
    np.save(files["term_space"], np.zeros((0, 64), np.int8))
    empty = {
        "term": pa.array([], pa.string()),
        "papers": pa.array([], pa.int64()),
        "titles": pa.array([], pa.int64()),
    }
    pq.write_table(pa.table(empty), files["search_terms"])
    with opened(
        browser, write_page(tmp_path, **planted_columns(planted) | {"titles": titles}, **files)
    ) as page:
        search(page, "神経")
        found = np.array([i in lit(page) for i in planted.ids])
        by_word = np.array(["神経" in title for title in titles])
        assert found[by_word].all() and found.sum() == by_word.sum() + 10
        assert (planted.truth[found] == 2).all()


def test_the_paper_asked_for_takes_no_place_of_those_near_it(browser, tmp_path, planted):
    """Of twelve papers with one subject all others that point the same way are found, nearest first."""
    columns = {
        name: values[:12] if name != "names" else values for name, values in planted_columns(planted).items()
    }
    files = space_files(tmp_path, planted)
    np.save(files["paper_space"], np.load(files["paper_space"])[:12])
    with opened(browser, write_page(tmp_path, **columns, **files)) as page:
        space = np.load(files["paper_space"]).astype(float)
        space /= np.linalg.norm(space, axis=1, keepdims=True)
        cosines = space[1:] @ space[0]
        alike = set(np.argsort(-cosines)[:10][np.sort(cosines)[::-1][:10] > 0] + 1)
        found = [planted.ids.index(i) for i in search(page, f"like:{planted.ids[0]}")]
        assert found[0] == 0 and set(found[1:]) == alike and len(alike) > 1


def test_another_corpus_is_refused(planted, tmp_path, out):
    files = space_files(tmp_path, planted)
    inputs = write_inputs(tmp_path / "in")  # of 150 papers
    assert_refused(script("explore", **inputs, **files, map=out / "map.html"), out, "paper_space 140")


def test_a_page_without_a_space_searches_words(browser, tmp_path, planted):
    with opened(browser, write_page(tmp_path, **planted_columns(planted))) as page:
        search(page, "neuron")
        assert lit(page) == {
            i for i, title in zip(planted.ids, planted.titles, strict=True) if "neuron" in title
        }
        assert page.locator("#said").inner_text() == "" and page.locator("#card .like").count() == 0
