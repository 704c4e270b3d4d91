// Which part of the map is on the screen. The map goes from 0 to 1 in both directions, y upwards.
import { meta } from "./data.js";

export const MAX_ZOOM = 128; // beyond it the steps of the 16-bit coordinates show
export const view = { x: 0.5, y: 0.5, zoom: 1, width: 1, height: 1, ratio: 1, tools: { left: 1, bottom: 0 } };

// Pixels per unit of y; at zoom 1 the map fits the screen with a margin for names at its rim.
export const scale = () => fitted() * view.zoom;
export const fitted = () => 0.88 * Math.min(view.width / meta.aspect, view.height);

export function toScreen(x, y) {
  const s = scale();
  return [view.width / 2 + (x - view.x) * s * meta.aspect, view.height / 2 - (y - view.y) * s];
}

export function toMap(px, py) {
  const s = scale();
  return [view.x + (px - view.width / 2) / s / meta.aspect, view.y - (py - view.height / 2) / s];
}

// Zoom by a factor; the point of the map under (px, py) stays there.
export function zoomAt(px, py, factor) {
  const [x, y] = toMap(px, py);
  moveTo({ zoom: view.zoom * factor });
  const [after, below] = toMap(px, py);
  moveTo({ x: view.x + x - after, y: view.y + y - below });
}

export function moveTo({ x = view.x, y = view.y, zoom = view.zoom }) {
  const within = (value, low, high) => Math.max(low, Math.min(high, value));
  view.x = within(x, -0.2, 1.2);
  view.y = within(y, -0.2, 1.2);
  view.zoom = within(zoom, 0.5, MAX_ZOOM);
}

// The middle and the zoom that show most of some points: all but a twentieth on each side.
export function middleOf(xy, rows) {
  const [[left, right], [low, high]] = [0, 1].map(axis => {
    const sorted = Uint16Array.from(rows, i => xy[2 * i + axis]).sort();
    return [0.05, 0.95].map(share => sorted[Math.round(share * (rows.length - 1))] / 65535);
  });
  const across = (right - left) * meta.aspect * fitted(), up = (high - low) * fitted();
  const zoom = Math.min((0.65 * view.width) / (across || 1), (0.65 * view.height) / (up || 1));
  return { x: (left + right) / 2, y: (low + high) / 2, zoom: Math.max(1, Math.min(12, zoom)) };
}

// The corners of what is on the screen, with a margin in pixels: x0, y0, x1, y1.
export function visibleBox(margin) {
  return [
    ...toMap(-margin, view.height + margin),
    ...toMap(view.width + margin, -margin),
  ];
}
