"""Kill the workflow at seeded moments, run it again, and compare the results with those of undisturbed runs."""

import json
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from conftest import ENVIRONMENT

# What depends on the run and not on the papers, by key of the JSON files.
MEASURED = {
    "seconds",
    "encode_seconds",
    "model_flops",
    "matmul_flops_per_second",
    "flops_per_second",
    "share_of_matmul_rate",
    "tokens_per_second",
    "tokens",
    "padding_tokens",
    "unknown_tokens",
    "padding_share",
    "truncated_papers",
    "truncated_tokens",
    "cache_hits",
    "cache_misses",
}
# What the report marks as said of the run.
OF_THE_RUN = re.compile(r"<(p|div|tr) data-measured.*?</\1>", re.DOTALL)
STEP = re.compile(r"scripts/(\w+)\.py$")
VICTIMS = ("script", "main", "all")  # the process of the step, the main process of Snakemake, or everything


@dataclass
class Kill:
    """Whom to kill, and after which share of the processor time that the step needs undisturbed.

    The share ENDED is the moment when the script has ended: it may not have reached Snakemake yet.
    """

    victim: str
    share: float


ENDED = 2.0
NOTHING = "Nothing to be done"


class Run:
    """One call of snakemake, and the processor seconds of each step's script as far as they were seen."""

    def __init__(self, folder: Path, targets: tuple[str, ...] = ()):
        self.log = (folder / "run.log").open("ab")
        command = ["snakemake", *targets, "--cores", "2", "--configfile", "mine.yaml"]
        self.main = psutil.Popen(
            command,
            cwd=folder,
            env=ENVIRONMENT,
            stdout=self.log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self.seconds: dict[str, float] = {}

    def scripts(self) -> Iterator[tuple[str, psutil.Process]]:
        """The running scripts of steps; their worker processes are not among them."""
        for process in self.main.children(recursive=True):
            try:
                words = process.cmdline()[:2]
                step = STEP.search(words[1]) if len(words) == 2 else None
                if step and STEP.search((process.parent() or process).cmdline()[1]) is None:
                    used = process.cpu_times()
                    self.seconds[step[1]] = max(self.seconds.get(step[1], 0), used.user + used.system)
                    yield step[1], process
            except (psutil.Error, IndexError):
                continue

    def finish(self, plan: dict[str, Kill], needed: dict[str, float]) -> str | None:
        """Wait for the end, or kill at the first moment of the plan; returns the step that was hit."""
        while self.main.poll() is None:
            running = dict(self.scripts())
            for step, kill in plan.items():
                if kill.share == ENDED:
                    due = step in self.seconds and step not in running
                else:
                    due = step in running and self.seconds[step] >= kill.share * needed.get(step, 0)
                if due and self.kill(kill.victim, running.get(step, self.main)):
                    return step
            time.sleep(0.05)  # reading the table of processes takes milliseconds
        return None

    def kill(self, victim: str, script: psutil.Process) -> bool:
        """Send SIGKILL; false if the first of the processes had just ended."""
        below = self.main.children(recursive=True) if victim == "all" else []
        first, *others = [script] if victim == "script" else [self.main, *below]
        try:
            first.send_signal(signal.SIGKILL)
        except psutil.NoSuchProcess:
            return False
        for process in others:
            with suppress(psutil.NoSuchProcess):  # it ended by itself meanwhile
                process.send_signal(signal.SIGKILL)
        self.main.wait()
        return True


def run(
    folder: Path, plan: dict[str, Kill], needed: dict[str, float], targets: tuple[str, ...] = ()
) -> tuple[str | None, int, dict]:
    """Unlock and run snakemake; returns the step that was killed, the exit status and the seconds per step."""
    # as `snakemake --unlock` does, which takes seconds
    shutil.rmtree(folder / ".snakemake" / "locks", ignore_errors=True)
    call = Run(folder, targets)
    step = call.finish(plan, needed)
    return step, call.main.wait(), call.seconds


def run_undisturbed(folder: Path, targets: tuple[str, ...] = ()) -> dict[str, float]:
    """Run without a kill; returns the processor seconds per step."""
    _, status, seconds = run(folder, {}, {}, targets)
    assert not status, (folder / "run.log").read_text()[-6000:]
    return seconds


def run_killed(
    folder: Path, kills: dict[str, Kill], needed: dict[str, float], targets: tuple[str, ...] = ()
) -> list[str]:
    """Run until all is done, killing each step of the plan once; returns the steps that were hit."""
    plan, hits = dict(kills), []
    while True:
        step, status, _ = run(folder, plan, needed, targets)
        if step is None:
            said = (folder / "run.log").read_text()
            assert not status, f"after {hits}: " + said[-6000:]
            if NOTHING in said[-1000:]:
                # The last kill came after the last step, before Snakemake's own end. What it left is removed by the
                # next run that has something to do.
                run(folder, {}, {}, (*targets, "--forcerun", hits[-1]))
            return hits
        print(f"killed {plan[step].victim} at {plan[step].share:.2f} of {step}", flush=True)
        del plan[step]
        hits.append(step)


def plain(value):
    """A JSON value without what was measured."""
    if isinstance(value, dict):
        return {key: plain(entry) for key, entry in value.items() if key not in MEASURED}
    return [plain(entry) for entry in value] if isinstance(value, list) else value


def content(path: Path):
    """What must be equal of a file."""
    if path.suffix == ".json":
        return plain(json.loads(path.read_text()))
    if path.name == "report.html":
        return OF_THE_RUN.sub("", path.read_text())
    return path.read_bytes()


def differences(one: Path, two: Path) -> list[str]:
    """The files of two results folders that differ, or are in one of them only."""
    found = []
    for folder in (one, two):
        paths = (path for path in folder.rglob("*") if path.is_file())
        names = {str(path.relative_to(folder)) for path in paths}
        found.append({name for name in names if not name.startswith(("logs/", "benchmarks/"))})
    both = found[0] & found[1]
    return sorted(found[0] ^ found[1]) + sorted(
        name for name in both if content(one / name) != content(two / name)
    )
