// The list of groups, topics and subtopics, with keywords and trends.
import { meta } from "./data.js";
import { addsTo, BY_HAND, element, dot, make, makeSvg, number, SEPARATOR } from "./elements.js";
import { isFiltered, state } from "./state.js";

export const TOPIC_ORDERS = {
  ...(meta.groups.length ? { group: "by group" } : {}),
  size: "largest first",
  ...(meta.shareYears.length ? { rising: "rising first" } : {}),
  ...(meta.subtopics.some(sub => sub.trend === "rising") ? { subtopics: "rising subtopics first" } : {}),
  name: "by name",
};
const buttons = { group: [], topic: [], subtopic: [] };
let shownOrder; // of TOPIC_ORDERS

const CAVEAT = "In a sample not drawn evenly over the years this is the trend of the sample.";

// The years with few papers are left out, so that the years are not evenly spaced.
function sparkline(shares) {
  const years = meta.shareYears, top = Math.max(...shares) || 1, first = years[0], last = years.at(-1);
  const svg = makeSvg("svg", { viewBox: "0 0 72 18", "aria-hidden": "true" }), title = makeSvg("title", {});
  title.textContent = `Share of the papers of each year: ${percent(shares[0])} in ${first}, ${percent(shares.at(-1))} in ${last}. ${CAVEAT}`;
  svg.append(title, makeSvg("polyline", {
    points: shares.map((share, i) => `${((72 * (years[i] - first)) / (last - first)).toFixed(1)},${(17 - (16 * share) / top).toFixed(1)}`).join(" "),
  }));
  return svg;
}

const percent = share => `${(100 * share).toFixed(1)} %`;

// A trend in words; only where the change is more than chance.
function trendWords({ trend, change, low, high }) {
  if (!trend) return "";
  if (change === null) return make("span", { className: "untested" }, trend); // too young to test
  const whole = value => Math.round(100 * value), rising = trend === "rising";
  const title = `Share of the papers of each year: change per year ${whole(change)} %, 95 % interval ${whole(low)} to ${whole(high)} %. ${CAVEAT}`;
  return make("span", { className: rising ? "up" : "down", title }, `${rising ? "▲ rising" : "▼ fading"} ${whole(Math.abs(change))} % per year`);
}

const MIXED = { topic: "Its keywords seldom stand in the same papers", group: "Its fields cover less than half of its papers" };
const TENTATIVE = "Found again less well in random halves of its topic";

function node(kind, index, { name, color, keywords, fields, mixed, tentative, born, byHand, description, gone, shares, ...trend }, choose, topic) {
  const size = make("span", { className: "size" });
  const button = make("button", { type: "button", className: `node ${kind}` }, color ? dot(color) : make("i"), make("b", { dir: "auto" }, name), size);
  const said = name.split(SEPARATOR), where = topic?.split(SEPARATOR)[0]; // names are made of keywords
  const more = (keywords ?? []).filter(word => !said.includes(word) && word !== where).join(", ");
  const small = [where && `in ${where}`, more].filter(Boolean).join(": ");
  const inFields = fields?.length && fields.join() !== said.join() && make("span", { className: "fields" }, fields.join("; "));
  const doubtful = mixed ? make("span", { className: "warn", title: MIXED[kind] }, "mixed subjects")
    : tentative && make("span", { title: TENTATIVE }, "tentative");
  const opened = born && make("span", { className: "up born" }, "new topic");
  const edited = [gone && make("span", { className: "warn" }, gone), byHand && make("span", {}, BY_HAND), description && make("span", { dir: "auto" }, description)];
  const parts = [...edited, opened, doubtful, inFields, small].filter(Boolean);
  if (parts.length) button.append(make("small", { dir: "auto" }, ...parts));
  if (shares?.length > 1) button.append(sparkline(shares), trendWords(trend));
  button.addEventListener("click", event => choose(kind, index, addsTo(event)));
  button.addEventListener("keydown", event => { // Chromium makes no click of it
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault(); // Firefox would click as well
    choose(kind, index, true);
  });
  buttons[kind][index] = { button, size };
  return button;
}

function topicItem(t, choose) {
  const item = make("li", {}, node("topic", t, meta.topics[t], choose)), own = subtopicsOf(t);
  if (own.length) {
    const list = make("ul", { hidden: true });
    list.append(...own.map(s => make("li", {}, node("subtopic", s, meta.subtopics[s], choose))));
    item.append(list);
    buttons.topic[t].subtopics = list;
  }
  return item;
}

const subtopicsOf = t => meta.subtopics.flatMap((sub, s) => (sub.parent === t ? [s] : []));
const bySize = [...meta.topics.keys()].sort((a, b) => meta.topics[b].size - meta.topics[a].size);
export const topicsOf = g => bySize.filter(t => meta.topics[t].group === g);

// A search hides topics without papers that pass, unless their name or keywords have the words.
// `found`: which topics and subtopics have them.
export function fillTopics(order, counts, found, choose) {
  const all = [...bySize], size = t => (isFiltered() ? counts.byTopic[t] : meta.topics[t].size);
  const rise = entry => (entry.change ?? -Infinity) + (entry.trend === "rising" ? 1e6 : 0);
  const items = [];
  shownOrder = order;
  for (const kind in buttons) buttons[kind] = [];
  if (order === "subtopics") {
    const ordered = all.flatMap(subtopicsOf).sort((a, b) => rise(meta.subtopics[b]) - rise(meta.subtopics[a]));
    items.push(...ordered.map(s => {
      const sub = meta.subtopics[s], { name, color } = meta.topics[sub.parent];
      return make("li", {}, node("subtopic", s, { ...sub, color }, choose, name));
    }));
  } else if (order === "group") {
    meta.groups.forEach((group, g) => {
      const list = make("ul", {}, ...topicsOf(g).map(t => topicItem(t, choose)));
      items.push(make("li", {}, node("group", g, { name: group.name, mixed: group.mixed }, choose), list));
    });
  } else {
    const orders = { size: (a, b) => Number(found.topics[b] ?? 0) - Number(found.topics[a] ?? 0) || size(b) - size(a), rising: (a, b) => rise(meta.topics[b]) - rise(meta.topics[a]), name: (a, b) => meta.topics[a].name.localeCompare(meta.topics[b].name) };
    items.push(...all.sort(orders[order]).map(t => topicItem(t, choose)));
  }
  const years = meta.shareYears.length > 1 ? `Lines: share of the papers of each year, ${meta.shareYears[0]} to ${meta.shareYears.at(-1)}. ` : "";
  const note = make("p", { className: "note" }, `${years}▲▼ Change of that share per year. Filters do not change trends. ${CAVEAT}`);
  note.hidden = ![...meta.topics, ...meta.subtopics].some(entry => entry.trend);
  element("topics").replaceChildren(note, make("ul", {}, ...items));
  markTopics(counts, found);
}

// Show what is chosen, and how many papers pass the filters.
export function markTopics(counts, found) {
  const searched = Boolean(state.query.trim());
  const filtered = isFiltered();
  const mark = (entry, chosen, size, shown, named, hidden) => {
    if (!entry) return;
    entry.button.setAttribute("aria-pressed", String(chosen));
    entry.size.textContent = filtered ? `${number(shown)} of ${number(size)}` : number(size);
    entry.button.classList.toggle("none", filtered && shown === 0);
    entry.button.classList.toggle("found", named);
    entry.button.parentElement.hidden = hidden;
  };
  const rises = t => subtopicsOf(t).some(s => meta.subtopics[s].trend === "rising");
  const named = t => Boolean(found.topics[t]), partNamed = t => subtopicsOf(t).some(s => found.subtopics[s]);
  const hidden = t => searched && !counts.byTopic[t] && !named(t) && !partNamed(t) && !state.topics.has(t);
  meta.topics.forEach((topic, t) => {
    mark(buttons.topic[t], state.topics.has(t), topic.size, counts.byTopic[t], named(t), hidden(t));
    const list = buttons.topic[t]?.subtopics;
    const open = state.topics.has(t) || partNamed(t) || subtopicsOf(t).some(s => state.subtopics.has(s));
    if (list) list.hidden = !open && !(shownOrder === "rising" && rises(t));
  });
  meta.subtopics.forEach((sub, s) => {
    const chosen = state.subtopics.has(s), hit = Boolean(found.subtopics[s]), shown = counts.bySubtopic[s];
    const left = shownOrder !== "subtopics" || !searched || shown || hit || chosen;
    mark(buttons.subtopic[s], chosen, sub.size, shown, hit, !left);
  });
  meta.groups.forEach((group, g) => {
    const own = topicsOf(g), shown = own.reduce((sum, t) => sum + counts.byTopic[t], 0);
    mark(buttons.group[g], own.every(t => state.topics.has(t)), group.size, shown, false, own.every(hidden));
  });
}
