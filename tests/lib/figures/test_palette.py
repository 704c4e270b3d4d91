"""The colors of topics, seen by eyes with and without color blindness."""

import numpy as np
import pytest
from matplotlib.colors import to_hex, to_rgb
from scipy.spatial.distance import cdist

from lib.figures.palette import (
    colors_beside,
    from_hex,
    hex_colors,
    oklab,
    oklch,
    topic_colors,
    with_lightness,
)

TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)
# Vienot, Brettel & Mollon (1999): another model of color blindness than that of the module
LMS = np.array([[17.8824, 43.5161, 4.11935], [3.45565, 27.1554, 3.86714], [0.0299566, 0.184309, 1.46709]])
PROTANOPIA = np.array([[0, 2.02344, -2.52581], [0, 1, 0], [0, 0, 1]])
DEUTERANOPIA = np.array([[1, 0, 0], [0.494207, 0, 1.24827], [0, 0, 1]])


def cielab(colors: np.ndarray, eye: np.ndarray | None = None) -> np.ndarray:
    """sRGB (n, 3) as CIELAB (D65) after a simulation of color blindness."""
    linear = np.where(colors <= 0.04045, colors / 12.92, ((colors + 0.055) / 1.055) ** 2.4)
    if eye is not None:
        linear = np.clip(linear @ (np.linalg.inv(LMS) @ eye @ LMS).T, 0, 1)
    xyz = linear @ TO_XYZ.T / [0.95047, 1.0, 1.08883]
    f = np.where(xyz > 216 / 24389, np.cbrt(xyz), (24389 / 27 * xyz + 16) / 116)
    return np.stack([116 * f[:, 1] - 16, 500 * (f[:, 0] - f[:, 1]), 200 * (f[:, 1] - f[:, 2])], 1)


@pytest.mark.parametrize("k", [1, 2, 3, 25, 60])
def test_colors_are_distinct_and_real(k):
    colors = topic_colors(np.random.default_rng(k).normal(size=(k, 2)))
    assert colors.shape == (k, 3) and (colors >= 0).all() and (colors <= 1).all()
    assert len(set(hex_colors(colors))) == k


@pytest.mark.parametrize(
    "eye", [None, PROTANOPIA, DEUTERANOPIA], ids=["normal", "protanopia", "deuteranopia"]
)
@pytest.mark.parametrize("k", [8, 20, 40])
def test_topics_side_by_side_are_told_apart_by_color_blind_eyes(k, eye):
    """A difference of 2.3 in CIELAB is just visible (Mahy et al. 1994)."""
    for seed in range(4):
        places = np.random.default_rng(seed).normal(size=(k, 2))
        seen = cielab(topic_colors(places), eye)
        distance = cdist(places, places)
        np.fill_diagonal(distance, np.inf)
        nearest = distance.argsort(1)[:, :2]
        apart = np.linalg.norm(seen[:, None] - seen[nearest], axis=-1)
        assert apart.min() > 2.3 and np.median(apart) > 15


def test_similar_topics_have_similar_hues():
    rng = np.random.default_rng(0)
    group = np.repeat(np.arange(5), 6)
    colors = topic_colors(10 * rng.normal(size=(5, 8))[group] + rng.normal(size=(30, 8)))
    lab = oklab(colors)
    hue = np.exp(1j * np.arctan2(lab[:, 2], lab[:, 1]))
    for one in range(5):
        assert abs(hue[group == one].mean()) > 0.85  # 1 if all hues are the same, 0 on average at random


def test_equal_places_and_many_topics_have_colors():
    assert len(topic_colors(np.zeros((30, 2)))) == 30
    assert np.isfinite(topic_colors(np.random.default_rng(0).normal(size=(2100, 2)))).all()


def test_oklch_of_white_and_red():
    """The OKLCH coordinates of white and of sRGB red are published."""
    found = oklch(np.array([1.0, 0.627955]), np.array([0.0, 0.257683]), np.array([0.0, 29.2339 / 360]))
    np.testing.assert_allclose(found, [[1, 1, 1], [1, 0, 0]], atol=2e-3)


def test_lightness_is_set_and_hue_kept():
    colors = topic_colors(np.random.default_rng(0).normal(size=(9, 2)))
    darker = oklab(with_lightness(colors, 0.4, 0.5))
    np.testing.assert_allclose(darker[:, 0], 0.4, atol=1e-3)
    np.testing.assert_allclose(darker[:, 1:], 0.5 * oklab(colors)[:, 1:], atol=1e-3)


def test_hexadecimal_colors_are_those_of_matplotlib():
    colors = np.random.default_rng(0).random((50, 3))
    texts = hex_colors(colors)
    assert texts == [to_hex(color) for color in colors]
    np.testing.assert_allclose(from_hex(texts), [to_rgb(text) for text in texts])


@pytest.mark.parametrize("new", [1, 5])
@pytest.mark.parametrize("k", [20, 40])
def test_new_topics_get_colors_unlike_those_near_them(k, new):
    """The kept colors stay, and the new ones are told apart about as well as if all topics were colored anew."""
    gains = []
    for seed in range(3):
        places = np.random.default_rng(seed).normal(size=(k, 2))
        anew = topic_colors(places)
        kept: list = hex_colors(anew)
        chosen = np.random.default_rng(seed).permutation(k)[:new]
        for topic in chosen:
            kept[topic] = None
        colors = colors_beside(places, kept)
        stay = [topic for topic in range(k) if kept[topic]]
        assert [hex_colors(colors)[topic] for topic in stay] == [kept[topic] for topic in stay]
        assert len(set(hex_colors(colors))) == k
        distance = cdist(places, places)
        np.fill_diagonal(distance, np.inf)
        nearest = distance.argsort(1)[chosen, : min(3, k - 1)]

        def unlike(of, nearest=nearest, chosen=chosen):
            lab = cielab(of)
            return np.median(np.linalg.norm(lab[chosen][:, None] - lab[nearest], axis=-1))

        gains.append(unlike(colors) / unlike(anew))
    assert np.mean(gains) > 0.9


def test_without_kept_colors_all_are_new():
    places = np.random.default_rng(0).normal(size=(12, 3))
    np.testing.assert_array_equal(colors_beside(places, [None] * 12), topic_colors(places))
