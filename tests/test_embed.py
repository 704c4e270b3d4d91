import errno
import json
import os
import random
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

import embed
import gather
from encoders import abstracts, plain, tiny_bert, write_papers
from lib import cache as cache_module
from lib import encoder as enc
from lib.cli import UserError
from lib.device import pick_device

SCRIPTS = Path(embed.__file__).parent


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    return tiny_bert(tmp_path_factory.mktemp("embed") / "tiny")


@pytest.fixture(scope="module")
def corpus():
    return abstracts(320)


@pytest.fixture
def run(tmp_path, tiny, monkeypatch):
    """Run embed's main on texts; returns the vectors and the facts."""

    def call(texts, *, cache="cache", name="0", ids=None, **flags):
        papers = write_papers(tmp_path / f"papers-{name}.parquet", texts, ids)
        outputs = tmp_path / f"{name}.npy", tmp_path / f"{name}.json"
        flags = {"model": tiny, "max_tokens": 64, "device": "cpu", "precision": "float32"} | flags
        flags |= {"papers": papers, "cache": cache and tmp_path / cache}
        flags |= {"vectors": outputs[0], "facts": outputs[1]}
        argv = [part for key, value in flags.items() for part in (f"--{key.replace('_', '-')}", str(value))]
        monkeypatch.setattr(sys, "argv", ["embed.py", *argv])
        embed.main()
        return np.load(outputs[0]), json.loads(outputs[1].read_text())

    return call


def stored(folder: Path) -> list[bytes]:
    """The hashes of all rows of all segments, as often as they stand there."""
    return [row.tobytes() for path in folder.rglob("*.safetensors") for row in load_file(path)["hashes"]]


def same(a, b):
    return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()


# one run


def test_rows_are_those_of_the_papers(run, tiny, corpus):
    texts = [*corpus[:40], corpus[3], "", corpus[3]]
    vectors, facts = run(texts)
    assert vectors.dtype == np.float16 and vectors.shape == (43, 64)
    assert np.abs(vectors - plain(tiny, texts, 64)).max() < 5e-4
    assert same(vectors[3], vectors[40]) and same(vectors[3], vectors[42])
    assert facts["papers"] == 43 and facts["cache_hits"] + facts["cache_misses"] == 43
    assert facts["cache_misses"] == 41  # distinct texts
    assert facts["attention"] == "sdpa" and facts["kernels"] and facts["device"] == "cpu"
    lengths = enc.load(tiny, device=pick_device("cpu"), max_tokens=64).tokenize(list(set(texts))).lengths
    assert facts["tokens"] == lengths.sum()
    assert facts["truncated_papers"] == (lengths == 64).sum()
    assert facts["padding_tokens"] > 0 and facts["model_flops"] > 0 and facts["encode_seconds"] > 0


def test_windows_do_not_change_a_row(run, corpus, monkeypatch):
    whole, facts = run(corpus, cache=None)
    for name, size in (("FIRST_WINDOW", 20), ("WINDOW", 50)):
        monkeypatch.setattr(embed, name, size)
    counts = encoded(monkeypatch)
    windowed, also = run(corpus, cache=None)
    assert counts == [20, 40, 60, 60, 60, 60, 20]  # of reads of twenty: doubled up to at least fifty
    assert same(windowed, whole)
    assert also["tokens"] == facts["tokens"] and also["truncated_tokens"] == facts["truncated_tokens"] > 0


def test_float32_vectors_are_kept_whole(run, tiny, corpus):
    vectors, _ = run(corpus[:10], dtype="float32")
    assert vectors.dtype == np.float32
    assert np.abs(vectors - plain(tiny, corpus[:10], 64)).max() <= 1e-5
    again, facts = run(corpus[:10], dtype="float32")
    assert same(again, vectors) and facts["cache_misses"] == 0


def test_parts_and_gather_give_the_rows_of_one_part(run, corpus, tmp_path, monkeypatch):
    texts = [*corpus[:100], corpus[0]]
    one, _ = run(texts, cache="one")
    for part in range(3):
        vectors, facts = run(texts, name=f"part{part}", parts=3, part=part, cache="three")
        assert same(vectors, one[part::3]) and facts["papers"] == len(vectors)
    argv = ["--papers", tmp_path / "papers-part0.parquet", "--vectors"]
    argv += [tmp_path / f"part{i}.npy" for i in range(3)]
    argv += ["--facts", *(tmp_path / f"part{i}.json" for i in range(3))]
    argv += ["--embeddings", tmp_path / "all.npy", "--about", tmp_path / "all.json"]
    monkeypatch.setattr(sys, "argv", ["gather.py", *map(str, argv)])
    gather.main()
    assert same(np.load(tmp_path / "all.npy"), one)
    about = json.loads((tmp_path / "all.json").read_text())
    assert about["papers"] == 101 and about["parts"] == 3
    # the parts wrote one cache; what they stored serves one part
    again, facts = run(texts, cache="three")
    assert same(again, one) and facts["cache_misses"] == 0


def test_more_parts_than_papers(run, corpus):
    with pytest.raises(UserError, match=r"part 2 of 3 holds no paper; set `embed\.parts` lower"):
        run(corpus[:2], parts=3, part=2)


# the cache


def test_a_second_run_loads_no_model_and_changes_no_bit(run, corpus, monkeypatch):
    first, _ = run(corpus[:60])
    monkeypatch.setattr(enc, "load", lambda *_, **__: pytest.fail("the model was loaded"))
    second, facts = run(corpus[:60])
    assert same(second, first)
    assert facts["cache_misses"] == 0 and facts["cache_hits"] == 60 and facts["tokens"] == 0


def encoded(monkeypatch) -> list[int]:
    """Collects how many texts are tokenised."""
    counts, tokenize = [], enc.Encoder.tokenize

    def watched(self, texts):
        counts.append(len(texts))
        return tokenize(self, texts)

    monkeypatch.setattr(enc.Encoder, "tokenize", watched)
    return counts


def test_exactly_the_new_papers_are_encoded(run, corpus, monkeypatch, tmp_path):
    old, _ = run(corpus[:300])
    counts = encoded(monkeypatch)
    grown, facts = run(corpus[:303])
    assert sum(counts) == 3 == facts["cache_misses"] and facts["cache_hits"] == 300
    assert same(grown[:300], old)
    assert same(grown, run(corpus[:303], cache=None)[0])
    # a narrower corpus, in another order, with a part of its own
    counts.clear()
    narrow, _ = run(corpus[10:200][::-1])
    assert same(narrow, old[10:200][::-1]) and not counts
    assert sorted(stored(tmp_path / "cache")) == sorted(set(stored(tmp_path / "cache")))


def test_what_decides_a_vector_decides_the_folder(run, corpus, tmp_path):
    run(corpus[:20])
    for flags in ({"prefix": "query: "}, {"max_tokens": 32}, {"precision": "bfloat16"}, {"dtype": "float32"}):
        _, facts = run(corpus[:20], **flags)
        assert facts["cache_misses"] == 20, flags
    assert len(list((tmp_path / "cache").iterdir())) == 5


def test_the_same_weights_elsewhere_are_the_same_model(run, corpus, tiny, tmp_path):
    first, _ = run(corpus[:20])
    (tmp_path / "moved").symlink_to(tiny)
    moved, facts = run(corpus[:20], model=tmp_path / "moved", attention="eager", batch_tokens=500)
    assert facts["cache_misses"] == 0 and same(moved, first)


def test_no_cache(run, corpus, tmp_path):
    first, _ = run(corpus[:20], cache=None)
    again, facts = run(corpus[:20], cache=None)
    assert facts["cache_misses"] == 20 and same(again, first)
    assert not list(tmp_path.rglob("*.safetensors"))


def test_a_planted_corrupt_segment_is_found_and_computed_again(run, corpus, tmp_path, capfd):
    expected, _ = run(corpus[:60])
    run(corpus[60:100], name="more")
    (first, _) = segments = sorted(tmp_path.rglob("*.safetensors"))
    rows = len(load_file(first)["hashes"])
    data = bytearray(first.read_bytes())
    data[len(data) // 2] ^= 1
    first.write_bytes(data)
    capfd.readouterr()
    vectors, facts = run(corpus[:100])
    assert "damaged segment set aside" in capfd.readouterr().err
    assert first.with_suffix(".corrupt").exists() and len(segments) == 2
    assert facts["cache_misses"] == rows
    assert same(vectors[:60], expected)
    assert run(corpus[:100])[1]["cache_misses"] == 0


def test_a_full_disk_is_said_and_leaves_no_outputs(run, corpus, tmp_path, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(cache_module.os, "fsync", full)
        with pytest.raises(UserError, match=r"embed\.cache.*No space left on device"):
            run(corpus[:20])
    assert not list(tmp_path.glob("*.npy")) and not list(tmp_path.rglob("*.part*"))
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match=r"embed\.cache.*set it to null"):
        run(corpus[:20], cache="file")


# several things at once


def test_a_batch_is_started_before_the_one_before_it_is_waited_for(tiny, corpus, monkeypatch):
    """What keeps a GPU busy; and no batch waits for the disk."""
    encoder = enc.load(tiny, device=pick_device("cpu"), max_tokens=64, budget=512)
    events, start = [], enc.Encoder.start

    def watched(self, tokens):
        events.append("start")
        arrived = start(self, tokens)

        def wait():
            events.append("wait")
            return arrived()

        return wait

    out, stored_by = np.zeros((100, 64), np.float32), set()
    stored_first = threading.Event()

    def store(places, vectors):
        stored_by.add(threading.get_ident())
        assert stored_first.wait(60)
        out[places] = vectors

    def watch_progress(self, tokens):
        if events.count("wait") > 5:
            stored_first.set()  # encoding went on while the first vectors were not yet stored
        return watched(self, tokens)

    monkeypatch.setattr(enc.Encoder, "start", watch_progress)
    papers = [(np.arange(100), [str(i) for i in range(100)], corpus[:100])]
    monkeypatch.setattr(embed, "WINDOW", 40)
    embed.encode_all(encoder, papers, 100, store)
    assert events[:2] == ["start", "wait"]  # the profiled one
    assert events[2:5] == ["start", "start", "wait"] and events[-2:] == ["wait", "wait"]
    running = np.cumsum([1 if event == "start" else -1 for event in events[2:]])
    assert running.max() == 2 and running.min() == 0 == running[-1]
    assert len(stored_by) == 1 and threading.get_ident() not in stored_by
    assert np.abs(out - plain(tiny, corpus[:100], 64)).max() <= 1e-5


def test_what_storing_says_ends_the_run(tiny, corpus):
    encoder = enc.load(tiny, device=pick_device("cpu"), max_tokens=64, budget=128)
    calls = []

    def store(places, vectors):
        calls.append(len(places))
        raise UserError("no space")

    papers = [(np.arange(100), [str(i) for i in range(100)], corpus[:100])]
    with pytest.raises(UserError, match="no space"):
        embed.encode_all(encoder, papers, 100, store, flush_seconds=0)
    assert len(calls) <= 2  # of some twenty


@pytest.mark.parametrize("end", [KeyboardInterrupt, SystemExit])
def test_what_is_done_is_stored_before_an_interrupt_ends_the_run(tiny, corpus, monkeypatch, end):
    encoder = enc.load(tiny, device=pick_device("cpu"), max_tokens=64, budget=256)
    start, begun, kept = enc.Encoder.start, [], []

    def interrupted(self, tokens):
        begun.append(len(tokens))
        if len(begun) == 8:
            raise end
        return start(self, tokens)

    monkeypatch.setattr(enc.Encoder, "start", interrupted)
    papers = [(np.arange(100), [str(i) for i in range(100)], corpus[:100])]
    with pytest.raises(end):
        embed.encode_all(encoder, papers, 100, lambda places, _: kept.extend(places))
    # the first is the profiler's; of the others, the last to start was not yet waited for
    assert len(set(kept)) == len(kept) == sum(begun[1:6]) > 0


# vectors that must not be written


def as_script(papers, model, folder, *more):
    command = [sys.executable, SCRIPTS / "embed.py", "--papers", papers, "--model", model, *more]
    command += ["--vectors", folder / "0.npy", "--facts", folder / "0.json"]
    return subprocess.run(command, check=False, capture_output=True, text=True, timeout=120)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_vector_that_is_not_finite_names_its_paper(corpus, tmp_path, value):
    broken = tiny_bert(tmp_path / "broken")
    tensors = load_file(broken / "model.safetensors")
    tokenizer = enc.AutoTokenizer.from_pretrained(broken)
    # of one word's row only: the papers without the word are sound
    tensors["embeddings.word_embeddings.weight"][tokenizer.convert_tokens_to_ids("gravity")] = value
    save_file(tensors, broken / "model.safetensors", {"format": "pt"})
    texts = ["one text", "gravity", "another text"]
    papers = write_papers(tmp_path / "papers.parquet", texts, ["0704.0001", "hep-th/9901001", "2401.00001"])
    ended = as_script(papers, broken, tmp_path, "--cache", tmp_path / "cache", "--device", "cpu")
    assert ended.returncode == 1
    assert "error: embed: the vector of paper hep-th/9901001 is not finite" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert not list(tmp_path.glob("*.npy")) and not (tmp_path / "0.json").exists()
    assert not list((tmp_path / "cache").rglob("*.safetensors"))


def test_a_text_without_any_token_is_named(run, tiny, monkeypatch):
    tokenize = enc.Encoder.tokenize

    def bare(self, texts):
        tokens = tokenize(self, texts)
        tokens.ids = [ids[1:-1] for ids in tokens.ids]
        return tokens

    monkeypatch.setattr(enc.Encoder, "tokenize", bare)
    with pytest.raises(UserError, match=r"the text of paper second holds no token"):
        run(["a text", "\x00", "more"], ids=["first", "second", "third"])


# kills

# A server that has imported everything forks one embed at a time, slowed so that its work takes
# some seconds, and kills it: the import is paid once, and the kills fall in the work.
SERVER = """
import os, signal, sys, time
from pathlib import Path
import embed
from lib import encoder as enc
from lib.cli import run

start = enc.Encoder.start
sys.argv = sys.argv[1:]
count = Path(sys.argv[-1] + ".count")  # a byte for each text that is encoded
count.touch()

def slowly(self, tokens):
    time.sleep(0.04)
    arrived = start(self, tokens)
    with count.open("ab") as file:
        file.write(b"." * len(tokens))
    return arrived

enc.Encoder.start = slowly
for line in sys.stdin:
    before = count.stat().st_size
    child = os.fork()
    if not child:
        run(embed.main)
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


class Server:
    def __init__(self, papers, model, folder):
        self.folder = folder
        folder.mkdir()
        argv = ["embed.py", "--papers", papers, "--model", model, "--cache", folder / "cache"]
        argv += ["--device", "cpu", "--max-tokens", "64", "--batch-tokens", "256", "--flush-seconds", "0.05"]
        argv += ["--vectors", folder / "0.npy", "--facts", folder / "0.json"]
        self.process = subprocess.Popen(
            [sys.executable, "-c", SERVER, *argv],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=os.environ | {"PYTHONPATH": str(SCRIPTS), "OMP_NUM_THREADS": "1"},
        )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait(timeout=60)

    def ask(self, what: str) -> int:
        """Run to the end or to a kill, so many seconds from the start or from the first batch on.

        Returns the status as of waitpid.
        """
        self.process.stdin.write(f"{what}\n")
        self.process.stdin.flush()
        while not (line := self.process.stdout.readline()).startswith("status"):
            assert line, "the server ended"
        return int(line.split()[1])

    @property
    def encoded(self) -> int:
        """Texts encoded in all runs, the profiled first batch of each included."""
        return (self.folder / "0.json.count").stat().st_size


def test_twenty_kills_change_no_bit_and_lose_little(tiny, corpus, tmp_path):
    papers = write_papers(tmp_path / "papers.parquet", corpus)
    with Server(papers, tiny, tmp_path / "calm") as calm:
        assert calm.ask("whole") == 0
    expected = np.load(tmp_path / "calm" / "0.npy")
    assert len(stored(tmp_path / "calm" / "cache")) == len(corpus)

    rng = random.Random(7)
    known = [0]
    with Server(papers, tiny, tmp_path / "shaken") as shaken:
        for kill in range(20):
            moment = rng.uniform(0, 0.4)  # of ten batches, with three of them on their way
            assert shaken.ask(f"{'from-start' if kill % 5 == 4 else 'at-work'} {moment:.3f}") == 9
            assert not (tmp_path / "shaken" / "0.npy").exists()
            rows = stored(tmp_path / "shaken" / "cache")
            assert len(rows) == len(set(rows))  # nothing stored is encoded again
            known.append(len(rows))
        assert known == sorted(known) and len(set(known)) > 5
        assert shaken.ask("whole") == 0
    facts = json.loads((tmp_path / "shaken" / "0.json").read_text())
    assert facts["cache_hits"] == known[-1] > len(corpus) / 5
    assert same(np.load(tmp_path / "shaken" / "0.npy"), expected)
    # each kill loses the batch of the profiler, which is encoded twice, and what was not flushed
    assert shaken.encoded - len(corpus) <= len(corpus), "twenty kills lost more than one run's work"


def test_the_script_itself_killed_at_the_start_leaves_nothing(tiny, corpus, tmp_path):
    papers = write_papers(tmp_path / "papers.parquet", corpus[:30])
    command = [sys.executable, SCRIPTS / "embed.py", "--papers", papers, "--model", tiny]
    command += ["--vectors", tmp_path / "0.npy", "--facts", tmp_path / "0.json", "--device", "cpu"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(timeout=0.3)
    process.kill()
    assert process.wait() == -9
    assert not (tmp_path / "0.npy").exists() and not (tmp_path / "0.json").exists()
