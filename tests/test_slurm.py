"""The whole workflow through profiles/slurm on a real SLURM of one node, and what goes wrong there."""

import os
import re
import signal
import subprocess
import time
from contextlib import ExitStack
from pathlib import Path

import pytest

import slurm_node
from conftest import ENVIRONMENT, needs_real_parts, script_server
from workflow import FILES, copy_project, sample_lines, snakemake

pytestmark = [
    needs_real_parts,
    pytest.mark.skipif(slurm_node.missing() is not None, reason=str(slurm_node.missing())),
]

CONFIG = """\
input: data/papers.jsonl
scan_k: {sample: 120}
select_k: {candidates: [5, 70, 80]}
cluster: {n_init: 8}
terms: {min_count: 3}
embed: {max_tokens: 64, parts: 3, gpus: 1}
project: {method: tsne}
plot: {dpi: 60}
"""
# `python` of the rules: does once what the file `trouble` says to the embed job of a part
PYTHON = """\
#!/bin/sh
case "$*" in
*embed.py*)
  if read -r action part < {folder}/trouble; then
    case "$*" in
    *"--part=$part "*)
      if mv {folder}/trouble {folder}/trouble.$$; then
        touch {folder}/met
        test $action = fail && exit 1
        sleep 30
      fi ;;
    esac
  fi 2>/dev/null ;;
esac
exec {python} "$@"
"""


class Cluster:
    """A copy of the project, run once without SLURM, and the SLURM on which it is run again."""

    def __init__(self, folder: Path, slurm: dict[str, str]):
        self.folder = folder
        bin_folder = folder / "bin"
        bin_folder.mkdir()
        python = Path(script_server().environment["PATH"].partition(os.pathsep)[0]) / "python"
        (bin_folder / "python").write_text(PYTHON.format(folder=folder, python=python))
        (bin_folder / "python").chmod(0o755)
        path = os.pathsep.join([slurm["PATH"].partition(os.pathsep)[0], str(bin_folder), ENVIRONMENT["PATH"]])
        self.environment = slurm | ENVIRONMENT | {"PATH": path}

    def command(self, results: str, *flags: str) -> list[str]:
        settings = ["--configfile", "mine.yaml", "--config", f"pathvars={{results: {results}}}"]
        if "--" in flags:  # further config keys
            settings += flags[flags.index("--") + 1 :]
            flags = flags[: flags.index("--")]
        return [
            "snakemake",
            "--workflow-profile=profiles/slurm",
            "--slurm-init-seconds-before-status-checks=2",
            *flags,
            *settings,
        ]

    def run(self, results: str, *flags: str, succeeds: bool = True) -> str:
        """Run the workflow on SLURM: all that it printed."""
        result = subprocess.run(
            self.command(results, *flags),
            cwd=self.folder,
            capture_output=True,
            text=True,
            env=self.environment,
            check=False,
            timeout=900,
        )
        said = result.stdout + result.stderr
        assert (result.returncode == 0) == succeeds, said[-6000:]
        return said

    def start(self, results: str, *flags: str) -> subprocess.Popen:
        """Start the workflow on SLURM, and return once the trouble has come."""
        (self.folder / "met").unlink(missing_ok=True)
        with (self.folder / "master.log").open("w") as log:
            process = subprocess.Popen(
                self.command(results, *flags),
                cwd=self.folder,
                env=self.environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        for _ in range(6000):
            if (self.folder / "met").exists():
                return process
            time.sleep(0.1)
        raise AssertionError((self.folder / "master.log").read_text())

    def ask(self, *command: str) -> str:
        """What a command of SLURM prints."""
        return subprocess.check_output(command, env=self.environment, text=True)

    def jobs(self, after: int = 0) -> list[dict[str, str]]:
        """The fields of all jobs since a job's number, in order."""
        shown = self.ask("scontrol", "--oneliner", "show", "job")
        jobs = [dict(re.findall(r"(\S+?)=(\S*)", line)) for line in shown.splitlines()]
        jobs = [job for job in jobs if "JobId" in job]  # none: a line that says so
        return sorted((j for j in jobs if int(j["JobId"]) > after), key=lambda j: int(j["JobId"]))

    def last(self) -> int:
        """The number of the last job."""
        return max((int(job["JobId"]) for job in self.jobs()), default=0)

    def same_vectors(self, results: str) -> bool:
        """Whether a run has the vectors of the first one, bit for bit."""
        one, two = (self.folder / r / "embeddings/embeddings.npy" for r in ("results", results))
        return one.read_bytes() == two.read_bytes()


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    with ExitStack() as stack:
        try:
            environment = stack.enter_context(slurm_node.one_node(tmp_path_factory.mktemp("slurm")))
        except RuntimeError as error:  # such as a container without the rights that slurmd needs
            if os.environ["REAL_PARTS"] == "1":
                raise
            pytest.skip(str(error))
        folder = copy_project(tmp_path_factory.mktemp("slurm-project"), sample_lines(150), CONFIG)
        snakemake(folder)
        yield Cluster(folder, environment)


def test_whole_workflow_gives_the_files_of_a_run_without_slurm(cluster):
    cluster.run("on-slurm")
    names = [name for name in FILES if name.endswith((".parquet", ".npy", ".csv", ".png", ".html", ".txt"))]
    names.remove("report.html")  # shows speeds of this run
    for name in names:
        one, two = (cluster.folder / results / name for results in ("results", "on-slurm"))
        assert one.read_bytes() == two.read_bytes(), name
    jobs = cluster.jobs()
    comments = sorted(job["Comment"].removeprefix("rule_") for job in jobs)
    parts = [f"embed_wildcards_{part}" for part in range(3)]
    assert comments[:6] == ["clean", *parts, "evaluate", "explain"]
    # small steps share two jobs, in which they run one after another
    assert len(jobs) == 9 and sum(c.startswith(("search", "topics")) for c in comments) == 2
    assert all(int(job["NumCPUs"]) <= 8 for job in jobs)
    # the pretended GPUs are requested by the steps that use the encoder, and no others
    with_gpu = {job["Comment"] for job in jobs if "gpu" in job.get("TresPerJob", "")}
    assert with_gpu == {f"rule_{name}" for name in (*parts, "explain")}


def test_a_second_run_submits_nothing(cluster):
    before = cluster.last()
    assert "Nothing to be done" in cluster.run("on-slurm")
    assert cluster.last() == before


def test_parts_as_an_array(cluster):
    before = cluster.last()
    cluster.run("array", "--slurm-array-jobs=embed", "--until=gather")
    jobs = [job for job in cluster.jobs(before) if "embed" in job["Comment"]]
    assert {job["ArrayTaskId"] for job in jobs} == {"1", "2", "3"}
    assert len({job["ArrayJobId"] for job in jobs}) == 1
    assert cluster.same_vectors("array")


def test_a_part_that_fails_once_is_tried_again_with_more_memory(cluster):
    before = cluster.last()
    (cluster.folder / "trouble").write_text("fail 1\n")
    cluster.run("failed-once", "--retries=1", "--until=gather")
    jobs = [job for job in cluster.jobs(before) if job["Comment"] == "rule_embed_wildcards_1"]
    assert [job["JobState"] for job in jobs] == ["FAILED", "COMPLETED"]
    first, second = (int(re.search(r"mem=(\d+)M", job["TRES"])[1]) for job in jobs)
    assert second == 2 * first
    assert cluster.same_vectors("failed-once")


def test_a_mistake_is_said_and_not_tried_again(cluster):
    before = cluster.last()
    model = ["--", "embed={model: ./absent, max_tokens: 64, parts: 3, gpus: 1}"]
    said = cluster.run("mistake", "--until=gather", *model, succeeds=False)
    assert "no such folder: absent" in said and "Traceback" not in said
    parts = [job["Comment"] for job in cluster.jobs(before) if "embed" in job["Comment"]]
    assert len(parts) == len(set(parts)) <= 3


def test_a_cancelled_part_is_made_by_the_next_run(cluster):
    (cluster.folder / "trouble").write_text("hold 0\n")
    process = cluster.start("cancelled", "--until=gather")
    (job,) = (
        j for j in cluster.jobs() if j["JobState"] == "RUNNING" and j["Comment"].endswith("embed_wildcards_0")
    )
    cluster.ask("scancel", job["JobId"])
    assert process.wait(timeout=600) != 0
    assert "CANCELLED" in (cluster.folder / "master.log").read_text()
    cluster.run("cancelled", "--until=gather")
    assert cluster.same_vectors("cancelled")


def test_jobs_of_a_killed_master_are_named_by_the_next_one(cluster):
    (cluster.folder / "trouble").write_text("hold 2\n")
    process = cluster.start("killed", "--until=gather")
    (job,) = (
        j for j in cluster.jobs() if j["JobState"] == "RUNNING" and j["Comment"].endswith("embed_wildcards_2")
    )
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    snakemake(cluster.folder, "--unlock")
    said = cluster.run("killed", "--until=gather")
    assert f"{job['JobId']} (embed_wildcards_2)" in said and "scancel" in said
    assert cluster.same_vectors("killed")


@pytest.mark.parametrize(
    ("flag", "reason"),
    [
        ("--default-resources=slurm_partition=absent", "invalid partition specified: absent"),
        ("--set-resources=clean:gpu=3", "Requested node configuration is not available"),
    ],
)
def test_what_slurm_refuses_is_said_at_once(cluster, flag, reason):
    before = cluster.last()
    said = cluster.run("refused", flag, "--until=clean", succeeds=False)
    assert reason in said
    # a refused job takes a number, and neither waits nor runs
    assert {job["JobState"] for job in cluster.jobs(before)} <= {"FAILED"}
