// A part of the map that the reader draws around: a rectangle or a lasso, as corners from 0 to 1.
import { toMap, toScreen } from "./view.js";

const CORNERS = 60; // that a lasso is reduced to: the address holds them

// The corners of what was drawn, a list of pixels: x0, y0, x1, y1 and so on. Empty if it has no extent.
export function cornersOf(trail, kind) {
  const [first, last] = [trail[0], trail.at(-1)];
  let corners = kind === "rectangle" ? [first, [last[0], first[1]], last, [first[0], last[1]]] : trail;
  if (corners.length > CORNERS) corners = Array.from({ length: CORNERS }, (_, k) => corners[Math.floor((k * corners.length) / CORNERS)]);
  const wide = axis => Math.max(...corners.map(at => at[axis])) - Math.min(...corners.map(at => at[axis])) > 3;
  return wide(0) && wide(1) ? corners.flatMap(at => toMap(...at).map(value => Math.round(value * 1e4) / 1e4)) : [];
}

// Which papers lie inside: 1 for each; null without an area.
export function insideArea(points, area) {
  if (!area.length) return null;
  const found = new Uint8Array(points.n), k = area.length / 2;
  for (let i = 0; i < points.n; i++) {
    const x = points.xy[2 * i] / 65535, y = points.xy[2 * i + 1] / 65535;
    let within = 0;
    for (let a = 0, b = k - 1; a < k; b = a++) {
      const ay = area[2 * a + 1], by = area[2 * b + 1];
      if (ay > y !== by > y && x < ((area[2 * b] - area[2 * a]) * (y - ay)) / (by - ay) + area[2 * a]) within ^= 1;
    }
    found[i] = within;
  }
  return found;
}

export function drawArea(context, area, style) {
  if (!area.length) return;
  context.beginPath();
  for (let k = 0; k < area.length; k += 2) context.lineTo(...toScreen(area[k], area[k + 1]));
  context.closePath();
  for (const [color, width] of [[style.paper, 4], [style.ink, 1.5]]) {
    context.strokeStyle = color;
    context.lineWidth = width;
    context.setLineDash(width > 2 ? [] : [6, 4]);
    context.stroke();
  }
  context.setLineDash([]);
}

// The corners in an address; nothing if they are no area.
export function readArea(text) {
  const values = text.split(",").filter(Boolean).map(Number);
  const sound = values.length >= 6 && values.length <= 2 * CORNERS && values.length % 2 === 0 && values.every(value => Math.abs(value) <= 9);
  return sound ? values : [];
}

export const fileName = () => decodeURIComponent(location.pathname.split("/").pop() || "map.html");
