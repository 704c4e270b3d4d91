"""The figure of the map: its frame, and points and clouds where there is little to draw."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from lib.figures.map_figure import CIRCLES, Texts, draw_map, frame

TEXTS = Texts(["one · two · three"] * 3, "title", "left", "right")
COLORS = ["#1b6ca8", "#c2410c", "#2f8f4e"]


def test_frame_has_the_scale_of_the_points_and_leaves_out_only_what_is_far_off():
    rng = np.random.default_rng(0)
    points = rng.normal(size=(5000, 2)).astype(np.float32) * [3, 2]
    view, height = frame(points)
    width, tall = view.high - view.low
    assert tall / width == pytest.approx((height - 1.35) / 13.6)
    assert view.inside(points).mean() > 0.998
    compact = np.clip(points, -4, 4)
    assert frame(compact)[0].inside(compact).all()
    far = np.concatenate([compact, [[1000.0, 0.0]]])
    view, _ = frame(far)
    assert view.inside(far).sum() == 5000 and view.high[0] < 10


def test_an_island_is_shown():
    points = np.random.default_rng(0).normal(size=(1000, 2)).astype(np.float32)
    points[:40] += 60
    assert frame(points)[0].inside(points).all()


@pytest.mark.parametrize(
    "points",
    [np.zeros((50, 2)), np.random.default_rng(0).normal(size=(3, 2)), np.c_[np.arange(50.0), np.ones(50)]],
    ids=["all equal", "three papers", "on a line"],
)
def test_odd_maps_are_drawn(points):
    topics = np.arange(len(points)) % 3
    figure = draw_map(points.astype(np.float32), topics, COLORS, TEXTS)
    figure.canvas.draw()
    assert np.asarray(figure.canvas.buffer_rgba())[..., :3].std() > 1
    plt.close(figure)


def test_many_points_are_an_image_in_the_same_places():
    rng = np.random.default_rng(0)
    few = rng.normal(size=(400, 2)).astype(np.float32)
    pictures = []
    for points in (few, np.repeat(few, CIRCLES // 100, axis=0)):
        figure = draw_map(points, np.zeros(len(points), int), COLORS[:1], Texts([""], "", "", ""))
        assert bool(figure.axes[0].collections) == (len(points) <= CIRCLES)
        figure.canvas.draw()
        pictures.append(np.asarray(figure.canvas.buffer_rgba())[..., 0].astype(float))
        plt.close(figure)
    assert np.corrcoef(pictures[0].ravel(), pictures[1].ravel())[0, 1] > 0.5
