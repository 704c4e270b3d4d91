// The data of the page: JSON, and arrays and texts as deflated base64, each in a block of its own.

export const meta = JSON.parse(document.getElementById("meta").textContent);

function bytesOf(base64) {
  if (Uint8Array.fromBase64) return Uint8Array.fromBase64(base64); // browsers of 2025 and later
  const packed = atob(base64), bytes = new Uint8Array(packed.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = packed.charCodeAt(i);
  return bytes;
}

async function inflate(name) {
  const element = document.getElementById(`data-${name}`);
  const bytes = bytesOf(element.textContent.trim());
  element.remove(); // the text is not needed twice in memory
  const stream = new DecompressionStream("deflate"), writer = stream.writable.getWriter();
  writer.write(bytes);
  writer.close();
  return new Response(stream.readable).arrayBuffer();
}

// One entry per paper. Papers are sorted by the cell of a grid, row by row, so that the papers of
// neighboring cells of a row are a range.
export async function loadPoints() {
  const names = ["xy", "topic", "subtopic", "second", "category", "year", "similarity", "outlier", "nearer", "share", "others", "otherShares"];
  if (meta.former) names.push("added", "was"); // the map follows an earlier one
  const buffers = await Promise.all(names.map(inflate));
  const bytes = new Set(["similarity", "outlier", "nearer", "share", "otherShares", "added"]);
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

// Many texts in one string, one per line.
class Lines {
  constructor(text) {
    this.text = text;
    const starts = [0];
    for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
    starts.push(text.length + 1);
    this.starts = Uint32Array.from(starts);
  }
  get(i) { return this.text.slice(this.starts[i], this.starts[i + 1] - 1); }
  get folded() { return this.search ??= new Lines(fold(this.text)); }
  // Sets found[i] to 1 for each line in which a word begins with the given one, which is folded. A plural
  // finds its singular too.
  mark(word, found) {
    const { text, starts } = this.folded, plural = /[a-z]{2}[a-rt-z]s$/.test(word), stem = plural ? word.slice(0, -1) : word;
    for (let at = text.indexOf(stem), line = 0; at >= 0;) {
      const end = text[at + stem.length] ?? "";
      if (LETTER.test(text[at - 1] ?? "") || (plural && end !== "s" && LETTER.test(end))) {
        at = text.indexOf(stem, at + 1);
        continue;
      }
      while (starts[line + 1] <= at) line++;
      found[line] = 1;
      at = text.indexOf(stem, starts[line + 1]);
    }
  }
  indexOf(line) {
    const at = `\n${this.text}\n`.indexOf(`\n${line}\n`);
    if (at < 0) return -1;
    let low = 0, high = this.starts.length - 1;
    while (low < high - 1) {
      const middle = (low + high) >> 1;
      if (this.starts[middle] <= at) low = middle; else high = middle;
    }
    return low;
  }
}

// Of the scripts that put spaces between words.
const LETTER = /[\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}\p{N}]/u;

// Without case and accents, and with a space for a hyphen.
function fold(text) {
  const low = text.toLowerCase().replace(/[-\u2010-\u2013]/g, " ");
  return /^[\0-\x7f]*$/.test(low) ? low : low.normalize("NFD").replace(/\p{M}+/gu, "");
}

export async function loadTexts() {
  const decode = async name => new Lines(new TextDecoder().decode(await inflate(name)));
  const [titles, ids] = await Promise.all([decode("titles"), decode("ids")]);
  return { titles, ids };
}

// Which lines have every word of the query in one of the columns ("two words" in quotes are one); null
// if the query is empty.
export function matching(columns, query) {
  const words = (query.match(/"[^"]+"|\S+/g) || []).map(word => fold(word.replaceAll('"', "")).trim()).filter(Boolean);
  if (!words.length) return null;
  const n = columns[0].starts.length - 1, all = new Uint8Array(n).fill(1), found = new Uint8Array(n);
  for (const word of words) {
    found.fill(0);
    for (const column of columns) column.mark(word, found);
    for (let i = 0; i < n; i++) all[i] &= found[i];
  }
  return all;
}

const described = nodes => [new Lines(nodes.map(node => [node.name, ...node.fields, ...node.keywords].join(" ")).join("\n"))];
const subtopicTexts = described(meta.subtopics);
let topicTexts = described(meta.topics);

// Names of topics have changed.
export function indexTopics() { topicTexts = described(meta.topics); }

// Which topics and subtopics have every word of the query in their name, fields or keywords.
export function matchingTopics(query) {
  return { topics: matching(topicTexts, query) ?? [], subtopics: matching(subtopicTexts, query) ?? [] };
}
