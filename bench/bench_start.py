"""How long each script takes to start: the imports of its module, the best of five runs.

FORMER, the path of another checkout, is measured beside this one, in turns. The last rows are floors: what steps
cannot do without. `embed` imports PyTorch and transformers later, when it needs them.
"""

import os
import sys
from pathlib import Path

from measure import ROOT, command, table

TIMES = 5
FLOORS = {
    "nothing but Python": "",
    "NumPy and PyArrow": "numpy, pyarrow.parquet",
    "these and pandas": "numpy, pyarrow.parquet, pandas",
    "these, and SciPy's KDTree": "numpy, pyarrow.parquet, pandas, scipy.spatial",
    "these but SciPy, and Matplotlib": "numpy, pyarrow.parquet, pandas, matplotlib.pyplot",
    "PyTorch": "torch",
    "PyTorch and a model class of transformers": "torch, transformers.models.bert.modeling_bert",
}


def best(codes: list[str]) -> list[float]:
    """Elapsed and processor seconds and peak MB of each program, the least of TIMES in turns, one after another."""
    runs = [[command([sys.executable, "-c", code]) for code in codes] for _ in range(TIMES)]
    return [
        min(run[program][figure] for run in runs) for figure in (0, 2, 1) for program in range(len(codes))
    ]


def imports(root: Path, module: str) -> str:
    return f"import sys; sys.path.insert(0, {str(root / 'scripts')!r}); import {module}"


def main() -> None:
    former = os.environ.get("FORMER")
    roots = ([Path(former).resolve()] if former else []) + [ROOT]
    names = [path.stem for path in sorted((ROOT / "scripts").glob("*.py"))]
    rows = [[name, *best([imports(root, name) for root in roots])] for name in names]
    rows.sort(key=lambda row: -row[2 * len(roots)])
    for name, packages in FLOORS.items():
        row = best([f"import {packages}" if packages else ""])
        rows.append([name, *(figure for value in row for figure in [""] * (len(roots) - 1) + [value])])
    figures = ("seconds", "processor seconds", "peak MB")
    whose = ["former ", ""] if former else [""]
    table("start of each script", ["script", *(w + figure for figure in figures for w in whose)], rows)


if __name__ == "__main__":
    main()
