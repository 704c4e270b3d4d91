// The papers nearest to one in the space of their vectors, of which the map keeps some together and tears others away.
import { meta } from "./data.js";
import { make } from "./elements.js";
import { toScreen } from "./view.js";

const ABSENT = 0xffffffff, OF_EACH = 10;
const FAR = 0.05; // of the larger side of the map: farther papers are torn away
export const UNMEASURED = 255;

// The rows of the nearest papers, nearest first.
export const nearestOf = (near, i) => Array.from(near.subarray(OF_EACH * i, OF_EACH * (i + 1))).filter(row => row !== ABSENT);

function isFar(xy, i, j) {
  const across = (xy[2 * i] - xy[2 * j]) * Math.min(1, meta.aspect), up = (xy[2 * i + 1] - xy[2 * j + 1]) / Math.max(1, meta.aspect);
  return Math.hypot(across, up) > FAR * 65535;
}

// The list on the card of a selected paper; `show(row)` selects another one.
export function neighborList(points, texts, i, show) {
  const rows = nearestOf(texts.near, i), torn = rows.filter(row => isFar(points.xy, i, row)).length;
  if (!rows.length) return [];
  const items = rows.map(row => {
    const title = texts.titles.get(row), far = isFar(points.xy, i, row);
    const button = make("button", { type: "button", onclick: () => show(row) }, make("span", { dir: "auto", title }, title), ...(far ? [make("small", {}, "far away")] : []));
    return make("li", {}, button);
  });
  const list = make("ol", { className: "neighbors" }, ...items), said = `Nearest papers${torn ? `: the map tore ${torn} of ${rows.length} away` : ""}`;
  list.setAttribute("aria-label", said);
  return [make("span", { className: "fields", title: "By the vectors of title and abstract" }, said), list];
}

// Rings around the nearest papers, and lines to those that the map tore away.
export function drawNeighbors(context, points, near, i, style) {
  const place = row => toScreen(points.xy[2 * row] / 65535, points.xy[2 * row + 1] / 65535), [x, y] = place(i);
  for (const row of nearestOf(near, i)) {
    const [px, py] = place(row), along = Math.hypot(px - x, py - y), radius = style.radius + 3;
    for (const [color, width] of [[style.paper, 3.5], [style.ink, 1.3]]) {
      context.strokeStyle = color;
      context.lineWidth = width;
      context.beginPath();
      context.arc(px, py, radius, 0, 7);
      if (isFar(points.xy, i, row) && along > 3 * radius) {
        context.moveTo(x + ((px - x) * radius) / along, y + ((py - y) * radius) / along);
        context.lineTo(px - ((px - x) * radius) / along, py - ((py - y) * radius) / along);
      }
      context.stroke();
    }
  }
}
