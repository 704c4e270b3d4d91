// What the reader has chosen. The address holds it, so that a link shows what one sees.
import { meta } from "./data.js";
import { readArea } from "./area.js";
import { moveTo, view } from "./view.js";

const [firstYear, lastYear] = meta.years ?? [0, 0];

export const state = {};

function fresh() {
  return {
    query: "", topics: new Set(), unknown: [], absent: [], subtopics: new Set(), category: 0, from: firstYear, to: lastYear,
    outliers: false, nearer: false, added: false, selected: "", color: "topic", size: "", theme: "", area: [], mine: [], showMine: "", askedMine: [],
  };
}

// Set all filters to what they are when the page opens.
export function clearFilters() {
  const { selected, color, size, theme, mine, askedMine } = state;
  Object.assign(state, fresh(), { selected, color, size, theme, mine, askedMine });
}

export function isFiltered() {
  const years = state.from > firstYear || state.to < lastYear;
  return Boolean(state.query.trim() || state.topics.size || state.subtopics.size || state.category || years || state.outliers || state.nearer || state.added || state.area.length || (state.mine.length && state.showMine));
}

// A chosen subtopic narrows its topic. With nothing chosen all topics pass.
const narrowed = t => [...state.subtopics].some(s => meta.subtopics[s].parent === t);
const nothing = () => !state.topics.size && !state.subtopics.size;

// Whether the choice of topics lets through papers of a topic, or all papers of a subtopic.
export const topicPasses = t => nothing() || state.topics.has(t) || narrowed(t);
export function subtopicPasses(s) {
  const { parent } = meta.subtopics[s];
  return nothing() || (narrowed(parent) ? state.subtopics.has(s) : state.topics.has(parent));
}
// Whether the choice of topics lets through all papers of a topic.
export const wholeTopicPasses = t => nothing() || (state.topics.has(t) && !narrowed(t));

export function writeAddress() {
  const hash = new URLSearchParams(), put = (key, value) => { if (value) hash.set(key, value); };
  if (view.zoom !== 1 || view.x !== 0.5 || view.y !== 0.5) {
    hash.set("at", [view.x.toFixed(4), view.y.toFixed(4), view.zoom.toPrecision(4)].join());
  }
  put("q", state.query.trim());
  put("topic", [...Array.from(state.topics, t => meta.topics[t].key), ...state.unknown].join());
  put("subtopic", [...state.subtopics].join());
  put("category", meta.categories[state.category - 1]);
  if (state.from > firstYear || state.to < lastYear) hash.set("years", `${state.from}-${state.to}`);
  put("outliers", state.outliers && "1");
  put("nearer", state.nearer && "1");
  put("added", state.added && "1");
  put("area", state.area.join());
  put("mine", state.askedMine.join(" "));
  put("show", state.mine.length ? state.showMine : "");
  put("paper", state.selected);
  put("color", state.color !== "topic" && state.color);
  put("size", state.size);
  put("theme", state.theme);
  const text = hash.toString().replaceAll("%2C", ",");
  if (text !== location.hash.slice(1)) history.replaceState(null, "", text ? `#${text}` : location.pathname + location.search);
}

export function readAddress() {
  const hash = new URLSearchParams(location.hash.slice(1)), get = key => hash.get(key) ?? "";
  const numbers = (text, below) => text.split(",").filter(Boolean).map(Number)
    .filter(value => Number.isInteger(value) && value >= 0 && value < below);
  Object.assign(state, fresh());
  const [x, y, zoom] = get("at").split(",").map(Number);
  moveTo(Number.isFinite(x + y + zoom) && zoom > 0 ? { x, y, zoom } : { x: 0.5, y: 0.5, zoom: 1 });
  state.query = get("q");
  const keys = new Map(meta.topics.map((topic, t) => [topic.key, t])), asked = get("topic").split(",").filter(Boolean);
  state.topics = new Set(asked.filter(key => keys.has(key)).map(key => keys.get(key)));
  state.unknown = asked.filter(key => !keys.has(key)); // of topics that another map has
  state.subtopics = new Set(numbers(get("subtopic"), meta.subtopics.length));
  state.category = meta.categories.indexOf(get("category")) + 1;
  if (get("category") && !state.category) state.absent.push(`category ${get("category")}`);
  const years = get("years").match(/^(\d+)-(\d+)$/);
  if (years && meta.years) {
    state.from = Math.min(lastYear, Math.max(firstYear, Number(years[1])));
    state.to = Math.max(state.from, Math.min(lastYear, Number(years[2])));
  }
  state.outliers = get("outliers") === "1";
  state.nearer = get("nearer") === "1";
  state.added = Boolean(meta.former) && get("added") === "1";
  state.area = readArea(get("area"));
  state.askedMine = get("mine").split(" ").filter(Boolean); // ids; the page looks for their rows
  state.showMine = ["mine", "near"].includes(get("show")) ? get("show") : "";
  state.selected = get("paper");
  state.color = ["group", "year", "similarity", "kept", "category", "journal"].includes(get("color")) ? get("color") : "topic";
  state.size = get("size") === "citations" ? "citations" : "";
  state.theme = ["light", "dark"].includes(get("theme")) ? get("theme") : "";
}
