"""A Snakemake logger that shows one line per step: how far it is, then its result and its time.

`make run` uses it: `PYTHONPATH=tools snakemake --logger steps`. Snakemake finds logger plugins by the name of the
package. The progress and the result of a step come from its log file. Of a failure it shows the message that the user
can act on, and not what Snakemake says around it.
"""

import csv
import logging
import os
import re
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console, Group
from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text
from snakemake_interface_logger_plugins.base import LogHandlerBase
from snakemake_interface_logger_plugins.common import LogEvent

TAIL = 4096  # bytes at the end of a log file that are read
PROGRESS = re.compile(r"(\d+%)\|.*?\| ?(.*?\])")  # what tqdm writes: share and bar, then counts and times
NOT_A_RESULT = re.compile(r"\[\d+:\d\d|^USDT|^warning|profiler_")  # progress, profiler and warnings
NAME_WIDTH = 12
LAST = 15  # lines of the log of a step that failed without a message of its own
PLACE = re.compile(r'^ *File ".*", line \d+, in |^Wildcards:|^Traceback:|^ *WorkflowError:$|^Error:$')
NOISE = (  # what Snakemake says of a failed job, whose own message is shown
    "RuleException:\nCalledProcessError",
    "Exiting because a job execution failed",
    "WorkflowError:\nAt least one job did not",
)
LOCKED = "error: another run uses this folder, or was killed. If none runs any more, run `make unlock`, and try again"
MAPS = ("map.png", "map.html")  # files that are worth a look before the run ends

os.environ["PROGRESS_SECONDS"] = "1"  # read by the scripts; see lib/cli.py


@dataclass
class Job:
    """A running job: its name, its log file, the maps that it makes and when it started."""

    name: str
    log: Path | None
    maps: list[str] = field(default_factory=list)
    started: float = field(default_factory=time.monotonic)

    @property
    def seconds(self) -> str:
        """The time since the start."""
        return f"{time.monotonic() - self.started:,.1f} s"

    def lines(self) -> list[str]:
        """The last lines of the log; a progress bar writes a new line over the old one."""
        if self.log is None or not self.log.is_file():
            return []
        with self.log.open("rb") as file:
            file.seek(max(0, self.log.stat().st_size - TAIL))
            text = file.read().decode("utf-8", "replace")
        return [line.strip() for line in re.split(r"[\r\n]", text) if line.strip()]

    def progress(self) -> str:
        """How far the job is, as its progress bar says."""
        found = [match for line in self.lines() if (match := PROGRESS.search(line))]
        return f"{found[-1][1]} {found[-1][2]}" if found else ""

    def message(self) -> list[str]:
        """The error that the job ended with: from the line that begins with `error:` on, or the last lines."""
        lines = [line for line in self.lines() if not PROGRESS.search(line)]
        starts = [at for at, line in enumerate(lines) if line.startswith("error:")]
        return lines[starts[-1] :] if starts else lines[-LAST:]

    def result(self) -> str:
        """The first figure that the job printed at its end."""
        return next((line for line in self.lines() if not NOT_A_RESULT.search(line)), "")


class LogHandler(LogHandlerBase):
    """Shows running jobs in a live display, and prints a line for each finished one."""

    def __post_init__(self) -> None:
        self.console = Console(stderr=True, highlight=False)
        self.running: dict[int, Job] = {}
        self.failed: list[Job] = []
        self.results: Path | None = None  # of the rule `all`, if it ran
        self.done, self.total = 0, 0
        self.live = Live(
            console=self.console, refresh_per_second=4, get_renderable=self.render, transient=True
        )

    def emit(self, record: logging.LogRecord) -> None:
        """Handle one event of Snakemake."""
        event = getattr(record, "event", None)
        if self.common_settings.dryrun:
            self.show(record)
        elif event == LogEvent.JOB_INFO:
            self.start(vars(record))
        elif event == LogEvent.JOB_FINISHED:
            self.finish(vars(record)["job_id"])
        elif event == LogEvent.JOB_ERROR:
            self.fail(vars(record)["jobid"])
        elif event == LogEvent.PROGRESS:
            self.done, self.total = vars(record)["done"], vars(record)["total"]
        elif event == LogEvent.ERROR or (record.levelno >= logging.ERROR and event is None):
            self.explain(str(record.msg))
        elif record.levelno >= logging.WARNING or "Nothing to be done" in str(record.msg):
            self.show(record)

    def show(self, record: logging.LogRecord) -> None:
        """Print an event as Snakemake itself would."""
        text = self.format(record)
        if text and text != "None":
            style = "red" if record.levelno >= logging.ERROR else ""
            self.console.print(Text(text, style))

    def explain(self, text: str) -> None:
        """Print an error without the places in the workflow where it was found, if it is one of the user."""
        if text.startswith(NOISE):
            return
        kind, _, rest = text.partition("\n")
        if kind.startswith("LockException"):
            text = LOCKED
        elif rest and kind.startswith(("WorkflowError", "InputFunctionException")):
            lines = [line.strip() for line in rest.splitlines() if line.strip() and not PLACE.search(line)]
            text = "error: " + "\n".join(lines)
        self.console.print(Text(text, "red"), soft_wrap=True)

    def start(self, job: dict[str, Any]) -> None:
        """Show a job as running."""
        if job["rule_name"] == "all":
            pages = (Path(path) for path in job.get("input") or [] if Path(path).name == "map.html")
            self.results = next((page.parent for page in pages), None)
            return
        wildcards = " ".join(map(str, (job["wildcards"] or {}).values()))
        log = Path(job["log"][0]) if job["log"] else None
        maps = [str(path) for path in job.get("output") or [] if Path(path).name in MAPS]
        self.running[job["jobid"]] = Job(f"{job['rule_name']} {wildcards}".strip(), log, maps)
        if self.console.is_terminal:
            self.live.start()

    def finish(self, jobid: int) -> None:
        """Print the result of a job and its time."""
        if job := self.running.pop(jobid, None):
            self.failed = [
                failed for failed in self.failed if failed.name != job.name
            ]  # a second try was right
            line = Text.assemble(("✓ ", "green"), (job.name.ljust(NAME_WIDTH), "bold"), f"{job.seconds:>9}  ")
            line.append(job.result(), "dim")
            if self.console.is_terminal:
                line.truncate(self.console.width, overflow="ellipsis")
            self.console.print(line, soft_wrap=True)
            for path in job.maps:
                self.console.print(Text(f"  The map is ready: {path}", "bold"), soft_wrap=True)
        if not self.running:
            self.live.stop()

    def fail(self, jobid: int) -> None:
        """Print that a job failed; what it said comes last, when no other job runs any more."""
        if job := self.running.pop(jobid, None):
            self.failed.append(job)
            line = Text.assemble(
                ("✗ ", "red"), (job.name.ljust(NAME_WIDTH), "bold"), f"{job.seconds:>9}  failed"
            )
            self.console.print(line, soft_wrap=True)
        if not self.running:
            self.live.stop()

    def render(self) -> Group:
        """The live display: a line per running job, and how many steps are done."""
        table = Table.grid(padding=(0, 1))
        for job in list(self.running.values()):
            table.add_row(
                Spinner("dots"), Text(job.name.ljust(NAME_WIDTH), "bold"), job.seconds, job.progress()
            )
        footer = f"{self.done} of {self.total} steps done" if self.total else ""
        return Group(table, Text(footer, "dim"))

    def close(self) -> None:
        """Remove the live display; print where the results are, or the messages of the jobs that failed."""
        self.live.stop()
        if self.results and not self.failed and (self.results / "topics.csv").is_file():
            with (self.results / "topics.csv").open(encoding="utf-8-sig", newline="") as file:
                topics = sum(1 for _ in csv.DictReader(file))
            page, report = self.results / "map.html", self.results / "report.html"
            self.console.print(Text(f"{topics} topics: open {page}, and {report}", "bold"), soft_wrap=True)
        self.results = None
        for job in self.failed:
            self.console.print(Text(f"{job.name} failed; its log is {job.log}", "bold"), soft_wrap=True)
            self.console.print(Text("\n".join(job.message()), "red"), soft_wrap=True)
        self.failed.clear()
        super().close()

    @property
    def writes_to_stream(self) -> bool:
        return True

    @property
    def writes_to_file(self) -> bool:
        return False

    @property
    def has_filter(self) -> bool:
        return False

    @property
    def has_formatter(self) -> bool:
        return False

    @property
    def needs_rulegraph(self) -> bool:
        return False
