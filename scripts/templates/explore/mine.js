// The reader's own papers, from a file with ids, DOIs or titles: which of them are on the map, and what is near them.
import { meta } from "./data.js";
import { make, number, papersText } from "./elements.js";
import { nearestOf } from "./neighbors.js";
import { state } from "./state.js";
import { fold } from "./texts.js";

const NEARBY = 100; // papers near the reader's own
export const LINKED = 300; // papers that the address can hold
let known = null; // rows by id, DOI and title

const bare = text => fold(text).replace(/[^\p{L}\p{N}]/gu, "");
const plainId = text => text.toLowerCase().replace(/^(https?:\/\/)?(dx\.)?(doi\.org|arxiv\.org\/(abs|pdf))\//, "").replace(/^(arxiv|doi):/, "").replace(/\.pdf$/, "").replace(/^(\d{4}\.\d{4,5}|[a-z-]+(?:\.[a-z-]+)?\/\d{7})v\d+$/, "$1");

function rowsByKey(texts) {
  const rows = new Map();
  for (let i = texts.titles.n - 1; i >= 0; i--) {
    const title = bare(texts.titles.get(i)), doi = texts.dois.get(i);
    if (title.length > 11) rows.set(`title ${title}`, i);
    if (doi) rows.set(plainId(doi), i);
    rows.set(plainId(texts.ids.get(i)), i);
  }
  return rows;
}

// A number alone may be a year, a volume or a page. It is an id only alone on a line of a list, behind the name of an id, as the
// key of a BibTeX record, or in a column of ids.
const NUMBER = /^\d+$/;
const HEADING = /^(?:id|key|pmid|accession number|publication id|paper_?id|corpus_?id)$/i; // of a column
const NAMED = [
  /(?<![\p{L}\p{N}])(?:pmid|corpus_?id)["']?\s*[:=-]?\s*["'{]?(\d+)(?![\p{L}\p{N}])/giu, /pubmed(?:\.ncbi\.nlm\.nih\.gov)?\/(\d+)/gi,
  /"(?:id|paper_?id)"\s*:\s*"?(\d+)(?=["\s,}])/gi, // of JSON
  /^(?:(?:AN|ID) {1,2}-|PM|UT)\s+(\d+)\s*$/gm, // of RIS and Web of Science
  /^\s*@\w+\s*\{\s*p?(\d+)\s*,/gm, // of BibTeX; a key that this page writes begins with a letter
];
const RECORDS = /^(?:TY {1,2}- |PMID ?- |PT \S|\s*@\w+\s*\{)/m; // no list and no table

// The numbers that are ids in a text.
function numbersOf(text) {
  const named = NAMED.flatMap(pattern => Array.from(text.matchAll(pattern), match => match[1]));
  if (RECORDS.test(text)) return named;
  const lines = text.trim().split(/[\r\n]+/), list = lines.length > 1 ? lines : lines[0].split(/[\s,;]+/);
  const alone = list.map(line => line.trim().replace(/^["']+|["']+$/g, "")), numbers = alone.filter(line => NUMBER.test(line));
  const found = lines.length > 1 || numbers.length === list.length ? named.concat(numbers) : named;
  const separator = [",", ";", "\t"].reduce((best, sign) => (lines[0].split(sign).length > lines[0].split(best).length ? sign : best));
  let columns = null;
  for (const cells of rowsOf(text, separator)) {
    columns ??= [...cells.keys()].filter(k => HEADING.test(cells[k].trim()));
    if (!columns.length) break;
    for (const k of columns) found.push((cells[k] ?? "").trim().replace(/^'/, ""));
  }
  return found.filter(id => NUMBER.test(id));
}

// The rows of a CSV file; a cell in quotes may have separators and lines.
function* rowsOf(text, separator) {
  let row = [];
  for (const [, cell, end] of text.matchAll(new RegExp(`("(?:[^"]|"")*"|[^${separator}\\r\\n]*)(${separator}|\\r?\\n|\\r|$)`, "g"))) {
    row.push(cell.startsWith('"') ? cell.slice(1, -1).replaceAll('""', '"') : cell);
    if (end === separator) continue;
    yield row;
    row = [];
  }
}

// The rows of the papers that a text names: a list of ids, CSV, RIS, BibTeX, or JSON lines.
export function findMine(text, texts) {
  known ??= rowsByKey(texts);
  const found = new Set(), add = key => { if (known.has(key)) found.add(known.get(key)); };
  const addId = key => { if (!NUMBER.test(key)) add(key); };
  for (const line of text.replace(/\\([_%&#$])/g, "$1").split(/[\r\n]+/)) {
    for (const word of line.split(/[\s,;"'{}<>|]+/)) if (word) { addId(plainId(word)); addId(plainId(word.replace(/[.)\]]+$/, ""))); }
    addId(plainId(line.trim())); // an id may have spaces
    const cells = [line, ...line.split(/"\s*[,;:]\s*"|[,;]\s*"|"\s*[,;]|\t/), ...line.split(/[,;]/), line.replace(/^[A-Z][A-Z0-9]\s+-\s*|^\s*\w+\s*=\s*/, "")];
    for (const cell of cells) if (cell.length > 11) add(`title ${bare(cell)}`);
  }
  numbersOf(text).forEach(add);
  return [...found].sort((a, b) => a - b);
}

// How many records a text has, about.
function recordsIn(text) {
  for (const sign of [/^ER\s+-/gm, /^\s*@\w+\s*\{/gm]) if (sign.test(text)) return text.match(sign).length;
  return text.split(/[\r\n]+/).filter(line => line.trim()).length;
}

export function sayMine(text, rows) {
  const count = recordsIn(text), lines = `${number(count)} ${count === 1 ? "record or line" : "records or lines"}`;
  if (!rows.length) return `None of the ${lines} of the file is on this map. It finds papers by id, DOI or title.`;
  return `The file of ${lines} has ${papersText(rows.length)} of this map.${rows.length > LINKED ? ` The link holds at most ${LINKED}: hand on the file, too.` : ""}`;
}

// The papers that are among the nearest of the most papers of the reader, without these: rows, at most NEARBY.
export function nearMine(near, mine) {
  const own = new Set(mine), counts = new Map();
  for (const i of mine) for (const row of nearestOf(near, i)) if (!own.has(row)) counts.set(row, (counts.get(row) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1] || a[0] - b[0]).slice(0, NEARBY).map(([row]) => row);
}

// 1 for each paper that the choice of the reader lets through; null: all.
export function passingMine(texts, n) {
  if (!state.mine.length || !state.showMine || !texts) return null;
  const found = new Uint8Array(n);
  for (const i of state.showMine === "near" ? nearMine(texts.near, state.mine) : state.mine) found[i] = 1;
  return found;
}

// The part of the tab about the reader's papers. `on.mine(text)` takes a file, `on.show(what)` filters.
export function minePart(points, said, on) {
  const file = make("input", { type: "file", id: "mine-file", accept: ".txt,.csv,.tsv,.ris,.bib,.json,.jsonl,.nbib", onchange: async () => file.files[0] && on.mine(await file.files[0].text()) });
  const part = make("div", { id: "mine" }, make("label", {}, "My papers: a file with ids, DOIs or titles (CSV, RIS, BibTeX; it stays on this computer) ", file));
  const { mine } = state;
  const status = make("p", { className: "hint" }, said);
  status.setAttribute("role", "status");
  part.append(status);
  if (!mine.length) return part;
  const counts = new Map(), share = (count, all) => `${Math.round((100 * count) / all)}\u00a0%`;
  for (const i of mine) counts.set(points.topic[i], (counts.get(points.topic[i]) ?? 0) + 1);
  const rows = [...counts].filter(([t]) => meta.topics[t]).sort((a, b) => b[1] - a[1] || a[0] - b[0])
    .map(([t, count]) => make("tr", {}, make("td", { dir: "auto" }, meta.topics[t].name), make("td", {}, number(count)), make("td", {}, share(count, mine.length)), make("td", {}, share(meta.topics[t].size, meta.topics.reduce((sum, topic) => sum + topic.size, 0)))));
  const head = make("tr", {}, ...["topic", "mine", "of mine", "of all"].map(text => make("th", { scope: "col" }, text)));
  const show = make("select", { id: "mine-show", onchange: () => on.show(show.value) }, ...Object.entries({ "": "all papers", mine: "my papers", near: "papers near mine that are not among them" }).map(([value, text]) => make("option", { value }, text)));
  show.value = state.showMine;
  part.append(make("label", {}, "Show ", show), make("table", {}, make("thead", {}, head), make("tbody", {}, ...rows)),
    make("button", { type: "button", id: "mine-clear", textContent: "Forget my papers", onclick: () => on.mine("") }));
  return part;
}
