// The names on the map. Each has a range of zoom in which it shows, such that names never overlap and
// none flickers while one zooms: active ranges, Been, Daiches & Yap (2006), Dynamic map
// labeling.
import { meta } from "./data.js";
import { SEPARATOR } from "./elements.js";
import { fitted, toScreen, view } from "./view.js";

const FONT = "system-ui, 'Segoe UI', 'DejaVu Sans', 'Noto Sans CJK SC', sans-serif";
let labels = [], chosenNow = () => false;

// A name on at most three lines, one or more keywords per line; a long keyword, or the name that a person gave, breaks between
// words. Keywords that do not find room as a whole are left out.
function lines(name) {
  const longest = view.width < 600 ? 14 : 24; // characters of a line
  const out = [];
  const add = (text, between, width) => {
    const short = text.length > 30 ? `${text.slice(0, 29)}…` : text, last = out.length - 1;
    if (between && last >= 0 && out[last].length + short.length < width) out[last] += between + short; else out.push(short);
  };
  for (const word of name.split(SEPARATOR)) {
    const before = [...out];
    if (word.length <= 30) add(word, SEPARATOR, longest);
    else word.split(" ").forEach((part, i) => add(part, i ? " " : "", longest + 4));
    if (out.length > 3) return before.length ? before : out.slice(0, 3);
  }
  return out;
}

function candidates() {
  const largest = Math.max(1, ...meta.topics.map(topic => topic.size));
  const groups = meta.groups.map((group, i) => (
    { ...group, kind: "group", index: i, px: view.width < 600 ? 13 : 16, weight: 700, until: 2.2, lines: lines(group.name.toUpperCase()) }));
  const topics = meta.topics.map((topic, i) => (
    { ...topic, kind: "topic", index: i, px: 12 + 3 * Math.sqrt(topic.size / largest), weight: 600, until: Infinity, lines: lines(topic.name.split(SEPARATOR)[0]) }));
  const subtopics = meta.subtopics.map((sub, i) => (
    { ...sub, kind: "subtopic", index: i, px: 11.5, weight: 500, until: Infinity, from: 2.2, lines: lines(sub.name) }));
  const larger = (a, b) => b.size - a.size;
  const chosenFirst = (a, b) => Number(chosenNow(b)) - Number(chosenNow(a));
  topics.sort(larger);
  // the whole name takes the place of the first keyword where there is room
  const whole = topics.filter(topic => topic.name.includes(SEPARATOR)).map(topic => ({ ...topic, lines: lines(topic.name), short: topic }));
  for (const label of subtopics) if (chosenNow(label)) label.from = 0.5;
  return [...topics, ...groups.sort(larger), ...subtopics.filter(chosenNow)].sort(chosenFirst)
    .concat(whole, subtopics.filter(label => !chosenNow(label)).sort(larger));
}

// Measure all names and give each its range of zoom; call it again if the size of the map changes, or
// what is chosen: `chosen(label)` says which names come first.
export function layOutLabels(context, chosen) {
  const s = fitted(), gap = 5;
  chosenNow = chosen;
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
      if (other === label.short) continue;
      const apart = Math.min( // the zoom from which the two no longer overlap
        (label.width + other.width) / 2 / (Math.abs(label.x - other.x) * s * meta.aspect),
        (label.height + other.height) / 2 / (Math.abs(label.y - other.y) * s));
      if (apart > other.from) from = Math.max(from, Math.min(apart, other.until));
    }
    label.from = from;
    if (label.short) label.from = label.short.until = Math.max(from, label.short.from);
  });
}

export const labelsAt = zoom => labels.filter(label => zoom >= label.from && zoom < label.until);

// The names that show now, with the middle of each on the screen.
export function visibleLabels() {
  const out = [];
  for (const label of labelsAt(view.zoom)) {
    const place = toScreen(label.x, label.y), across = label.width / 2, up = label.height / 2;
    if (place[0] < 0 || place[1] < 0 || place[0] > view.width || place[1] > view.height) continue;
    const x = inside(place[0], across, view.width - across);
    const y = inside(place[1], x + across > view.tools.left ? view.tools.bottom + up : up, view.height - up);
    const moved = x !== place[0] || y !== place[1];
    const covers = other => (moved || other.moved)
      && Math.abs(x - other.x) < (label.width + other.label.width) / 2 && Math.abs(y - other.y) < (label.height + other.label.height) / 2;
    if (!out.some(covers)) out.push({ label, x, y, moved });
  }
  return out;
}

// A name at the rim, or under the buttons, moves to where all of it shows.
const inside = (at, low, high) => Math.max(low, Math.min(at, high));

// The name at a pixel, or undefined.
export function labelAt(px, py) {
  return visibleLabels().find(({ label, x, y }) => Math.abs(px - x) < label.width / 2 && Math.abs(py - y) < label.height / 2)?.label;
}

// `strength(label)` from 0 to 1 says how much a name matters under the filters.
export function drawLabels(context, style, strength) {
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.lineJoin = "round";
  for (const { label, x, y } of visibleLabels().reverse()) {
    context.globalAlpha = strength(label);
    context.font = label.font;
    context.letterSpacing = label.spacing;
    context.strokeStyle = style.paper;
    context.lineWidth = label.px / 3.2;
    context.fillStyle = style.ink;
    label.lines.forEach((line, k) => {
      const at = y + (k - (label.lines.length - 1) / 2) * label.px * 1.15;
      context.strokeText(line, x, at);
      context.fillText(line, x, at);
    });
  }
  context.globalAlpha = 1;
}
