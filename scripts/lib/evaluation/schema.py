"""Schemas of the files of this stage: measures of the topics.

docs/files.md is written from them (`make docs`).
"""

from typing import TypedDict

from lib.keywords.schema import Coherence


class Agreement(TypedDict):
    """How well topics agree with a classification of the papers."""

    papers: int
    classes: int
    ami: float | None
    ari: float | None
    v_measure: float | None
    purity: float | None


class SizeSummary(TypedDict):
    """The sizes of the topics in a few figures."""

    smallest: int
    median: float
    largest: int
    effective_topics: float


class CorpusSummary(TypedDict):
    """What the texts are, as shares of a sample of the papers.

    `without_words` is the share of papers without keywords, since their script puts no spaces between words.
    """

    sample: int
    languages: dict[str, float]
    scripts: dict[str, float]
    without_words: float


class WordSummary(Coherence):
    """The coherence of the keywords, and whether topics can be told by their keywords, labels and titles."""

    keyword_topic_accuracy: float
    keyword_topic_accuracy_by_topic: list[float]


class MapQuality(TypedDict):
    """How faithful the map is: the figures of `project.json`, and the share of topics' papers in their largest piece.

    `largest_piece` is the mean over all papers.
    """

    neighbors_kept: float
    neighbors_kept_at_random: float
    trustworthiness: float
    category_accuracy: float | None
    category_accuracy_on_map: float | None
    largest_piece: float
    largest_piece_by_topic: list[float | None]


class BeforeEdits(TypedDict):
    """The topics as `cluster` found them, if edits changed which papers they have; `ami` is that with primary categories."""

    k: int
    papers: int
    silhouette: float
    ami: float | None


class Evaluation(TypedDict):
    """Measures of the corpus and of the topics; lists have one entry per topic, by number.

    `keyword_correlation` is for each topic Spearman's correlation of mean influence and class-based TF-IDF over the
    words of its explained papers.
    """

    corpus: CorpusSummary

    papers: int
    papers_in_topics: int
    k: int
    stable_share: float
    silhouette: float
    silhouette_by_topic: list[float]
    negative_silhouette_share: float
    inertia_per_paper: float
    sizes: SizeSummary
    primary_category: Agreement
    archive: Agreement
    primary_category_by_words: Agreement
    words: WordSummary
    keyword_correlation: list[float | None]
    map: MapQuality
    before_edits: BeforeEdits | None
