// The tab about the papers that pass: what they are about, downloads, and the link to them.
import { fileName } from "./area.js";
import { meta } from "./data.js";
import { element, make, number, papersText } from "./elements.js";
import { FORMATS } from "./exports.js";
import { minePart } from "./mine.js";
import { address } from "./paper.js";
import { isFiltered, state, writeAddress } from "./state.js";

const TITLES = 3000; // that the keywords are counted in, evenly spread
const MOST_WORDS = 8, MOST_TOPICS = 5;
const UNDATED = -(2 ** 31);

// All that the page knows of a paper.
export function recordOf(points, texts, i) {
  const category = meta.categories[points.category[i] - 1], day = texts.days[i], authors = texts.authors.get(i);
  return {
    id: texts.ids.get(i), title: texts.titles.get(i), authors: authors ? authors.split("; ") : [], year: points.year[i] || null,
    day: day === UNDATED ? null : new Date(day * 864e5).toISOString().slice(0, 10), category, topic: meta.topics[points.topic[i]]?.name,
    subtopic: meta.subtopics[points.subtopic[i]]?.name, journal: texts.journals.get(i), doi: texts.dois.get(i), url: address(texts.ids.get(i)),
    abstract: texts.abstracts?.get(i),
  };
}

// The terms that are more frequent in the titles than in those of all papers, best first.
function keywordsOf(texts, search, rows) {
  if (!search?.space || !rows.length) return [];
  const { vocabulary, space } = search, counts = new Map(), step = Math.max(1, rows.length / TITLES);
  let read = 0;
  for (let at = 0; at < rows.length; at += step, read++) {
    const words = texts.titles.folded.get(rows[Math.floor(at)]).split(/[^\p{L}\p{M}\p{N}'’]+/u).filter(Boolean);
    for (const term of vocabulary.read(words).terms) counts.set(term, (counts.get(term) ?? 0) + 1);
  }
  const least = Math.min(2, read), score = ([term, count]) => count * Math.log((count * meta.search.papers) / (read * (space.titles[term] + 1)));
  const best = [...counts].filter(entry => entry[1] >= least && score(entry) > 0).sort((a, b) => score(b) - score(a) || a[0] - b[0]), chosen = [];
  for (const [term] of best) {
    const name = space.names[term], repeats = other => ` ${other} `.includes(` ${name} `) || ` ${name} `.includes(` ${other} `);
    if (!chosen.some(repeats)) chosen.push(name);
    if (chosen.length === MOST_WORDS) break;
  }
  return chosen;
}

// The most frequent values: [value, count], most first.
function frequent(values, most) {
  const counts = new Map();
  for (const value of values) if (value) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).slice(0, most);
}

function save(format, records) {
  const [ending, kind, write] = FORMATS[format], url = URL.createObjectURL(new Blob([write(records)], { type: kind }));
  make("a", { href: url, download: `papers.${ending}` }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10000);
}

const line = (name, text) => (text ? [make("dt", {}, name), make("dd", { dir: "auto" }, text)] : []);

// Fill the tab. `rows`: the papers that pass; `saidMine`: of the file with the reader's papers. `on.clearArea()` ends the area;
// `on.mine` and `on.show` as of `minePart`.
export function fillSelection(points, texts, search, rows, saidMine, on) {
  const years = Uint16Array.from(rows, i => points.year[i]).filter(Boolean).sort(), shares = values => values.map(([value, count]) => `${value} (${number(count)})`).join(", ");
  const facts = make("dl", {},
    ...line("Keywords", keywordsOf(texts, search, rows).join(" · ")),
    ...line("Years", years.length ? `${years[0]}–${years.at(-1)}, median ${years[years.length >> 1]}` : ""),
    ...line("Categories", shares(frequent(rows.map(i => meta.categories[points.category[i] - 1]), MOST_WORDS))),
    ...line("Topics", shares(frequent(rows.map(i => meta.topics[points.topic[i]]?.name), MOST_TOPICS))));
  const records = () => rows.map(i => recordOf(points, texts, i)), said = make("p", { className: "hint" });
  said.setAttribute("role", "status");
  const buttons = Object.keys(FORMATS).filter(format => format !== "JSON lines" || texts.abstracts).map(format => make("button", {
    type: "button", textContent: format, disabled: !rows.length,
    onclick: () => { save(format, records()); said.textContent = `${papersText(rows.length)} in papers.${FORMATS[format][0]}`; },
  }));
  const hint = texts.abstracts ? "make run INPUT=papers.jsonl maps them alone, from the JSON lines." : "This page has no abstracts, so that it cannot write JSON lines for another run.";
  const copy = make("button", { type: "button", id: "copy-link", textContent: "Copy link", onclick: () => {
    writeAddress();
    const link = make("input", { value: fileName() + location.hash, readOnly: true, id: "link" });
    link.setAttribute("aria-label", "Link to what the page shows");
    said.replaceChildren(link);
    link.select();
    const copied = document.execCommand("copy"); // a page of a disk may not use navigator.clipboard everywhere
    said.append(`${copied ? "Copied" : "Press Ctrl+C to copy it"}; whoever has this file can open it with the part from # on.`);
  } });
  const clear = state.area.length ? [make("button", { type: "button", id: "clear-area", textContent: "End the drawn selection", onclick: on.clearArea })] : [];
  const head = isFiltered() ? `${papersText(rows.length)} of ${number(points.n)} are selected.` : `All ${papersText(points.n)}: search, filter, or draw on the map with Shift to select some.`;
  element("selection").replaceChildren(make("p", {}, head), facts, make("div", { className: "row downloads" }, make("span", {}, "Download"), ...buttons), make("div", { className: "row" }, copy, ...clear), said, make("p", { className: "hint" }, hint), minePart(points, saidMine, on));
}
