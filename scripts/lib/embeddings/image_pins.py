"""What a script says and checks inside an Apptainer image."""

import os
import re
from pathlib import Path

from lib.cli import UserError

PINS = Path("/opt/embeddings.yaml")  # containers/embed.def copies it there
OWN_PINS = Path(__file__).resolve().parents[2] / "envs" / "embeddings.yaml"


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
        some = ", ".join(
            f"{name} {theirs.get(name, 'missing')} instead of {ours.get(name, 'none')}" for name in other[:3]
        )
        raise UserError(
            f"embed.image: {os.environ['APPTAINER_CONTAINER']} was built from another envs/embeddings.yaml ({some}"
            f"{', …' if len(other) > 3 else ''}); build the image again and give it a new number"
        )
