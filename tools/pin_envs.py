"""Pin the packages in envs/, and all that they need, to the versions in requirements.txt.

The first packages under `pip:` are those that the scripts import. What they need stands below a comment. Run
it with a Python that has the packages of requirements.txt installed. With `--check` nothing is written; the
exit status is 1 if a file is not up to date.
"""

import argparse
import importlib.metadata
import re
import sys
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parent.parent
MARK = "      # What the packages above need; written by `make lock`."
FROM_CONDA = {"  - pytorch": "torch"}  # packages that pip must not install again
PIN = re.compile(r"^      - ([A-Za-z0-9._-]+)==(\S+)$")


def canonical(name: str) -> str:
    """The name of a package as PyPI compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def locked(text: str) -> dict[str, tuple[str, str]]:
    """Canonical name to (name, version) of the lines of a requirements file."""
    pins = (line.partition("==") for line in text.splitlines() if "==" in line)
    return {canonical(name): (name, version) for name, _, version in pins}


def needed(names: set[str], pins: dict[str, tuple[str, str]]) -> set[str]:
    """Canonical names of all locked packages that these need on this platform, directly or through others."""
    found: set[str] = set()
    waiting = list(names)
    while waiting:
        for line in importlib.metadata.requires(waiting.pop()) or []:
            requirement = Requirement(line)
            name = canonical(requirement.name)
            if requirement.marker and not requirement.marker.evaluate({"extra": ""}):
                continue
            if name in pins and name not in found | names:
                found.add(name)
                waiting.append(name)
    return found


def pinned(text: str, pins: dict[str, tuple[str, str]]) -> str:
    """An environment file with all its pins brought up to date."""
    head, _, _ = text.partition(MARK)
    lines = head.rstrip("\n").splitlines()
    direct = {canonical(match[1]) for line in lines if (match := PIN.match(line))}
    pins = {name: pin for name, pin in pins.items() if name not in {FROM_CONDA.get(line) for line in lines}}

    def line_of(name: str) -> str:
        return f"      - {pins[name][0]}=={pins[name][1]}"

    kept = [line_of(canonical(match[1])) if (match := PIN.match(line)) else line for line in lines]
    return "\n".join([*kept, MARK, *map(line_of, sorted(needed(direct, pins)))]) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument(
        "--check", action="store_true", help="write nothing; fail if a file is not up to date"
    )
    check = parser.parse_args().check
    pins = locked((ROOT / "requirements.txt").read_text())
    stale = []
    for file in sorted((ROOT / "envs").glob("*.yaml")):
        text = file.read_text()
        if (new := pinned(text, pins)) != text:
            stale.append(file.name)
            if not check:
                file.write_text(new)
    if check and stale:
        sys.exit(f"envs/{', envs/'.join(stale)}: pins are not up to date; run `python tools/pin_envs.py`")


if __name__ == "__main__":
    main()
