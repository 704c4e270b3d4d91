"""embed, killed at any moment, loses little and changes no bit."""

import json
import random
import re
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import embed
import measure
from conftest import ENVIRONMENT
from encoders import abstracts, same, stored, tiny_bert, write_papers

SCRIPTS = Path(embed.__file__).parent

# A server imports everything once, then forks one embed at a time and kills it. Each batch is slowed
# down, so that the work takes some seconds and the kills fall into it.
SERVER = """
import gc, os, signal, sys, time
from pathlib import Path
import torch.profiler
import transformers.models.bert.modeling_bert
import embed
from lib.embeddings import encoder as enc
from lib.embeddings import pipeline
from lib.cli import run

pipeline.FLUSH_SECONDS = 0.05
compute = enc.Encoder._compute
count, argv = Path(sys.argv[1]), sys.argv[2:]
count.touch()  # gets a byte for each text that is encoded

def slowly(self, tokens):
    time.sleep(0.04)
    batch = compute(self, tokens)
    with count.open("ab") as file:
        file.write(b"." * len(tokens))
    return batch

enc.Encoder._compute = slowly
gc.freeze()  # a collection in a fork would copy all memory
for line in sys.stdin:
    before = count.stat().st_size
    child = os.fork()
    if not child:
        run(lambda: embed.main(argv))
        sys.stdout.flush()
        os._exit(0)
    when, _, seconds = line.partition(" ")
    while when == "at-work" and count.stat().st_size == before:
        time.sleep(0.001)
    if seconds:
        time.sleep(float(seconds))
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    print("status", status, flush=True)
"""


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    return tiny_bert(tmp_path_factory.mktemp("embed-kills") / "tiny")


@pytest.fixture(scope="module")
def corpus():
    return abstracts(320)


class Server:
    def __init__(self, papers, model, folder):
        self.folder = folder
        self.count = folder / "count"
        folder.mkdir()
        flags = {"papers": papers, "model": model, "cache": folder / "cache", "device": "cpu"}
        flags |= {"precision": "float32", "max_tokens": 64, "batch_tokens": 256}
        flags |= {"vectors": folder / "0.npy", "summary": folder / "0.json"}
        self.process = subprocess.Popen(
            [sys.executable, "-c", SERVER, self.count, *measure.command_line("embed", **flags)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=ENVIRONMENT | {"PYTHONPATH": str(SCRIPTS), "OMP_NUM_THREADS": "1"},
        )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait(timeout=60)

    def ask(self, what: str) -> int:
        """Run to the end, or kill the run some seconds after its start or after its first batch.

        Returns the status that waitpid gives.
        """
        self.process.stdin.write(f"{what}\n")
        self.process.stdin.flush()
        while not (line := self.process.stdout.readline()).startswith("status"):
            assert line, "the server ended"
        return int(line.split()[1])

    @property
    def encoded(self) -> int:
        """Texts encoded in all runs, with the first batch of each run counted twice (profiler)."""
        return self.count.stat().st_size


def test_twenty_kills_change_no_bit_and_lose_little(tiny, corpus, tmp_path):
    papers = write_papers(tmp_path / "papers.parquet", corpus)
    with Server(papers, tiny, tmp_path / "calm") as calm:
        assert calm.ask("whole") == 0
    expected = np.load(tmp_path / "calm" / "0.npy")
    assert len(stored(tmp_path / "calm" / "cache")) == len(corpus)

    rng = random.Random(7)
    known = [0]
    with Server(papers, tiny, tmp_path / "shaken") as shaken:
        for kill in range(60):
            if kill >= 20 and known[-1] > len(corpus) / 5:
                break  # a busy machine needs more than twenty
            moment = rng.uniform(0, 0.4)  # about ten batches
            assert shaken.ask(f"{'from-start' if kill % 5 == 4 else 'at-work'} {moment:.3f}") == 9
            assert not (tmp_path / "shaken" / "0.npy").exists()
            rows = stored(tmp_path / "shaken" / "cache")
            assert len(rows) == len(set(rows))  # what is stored is not encoded again
            known.append(len(rows))
        assert known == sorted(known) and len(set(known)) > 5
        assert shaken.ask("whole") == 0
    summary = json.loads((tmp_path / "shaken" / "0.json").read_text())
    assert summary["cache_hits"] == known[-1] > len(corpus) / 5
    assert same(np.load(tmp_path / "shaken" / "0.npy"), expected)
    # each kill loses the batch of the profiler, which is encoded twice, and what was not flushed
    lost, kills = shaken.encoded - len(corpus), len(known) - 1
    assert lost <= len(corpus) * kills / 20, f"{kills} kills lost more than a twentieth of a run each"


@pytest.mark.parametrize("moment", ["before the model is loaded", "between two batches"])
def test_the_script_itself_killed_leaves_nothing(tiny, corpus, tmp_path, out, moment):
    """The first moment is when the cache folder exists, the second when the progress bar has moved."""
    texts = [f"{i} {corpus[i % len(corpus)]}" for i in range(6000)]
    papers = write_papers(tmp_path / "papers.parquet", texts)
    log, cache = tmp_path / "log", tmp_path / "cache"
    # one paper per batch, so that the work takes seconds
    flags = {"papers": papers, "model": tiny, "cache": cache, "device": "cpu", "precision": "float32"}
    flags |= {"max_tokens": 64, "batch_tokens": 64, "vectors": out / "0.npy", "summary": out / "0.json"}

    def reached() -> bool:
        if moment == "before the model is loaded":
            return any(cache.glob("*/manifest.json"))
        return any(0 < int(done) < 6000 for done in re.findall(r" (\d+)/6000 ", log.read_text()))

    with log.open("w") as stderr:
        process = subprocess.Popen(
            measure.script("embed", **flags),
            stdout=subprocess.DEVNULL,
            stderr=stderr,
            env=ENVIRONMENT | {"PROGRESS_SECONDS": "0.1"},
        )
        try:
            deadline = time.monotonic() + 120
            while not reached():
                assert process.poll() is None and time.monotonic() < deadline, log.read_text()
                time.sleep(0.005)
        finally:
            process.kill()
    assert process.wait() == -9
    if moment == "before the model is loaded":
        assert "embed:" not in log.read_text()
    assert not list(out.iterdir())
    assert not list(cache.rglob("*.safetensors")) and not list(cache.rglob("*.part"))
