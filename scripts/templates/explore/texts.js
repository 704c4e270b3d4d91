// Many texts in one string, in which words are found.

// Of the scripts that put spaces between words.
export const LETTER = /[\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}\p{N}]/u;
const KEPT = 60; // words whose lines are remembered: a query is typed one sign after another

// Without case and accents, and with a space for a hyphen.
export function fold(text) {
  const low = text.toLowerCase().replace(/[-\u2010-\u2013]/g, " ");
  return /^[\0-\x7f]*$/.test(low) ? low : low.normalize("NFD").replace(/\p{M}+/gu, "");
}

// One text per line.
export class Lines {
  constructor(text) {
    this.text = text;
    const starts = [0];
    for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
    starts.push(text.length + 1);
    this.starts = Uint32Array.from(starts);
    this.n = starts.length - 1;
    this.known = new Map();
  }
  get(i) { return this.text.slice(this.starts[i], this.starts[i + 1] - 1); }
  get folded() { return this.search ??= new Lines(fold(this.text)); }
  // Sets found[i] to 1 for each line in which a word begins with the given one, which is folded, or with `whole` is
  // the given one. A plural finds its singular too, and a whole word its plural.
  mark(word, found, whole = false) {
    const { text, starts } = this.folded, plural = /[a-z]{2}[a-rt-z]s$/.test(word), stem = plural ? word.slice(0, -1) : word;
    for (let at = text.indexOf(stem), line = 0; at >= 0;) {
      const end = at + stem.length, ending = text[end] === "s";
      const other = whole ? LETTER.test(text[end + ending] ?? "") : plural && !ending && LETTER.test(text[end] ?? "");
      if (other || LETTER.test(text[at - 1] ?? "")) {
        at = text.indexOf(stem, at + 1);
        continue;
      }
      while (starts[line + 1] <= at) line++;
      found[line] = 1;
      at = text.indexOf(stem, starts[line + 1]);
    }
  }
  // The same as an array that is remembered, and must not be changed.
  marked(word, whole = false) {
    const key = `${whole} ${word}`, found = this.known.get(key) ?? new Uint8Array(this.n);
    if (!this.known.delete(key)) this.mark(word, found, whole);
    this.known.set(key, found); // the word that was asked for last comes last
    if (this.known.size > KEPT) this.known.delete(this.known.keys().next().value);
    return found;
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
