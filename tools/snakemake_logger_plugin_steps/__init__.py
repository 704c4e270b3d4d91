"""A Snakemake logger that shows one line per step: how far it is, then its result and its time.

`make run` uses it in a terminal: `PYTHONPATH=tools snakemake --logger steps`. Snakemake finds logger
plugins by the name of the package. The progress and the result of a step come from its log file.
"""

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

    def result(self) -> str:
        """The first figure that the job printed at its end."""
        return next((line for line in self.lines() if not NOT_A_RESULT.search(line)), "")


class LogHandler(LogHandlerBase):
    """Shows running jobs in a live display, and prints a line for each finished one."""

    def __post_init__(self) -> None:
        self.console = Console(stderr=True, highlight=False)
        self.running: dict[int, Job] = {}
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
        elif event == LogEvent.PROGRESS:
            self.done, self.total = vars(record)["done"], vars(record)["total"]
        elif record.levelno >= logging.WARNING or "Nothing to be done" in str(record.msg):
            self.show(record)

    def show(self, record: logging.LogRecord) -> None:
        """Print an event as Snakemake itself would."""
        text = self.format(record)
        if text and text != "None":
            style = "red" if record.levelno >= logging.ERROR else ""
            self.console.print(Text(text, style))

    def start(self, job: dict[str, Any]) -> None:
        """Show a job as running."""
        if job["rule_name"] == "all":
            return
        wildcards = " ".join(map(str, (job["wildcards"] or {}).values()))
        log = Path(job["log"][0]) if job["log"] else None
        maps = [str(path) for path in job.get("output") or [] if Path(path).name in MAPS]
        self.running[job["jobid"]] = Job(f"{job['rule_name']} {wildcards}".strip(), log, maps)
        self.live.start()

    def finish(self, jobid: int) -> None:
        """Print the result of a job and its time."""
        if job := self.running.pop(jobid, None):
            line = Text.assemble(("✓ ", "green"), (job.name.ljust(NAME_WIDTH), "bold"), f"{job.seconds:>9}  ")
            line.append(job.result(), "dim")
            line.truncate(self.console.width, overflow="ellipsis")
            self.console.print(line, soft_wrap=True)
            for path in job.maps:
                self.console.print(Text(f"  The map is ready: {path}", "bold"), soft_wrap=True)
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
        """Remove the live display."""
        self.live.stop()
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
