// The data of the page: JSON, and arrays and texts as deflated base64, each in a block of its own.

import { Lines } from "./texts.js";

export const meta = JSON.parse(document.getElementById("meta").textContent);

function bytesOf(base64) {
  if (Uint8Array.fromBase64) return Uint8Array.fromBase64(base64); // browsers of 2025 and later
  const packed = atob(base64), bytes = new Uint8Array(packed.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = packed.charCodeAt(i);
  return bytes;
}

const parsed = new Promise(resolve => { if (document.readyState === "loading") addEventListener("DOMContentLoaded", resolve); else resolve(); });

async function inflate(name) {
  const element = document.getElementById(`data-${name}`);
  const bytes = bytesOf(element.textContent.trim());
  element.remove(); // the text is not needed twice in memory
  const stream = new DecompressionStream("deflate"), writer = stream.writable.getWriter();
  writer.write(bytes);
  writer.close();
  return readAll(stream.readable.getReader());
}

// All bytes of a stream. `Response` would do the same in a later task, after which the parser of the page goes on first.
async function readAll(reader) {
  const parts = [];
  for (let part = await reader.read(); !part.done; part = await reader.read()) parts.push(part.value);
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes.buffer;
}

// One entry per paper. Papers are sorted by the cell of a grid, row by row, so that the papers of
// neighboring cells of a row are a range.
export async function loadPoints() {
  const names = ["xy", "topic", "subtopic", "second", "category", "year", "similarity", "outlier", "nearer", "fit", "share", "others", "otherShares", "kept"];
  if (meta.former) names.push("added", "was"); // the map follows an earlier one
  const buffers = await Promise.all(names.map(inflate));
  const bytes = new Set(["similarity", "outlier", "nearer", "fit", "share", "otherShares", "kept", "added"]);
  const points = Object.fromEntries(names.map((name, i) => [name, new (bytes.has(name) ? Uint8Array : Uint16Array)(buffers[i])]));
  points.n = points.topic.length;
  points.added ??= new Uint8Array(points.n);
  points.starts = cellStarts(points.xy, points.n);
  return points;
}

// The first paper of each cell, and the number of papers at the end.
function cellStarts(xy, n) {
  const side = meta.grid, starts = new Uint32Array(side * side + 1);
  for (let i = 0; i < n; i++) starts[1 + cellOf(xy[2 * i + 1], side) * side + cellOf(xy[2 * i], side)]++;
  for (let c = 0; c < side * side; c++) starts[c + 1] += starts[c];
  return starts;
}

const cellOf = (code, side) => Math.floor((code * side) / 65536);

// Calls visit(first, end) for the papers of the cells that a box touches. Corners go from 0 to 1.
export function eachRange(points, x0, y0, x1, y1, visit) {
  const side = meta.grid, limit = value => Math.max(0, Math.min(side - 1, Math.floor(value * side)));
  if (x1 < 0 || y1 < 0 || x0 > 1 || y0 > 1) return;
  const left = limit(x0), right = limit(x1), top = limit(y1);
  let first = -1, end = -1;
  for (let row = limit(y0); row <= top; row++) {
    const from = points.starts[row * side + left], to = points.starts[row * side + right + 1];
    if (from === to) continue;
    if (from !== end) {
      if (first >= 0) visit(first, end);
      first = from;
    }
    end = to;
  }
  if (first >= 0) visit(first, end);
}

// The texts and the search stand behind the script, so that the first picture does not wait for them.
export async function loadTexts() {
  await parsed;
  const decode = async name => new Lines(new TextDecoder().decode(await inflate(name)));
  const texts = Object.fromEntries(await Promise.all(["titles", "ids", "authors", "journals", "dois"].map(async name => [name, await decode(name)])));
  const [near, days, cited] = await Promise.all(["near", "days", "cited"].map(inflate));
  return { ...texts, near: new Uint32Array(near), days: new Int32Array(days), cited: new Uint32Array(cited) }; // `near`: the rows of the nearest papers of each paper
}

// Of a page with few papers; null if it has none.
export async function loadAbstracts() {
  const lines = new Lines(new TextDecoder().decode(await inflate("abstracts")));
  return lines.text ? lines : null;
}

// The space of the search: for each component the numbers of all papers, then of all terms; null if the page has none.
export async function loadSpace() {
  if (!meta.search) return null;
  const [papers, terms, counts, titles, names] = await Promise.all(["space", "termSpace", "termPapers", "termTitles", "terms"].map(inflate));
  const text = new TextDecoder().decode(names);
  return { papers: new Int8Array(papers), terms: new Int8Array(terms), counts: new Uint32Array(counts), titles: new Uint32Array(titles), names: text ? text.split("\n") : [] };
}
