// The form with the filters, and the tabs.
import { markCategory, setUpCategories } from "./categories.js";
import { classesOf } from "./classes.js";
import { meta } from "./data.js";
import { element, make, makeSvg, number, papersText } from "./elements.js";
import { UNMEASURED } from "./neighbors.js";
import { hasCitations } from "./sizes.js";
import { isFiltered, state } from "./state.js";

// `on(what)` is called when a filter changed: "query" while one types, else "filter".
export function setUpFilters(points, on) {
  setUpCategories(points, () => on("filter"));
  setUpFlag("outliers", points.outlier, "Unusual for its topic", "Less similar to its topic than nearly all of its papers", on);
  setUpFlag("nearer", points.nearer, "Nearer to another topic", "On average nearer to the papers of another topic (negative silhouette)", on);
  setUpFlag("added", points.added, "New since the earlier map", "The earlier map, which this one follows, did not have them", on);
  element("years").hidden = !meta.years || meta.years[0] === meta.years[1];
  for (const id of ["from", "to"]) {
    const slider = element(id);
    [slider.min, slider.max] = meta.years ?? [0, 0];
    slider.addEventListener("input", () => {
      state[id] = Number(slider.value);
      if (state.from > state.to) state[id === "from" ? "to" : "from"] = state[id];
      on("filter");
    });
  }
  element("search").addEventListener("input", event => { state.query = event.target.value; on("query"); });
}

// A filter for papers that have a flag, with their number.
function setUpFlag(id, flags, name, explanation, on) {
  const field = element(`${id}-field`), flagged = flags.reduce((sum, flag) => sum + flag, 0);
  field.title = explanation;
  field.querySelector("span").textContent = `${name} (${number(flagged)})`;
  field.hidden = !flagged;
  element(id).addEventListener("change", event => { state[id] = event.target.checked; on("filter"); });
}

// Show the state in the form.
export function markFilters(counts) {
  if (element("search").value !== state.query) element("search").value = state.query;
  markCategory();
  element("outliers").checked = state.outliers;
  element("nearer").checked = state.nearer;
  element("added").checked = state.added;
  element("from").value = state.from;
  element("to").value = state.to;
  const { from, to } = state;
  element("years-text").textContent = from === to ? String(from) : `${from}–${to}`;
  const unknown = [...(state.unknown.length ? [`topic ${state.unknown.join(", ").slice(0, 80)}`] : []), ...state.absent].join(", no ");
  element("unknown").textContent = unknown && `This map has no ${unknown}.`;
  element("unknown").hidden = !unknown;
  element("clear").hidden = !isFiltered() && !unknown;
  const total = number(counts.lit.length);
  element("status").textContent = isFiltered() ? `${number(counts.count)} of ${total} papers` : papersText(counts.count);
  if (meta.years) drawHistogram(counts.byYear);
}

function drawHistogram(byYear) {
  const svg = element("histogram"), most = Math.max(1, ...byYear), first = meta.years[0];
  svg.setAttribute("viewBox", `0 0 ${byYear.length} 1`);
  svg.replaceChildren(...Array.from(byYear, (count, k) => makeSvg("rect", {
    x: k + 0.08, width: 0.84, y: 1 - count / most, height: count / most,
    class: first + k >= state.from && first + k <= state.to ? "in" : "out",
  })));
}

const TABS = ["topics", "papers", "selection"];

// Tabs, of which the arrow keys choose the next. `on(name)` is called when a tab was chosen.
export function setUpTabs(on) {
  for (const name of TABS) {
    element(`${name}-tab`).addEventListener("click", () => on(name));
    element(`${name}-tab`).addEventListener("keydown", event => {
      if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
      const other = TABS.at((TABS.indexOf(name) + (event.key === "ArrowLeft" ? -1 : 1)) % TABS.length);
      on(other);
      element(`${other}-tab`).focus();
    });
  }
}

export function markTab(chosen, orders, order) {
  for (const name of TABS) {
    element(name).hidden = name !== chosen;
    element(`${name}-tab`).setAttribute("aria-selected", String(name === chosen));
    element(`${name}-tab`).tabIndex = name === chosen ? 0 : -1;
  }
  element("order").parentElement.hidden = !Object.keys(orders).length;
  element("order").replaceChildren(...Object.entries(orders).map(([value, text]) => make("option", { value }, text)));
  element("order").value = order;
}

// What points can be colored and sized by. Journals and citations are known once the texts are here. Returns
// false if the map was colored by something that it does not have.
export function fillLooks(points, texts) {
  const colors = { topic: "by topic", ...(meta.groups.length ? { group: "by group" } : {}), ...(meta.years ? { year: "by year" } : {}) };
  if (points.similarity.some(value => value !== points.similarity[0])) colors.similarity = "by likeness to its topic";
  if (meta.categories.length > 1) colors.category = "by category";
  if (texts && classesOf(points, texts, "journal").counts[0] > 1) colors.journal = "by journal";
  if (points.kept.some(share => share !== UNMEASURED)) colors.kept = "where the map lies";
  const fill = (id, choices) => element(id).replaceChildren(...Object.entries(choices).map(([value, text]) => make("option", { value }, text)));
  fill("color", colors);
  fill("size", { "": "all alike", citations: "by citations" });
  element("size-field").hidden = !texts || !hasCitations(texts);
  const known = !texts || state.color in colors;
  if (!known) state.color = "topic"; // a link asks for what this map does not have
  element("color").value = state.color;
  element("size").value = state.size;
  return known;
}
