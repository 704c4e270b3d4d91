// The names on the map. Each has a range of zoom in which it shows, such that names never overlap and
// none comes and goes while one moves the map: active ranges, Been, Daiches & Yap (2006), Dynamic map
// labeling.
import { meta } from "./data.js";
import { SEPARATOR } from "./elements.js";
import { fitted, toScreen, view } from "./view.js";

const FONT = "system-ui, 'Segoe UI', 'DejaVu Sans', 'Noto Sans CJK SC', sans-serif";
let labels = [];

// A name on lines, one or more keywords per line.
function lines(name) {
  const longest = view.width < 600 ? 14 : 24; // characters of a line
  const out = [];
  for (const word of name.split(SEPARATOR)) {
    const short = word.length > 30 ? `${word.slice(0, 29)}…` : word, last = out.length - 1;
    if (last >= 0 && out[last].length + short.length < longest) out[last] += SEPARATOR + short; else out.push(short);
  }
  return out.slice(0, 3);
}

function candidates() {
  const largest = Math.max(1, ...meta.topics.map(topic => topic.size));
  const groups = meta.groups.map((group, i) => (
    { ...group, kind: "group", index: i, px: view.width < 600 ? 13 : 16, weight: 700, until: 2.2, lines: lines(group.name.toUpperCase()) }));
  const topics = meta.topics.map((topic, i) => (
    { ...topic, kind: "topic", index: i, px: 12 + 3 * Math.sqrt(topic.size / largest), weight: 600, until: Infinity, lines: lines(topic.name) }));
  const subtopics = meta.subtopics.map((sub, i) => (
    { ...sub, kind: "subtopic", index: i, px: 11.5, weight: 500, until: Infinity, from: 2.2, lines: lines(sub.name) }));
  const larger = (a, b) => b.size - a.size;
  return [...groups.sort(larger), ...topics.sort(larger), ...subtopics.sort(larger)];
}

// Measure all names and give each its range of zoom; call it again if the size of the map changes.
export function layOutLabels(context) {
  const s = fitted(), gap = 5;
  labels = candidates();
  for (const label of labels) {
    label.font = `${label.weight} ${label.px}px ${FONT}`;
    label.spacing = label.kind === "group" ? "1.5px" : "0px";
    context.font = label.font;
    context.letterSpacing = label.spacing;
    label.width = Math.max(...label.lines.map(line => context.measureText(line).width)) + gap;
    label.height = label.lines.length * label.px * 1.15 + gap;
  }
  labels.forEach((label, i) => {
    let from = label.from ?? 0.5;
    for (let j = 0; j < i; j++) {
      const other = labels[j];
      const apart = Math.min( // the zoom from which the two no longer overlap
        (label.width + other.width) / 2 / (Math.abs(label.x - other.x) * s * meta.aspect),
        (label.height + other.height) / 2 / (Math.abs(label.y - other.y) * s));
      if (apart > other.from) from = Math.max(from, Math.min(apart, other.until));
    }
    label.from = from;
  });
}

export const labelsAt = zoom => labels.filter(label => zoom >= label.from && zoom < label.until);

// The names that show now, with the middle of each on the screen.
export function visibleLabels() {
  const out = [];
  for (const label of labelsAt(view.zoom)) {
    const place = toScreen(label.x, label.y), halves = [label.width / 2, label.height / 2];
    const [x, y] = place.map((at, axis) => inwards(at, halves[axis], axis ? view.height : view.width));
    const moved = x !== place[0] || y !== place[1];
    if (x < -halves[0] || y < -halves[1] || x > view.width + halves[0] || y > view.height + halves[1]) continue;
    const covers = other => (moved || other.moved)
      && Math.abs(x - other.x) < (label.width + other.label.width) / 2 && Math.abs(y - other.y) < (label.height + other.label.height) / 2;
    if (!out.some(covers)) out.push({ label, x, y, moved });
  }
  return out;
}

// A name at the rim moves inwards by up to half its size; it slides out once its place is beyond the rim.
function inwards(at, half, length) {
  return at + Math.max(0, Math.min(half, half - at)) - Math.max(0, Math.min(half, at + half - length));
}

// `strength(label)` from 0 to 1 says how much a name matters under the filters.
export function drawLabels(context, style, strength) {
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.lineJoin = "round";
  for (const { label, x, y } of visibleLabels().reverse()) {
    const grown = Math.min(1, 0.25 + (view.zoom / label.from - 1) * 6); // a name fades in
    context.globalAlpha = strength(label) * (label.from > 0.5 ? grown : 1) * (label.kind === "group" ? 0.82 : 1);
    context.font = label.font;
    context.letterSpacing = label.spacing;
    context.strokeStyle = style.paper;
    context.lineWidth = label.px / 3.2;
    context.fillStyle = label.kind === "subtopic" ? style.faintInk : style.ink;
    label.lines.forEach((line, k) => {
      const at = y + (k - (label.lines.length - 1) / 2) * label.px * 1.15;
      context.strokeText(line, x, at);
      context.fillText(line, x, at);
    });
  }
  context.globalAlpha = 1;
}
