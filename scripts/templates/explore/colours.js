// The colour of each paper.
import { meta } from "./data.js";

// From Cividis (Nuñez et al. 2018), which people with and without colour blindness see alike.
const RAMP = ["#00224e", "#35456c", "#666970", "#948e77", "#c8b866", "#fee838"].map(rgb);
export const UNKNOWN = [150, 150, 150];

function rgb(hex) { return [1, 3, 5].map(at => parseInt(hex.slice(at, at + 2), 16)); }

// The darkest of them would not show on a dark ground, and the lightest not on a light one.
function ramp(share, dark) {
  const seen = dark ? 0.2 + 0.8 * share : 0.85 * share;
  const at = Math.max(0, Math.min(1, seen)) * (RAMP.length - 1), low = Math.min(RAMP.length - 2, Math.floor(at));
  return RAMP[low].map((value, c) => Math.round(value + (at - low) * (RAMP[low + 1][c] - value)));
}

// That of its largest topic; topics are sorted by size.
export const groupColour = group => meta.topics.find(topic => topic.group === group).colour;

// The colours of the values that a paper can have, and the value of each paper.
function palette(points, by, dark) {
  if (by === "group" && meta.groups.length) {
    return [meta.topics.map(topic => rgb(groupColour(topic.group))), points.topic];
  }
  if (by === "year" && meta.years) {
    const [first, last] = meta.years, colours = { 0: UNKNOWN };
    for (let year = first; year <= last; year++) colours[year] = ramp((year - first) / Math.max(1, last - first), dark);
    return [colours, points.year];
  }
  if (by === "fit") {
    const [low, high] = fitBounds(points);
    return [Array.from({ length: 256 }, (_, fit) => ramp((fit - low) / Math.max(1, high - low), dark)), points.fit];
  }
  return [meta.topics.map(topic => rgb(topic.colour)), points.topic];
}

// Where all but 1 % of the papers at each end lie.
export function fitBounds(points) {
  const sorted = points.fit.slice().sort(), at = share => sorted[Math.round(share * (points.n - 1))];
  return [at(0.01), at(0.99)];
}

// Red, green, blue, and 255 if the paper passes the filters, for each paper.
export function paint(points, lit, by, dark) {
  const [colours, value] = palette(points, by, dark), out = new Uint8Array(4 * points.n);
  const light = dark ? 0.15 : 0; // on a dark ground colours are mixed with white
  const mixed = {};
  for (const key of Object.keys(colours)) mixed[key] = colours[key].map(c => Math.round(c + light * (255 - c)));
  for (let i = 0; i < points.n; i++) {
    const colour = mixed[value[i]] ?? UNKNOWN;
    out[4 * i] = colour[0];
    out[4 * i + 1] = colour[1];
    out[4 * i + 2] = colour[2];
    out[4 * i + 3] = lit[i] ? 255 : 0;
  }
  return out;
}

export function legend(points, by, dark) {
  const steps = [0, 0.2, 0.4, 0.6, 0.8, 1].map(share => `rgb(${ramp(share, dark).join()})`);
  const gradient = `linear-gradient(90deg, ${steps.join(", ")})`;
  if (by === "year" && meta.years) return { gradient, low: String(meta.years[0]), high: String(meta.years[1]) };
  if (by !== "fit") return null;
  const [low, high] = fitBounds(points).map(fit => (fit / 255).toFixed(2));
  return { gradient, low: `${low} fits badly`, high: `${high} fits well` };
}
