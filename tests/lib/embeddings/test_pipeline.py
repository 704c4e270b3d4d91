"""The pipeline of encoding and storing: batches overlap, and what is done is stored when something ends it."""

import threading

import numpy as np
import pytest

from encoders import abstracts, reference_vectors, tiny_bert
from lib.cli import UserError
from lib.embeddings import encoder as enc
from lib.embeddings import pipeline
from lib.embeddings.device import pick_device


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    return tiny_bert(tmp_path_factory.mktemp("pipeline") / "tiny")


@pytest.fixture(scope="module")
def corpus():
    return abstracts(100)


def test_a_batch_is_started_before_the_one_before_it_is_waited_for(tiny, corpus, monkeypatch):
    """This keeps a GPU busy. No batch waits for the disk."""
    encoder = enc.load(tiny, device=pick_device("cpu"), max_tokens=64, budget=512)
    events, start = [], enc.Encoder.start

    def watched(self, tokens):
        events.append("start")
        batch = start(self, tokens)

        def wait():
            events.append("wait")
            return batch.wait()

        return enc.StartedBatch(wait, batch.counts)

    out, stored_by = np.zeros((100, 64), np.float32), set()
    stored_first = threading.Event()

    def store(rows, vectors, _):
        stored_by.add(threading.get_ident())
        assert stored_first.wait(60)
        out[rows] = vectors

    def watch_progress(self, tokens):
        if events.count("wait") > 5:
            stored_first.set()  # encoding went on before the first vectors were stored
        return watched(self, tokens)

    monkeypatch.setattr(enc.Encoder, "start", watch_progress)
    texts = [pipeline.Texts(np.arange(100), [str(i) for i in range(100)], corpus[:100])]
    monkeypatch.setattr(pipeline, "WINDOW", 40)
    pipeline.encode_all(encoder, texts, 100, store)
    assert events[:2] == ["start", "wait"]  # the profiled one
    assert events[2:5] == ["start", "start", "wait"] and events[-2:] == ["wait", "wait"]
    running = np.cumsum([1 if event == "start" else -1 for event in events[2:]])
    assert running.max() == 2 and running.min() == 0 == running[-1]
    assert len(stored_by) == 1 and threading.get_ident() not in stored_by
    assert np.abs(out - reference_vectors(tiny, corpus[:100], 64)).max() <= 1e-5


def test_what_storing_says_ends_the_run(tiny, corpus, monkeypatch):
    monkeypatch.setattr(pipeline, "FLUSH_SECONDS", 0)
    encoder = enc.load(tiny, device=pick_device("cpu"), max_tokens=64, budget=128)
    calls = []

    def store(rows, vectors, _):
        calls.append(len(rows))
        raise UserError("no space")

    texts = [pipeline.Texts(np.arange(100), [str(i) for i in range(100)], corpus[:100])]
    with pytest.raises(UserError, match="no space"):
        pipeline.encode_all(encoder, texts, 100, store)
    assert 1 <= len(calls) <= 2  # of about twenty


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
    texts = [pipeline.Texts(np.arange(100), [str(i) for i in range(100)], corpus[:100])]
    with pytest.raises(end):
        pipeline.encode_all(encoder, texts, 100, lambda rows, *_: kept.extend(rows))
    # the first one is the profiler's; the last one to start had not been waited for
    assert len(set(kept)) == len(kept) == sum(begun[1:6]) > 0
