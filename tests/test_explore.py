"""explore: what the page holds, and that the title of a paper is never markup in it."""

import base64
import json
import re
import shutil
import subprocess
from html.parser import HTMLParser

import numpy as np
import pytest

from conftest import EVIL, ROOT, pq_write, script
from explore import quantize
from lib.topics.titles import latex_to_text

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
KEYWORD = "<img src=x onerror=alert(2)>"


def test_quantized_positions_are_within_half_a_step():
    points = np.random.default_rng(0).normal(size=(500, 2)).astype(np.float32) * (9, 0.1)
    codes, bounds, aspect = quantize(points)
    assert codes.dtype == np.uint16 and codes.min() == 0 and codes.max() == 65535
    step = (bounds[1] - bounds[0]) / 65535
    assert (np.abs(bounds[0] + codes * step - points) <= 0.51 * step + 1e-6).all()
    assert aspect == pytest.approx(np.ptp(points[:, 0]) / np.ptp(points[:, 1]))
    same, _, _ = quantize(np.ones((3, 2), np.float32))
    assert (same == 0).all()


@pytest.fixture
def inputs(tmp_path) -> dict:
    rng = np.random.default_rng(1)
    x, y = rng.normal(size=(2, 120)).astype(np.float32)
    ids = [f"2301.{i:05d}" for i in range(119)] + ["hep-th/9901001"]
    titles = [f"Usual title {i}" for i in range(118)] + [EVIL, "\u2028 </SCRIPT ><!-- <script>"]
    topics = {
        "topic": [0, 1],
        "name": [KEYWORD, "spin"],
        "label": [f"{KEYWORD} | {EVIL}", "spin | Second"],
        "primary_keyword": [KEYWORD, "spin"],
        "keywords": [[KEYWORD, "'\"`${alert(3)}"], ["spin"]],
        "size": [70, 50],
        "share": [0.58, 0.42],
        "representative_id": ids[:2],
        "representative_title": titles[:2],
        "silhouette": [0.1, 0.2],
        "repeats": [0.9, None],
        "main_category": ["math.AG", None],
        "main_category_share": [0.5, 0.0],
        "colour": ["#1b6ca8", "#c2410c"],
    }
    return {
        "papers": pq_write(tmp_path / "p.parquet", id=ids, title=titles),
        "coordinates": pq_write(tmp_path / "c.parquet", id=ids, x=x, y=y),
        "assignments": pq_write(tmp_path / "a.parquet", topic=np.repeat(np.int32([0, 1]), [70, 50])),
        "topics": pq_write(tmp_path / "t.parquet", **topics),
        "template": ROOT / "scripts" / "templates" / "explore.html",
    }


@pytest.fixture
def page(inputs, out) -> str:
    result = script("explore", **inputs, map=out / "map.html")
    assert result.returncode == 0, result.stderr
    return (out / "map.html").read_text(encoding="utf-8")


class Tags(HTMLParser):
    """The tags of a page and the text of its scripts, as a browser tells them apart."""

    def __init__(self, page: str):
        super().__init__()
        self.tags, self.text = [], []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        assert not any(name.startswith("on") for name, _ in attrs)

    def handle_data(self, data):
        self.text.append((self.tags[-1] if self.tags else "", data))


def test_titles_reach_the_page_as_data_only(page):
    parsed = Tags(page)
    assert parsed.tags.count("script") == 1 and "img" not in parsed.tags
    code = "".join(text for tag, text in parsed.text if tag == "script")
    papers = json.loads(re.search(r"^const papers = (.*);", code, flags=re.M)[1])
    assert (
        papers["titles"][118] == latex_to_text(EVIL) and "<script>alert(1)</script>" in papers["titles"][118]
    )
    assert papers["ids"][-1] == "hep-th/9901001"
    topics = json.loads(re.search(r"^const topics = (.*);", code, flags=re.M)[1])
    assert [topic["keyword"] for topic in topics] == [KEYWORD, "spin"]
    owners = re.search(r'topicOf = new Uint16Array\(bytes\("([^"]*)"', code)[1]
    assert np.frombuffer(base64.b64decode(owners), "<u2").tolist() == [0] * 70 + [1] * 50
    assert code.rstrip().endswith("resize();")  # the script was not cut short by a title


def test_page_is_one_file_that_loads_nothing(page):
    assert not re.search(r"(?:src|href)\s*=|@import|url\(|fetch\(|XMLHttpRequest", page.replace("src=x", ""))
    assert "default-src 'none'" in page


def test_a_sample_is_shown_if_there_are_more_papers(inputs, out):
    assert script("explore", **inputs, max_papers=100, map=out / "map.html").returncode == 0
    page = (out / "map.html").read_text(encoding="utf-8")
    papers = json.loads(re.search(r"^const papers = (.*);", page, flags=re.M)[1])
    assert len(papers["ids"]) == len(set(papers["ids"])) == 100
    assert "100 of them shown" in page and "120 papers" in page


@pytest.mark.skipif(not CHROMIUM, reason="no chromium on PATH")
def test_browser_shows_titles_as_text_and_runs_no_script_in_them(page, out, tmp_path):
    """A probe after the script of the page hovers over every point of the canvas."""
    probe = """<script>
      const seen = new Set(), box = canvas.getBoundingClientRect();
      for (let i = 0; i < n; i++) {
        const [x, y] = screen(i);
        canvas.dispatchEvent(new PointerEvent("pointermove", {clientX: box.left + x, clientY: box.top + y}));
        seen.add(tip.querySelector("b")?.textContent);
        if (tip.querySelectorAll("*").length !== 2) document.body.dataset.markup = "yes";
      }
      document.body.dataset.seen = JSON.stringify([...seen]);
      document.body.dataset.end = "reached";
    </script>"""
    watch = "<script>window.alert = what => { document.documentElement.dataset.hit = what; }</script>"
    file = tmp_path / "probed.html"
    file.write_text(page.replace("<style>", watch + "<style>", 1).replace("</body>", probe + "</body>"))
    flags = "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-sync"
    flags += " --disable-background-networking --disable-component-update --virtual-time-budget=5000"
    command = [CHROMIUM, *flags.split(), f"--user-data-dir={tmp_path / 'profile'}", "--dump-dom"]
    result = subprocess.run(
        [*command, file.as_uri()], capture_output=True, text=True, check=False, timeout=120
    )
    dom = Dom(result.stdout)
    assert dom.body["data-end"] == "reached", result.stderr[-2000:]
    assert "data-markup" not in dom.body and "data-hit" not in dom.root
    assert latex_to_text(EVIL) in json.loads(dom.body["data-seen"])
    assert KEYWORD in dom.text and "<script>alert(1)</script>" in dom.text


class Dom(HTMLParser):
    """The attributes of <html> and <body>, and the text outside scripts."""

    def __init__(self, page: str):
        super().__init__()
        self.root, self.body, self.text, self.inside = {}, {}, "", ""
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.inside = tag
        if tag in ("html", "body"):
            setattr(self, "root" if tag == "html" else "body", dict(attrs))

    def handle_endtag(self, tag):
        self.inside = ""

    def handle_data(self, data):
        if self.inside != "script":
            self.text += data
