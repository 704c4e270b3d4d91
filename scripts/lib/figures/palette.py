"""Colors of topics: one hue for similar topics, and another lightness for each of them.

Colors are compared as people with normal and with red-, green- and blue-blind eyes see them.
"""

import numpy as np
from scipy.cluster.hierarchy import leaves_list, linkage
from scipy.spatial.distance import cdist, pdist

# Lightness and chroma in OKLCH. With each ring used, forty topics do not need forty hues; all of
# them are seen on white and on black.
RINGS = np.array([[0.49, 0.14], [0.60, 0.15], [0.69, 0.14], [0.78, 0.11]])
FIRST_HUE = 0.72  # in turns: blue
HUES = 48  # among which a new topic chooses
NEAR_HUE = 1 / 6  # of a turn, from the hue of the nearest topic
LIMIT = 2000  # topics; beyond it no palette tells them apart, and the time grows with the square

TO_CONE = np.array(
    [[1, 0.3963377774, 0.2158037573], [1, -0.1055613458, -0.0638541728], [1, -0.0894841775, -1.2914855480]]
)
TO_LINEAR = np.array(
    [
        [4.0767416621, -3.3077115913, 0.2309699292],
        [-1.2684380046, 2.6097574011, -0.3413193965],
        [-0.0041960863, -0.7034186147, 1.7076147010],
    ]
)
# Machado, Oliveira & Fernandes (2009), severity 1, on linear RGB: protan-, deuteran- and tritanopia
BLINDNESS = np.array(
    [
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
    ]
)


def to_linear(colors: np.ndarray) -> np.ndarray:
    """sRGB in 0 to 1 to linear RGB, of any shape."""
    return np.where(colors <= 0.04045, colors / 12.92, ((colors + 0.055) / 1.055) ** 2.4)


def from_linear(linear: np.ndarray) -> np.ndarray:
    """Linear RGB, clipped to 0 to 1, to sRGB, of any shape."""
    linear = np.clip(linear, 0, 1)
    return np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)


def oklab(colors: np.ndarray) -> np.ndarray:
    """sRGB (n, 3) in 0 to 1 to OKLab (n, 3). Ottosson (2020), a perceptual color space."""
    cone = np.cbrt(to_linear(colors) @ np.linalg.inv(TO_LINEAR).T)
    return cone @ np.linalg.inv(TO_CONE).T


def from_oklab(lab: np.ndarray) -> np.ndarray:
    """OKLab (n, 3) to sRGB (n, 3) in 0 to 1; what sRGB lacks is clipped."""
    return from_linear((lab @ TO_CONE.T) ** 3 @ TO_LINEAR.T)


def oklch(lightness: np.ndarray, chroma: np.ndarray, hue: np.ndarray) -> np.ndarray:
    """OKLCH (hue in turns) to sRGB (n, 3) in 0 to 1."""
    turn = 2 * np.pi * hue
    return from_oklab(np.stack([lightness, chroma * np.cos(turn), chroma * np.sin(turn)], 1))


def as_seen(colors: np.ndarray) -> np.ndarray:
    """sRGB (n, 3) as normal, red-, green- and blue-blind eyes see it: OKLab (4, n, 3)."""
    linear = to_linear(colors)
    return np.stack([oklab(colors), *(oklab(from_linear(linear @ eye.T)) for eye in BLINDNESS)])


def hex_colors(colors: np.ndarray) -> list[str]:
    """sRGB (n, 3) in 0 to 1 as #rrggbb."""
    return [f"#{r:02x}{g:02x}{b:02x}" for r, g, b in np.round(255 * colors).astype(int).tolist()]


def from_hex(colors: list[str]) -> np.ndarray:
    """Colors written as #rrggbb as sRGB in 0 to 1: float64 (n, 3)."""
    return np.array([list(bytes.fromhex(color[1:])) for color in colors], float).reshape(-1, 3) / 255


def with_lightness(colors: np.ndarray, lightness: np.ndarray | float, chroma: float = 1.0) -> np.ndarray:
    """The colors sRGB (n, 3) at another lightness of OKLab, with their chroma times a factor."""
    lab = oklab(colors)
    return from_oklab(np.column_stack([np.broadcast_to(lightness, len(lab)), chroma * lab[:, 1:]]))


def topic_colors(places: np.ndarray) -> np.ndarray:
    """A color for each topic. Similar topics have similar hues, and lightness tells them apart.

    The hues follow the leaves of an average-linkage tree. Each topic then takes the lightness that makes it most
    unlike the topics close to it, to eyes with and without color blindness.

    Parameters
    ----------
    places : (k, d), where each topic lies: its centroid, or its position on the map

    Returns
    -------
    float64 (k, 3), sRGB
    """
    k = len(places)
    order = np.arange(k)
    if 2 < k <= LIMIT:
        distances = pdist(places.astype(np.float64))
        order = leaves_list(linkage(distances, "average", optimal_ordering=k <= 200))
    hues = np.empty(k)
    hues[order] = (FIRST_HUE + np.arange(k) / max(k, 1)) % 1
    choices = np.stack([oklch(np.full(k, light), np.full(k, chroma), hues) for light, chroma in RINGS])
    ring = np.empty(k, int)
    ring[order] = np.arange(k) % len(RINGS)
    if not 2 < k <= LIMIT:
        return choices[ring, np.arange(k)]
    return choices[_choose_rings(choices, ring, _closeness(cdist(places, places))), np.arange(k)]


def colors_beside(places: np.ndarray, kept: list[str | None]) -> np.ndarray:
    """The kept colors, and for each other topic the color most unlike those of the topics close to it.

    Its hue is within a sixth of a turn of that of the nearest topic.

    Parameters
    ----------
    places : (k, d), where each topic lies
    kept : #rrggbb of the topics that have a color

    Returns
    -------
    float64 (k, 3), sRGB
    """
    colored = [topic for topic, color in enumerate(kept) if color]
    if not colored or len(places) > LIMIT:
        colors = topic_colors(places)
        colors[colored] = from_hex([color for color in kept if color])
        return colors
    colors = np.zeros((len(places), 3))
    colors[colored] = from_hex([color for color in kept if color])
    distance = cdist(places, places)
    close = _closeness(distance)
    hues = np.tile(np.arange(HUES) / HUES, len(RINGS))
    lightness, chroma = np.repeat(RINGS, HUES, axis=0).T
    choices = oklch(lightness, chroma, hues)
    for topic in range(len(places)):
        if kept[topic]:
            continue
        nearest = colored[int(distance[topic, colored].argmin())]
        turns = np.abs((hues - _hue(colors[nearest]) + 0.5) % 1 - 0.5)
        possible = choices[turns <= NEAR_HUE]
        apart = as_seen(possible)[:, :, None] - as_seen(colors[colored])[:, None]
        unlike = np.sqrt((apart**2).sum(-1)).min(0)
        cost = (1.0 / (unlike + 0.01) ** 2) @ close[topic, colored]
        colors[topic] = possible[int(cost.argmin())]
        colored.append(topic)
    return colors


def _hue(color: np.ndarray) -> float:
    """The hue of an sRGB color in OKLCH, in turns."""
    _, a, b = oklab(color[None])[0]
    return float(np.arctan2(b, a) / (2 * np.pi)) % 1


def _closeness(distance: np.ndarray) -> np.ndarray:
    """How close topics lie to each other, 0 to 1: float64 (k, k), 0 on the diagonal.

    Close is what is nearer than the third neighbor, be the topic in a crowd or on an island.

    Parameters
    ----------
    distance : (k, k)
    """
    reach = np.maximum(np.sort(distance, axis=1)[:, min(3, len(distance) - 1)], 1e-9)
    close = np.exp(-(distance**2) / (reach[:, None] * reach))
    np.fill_diagonal(close, 0.0)
    return close


def _choose_rings(choices: np.ndarray, ring: np.ndarray, close: np.ndarray) -> np.ndarray:
    """The ring of each topic, changed one at a time while that makes close topics less alike.

    Parameters
    ----------
    choices : (rings, k, 3), the color of each topic in each ring
    ring : int (k,), to start from
    close : (k, k), 0 for topics that may look alike
    """
    ring, every = ring.copy(), np.arange(len(ring))
    seen = as_seen(choices.reshape(-1, 3)).reshape(-1, *choices.shape)  # (eyes, rings, k, 3)
    for _ in range(10):
        before = ring.copy()
        for topic in every:
            apart = seen[:, :, None, topic] - seen[:, None, ring, every]
            unlike = np.sqrt((apart**2).sum(-1)).min(0)
            cost = (1.0 / (unlike + 0.01) ** 2) @ close[topic]
            best = int(cost.argmin())
            if cost[best] < cost[ring[topic]] - 1e-9:
                ring[topic] = best
        if (ring == before).all():
            break
    return ring
