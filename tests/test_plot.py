"""plot: a PNG that is the same in every run."""

import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from matplotlib.image import imread

import plot
from conftest import EVIL, pq_write, script
from lib.figures import fonts
from lib.figures.map_figure import Texts, draw_map
from measure import command_line
from summaries import CLUSTER, PROJECT

COLORS = ["#1b6ca8", "#c2410c", "#2f8f4e"]


def hierarchy(path, groups: list[str]):
    """A tree of these groups and three topics, of which the last is in the last group."""
    levels = ["group"] * len(groups) + ["topic"] * 3
    parents = [None] * len(groups) + [0, 0, len(groups) - 1]
    names = [*groups, "a", "b", "c"]
    n = len(levels)
    return pq_write(
        path,
        level=levels,
        node=pa.array([*range(len(groups)), 0, 1, 2], pa.int32()),
        parent=pa.array(parents, pa.int32()),
        size=[30] * n,
        stability=pa.nulls(n, pa.float64()),
        share=[0.3] * n,
        name=names,
        mixed=[False] * n,
        tentative=[False] * n,
        keywords=[["word"]] * n,
        fields=[[]] * n,
    )


def linkage(path):
    """The tree of three topics."""
    np.save(path, np.array([[0, 1, 1.0, 2], [2, 3, 2.0, 3]]))
    return path


def topic_table(path, names: list[str], colors: list[str] = COLORS):
    """Three topics."""
    return pq_write(
        path, topic=np.arange(3, dtype=np.int32), name=names, color=colors, by_hand=[False, True, False]
    )


@pytest.fixture
def inputs(tmp_path) -> dict:
    rng = np.random.default_rng(2)
    (tmp_path / "cluster.json").write_text(json.dumps(CLUSTER | {"k": 3, "silhouette": 0.1}))
    (tmp_path / "project.json").write_text(json.dumps(PROJECT))
    x, y = rng.normal(size=(2, 90)).astype(np.float32)
    topic = np.repeat(np.arange(3, dtype=np.int32), 30)
    names = [f"word · {EVIL}", "alpha $x · An unbalanced $ and \\frac{", "bêta · 東京 % # & _"]
    return {
        "coordinates": pq_write(tmp_path / "c.parquet", id=[str(i) for i in range(90)], x=x, y=y),
        "assignments": pq_write(tmp_path / "a.parquet", topic=topic),
        "topics": topic_table(tmp_path / "t.parquet", names),
        "hierarchy": hierarchy(tmp_path / "h.parquet", ["maths · proofs · sums", "physics · stars"]),
        "linkage": linkage(tmp_path / "l.npy"),
        "cluster": tmp_path / "cluster.json",
        "project": tmp_path / "project.json",
        "tree": tmp_path / "tree.png",
    }


def test_map_with_any_label_is_the_same_in_every_run(inputs, out):
    """The figure reads dollars, backslashes and markup in titles as text, not as formulae."""
    for name in ("one.png", "two.png"):
        result = script("plot", **inputs, dpi=50, title="A map for $5 & \\more", maps=out / name)
        assert result.returncode == 0, result.stderr
    assert (out / "one.png").read_bytes() == (out / "two.png").read_bytes()
    picture = imread(out / "one.png")
    assert picture.shape[1] == 700
    assert picture[..., :3].std() > 0.02
    tree = imread(inputs["tree"])
    assert tree.shape[1] == 2100 and tree[..., :3].std() > 0.02


def test_an_empty_title_leaves_no_room_for_one(inputs, out):
    heights = {}
    for title in (None, "", "None of it"):
        assert script("plot", **inputs, dpi=50, title=title, maps=out / "m.png").returncode == 0
        heights[title] = imread(out / "m.png").shape[0]
    assert heights[None] == heights["None of it"] > heights[""]


def test_dark_style_and_vector_formats(inputs, out):
    for name in ("one", "two"):
        maps = [out / f"{name}.{kind}" for kind in ("png", "svg", "pdf")]
        plot.main(command_line("plot", **inputs, dpi=50, style="dark", maps=maps))
    for kind in ("png", "svg", "pdf"):
        assert (out / f"one.{kind}").read_bytes() == (out / f"two.{kind}").read_bytes()
    ground = imread(out / "one.png")[0, 0, :3]
    assert (ground < 0.2).all()
    assert (out / "one.pdf").read_bytes().startswith(b"%PDF")
    assert "<!-- 90 papers in 3 topics -->" in (out / "one.svg").read_text(encoding="utf-8")


def test_captions_do_not_meet():
    """With the largest numbers that they hold."""
    cluster = CLUSTER | {"k": 300, "silhouette": -0.123}
    project = PROJECT | {"method": "tsne", "papers": 2_900_000, "fitted": 100_000, "n_neighbors": 100}
    points = np.random.default_rng(0).normal(size=(30, 2)).astype(np.float32)
    topics = np.r_[np.zeros(2_800_000, int), np.full(100_000, -1)]
    texts = Texts(["a"], "title", *plot.captions(topics, [False, True], cluster, project))
    assert texts.left.splitlines()[1:] == ["100,000 papers in no topic   ·   * named by a person"]
    figure = draw_map(points, np.zeros(30, int), ["#1b6ca8"], texts)
    left, right = (text.get_window_extent() for text in figure.texts[1:])
    axis = figure.axes[0].get_window_extent()
    assert left.y1 < axis.y0 and left.x1 + 10 < right.x0 and right.x1 < figure.bbox.x1


def test_the_caption_of_a_run_without_edits_has_one_line():
    left, _ = plot.captions(np.zeros(30, int), [False], CLUSTER, PROJECT)
    assert left.startswith("30 papers") and "\n" not in left and "person" not in left


def test_groups_are_those_of_the_hierarchy(tmp_path):
    """A tree in which each topic is a group, or all topics are one, has nothing to add to the names of topics."""
    rows = {"level": ["group"] * 2 + ["topic"] * 4 + ["subtopic"], "node": [0, 1, 0, 1, 2, 3, 0]}
    rows |= {"parent": [None, None, 1, 0, 1, 0, 3], "name": ["a · b · c", "d", "t", "u", "v", "w", "s"]}
    groups = plot.groups_of(pa.table(rows))
    assert [(group.name, group.topics) for group in groups] == [("a · b", [1, 3]), ("d", [0, 2])]
    for names in (["one"], ["one", "two", "three"]):
        assert plot.groups_of(pq.read_table(hierarchy(tmp_path / "h.parquet", names))) == []


def test_colors_are_those_of_the_table(inputs, out):
    inputs["topics"] = topic_table(out.parent / "t.parquet", ["a", "b", "c"], ["#00ff00"] * 3)
    plot.main(command_line("plot", **inputs, dpi=50, maps=out / "m.png"))
    red, green, _ = np.moveaxis(imread(out / "m.png")[..., :3], -1, 0)
    assert (green >= red - 0.02).all() and (green > red + 0.5).any()


def test_an_empty_title_is_none(inputs, out):
    for name, title in (("a", ""), ("b", None), ("c", "90 papers in 3 topics")):
        plot.main(command_line("plot", **inputs, dpi=50, title=title, maps=out / f"{name}.png"))
    empty, default, same = (imread(out / f"{name}.png") for name in "abc")
    assert (default == same).all()
    dark = [(image[:35, :, :3].mean(2) < 0.5).sum() for image in (empty, default)]
    assert dark[0] == 0 < dark[1]


def test_what_no_font_has_is_written_in_latin_letters(inputs, out, monkeypatch, capsys, recwarn):
    """matplotlib warns of a glyph that it draws as a box."""
    names = [f"深度 {i} · 量子誤り訂正 👑 دراسة" for i in range(3)]
    inputs["topics"] = topic_table(out.parent / "t.parquet", names)
    monkeypatch.setattr(fonts, "findSystemFonts", list)
    plot.main(command_line("plot", **inputs, dpi=50, title="地图 of $5", maps=out / "m.png"))
    assert "fonts-noto-cjk" in capsys.readouterr().err
    assert not [warning for warning in recwarn if "missing from" in str(warning.message)]
    assert imread(out / "m.png").shape[1] == 700


def test_labels_in_any_script_are_drawn_whatever_fonts_this_machine_has(inputs, out):
    names = ["深度 · 学习", "हिन्दी · क्षेत्र", "👑 · \ue000 한국어"]
    inputs["topics"] = topic_table(out.parent / "t.parquet", names)
    result = script("plot", **inputs, dpi=50, title=None, maps=out / "m.png")
    assert result.returncode == 0 and "missing from" not in result.stderr
