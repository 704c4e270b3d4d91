"""Words that give way to bigrams, and bigrams that are cut out of three words."""

from made_up import counted, heaviest
from scipy import sparse

from lib.keywords.bigram_preference import whole_terms


def test_a_bigram_replaces_words_of_which_it_holds_half():
    some = counted({"dark": [40, 5], "matter": [60, 10], "dark matter": [35, 0], "halo": [20, 0]})
    assert heaviest(some) == ["dark matter", "halo"]
    some = counted({"dark": [90, 5], "matter": [90, 10], "dark matter": [35, 0], "halo": [20, 0]})
    assert heaviest(some) == ["dark", "matter", "halo"]
    # or two bigrams that begin with the word, of which the heavier one is listed
    some = {"lie": [90, 5], "group": [90, 90], "ring": [90, 90], "lie group": [40, 0], "lie ring": [30, 0]}
    assert "lie group" in heaviest(counted(some)) and "lie" not in heaviest(counted(some))
    some["lie ring"] = [20, 0]
    assert "lie" in heaviest(counted(some))


def test_a_word_that_seldom_ends_a_phrase_gives_way_to_its_most_frequent_bigram():
    counts = {"logical": [50, 5], "reasoning": [90, 900], "rules": [90, 900], "logical reasoning": [12, 0]}
    counts |= {"logical rules": [8, 0], "proof": [40, 0]}
    leading = {"logical": 0.9, "proof": 0.2}
    assert set(heaviest(counted(counts, followed_share=leading))) & {*counts} >= {
        "logical reasoning",
        "proof",
    }
    assert "logical" not in heaviest(counted(counts, followed_share=leading))
    assert "logical" in heaviest(counted(counts, followed_share={"logical": 0.5}))
    counts["logical reasoning"] = [9, 0]  # in too few of its papers
    assert "logical" in heaviest(counted(counts, followed_share=leading))


def test_a_bigram_may_be_a_keyword_where_its_word_may():
    some = counted({"point": [60, 90], "cloud": [50, 5], "point cloud": [45, 0], "lidar": [20, 0]})
    allowed = sparse.csr_matrix([[some.terms[i] in ("cloud", "lidar") for i in range(5)], [False] * 5])
    found = whole_terms(some, allowed.astype(float) * 3).toarray()
    assert found.tolist() == [[0, 0, 0, 3, 3], [0] * 5]
    # a word that stands alone more often than in any bigram keeps its place
    some = counted({"point": [60, 90], "cloud": [50, 5], "point cloud": [24, 0], "lidar": [20, 0]})
    assert whole_terms(some, allowed).toarray()[0].tolist() == [0, 0, 1, 0, 1]


def test_a_bigram_cut_out_of_three_words_is_left_out():
    """The bigram that is left out would be the heaviest: all its papers are in the topic."""
    some = {"spin": [80, 90], "orbit": [50, 40], "coupling": [90, 60], "spin orbit": [45, 40]}
    assert set(heaviest(counted(some | {"orbit coupling": [44, 0]}))) == {"spin orbit", "coupling"}
    some["orbit"] = [80, 40]  # which also stands elsewhere
    assert heaviest(counted(some | {"orbit coupling": [44, 0]}))[0] == "orbit coupling"
    # of two that cut each other the more frequent one stays, a hyphen counts as a quarter more
    some = {"density": [50, 40], "functional": [50, 0], "theory": [90, 90]}
    some |= {"density functional": [44, 0], "functional theory": [44, 0]}
    assert "density functional" in heaviest(counted(some)) and "functional theory" not in heaviest(
        counted(some)
    )
    some["functional theory"] = [48, 0]
    assert "functional theory" in heaviest(counted(some)) and "density functional" not in heaviest(
        counted(some)
    )
    some["density-functional"] = some.pop("density functional")
    assert "density-functional" in heaviest(counted(some)) and "functional theory" not in heaviest(
        counted(some)
    )
    some = {
        "use": [60, 90],
        "fine": [50, 40],
        "tuning": [50, 40],
        "fine tuning": [45, 40],
        "use fine": [40, 0],
    }
    assert heaviest(counted(some))[0] == "fine tuning"
    some = {
        "low-rank": [60, 0],
        "fine": [50, 9],
        "tuning": [50, 9],
        "fine-tuning": [45, 9],
        "low-rank fine": [40, 0],
    }
    assert "low-rank fine" not in heaviest(counted(some))
    some["fine"] = [80, 9]  # which also stands elsewhere
    assert "low-rank fine" in heaviest(counted(some))
    # words of Chinese have no space between them
    some = counted(
        {"use": [60, 90], "fine": [50, 40], "tuning": [50, 40], "fine tuning": [45, 40], "use fine": [40, 0]}
    )
    some.terms = [term.replace(" ", "") for term in some.terms]
    assert heaviest(some)[0] == "finetuning"
