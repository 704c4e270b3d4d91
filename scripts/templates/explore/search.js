// Finds papers by the words in their titles and by meaning: a query is the sum of the vectors of its terms.
import { meta } from "./data.js";
import { firstRows } from "./filter.js";
import { needed, parse } from "./query.js";
import { Lines } from "./texts.js";
import { Vocabulary } from "./vocabulary.js";

const NEAR = 100; // papers that are found by meaning alone, but at most a twentieth of all, or
const FEW = 10; // if that is more
const WORDS = 0.5; // what all words of a query in a title count beside the cosine, which is at most 1
const IN_ABSTRACT = 0.5; // of what a word in the title counts, if it is in the abstract alone
const FULL = 1000; // papers that say what an unknown word means
const SAYING = /\p{L}/u; // a word without letters has no meaning

// What a query means: the sum of vectors.
class Meaning {
  constructor(space, n) {
    Object.assign(this, { space, n, size: space.papers.length / n, vector: new Float32Array(space.papers.length / n), any: false });
  }
  // Add the mean of some columns of numbers, which are in steps.
  add(numbers, columns, weight, step = meta.search.termStep) {
    const width = numbers.length / this.size;
    for (let d = 0; d < this.size; d++) {
      let sum = 0;
      for (const column of columns) sum += numbers[d * width + column];
      this.vector[d] += (weight * sum * step) / columns.length;
    }
    this.any = true;
  }
  length() { return Math.hypot(...this.vector); }
  // The cosine to each paper.
  cosines() {
    const { n } = this, { papers } = this.space, out = new Float32Array(n), length = this.length();
    if (!length) return out;
    for (let d = 0; d < this.size; d++) {
      const weight = (this.vector[d] / length) * meta.search.paperStep, start = d * n;
      for (let i = 0; i < n; i++) out[i] += weight * papers[start + i];
    }
    return out;
  }
}

export class Search {
  // `space`: as `loadSpace` returns it; null: words alone. Without `texts.abstracts` words count in titles alone.
  constructor(texts, space) {
    Object.assign(this, { ...texts, space, n: texts.titles.n });
    this.vocabulary = space && new Vocabulary(space.names);
  }
  // Do what the first query would wait for.
  warm() { return this.titles.folded && this.ids.folded && this.authors.folded && this.abstracts?.folded; }
  // What a query finds, or null if it asks for nothing. `passes`: 1 for each paper that is found; `rank`: higher for better
  // ones, 0 to 65535; `all`: 1 for those with all words; `words`, `asked`, `near`: how many are found by words, how many more
  // by their id, and how many more by meaning; `known`: terms of the query; `read`: unknown words, as what they were read;
  // `unknown`, `missing`: words and ids that stand for nothing here.
  find(query) {
    const asked = parse(query), { tokens, without, like } = asked, { n } = this;
    if (!tokens.length && !without.length && !like.length) return null;
    const result = { passes: new Uint8Array(n), rank: new Uint16Array(n), all: null, words: 0, asked: 0, near: 0, known: [], read: [], unknown: [], missing: [] };
    const allowed = new Uint8Array(n).fill(1), wanted = needed(asked).map(token => ({ ...token, found: this.lines(token.text) }));
    for (const text of without) {
      const found = this.titles.marked(text, true);
      for (let i = 0; i < n; i++) allowed[i] &= 1 - found[i];
    }
    const all = result.all = tokens.length || !like.length ? withAll(wanted, allowed) : new Uint8Array(n);
    const phrases = withAll(wanted.filter(token => token.phrase), allowed);
    const meaning = this.space && this.meaning(asked, result), score = meaning ? meaning.cosines() : new Float32Array(n);
    const closest = new Uint8Array(n);
    if (meaning) for (let i = 0; i < n; i++) closest[i] = phrases[i] && !all[i] && score[i] > 0 ? 1 : 0;
    this.addShares(wanted, score);
    for (let i = 0; i < n; i++) {
      const share = (score[i] + all[i] + 1) / (3 + WORDS); // the score is from -1 to 2 + WORDS, up to rounding
      result.rank[i] = share <= 0 ? 0 : share >= 1 ? 65535 : share * 65535;
      result.words += result.passes[i] = all[i];
    }
    for (const id of like) { // a paper is near to itself
      const row = this.ids.indexOf(id);
      if (row < 0 || !closest[row]) continue;
      closest[row] = 0;
      result.passes[row] = 1;
      result.asked++;
    }
    const near = meaning ? firstRows(closest, result.rank, true, Math.min(NEAR, Math.max(FEW, Math.ceil(n / 20)))) : [];
    for (const i of near) result.passes[i] = 1;
    result.near = near.length;
    return result;
  }
  // Which papers have a text in the title, the id or the authors.
  lines(text) {
    const titles = this.titles.marked(text), ids = this.ids.marked(text), authors = this.authors.marked(text), found = new Uint8Array(this.n);
    for (let i = 0; i < this.n; i++) found[i] = titles[i] | ids[i] | authors[i];
    return found;
  }
  // Add to a score the share of the words that each paper has, rare ones counting more.
  addShares(tokens, score) {
    const abstracts = tokens.map(({ text }) => this.abstracts?.marked(text)), { n } = this;
    const weights = tokens.map(({ found }, k) => {
      let some = 0;
      for (let i = 0; i < n; i++) some += found[i] | (abstracts[k]?.[i] ?? 0);
      return some ? Math.log((n + 1) / some) : 0;
    });
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    tokens.forEach(({ found }, k) => {
      const weight = WORDS * (weights[k] / total), less = IN_ABSTRACT * weight, also = abstracts[k];
      if (weight) for (let i = 0; i < n; i++) score[i] += found[i] ? weight : also?.[i] ? less : 0;
    });
  }
  // The meaning of a query, or null if nothing in it is known; notes in the result what was known.
  meaning(asked, result) {
    const meaning = new Meaning(this.space, this.n), { terms, covered } = this.vocabulary.read(asked.words.map(({ word }) => word));
    for (const t of terms) meaning.add(this.space.terms, [t], this.weight(t));
    result.known = terms.map(t => this.space.names[t]);
    asked.words.forEach(({ word, at, empty }, i) => {
      if (!covered[i] && !empty && SAYING.test(word)) this.guess(word, asked.tokens[at], meaning, result);
    });
    const weight = meaning.length() || 1;
    for (const id of asked.like) {
      const row = this.ids.indexOf(id);
      if (row < 0) result.missing.push(id); else meaning.add(this.space.papers, [row], weight, meta.search.paperStep);
    }
    return meaning.any ? meaning : null;
  }
  weight(term) { return Math.log((meta.search.papers + 1) / this.space.counts[term]); }
  // What a word that is no term may mean: what the papers with it in the title are about, or else those with it in the abstract,
  // words that begin with it, a word that is spelled alike, or its parts.
  guess(word, token, meaning, result) {
    const rows = [];
    for (const found of [this.lines(word), this.abstracts?.marked(word) ?? []]) {
      for (let i = 0; i < found.length && rows.length < FULL; i++) if (found[i]) rows.push(i);
      if (rows.length) break;
    }
    if (rows.length) {
      meaning.add(this.space.papers, rows, Math.log((this.n + 1) / rows.length), meta.search.paperStep);
      result.known.push(word);
      return;
    }
    const long = word.length > 2, begun = long ? this.vocabulary.begun(word) : [];
    const alike = begun.length ? -1 : this.vocabulary.nearest(word);
    const terms = begun.length ? begun : alike >= 0 ? [alike] : long ? this.vocabulary.parts(word) : [];
    if (!terms.length) return void result.unknown.push(word);
    for (const t of terms) meaning.add(this.space.terms, [t], this.weight(t) / terms.length);
    result.read.push({ word, token, as: terms.map(t => this.space.names[t]), spelling: alike >= 0 });
  }
}

// Which papers have all of some tokens.
function withAll(tokens, allowed) {
  const all = allowed.slice();
  for (const { found } of tokens) for (let i = 0; i < all.length; i++) all[i] &= found[i];
  return all;
}

const described = nodes => new Lines(nodes.map(node => [node.name, ...node.fields, ...node.keywords].join(" ")).join("\n"));
const subtopicTexts = described(meta.subtopics);
let topicTexts = described(meta.topics);

// Names of topics have changed.
export function indexTopics() { topicTexts = described(meta.topics); }

// Which topics and subtopics have every word of the query in their name, fields or keywords.
export function matchingTopics(query) {
  const asked = parse(query), wanted = asked.tokens.length ? needed(asked) : [];
  const matching = lines => wanted.reduce((all, { text }) => all.map((on, i) => on & lines.marked(text)[i]), new Uint8Array(lines.n).fill(wanted.length ? 1 : 0));
  return { topics: matching(topicTexts), subtopics: matching(subtopicTexts) };
}
