"""Schemas of the files of this stage: how vectors were made, and the graph of nearest papers.

docs/files.md is written from them (`make docs`).
"""

from typing import TypedDict


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
