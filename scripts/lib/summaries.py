"""The keys of all JSON files, with one reader and one writer for them.

docs/files.md is written from these types (`make docs`).
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypedDict, TypeVar, cast

from lib.files import damaged

J = TypeVar("J", bound=Mapping)


class LedgerEntry(TypedDict):
    """One line of the snapshot in the ledger."""

    line: int
    reason: str


class Bucket(TypedDict):
    """The lines with one outcome: their number and the first of them."""

    count: int
    first: list[LedgerEntry]


class Ledger(TypedDict):
    """What became of each line of the snapshot; the counts of the buckets add up to `lines`.

    `normalised` counts the records whose title or abstract had markup, TeX letters or unusual
    Unicode. `filled` counts the records that have categories and dates, `not_understood` those of
    them that could not be read.
    """

    input: str
    settings: dict[str, Any]
    lines: int
    buckets: dict[str, Bucket]
    normalised: dict[str, int]
    filled: dict[str, int]
    not_understood: dict[str, Bucket]


class Origin(TypedDict):
    """How vectors were computed: the device by name, the attention function, the kernels that the profiler saw."""

    device: str
    attention: str
    kernels: list[str]


class OriginShare(TypedDict):
    """The papers whose vectors have one origin; null: vectors that an early version cached without it."""

    origin: Origin | None
    papers: int
    share: float


class PartSummary(TypedDict):
    """How one part of the papers was encoded."""

    model: str
    revision: str | None
    files: dict[str, str]
    prefix: str
    max_tokens: int
    pooling: str
    precision: str
    dtype: str
    dim: int
    device: str
    origins: list[OriginShare]
    papers: int
    cache_hits: int
    cache_misses: int
    tokens: int
    padding_tokens: int
    unknown_tokens: int
    truncated_papers: int | None
    truncated_tokens: int | None
    model_flops: float
    matmul_flops_per_second: float | None
    encode_seconds: float
    seconds: float


class EmbeddingsSummary(PartSummary):
    """How all papers were encoded; speeds and truncation cover only the papers encoded in this run.

    `origins` covers all papers. Each entry has the number and the share of the papers whose vectors were
    computed in one way (`origin`: device, attention, kernels); null if an early version cached them.
    """

    parts: int
    padding_share: float
    tokens_per_second: float | None
    flops_per_second: float | None
    share_of_matmul_rate: float | None


class NeighborsSummary(TypedDict):
    """The graph of nearest papers; `recall` is the share of the exact ones that it holds, on a sample."""

    papers: int
    k: int
    recall: float
    seconds: float


class Scan(TypedDict):
    """One candidate for K, measured on the sample; one entry per clustering or pair; sizes per topic.

    `repeating` is the share of papers in topics whose mean Jaccard index on random halves is 0.6 or more.
    """

    k: int
    papers: int
    sample: int
    skipped: str | None
    inertia: list[float]
    silhouette: list[float]
    repeating: list[float]
    sizes: list[int]
    stability_seeds: list[float]
    stability_halves: list[float]
    ami_primary: float | None
    seconds: float


class KSelection(TypedDict):
    """The chosen K, the rule that chose it, and the reason in one sentence."""

    k: int
    rule: str
    proposed: int | None
    plateau: list[int]
    sentence: str
    sample: int
    papers: int
    seconds: dict[str, float]
    skipped: list[str]


class ClusterSummary(TypedDict):
    """The clustering in a few figures; lists have one entry per topic.

    Vectors were averaged with their `smooth` nearest papers to find the topics. Silhouette and inertia
    are measured on the original vectors. `repeats_by_topic` is the mean Jaccard index of a topic with
    its best match when random halves of the papers are clustered.
    """

    k: int
    papers: int
    smooth: int
    silhouette: float
    silhouette_by_topic: list[float]
    repeats_by_topic: list[float | None]
    inertia: float
    iterations: int
    sizes: list[int]
    outliers: int


class ExplainSummary(TypedDict):
    """Explanations of all topics in a few figures; lists have one entry per topic.

    `loss_*` are the means over the papers of the columns of that name; `attention_correlation` is a median.
    `keyword_correlation` is Spearman's correlation of mean influence and class-based TF-IDF over the words
    of a topic's explained papers. `largest_difference` is 1 - cosine to the vectors of embeddings.npy.
    `layers` is 0 if the encoder gives no attention.
    """

    papers: int
    cut_papers: int
    layers: int
    loss_influential: float | None
    loss_random: float | None
    loss_attention: float | None
    attention_correlation: float | None
    influential_words: list[list[str]]
    keyword_correlation: list[float | None]
    largest_difference: float
    seconds: float


class ProjectSummary(TypedDict):
    """How the map was laid out and how faithful it is, measured on `checked` of the `compared` papers.

    UMAP is fitted on all papers. t-SNE may be fitted on some, which are then those that are compared.

    `category_accuracy` is the share of papers that have the primary category of most of their `n_neighbors` nearest
    papers, and `category_accuracy_on_map` the same with the nearest on the map.
    """

    method: str
    papers: int
    fitted: int
    compared: int
    checked: int
    n_neighbors: int
    neighbors_kept: float
    neighbors_kept_at_random: float
    trustworthiness: float
    category_accuracy: float | None
    category_accuracy_on_map: float | None
    seconds: float


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


class WordSummary(TypedDict):
    """How coherent and distinct the keywords are; a floor has the same keywords, dealt to the topics at random."""

    npmi: float | None
    npmi_floor: float | None
    npmi_windows: float | None
    c_v: float | None
    c_v_floor: float | None
    diversity: float
    inverted_rbo: float
    label_mrr: float
    title_mrr: float
    keyword_hits: float
    npmi_by_topic: list[float | None]
    c_v_by_topic: list[float | None]
    keyword_hits_by_topic: list[float]


class MapQuality(TypedDict):
    """How faithful the map is: the figures of `project.json`, and the share of topics' papers in their largest piece.

    `largest_piece` is the mean over all papers.
    """

    neighbors_kept: float
    trustworthiness: float
    category_accuracy: float | None
    category_accuracy_on_map: float | None
    largest_piece: float
    largest_piece_by_topic: list[float | None]


class Evaluation(TypedDict):
    """Measures of the corpus and of the topics."""

    corpus: CorpusSummary

    papers: int
    k: int
    repeating_share: float
    silhouette: float
    silhouette_by_topic: list[float]
    negative_silhouette_share: float
    inertia_per_paper: float
    sizes: SizeSummary
    primary_category: Agreement
    archive: Agreement
    primary_category_by_words: Agreement
    words: WordSummary
    map: MapQuality


def three_digits(value: float | None, unknown: str = "–") -> str:
    """A measure as text."""
    return unknown if value is None else f"{value:.3f}"


def read_json(path: Path, kind: type[J]) -> J:
    """The object in a JSON file; it must have all keys of the TypedDict `kind`."""
    try:
        content = dict(json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, TypeError) as error:
        raise damaged(path, "JSON file with an object", error) from None
    if missing := [key for key in kind.__annotations__ if key not in content]:
        raise damaged(path, f"{kind.__name__} file of this version", f"it lacks {', '.join(missing)}")
    return cast(J, content)


def write_json(path: Path, content: Mapping) -> None:
    """Write an object as a JSON file."""
    path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
