"""The pipeline of encoding and storing: batches overlap, and what is done is stored when something ends it."""

import threading

import numpy as np
import pytest
import torch

from encoders import MINILM, abstracts, reference_vectors, tiny_bert
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


@pytest.fixture(autouse=True)
def threads():
    """The tests set PyTorch's number of threads."""
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


def load(folder, cores, **options):
    """An encoder that computes `cores` batches at once."""
    torch.set_num_threads(cores)
    return enc.load(folder, device=pick_device("cpu"), **{"max_tokens": 64, **options})


def texts_of(corpus):
    return [pipeline.Texts(np.arange(len(corpus)), list(map(str, range(len(corpus)))), corpus)]


def vectors_of(encoder, corpus):
    """The vectors of texts, as `encode_all` stores them."""
    out = np.zeros((len(corpus), encoder.dim), np.float32)

    def store(rows, vectors, _):
        out[rows] = vectors

    pipeline.encode_all(encoder, texts_of(corpus), len(corpus), store)
    return out


class Elsewhere(str):
    """Another device than the CPU, which computes on the CPU."""

    type = "elsewhere"


def test_a_batch_is_started_before_the_one_before_it_is_waited_for(tiny, corpus, monkeypatch):
    """This keeps a GPU busy. No batch waits for the disk."""
    encoder = load(tiny, 1, budget=512)
    encoder.device = Elsewhere("cpu")
    events, start = [], enc.Encoder.start

    def watched(self, tokens):
        events.append("start")
        wait, counts = start(self, tokens)

        def watched_wait():
            events.append("wait")
            return wait()

        return watched_wait, counts

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
    monkeypatch.setattr(pipeline, "WINDOW", 40)
    pipeline.encode_all(encoder, texts_of(corpus), 100, store)
    assert events[:3] == ["start", "start", "wait"] and events[-2:] == ["wait", "wait"]
    running = np.cumsum([1 if event == "start" else -1 for event in events])
    assert running.max() == 2 and running.min() == 0 == running[-1]
    assert len(stored_by) == 1 and threading.get_ident() not in stored_by
    assert np.abs(out - reference_vectors(tiny, corpus, 64)).max() <= 1e-5


def test_each_core_computes_a_batch_of_its_own(tiny, corpus, monkeypatch):
    encoder = load(tiny, 3, budget=512)
    together, compute, threads = threading.Barrier(3, timeout=60), enc.Encoder._padded, set()

    def meet(self, tokens):
        if threading.current_thread() is not threading.main_thread():  # where the profiler looks on
            if len(threads) < 3:
                threads.add(threading.get_ident())
                together.wait()  # until three have begun
            assert torch.get_num_threads() == 1
        return compute(self, tokens)

    monkeypatch.setattr(enc.Encoder, "_padded", meet)
    out = vectors_of(encoder, corpus)
    assert len(threads) == 3
    assert np.abs(out - reference_vectors(tiny, corpus, 64)).max() <= 1e-5


@pytest.mark.parametrize("cores", [1, 2])
def test_what_storing_says_ends_the_run(tiny, corpus, monkeypatch, cores):
    """Batches that were to follow are not computed any more."""
    monkeypatch.setattr(pipeline, "FLUSH_SECONDS", 0)
    encoder = load(tiny, cores, budget=128)
    calls, computed, compute, others = [], [], enc.Encoder._padded, set(threading.enumerate())

    def counted(self, tokens):
        computed.append(len(tokens))
        return compute(self, tokens)

    monkeypatch.setattr(enc.Encoder, "_padded", counted)

    def store(rows, vectors, _):
        calls.append(len(rows))
        raise UserError("no space")

    with pytest.raises(UserError, match="no space"):
        pipeline.encode_all(encoder, texts_of(corpus), 100, store)
    assert 1 <= len(calls) <= 2  # of about twenty
    for thread in {thread for thread in threading.enumerate() if "ThreadPool" in thread.name} - others:
        thread.join(60)
        assert not thread.is_alive()
    assert sum(computed) < 60  # of a hundred papers, and of some twice


@pytest.mark.parametrize("end", [KeyboardInterrupt, SystemExit])
@pytest.mark.parametrize(("cores", "collected"), [(1, 8), (2, 4)])
def test_what_is_collected_is_stored_before_an_interrupt_ends_the_run(
    tiny, corpus, monkeypatch, end, cores, collected
):
    """And before batches that other threads still compute are done: with two cores, four batches are ahead."""
    encoder = load(tiny, cores, budget=256)
    batches, compute, stored = pipeline.batches_of, enc.Encoder._padded, threading.Event()
    given, kept, late = [], [], []

    def interrupted(*args):
        for papers, tokens in batches(*args):
            if len(given) == 8:
                raise end
            given.append(tokens)
            yield papers, tokens

    def slow_at_the_end(self, tokens):
        is_late = any(tokens is other for other in given[collected:])
        if is_late:
            stored.wait(60)
        made = compute(self, tokens)
        late.extend([tokens] * is_late)
        return made

    def store(rows, *_):
        assert not late
        kept.extend(rows)
        stored.set()

    monkeypatch.setattr(pipeline, "batches_of", interrupted)
    monkeypatch.setattr(enc.Encoder, "_padded", slow_at_the_end)
    with pytest.raises(end):
        pipeline.encode_all(encoder, texts_of(corpus), 100, store)
    assert len(set(kept)) == len(kept) == sum(map(len, given[:collected])) > 0


def test_vectors_are_the_same_bits_on_any_number_of_cores():
    """With AVX2, threads that share a product add in another order than one thread."""
    texts, made = abstracts(48), []
    for cores in (1, 3):
        made.append(vectors_of(load(MINILM, cores, max_tokens=256, budget=2048), texts))
        assert torch.get_num_threads() == cores  # for what else computes in this process
    assert made[0].any(1).all() and (made[0] == made[1]).all()
