// Which part of the map is on the screen. The map goes from 0 to 1 in both directions, y upwards.
import { meta } from "./data.js";

export const MAX_ZOOM = 128; // beyond it the steps of the 16-bit coordinates show
export const view = { x: 0.5, y: 0.5, zoom: 1, width: 1, height: 1, ratio: 1 };

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

// The corners of what is on the screen, with a margin in pixels: x0, y0, x1, y1.
export function visibleBox(margin) {
  return [
    ...toMap(-margin, view.height + margin),
    ...toMap(view.width + margin, -margin),
  ];
}
