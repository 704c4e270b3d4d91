"""Time and peak memory of a command or a call, and tables to print them in."""

import json
import os
import re
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "bench" / "out"
# the summary of a part for which `embed` did nothing, for synthetic vectors
NOTHING_ENCODED = {
    "model": "synthetic",
    "revision": None,
    "files": {},
    "prefix": "",
    "max_tokens": 0,
    "pooling": "mean",
    "precision": "float32",
    "dtype": "float16",
    "dim": 0,
    "device": "cpu",
    "matmul_flops_per_second": None,
    "papers": 0,
    "tokens": 0,
    "padding_tokens": 0,
    "unknown_tokens": 0,
    "truncated_papers": 0,
    "truncated_tokens": 0,
    "cache_hits": 0,
    "cache_misses": 0,
    "encode_seconds": 0,
    "seconds": 0,
    "model_flops": 0,
    "origins": [],
}
# the files of `terms` by flag
TERMS = {name: f"{name}.npy" for name in ("tokens", "offsets", "terms", "term_offsets")}
TERMS |= {"vocabulary": "vocabulary.parquet"}
# the files of `clean` by flag
CLEANED = {"papers": "papers.parquet", "facets_table": "facets.parquet", "ledger": "ledger.json"}
CLEANED |= {"digest": "papers.digest", "metadata": "metadata.digest", "facets_digest": "facets.digest"}
SAMPLE = ROOT / "data" / "sample.jsonl.gz"


def command(
    args: list, env: dict | None = None, memory_gb: float | None = None
) -> tuple[float, float, float]:
    """Run a command in the root folder: (seconds, peak resident MB of its largest process, processor seconds).

    Parameters
    ----------
    memory_gb : a hard limit on what its processes may allocate for data (RLIMIT_DATA)
    """
    with tempfile.NamedTemporaryFile("r") as measured:
        child = [sys.executable, "-S", ROOT / "bench" / "child.py", measured.name, memory_gb or "none", *args]
        done = subprocess.run(
            [str(a) for a in child],
            cwd=ROOT,
            env=os.environ | (env or {}),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )
        if done.returncode:
            output = done.stdout.decode(errors="replace")[-3000:]
            sys.exit(f"failed ({done.returncode}): {' '.join(map(str, args))}\n{output}")
        seconds, peak, processor = map(float, measured.read().split())
    return seconds, peak, processor


def overlay(name: str, packages: list[str]) -> Path:
    """A folder in bench/out with packages that only a baseline needs, to stand before .venv on the path."""
    folder = OUT / name
    if not folder.exists():
        target = f"{folder}.part"
        command(
            [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", target, *packages]
        )
        Path(target).rename(folder)
    return folder


# The flags of a step that are keys of another section of the config.
BORROWED = {
    "explain": {
        "device": ("embed", "device"),
        "batch_tokens": ("embed", "batch_tokens"),
    },
    "label": {f"llm_{key}": ("llm", key) for key in ("url", "model", "key_variable")},
    "select_k": {"k": ("cluster", "k")},
    "smooth": {
        "smooth": ("cluster", "smooth"),
        "sample": ("scan_k", "sample"),
    },
}


@cache
def default_flags(step: str) -> dict:
    """The flags of a script that the config sets, with their defaults of the schema; one thread, one part."""
    schema = yaml.safe_load((ROOT / "rules" / "config.schema.yaml").read_text())
    section = schema["properties"].get(step, {}).get("properties", {})
    flags = {key: entry["default"] for key, entry in section.items()} | {"threads": 1, "part": 0}
    flags |= {key: schema["properties"][key]["default"] for key in ("link", "seed", "previous")} | {
        "llm_cache": "cache/names"
    }
    flags |= {
        "stop_words": "data/words/stop_words.txt",
        "lists": [],
        "ledger": None,
    }  # as for papers in English
    flags |= {
        "edits": {kind: [] for kind in ("replay", "group", "drop", "all")} | {"text": ""},
        "edit_lines": [],
    }
    for flag, (other, key) in BORROWED.get(step, {}).items():
        flags[flag] = schema["properties"][other]["properties"][key]["default"]
    source = (ROOT / "scripts" / f"{step}.py").read_text()
    # a script names a flag as "--top-k", as the keyword top_k= of `inputs`, or as cli.threads()
    found = re.findall(r'"--([a-z-]+)"|^ +([a-z_]+)="|cli\.(threads)\(', source, flags=re.M)
    names = {"".join(groups).replace("-", "_") for groups in found}
    optional = re.search(r"optional_inputs\((.*?)\n    \)|optional_inputs\((.*)\)", source, re.S)
    of_earlier_run = set(re.findall(r'\b([a-z_]+)="', optional[0] if optional else ""))
    flags |= {name: [] for name in of_earlier_run}  # there is none
    names |= of_earlier_run
    return {key: value for key, value in flags.items() if key in names}


def cleaned_files(folder: Path) -> dict[str, Path]:
    """The files of `clean` in a folder, by flag."""
    return {flag: folder / name for flag, name in CLEANED.items()}


def command_line(step: str, **flags) -> list[str]:
    """The flags of a step as text: those given, and the defaults of the schema for the others.

    A list is several values of one flag.
    """
    args = []
    for key, value in (default_flags(step) | flags).items():
        values = (
            value if isinstance(value, list) else [json.dumps(value) if isinstance(value, dict) else value]
        )
        # as one word, since a value may begin with a dash or be empty
        name = f"--{key.replace('_', '-')}"
        args += [f"{name}={values[0]}"] if not isinstance(value, list) else [name, *map(str, values)]
    return args


def script(step: str, **flags) -> list[str]:
    """The command that runs a script of the workflow; see `command_line`."""
    return [sys.executable, str(ROOT / "scripts" / f"{step}.py"), *command_line(step, **flags)]


def page_files() -> dict[str, Path | list[Path]]:
    """The template of map.html and what goes into it, as rules/map.smk names them."""
    names = re.search(r"EXPLORE_MODULES = \[(.*?)\]", (ROOT / "rules" / "map.smk").read_text(), flags=re.S)
    templates = ROOT / "scripts" / "templates"
    modules = re.findall(r'"(\w+)"', names[1] if names else "")
    return {
        "category_names": ROOT / "data" / "words" / "arxiv_categories.csv",
        "template": templates / "explore.html",
        "style": templates / "explore" / "explore.css",
        "scripts": [templates / "explore" / f"{name}.js" for name in modules],
    }


def table(title: str, header: list[str], rows: list[list]) -> None:
    """Print a Markdown table."""
    print(f"\n### {title}\n")
    print("| " + " | ".join(header) + " |")
    print("|" + "|".join(["---"] + ["---:"] * (len(header) - 1)) + "|")
    for row in rows:
        print("| " + " | ".join(map(figure, row)) + " |", flush=True)


def figure(value) -> str:
    """A number in three digits, or whole where it has more before the point."""
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def machine() -> str:
    """What this was measured on."""
    model = "unknown processor"
    info = Path("/proc/cpuinfo")
    if info.exists():
        names = [line.split(":")[1].strip() for line in info.read_text().splitlines() if "model name" in line]
        model = names[0] if names else model
    return f"{os.cpu_count()} cores of {model}"


def corpus(least: int = 0) -> Path:
    """The corpus as JSON lines in bench/out: the file that CORPUS names, else the bundled sample.

    Parameters
    ----------
    least : repeat the corpus under new ids until it has this many lines
    """
    source = Path(os.environ.get("CORPUS") or SAMPLE).resolve()
    if not source.is_file():
        sys.exit(f"CORPUS: no such file: {source}")
    unpacked = OUT / f"{re.sub(r'([.](zst|gz|bz2|xz|jsonl?))+$', '', source.name)}.jsonl"
    # its time says which source it is of: another of the same name has another time
    if source != unpacked and not (
        unpacked.exists() and unpacked.stat().st_mtime_ns == source.stat().st_mtime_ns
    ):
        unpack(source, unpacked)
    if least == 0 or (lines := count_lines(unpacked)) >= least:
        return unpacked
    return repeated(unpacked, -(-least // lines))


def unpack(source: Path, target: Path) -> None:
    """Unpack a file, and give the result the time of the source."""
    import pyarrow as pa

    OUT.mkdir(parents=True, exist_ok=True)
    part = target.with_suffix(".part")
    with pa.input_stream(str(source), compression="detect") as packed, part.open("wb") as file:
        while block := packed.read(1 << 24):
            file.write(block)
    os.utime(part, ns=(source.stat().st_atime_ns, source.stat().st_mtime_ns))
    part.rename(target)


def count_lines(path: Path) -> int:
    """The number of lines of a file; it must have at least one."""
    with path.open("rb") as file:
        return sum(1 for _ in file) or sys.exit(f"{path}: no lines")


def repeated(snapshot: Path, times: int) -> Path:
    """The snapshot several times in one file, each time under new ids."""
    path = OUT / f"{snapshot.stem}-x{times}.jsonl"
    if path.exists() and path.stat().st_mtime_ns == snapshot.stat().st_mtime_ns:
        return path
    part = path.with_suffix(".part")
    with part.open("wb") as target:
        for copy in range(times):
            with snapshot.open("rb") as source:
                for line in source:
                    renamed = re.sub(rb'"id": *"', b'"id": "%d.' % copy, line, count=1)
                    target.write(renamed.rstrip(b"\r\n") + b"\n")
    os.utime(part, ns=(snapshot.stat().st_atime_ns, snapshot.stat().st_mtime_ns))
    part.rename(path)
    return path
