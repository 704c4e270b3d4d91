"""Print speed and memory beside a baseline: `make bench`, or `make bench ARGS="clean planted"`."""

import importlib
import sys

from measure import ROOT, machine

sys.path.insert(0, str(ROOT / "scripts"))
ALL = ("clean", "terms", "workflow", "embed", "cache", "gather", "kmeans", "silhouette", "planted", "start")
# By name only: `space`, `repeat`, `twice`, `k_rules`, `lifelike`, `explain`, `living`, `living_map`, `names`, `shares`,
# `edits`, `named`, `assign`, `exchange`, `neighbors`, `plot`, `project`, `quality`, `slurm` (it needs SLURM), `turns`, `explore` and `search`
# (they need Chromium), and `rehearsal`, which takes 45 minutes and 25 GB of disk.


def main() -> None:
    names = sys.argv[1:] or ALL
    print(f"Measured on {machine()}.")
    for name in names:
        importlib.import_module(f"bench_{name}").main()


if __name__ == "__main__":
    main()
