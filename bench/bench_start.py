"""How long each script takes to start: the imports of its module, in processor seconds, the best of three.

`embed` imports PyTorch and transformers later, when it needs them.
"""

import sys

from measure import ROOT, command, table

SCRIPTS = ROOT / "scripts"
TIMES = 3


def main() -> None:
    rows = []
    for path in sorted(SCRIPTS.glob("*.py")):
        code = f"import sys; sys.path.insert(0, {str(SCRIPTS)!r}); import {path.stem}"
        measured = [command([sys.executable, "-c", code]) for _ in range(TIMES)]
        rows.append(
            [path.stem, min(seconds for *_, seconds in measured), min(peak for _, peak, _ in measured)]
        )
    rows.sort(key=lambda row: -row[1])
    rows.append(["nothing but Python", min(command([sys.executable, "-c", ""])[2] for _ in range(TIMES)), ""])
    table("start of each script", ["script", "processor seconds", "peak MB"], rows)
