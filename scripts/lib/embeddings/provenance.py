"""How the vectors of a corpus were computed, as shares of its papers, and in which Apptainer image."""

import json
import os
import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from lib.cli import UserError
from lib.embeddings.schema import Origin, OriginShare

PINS = Path("/opt/embeddings.yaml")  # containers/embed.def copies it there
OWN_PINS = Path(__file__).resolve().parents[3] / "envs" / "embeddings.yaml"


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


def pins(text: str) -> dict[str, str]:
    """Name to version of each pin of an environment file."""
    return dict(re.findall(r"^ +- ([\w.-]+)==(\S+)$", text, flags=re.M))


def check_image(image: Path = PINS, own: Path = OWN_PINS) -> None:
    """Raise a UserError inside an image that was built from other pins than those of this checkout."""
    if "APPTAINER_CONTAINER" not in os.environ or not image.is_file():
        return
    theirs, ours = pins(image.read_text()), pins(own.read_text())
    other = sorted(name for name in theirs.keys() | ours.keys() if theirs.get(name) != ours.get(name))
    if other:
        differences = ", ".join(
            f"{name} {theirs.get(name, 'missing')} instead of {ours.get(name, 'none')}" for name in other[:3]
        )
        raise UserError(
            f"embed.image: {os.environ['APPTAINER_CONTAINER']} was built from another envs/embeddings.yaml ({differences}"
            f"{', …' if len(other) > 3 else ''}); build the image again and give it a new number"
        )
