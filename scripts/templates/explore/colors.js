// The color of each paper.
import { CLASS_COLORS, classesOf, isClass } from "./classes.js";
import { meta } from "./data.js";
import { dot, element, make, number } from "./elements.js";
import { UNMEASURED } from "./neighbors.js";

// From Cividis (Nuñez et al. 2018), which people with and without color blindness see alike.
const RAMP = ["#00224e", "#35456c", "#666970", "#948e77", "#c8b866", "#fee838"].map(rgb);
export const UNKNOWN = [150, 150, 150];

function rgb(hex) { return [1, 3, 5].map(at => parseInt(hex.slice(at, at + 2), 16)); }

// The darkest of them would not show on a dark ground, and the lightest not on a light one.
function ramp(share, dark) {
  const seen = dark ? 0.2 + 0.8 * share : 0.85 * share;
  const at = Math.max(0, Math.min(1, seen)) * (RAMP.length - 1), low = Math.min(RAMP.length - 2, Math.floor(at));
  return RAMP[low].map((value, c) => Math.round(value + (at - low) * (RAMP[low + 1][c] - value)));
}

// That of its largest topic.
export const groupColor = group => meta.topics.filter(topic => topic.group === group).reduce((a, b) => (b.size > a.size ? b : a)).color;

// The colors of the values that a paper can have, and the value of each paper.
function palette(points, texts, by, dark) {
  const classes = isClass(by) && classesOf(points, texts, by);
  if (classes) return [[UNKNOWN, ...CLASS_COLORS.map(rgb)], classes.of];
  if (by === "group" && meta.groups.length) {
    return [meta.topics.map(topic => rgb(groupColor(topic.group))), points.topic];
  }
  if (by === "year" && meta.years) {
    return [rankedRamp(points.year, dark), points.year];
  }
  if (by === "similarity") {
    return [rankedRamp(points.similarity, dark), points.similarity];
  }
  if (by === "kept") {
    const shares = points.kept.map(share => (share === UNMEASURED ? 0 : share + 1));
    return [rankedRamp(shares, dark), shares];
  }
  return [meta.topics.map(topic => rgb(topic.color)), points.topic];
}

// The color of each value by its rank among the papers, so that most papers do not share one color.
// Year 0 is unknown, and so is similarity 0.
function rankedRamp(values, dark) {
  const counts = new Map(), colors = { 0: UNKNOWN };
  for (const value of values) if (value) counts.set(value, (counts.get(value) ?? 0) + 1);
  const known = [...counts.values()].reduce((sum, count) => sum + count, 0);
  let below = 0;
  for (const value of [...counts.keys()].sort((a, b) => a - b)) {
    colors[value] = ramp((below + counts.get(value) / 2) / known, dark);
    below += counts.get(value);
  }
  return colors;
}

// The lowest, the median and the highest of the known values.
function spread(values) {
  const sorted = values.filter(Boolean).sort();
  return [sorted[0], sorted[sorted.length >> 1], sorted.at(-1)];
}

// Red, green, blue, and 255 if the paper passes the filters, for each paper. `texts` may be null.
export function paint(points, texts, lit, by, dark) {
  const [colors, value] = palette(points, texts, by, dark), out = new Uint8Array(4 * points.n);
  const light = dark ? 0.15 : 0; // on a dark ground colors are mixed with white
  const mixed = {};
  for (const key of Object.keys(colors)) mixed[key] = colors[key].map(c => Math.round(c + light * (255 - c)));
  for (let i = 0; i < points.n; i++) {
    const color = mixed[value[i]] ?? UNKNOWN;
    out[4 * i] = color[0];
    out[4 * i + 1] = color[1];
    out[4 * i + 2] = color[2];
    out[4 * i + 3] = lit[i] ? 255 : 0;
  }
  return out;
}

const tenth = share => `${Math.round(share / 10)}`;

// What the colors mean: a gradient with words at it, or entries of a color, a name and how many papers pass. Null for topics
// and groups.
export function legend(points, texts, lit, by, dark) {
  const steps = [0, 0.2, 0.4, 0.6, 0.8, 1].map(share => `rgb(${ramp(share, dark).join()})`);
  const gradient = `linear-gradient(90deg, ${steps.join(", ")})`;
  if (by === "year" && meta.years) {
    const [low, middle, high] = spread(points.year);
    return { gradient, low: `${low}`, middle: `median ${middle}`, high: `${high}` };
  }
  if (by === "kept") {
    const shares = points.kept.filter(share => share !== UNMEASURED).sort(), middle = shares[shares.length >> 1];
    return { gradient, low: `${tenth(shares[0])} of 10 nearest papers are near on the map`, middle: `median ${tenth(middle)}`, high: tenth(shares.at(-1)) };
  }
  if (by === "similarity") return { gradient, low: "least like its topic", middle: "", high: "most like it" };
  const classes = isClass(by) && classesOf(points, texts, by);
  if (!classes) return null;
  const [rest, ...counts] = classes.of.reduce((some, place, i) => { some[place] += lit[i]; return some; }, new Array(classes.names.length + 1).fill(0));
  const entries = classes.names.map((name, k) => ({ color: CLASS_COLORS[k], name, count: counts[k] }));
  return { entries: [...entries, ...(rest ? [{ color: `rgb(${UNKNOWN.join()})`, name: "others or unknown", count: rest }] : [])] };
}

// Show the legend. `shown`: what `legend` returned; `size`: what the sizes of points mean, or nothing.
export function showLegend(shown, size) {
  element("legend").hidden = !shown && !size;
  element("scale").hidden = !shown?.gradient;
  element("classes").replaceChildren(...(shown?.entries ?? []).map(({ color, name, count }) => make("li", {}, dot(color), make("span", { dir: "auto", title: name }, name), make("span", { className: "size" }, number(count)))));
  element("size-said").textContent = size;
  if (!shown?.gradient) return;
  for (const end of ["low", "middle", "high"]) element(end).textContent = shown[end];
  element("scale").querySelector("i").style.background = shown.gradient;
}
