"""How the vectors of a corpus were computed, as shares of its papers."""

import json
from collections import Counter
from collections.abc import Iterable

from lib.embeddings.schema import Origin, OriginShare


def share_origins(counts: Iterable[tuple[Origin | None, int]]) -> list[OriginShare]:
    """Add up numbers of papers per origin of their vectors, most first."""
    papers = Counter[str]()
    for origin, n in counts:
        papers[json.dumps(origin, sort_keys=True)] += n
    total = papers.total()
    return [
        OriginShare(origin=json.loads(key), papers=n, share=n / total)
        for key, n in sorted(papers.items(), key=lambda item: (-item[1], item[0]))
    ]


def describe_origins(shares: list[OriginShare]) -> str:
    """The shares as text: "97.0% sdpa on cpu (kernel), 3.0% not recorded"."""
    texts = []
    for entry in shares:
        origin = entry["origin"]
        text = "not recorded"
        if origin:
            text = f"{origin['attention']} on {origin['device']} ({', '.join(origin['kernels'])})"
        texts.append(text if len(shares) == 1 else f"{entry['share']:.1%} {text}")
    return ", ".join(texts)
