"""The logger of `make run`: a line per finished step with its result, and the progress of running ones."""

import io
import logging
from types import SimpleNamespace

import pytest
from rich.console import Console
from snakemake_interface_logger_plugins.common import LogEvent

from snakemake_logger_plugin_steps import Job, LogHandler

BAR = "\rembed:   0%|          | 0/80 [00:00<?, ?paper/s]\rembed:  35%|███▌      | 28/80 [00:02<00:04, 12.1paper/s]"


@pytest.fixture
def handler():
    handler = LogHandler(SimpleNamespace(dryrun=False), None)
    handler.console = Console(file=io.StringIO(), width=100)
    handler.live.start = handler.live.stop = lambda *_: None
    return handler


def send(handler, message="", level=logging.INFO, **fields):
    record = logging.LogRecord("snakemake", level, "", 0, message, None, None)
    vars(record).update(fields)
    handler.emit(record)
    return handler.console.file.getvalue()


def started(handler, log, **fields):
    job = {
        "event": LogEvent.JOB_INFO,
        "jobid": 3,
        "rule_name": "embed",
        "wildcards": {"part": "0"},
        "log": [str(log)],
    }
    return send(handler, **job | fields)


def test_a_finished_step_shows_its_result(handler, tmp_path):
    log = tmp_path / "0.log"
    started(handler, log)
    log.write_text(f"warning: something\n{BAR}\n80 papers: 80 encoded\n2 papers truncated\n")
    said = send(handler, event=LogEvent.JOB_FINISHED, job_id=3)
    assert "✓ embed 0" in said and "80 papers: 80 encoded" in said
    assert "truncated" not in said and "%" not in said and not handler.running


def test_a_map_is_announced_when_it_is_there(handler, tmp_path):
    started(handler, tmp_path / "x.log", rule_name="plot", output=["results/map.png", "results/map.svg"])
    assert "ready" not in handler.console.file.getvalue()
    said = send(handler, event=LogEvent.JOB_FINISHED, job_id=3)
    assert said.count("The map is ready: results/map.png") == said.count("ready") == 1


def test_a_running_step_shows_how_far_it_is(handler, tmp_path):
    log = tmp_path / "0.log"
    started(handler, log)
    assert handler.running[3].progress() == ""  # the log is not there yet
    log.write_text("x" * 10_000 + BAR)
    assert handler.running[3].progress() == "35% 28/80 [00:02<00:04, 12.1paper/s]"
    send(handler, event=LogEvent.PROGRESS, done=2, total=9)
    handler.console.print(handler.render())
    shown = handler.console.file.getvalue()
    assert "embed 0" in shown and "28/80" in shown and "2 of 9 steps done" in shown


def test_errors_and_the_last_word_are_shown_but_no_job_text(handler):
    assert send(handler, "Select jobs to execute...") == ""
    assert "Nothing to be done" in send(handler, "Nothing to be done (all is up to date).")
    assert "something odd" in send(handler, "something odd", logging.ERROR)


def failed(handler, log, text):
    """A step that fails, as Snakemake tells it."""
    started(handler, log)
    log.write_text(text)
    send(handler, "RuleException:\nCalledProcessError in file x: …", logging.ERROR, event=LogEvent.ERROR)
    send(handler, "Error in rule embed, jobid: 3", logging.ERROR, event=LogEvent.JOB_ERROR, jobid=3)
    send(handler, "Exiting because a job execution failed. Look above", logging.ERROR)
    end = "WorkflowError:\nAt least one job did not complete successfully."
    send(handler, end, logging.ERROR, event=LogEvent.ERROR)
    handler.close()
    return handler.console.file.getvalue().splitlines()


def test_a_failed_step_ends_with_its_own_message(handler, tmp_path):
    lines = failed(
        handler, tmp_path / "0.log", f"{BAR}\nwarning: x\nerror: no paper is left\nset clean.limit higher\n"
    )
    assert lines[0].startswith("✗ embed 0") and "failed" in lines[0]
    assert lines[1] == f"embed 0 failed; its log is {tmp_path / '0.log'}"
    assert lines[2:] == ["error: no paper is left", "set clean.limit higher"]


def test_a_step_that_succeeds_when_it_is_tried_again_has_not_failed(handler, tmp_path):
    log = tmp_path / "0.log"
    started(handler, log)
    send(handler, "Error in rule embed", logging.ERROR, event=LogEvent.JOB_ERROR, jobid=3)
    started(handler, log)
    log.write_text("80 papers: 80 encoded\n")
    send(handler, event=LogEvent.JOB_FINISHED, job_id=3)
    handler.close()
    assert handler.console.file.getvalue().splitlines()[-1].startswith("✓ embed 0")


def test_a_step_that_fails_without_a_message_shows_the_end_of_its_log(handler, tmp_path):
    lines = failed(handler, tmp_path / "0.log", "Traceback\n" + "\n".join(f"line {i}" for i in range(30)))
    assert lines[-1] == "line 29" and len(lines) < 20


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (
            'WorkflowError in file "Snakefile", line 34:\nThe configuration has faults:\ninput: no such file\n'
            '  File "rules/common.smk", line 34, in <module>',
            "error: The configuration has faults:\ninput: no such file\n",
        ),
        (
            'InputFunctionException in rule cluster in file "rules/clusters.smk", line 113:\nError:\n  WorkflowError:\n'
            "    cluster.k: 50 topics of 15 papers\nWildcards:\n\nTraceback:\n"
            '  File "rules/common.smk", line 89, in digest',
            "error: cluster.k: 50 topics of 15 papers\n",
        ),
        ("Traceback (most recent call last):\n  a bug", "Traceback (most recent call last):\n  a bug\n"),
    ],
)
def test_an_error_before_the_first_step_is_shown_without_its_place(handler, text, shown):
    assert send(handler, text, logging.ERROR, event=LogEvent.ERROR) == shown


def test_a_lock_names_the_command_that_removes_it(handler):
    from snakemake.exceptions import LockException

    text = f"LockException:\n{LockException()}"
    said = send(handler, text, logging.ERROR, event=LogEvent.ERROR)
    assert said.count("\n") <= 2 and "make unlock" in said


def test_the_end_says_where_the_results_are_if_something_was_made(handler, tmp_path):
    (tmp_path / "topics.csv").write_text('\ufefftopic,name\n0,"a\nb"\n1,c\n', encoding="utf-8")
    handler.close()
    assert handler.console.file.getvalue() == ""
    started(handler, tmp_path / "x.log", rule_name="all", input=[str(tmp_path / "map.html")])
    handler.close()
    said = handler.console.file.getvalue()
    assert said == f"2 topics: open {tmp_path}/map.html, and {tmp_path}/report.html\n"


def test_the_rule_all_is_not_a_step(handler, tmp_path):
    started(handler, tmp_path / "x.log", rule_name="all")
    assert not handler.running


def test_a_job_without_a_log_has_no_result():
    assert Job("x", None).result() == ""
