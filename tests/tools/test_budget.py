"""What a run will need, beside what the last one needed."""

import subprocess
import sys

import pytest

import budget as tool
from conftest import ENVIRONMENT, ROOT
from lib import budget
from test_rules import STEPS


def run(*flags: str) -> subprocess.CompletedProcess:
    command = [sys.executable, "tools/budget.py", *flags]
    return subprocess.run(command, cwd=ROOT, env=ENVIRONMENT, capture_output=True, text=True, check=False)


def test_every_step_is_predicted_beside_what_it_took(tmp_path):
    (tmp_path / "benchmarks" / "scan_k").mkdir(parents=True)
    for k, seconds, memory in ((5, 71.0, 300.0), (10, 50.0, 412.0)):
        file = tmp_path / "benchmarks" / "scan_k" / f"{k}.tsv"
        file.write_text(f"s\tmax_rss\n{seconds}\t{memory}\n")
    (tmp_path / "map.html").write_bytes(bytes(4_200_000))
    result = run("--cores=1", "--config", f"pathvars={{results: {tmp_path}}}", "clean={limit: 300}")
    assert result.returncode == 0, result.stderr
    head, *lines = result.stdout.splitlines()
    assert "at most about 300 papers" in head
    rows = {line.split()[0]: line.split() for line in lines if line}
    assert set(STEPS) < set(rows)
    assert rows["scan_k"][1] == "6" and {"121", "412"} <= set(
        rows["scan_k"]
    )  # seconds add up, memory does not
    assert rows["explore"][-1] == "4.2"


def test_a_fault_of_the_config_is_said():
    result = run("--config", "cluster={kk: 5}")
    assert result.returncode == 1 and "cluster.kk: unknown key" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize("step", ["cluster", "scan_k", "gather"])
def test_twice_the_speed_takes_half_the_time(step):
    size = budget.Size(papers=10_000, dim=384, sample=10_000, topics=20, parts=1, gpu=False)
    names = {"size": lambda step, job: size, "CANDIDATES": [5, 20], "config": {}}
    jobs, seconds, memory, _ = tool.predict(step, names, threads=1, speed=1.0)
    assert jobs == (2 if step == "scan_k" else 1)
    assert tool.predict(step, names, threads=1, speed=2.0)[1] == pytest.approx(seconds / 2)
    assert seconds == pytest.approx(jobs * budget.value(budget.SECONDS[step], size))
    assert memory == budget.value(budget.MEMORY_MB[step], size)


def test_the_speed_of_this_machine_is_that_of_a_computer():
    assert 0.02 < tool.measure_speed() < 50
