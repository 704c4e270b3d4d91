"""containers/embed.def, built over a local base image, and `embed` in the image.

The base is Debian with PyTorch for CPUs: no container registry can be reached from CI. Its Python is externally
managed, as that of the image which embed.def names.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from conftest import ENVIRONMENT, ROOT, needs_real_parts
from lib.cli import UserError
from lib.embeddings.provenance import check_image, pins
from workflow import copy_project, sample_lines, snakemake

CONFIG = """\
input: data/papers.jsonl
select_k: {candidates: [3, 5]}
embed: {max_tokens: 64}
"""
NAMESPACE = ROOT / "tests" / "as_root_of_namespace.py"
SITE = Path(pytest.__file__).parent.parent
SOURCES = Path("/etc/apt/sources.list.d/debian.sources")  # names a mirror
PYTORCH = "torch functorch torchgen sympy mpmath networkx jinja2 markupsafe filelock fsspec typing_extensions".split()
needs_apptainer = pytest.mark.skipif(
    os.geteuid() != 0
    or sys.version_info[:2] != (3, 11)
    or not all(map(shutil.which, ("apptainer", "debootstrap")))
    or not SOURCES.is_file(),
    reason=f"needs root, Python 3.11, {SOURCES}, and debootstrap and apptainer on PATH (.ci/run gets both)",
)


def base_image(folder: Path) -> Path:
    """A folder with Debian 12, PyTorch from this environment, and the wheels that embed.def installs."""
    mirror = re.search(r"^URIs: *(\S+)", SOURCES.read_text(), flags=re.M)[1]
    command = [
        "debootstrap",
        "--variant=minbase",
        "--include=python3,python3-venv",
        "bookworm",
        folder,
        mirror,
    ]
    subprocess.run(command, check=True, capture_output=True)
    shutil.rmtree(folder / "dev")
    (folder / "dev").mkdir()
    packages = folder / "usr/local/lib/python3.11/dist-packages"
    packages.mkdir(parents=True, exist_ok=True)
    for name in (*PYTORCH, "setuptools", "pip"):
        for source in [*SITE.glob(name), *SITE.glob(f"{name}.py"), *SITE.glob(f"{name}-*.dist-info")]:
            if source.is_dir():
                shutil.copytree(source, packages / source.name)
            else:
                shutil.copy(source, packages)
    pinned = pins((ROOT / "envs" / "embeddings.yaml").read_text())
    wanted = [f"{name}=={version}" for name, version in pinned.items() if name != "torch"]
    # `pip wheel` builds the packages that come without one: the image has no setuptools to do so offline
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", folder / "wheels"]
    ninja = re.search(r"ninja==\S+", (ROOT / "containers" / "embed.def").read_text())[0]
    subprocess.run([*command, *wanted, ninja], check=True)
    (folder / "etc/pip.conf").write_text("[global]\nno-index = true\nfind-links = /wheels\n")
    return folder


def build(base: Path, image: Path, flash: str) -> subprocess.CompletedProcess:
    """Build the project's own definition over a local base image."""
    definition = (ROOT / "containers" / "embed.def").read_text()
    local, count = re.subn(
        r"\ABootstrap: docker\nFrom: .*", f"Bootstrap: localimage\nFrom: {base}", definition
    )
    assert count == 1
    file = image.with_suffix(".def")
    file.write_text(local)
    command = [sys.executable, str(NAMESPACE), "apptainer", "build"]
    command += ["--build-arg", f"FLASH={flash}", "--mksquashfs-args", "-comp lz4", str(image), str(file)]
    return subprocess.run(
        command,
        cwd=ROOT,
        env=os.environ | {"APPTAINER_NO_PRIVS": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=1500,
    )


@pytest.fixture(scope="module")
def base(tmp_path_factory) -> Path:
    probe = [sys.executable, str(NAMESPACE), "true"]
    if subprocess.run(probe, check=False, capture_output=True, timeout=60).returncode:
        pytest.skip("this machine allows no user namespaces, which apptainer builds in")
    return base_image(tmp_path_factory.mktemp("base") / "rootfs")


def embed(folder: Path, results: str, image: Path, *flags: str, **keys) -> str:
    """Run the workflow up to the vectors, `embed` in the image: all that it printed."""
    settings = {"max_tokens": 64, "image": str(image), "cache": f"cache/{results}"} | keys
    config = ", ".join(f"{key}: '{value}'" for key, value in settings.items())
    command = ["snakemake", "--cores=2", *flags, "--configfile=mine.yaml", "--until=gather", "--config"]
    command += [f"pathvars={{results: {results}}}", f"embed={{{config}}}"]
    result = subprocess.run(
        command,
        cwd=folder,
        env=ENVIRONMENT | {"APPTAINER_NO_PRIVS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    return result.stdout + result.stderr


@needs_real_parts
@needs_apptainer
def test_image_is_built_and_embeds_with_the_same_bits(base, tmp_path):
    image = tmp_path / "embed-1.sif"
    built = build(base, image, "none")
    assert built.returncode == 0, built.stderr[-4000:]
    assert re.search(r"torch \S+, CUDA \S+, transformers \S+, flash-attn none", built.stdout)
    folder = copy_project(tmp_path / "project", sample_lines(100), CONFIG)
    snakemake(folder, "--until=gather")

    # without --sdm apptainer the step would silently run on the host
    assert "without `--sdm apptainer` the step would run outside it" in embed(folder, "host", image)
    said = embed(folder, "inside", image, "--sdm=apptainer")
    one, two = (folder / results / "embeddings/embeddings.npy" for results in ("results", "inside"))
    assert two.exists(), said[-4000:]
    assert one.read_bytes() == two.read_bytes()

    # only the working directory is there: a model and a cache elsewhere
    (folder / "tight").mkdir()
    (folder / "tight/config.yaml").write_text('apptainer-args: "--no-mount tmp"\nshow-failed-logs: true\n')
    (tmp_path / "scratch").mkdir()
    (folder / "linked").symlink_to(tmp_path / "scratch")
    for keys in ({"model": str(tmp_path / "scratch")}, {"cache": "linked"}):
        said = embed(folder, "tight-run", image, "--sdm=apptainer", "--workflow-profile=tight", **keys)
        assert "inside the image only the working directory is there" in said
        assert "Traceback" not in said


@needs_real_parts
@needs_apptainer
def test_build_fails_if_flash_attention_cannot_be_installed(base, tmp_path):
    built = build(base, tmp_path / "x.sif", "2.8.3")
    assert built.returncode != 0 and not (tmp_path / "x.sif").exists()
    assert "No matching distribution found for flash-attn==2.8.3" in built.stderr + built.stdout


def test_image_of_other_pins_is_refused(tmp_path, monkeypatch):
    own = ROOT / "envs" / "embeddings.yaml"
    image = tmp_path / "embeddings.yaml"
    image.write_text(own.read_text().replace("numpy==", "numpy==1."))
    check_image(image)  # not in a container
    monkeypatch.setenv("APPTAINER_CONTAINER", "/x/embed-1.sif")
    with pytest.raises(UserError, match=r"embed-1\.sif was built from another .*numpy 1\.\d"):
        check_image(image)
    image.write_text("# another comment\n" + own.read_text())
    check_image(image)
