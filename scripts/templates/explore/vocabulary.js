// The terms of the search: which of them a query has, whatever their spelling.
import { fold } from "./texts.js";

// As in lib/words/spelling.py. Both sides are changed in the same way, so that a rule may make nonsense of a word.
const IRREGULAR = { matrices: "matrix", vertices: "vertex", indices: "index", vortices: "vortex", spectra: "spectrum", phenomena: "phenomenon", criteria: "criterion", nuclei: "nucleus", analyses: "analysis", hypotheses: "hypothesis", formulae: "formula", supernovae: "supernova", novae: "nova", quanta: "quantum", bacteria: "bacterium" };
const BRITISH = /is(?:e|i|a)|ys(?:e|i)|our|[tb]re$|ll(?:e|i)|ogue$|ence$|sulph|aluminium|grey|aem/;
const AMERICAN = [
  [/is(e[sdr]?|ing|ation|able|er)$/, "iz$1"], [/ys(e[sdr]?|ing|er)$/, "yz$1"], [/(\w{3})our(s|ed|ing|al|ally|able|ism|istic|less|hood)?$/, "$1or$2"],
  [/(cent|fib|calib|lit|met|theat|spect|lust)re$/, "$1er"], [/(\w{3})ll(ed|ing|er|ers)$/, "$1l$2"], [/(\w\w)ogue$/, "$1og"], [/(\w\w)ence$/, "$1ense"],
  [/^sulph/, "sulf"], [/^aluminium$/, "aluminum"], [/^grey/, "gray"], [/^haemo/, "hemo"], [/(\w)aemi/, "$1emi"],
];
const LONGEST = 4; // words of a term, if a word with a hyphen counts as two
const FEWEST = 4, MOST = 3; // signs of a part of a word; words that a beginning stands for

function singular(word) {
  if (Object.hasOwn(IRREGULAR, word)) return IRREGULAR[word];
  if (word.endsWith("ies") && word.length > 4) return `${word.slice(0, -3)}y`;
  if (/(sses|xes|ches|shes)$/.test(word)) return word.slice(0, -2);
  return word.endsWith("s") && !/(ss|us|is)$/.test(word) && word.length > 3 ? word.slice(0, -1) : word;
}

// What all spellings of a folded word have in common.
function plain(word) {
  const bare = singular(word.replace(/['’]/g, ""));
  if (!BRITISH.test(bare)) return bare;
  for (const [ending, other] of AMERICAN) {
    const changed = bare.replace(ending, other);
    if (changed !== bare) return changed;
  }
  return bare;
}

const wordsIn = text => text.split(/[^\p{L}\p{M}\p{N}'’]+/u).filter(Boolean);

// How many signs must be added, left out, changed or swapped to make one word of the other; more than `most` counts as Infinity.
function distance(one, other, most) {
  if (Math.abs(one.length - other.length) > most) return Infinity;
  let before = null, last = Array.from({ length: other.length + 1 }, (_, j) => j);
  for (let i = 1; i <= one.length; i++) {
    const row = [i];
    for (let j = 1; j <= other.length; j++) {
      const same = one[i - 1] === other[j - 1];
      row[j] = Math.min(last[j] + 1, row[j - 1] + 1, last[j - 1] + !same);
      if (i > 1 && j > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1]) row[j] = Math.min(row[j], before[j - 2] + 1);
    }
    if (Math.min(...row) > most) return Infinity;
    [before, last] = [last, row];
  }
  return last[other.length] <= most ? last[other.length] : Infinity;
}

export class Vocabulary {
  // `names`: the terms, the most frequent first
  constructor(names) {
    this.names = names;
    this.rows = new Map();
    this.words = []; // of terms of one word: row and spelling
    names.forEach((name, t) => {
      const words = wordsIn(fold(name)), key = words.map(plain).join("");
      if (!this.rows.has(key)) this.rows.set(key, t); // terms of the same key: the most frequent
      if (words.length === 1) this.words.push([t, words[0]]);
    });
  }
  // The terms in some words: their rows, and which words stand in one.
  read(words) {
    const keys = words.map(plain), terms = new Set(), covered = new Uint8Array(words.length);
    for (let i = 0; i < words.length; i++) {
      let key = "";
      for (let end = i; end < Math.min(words.length, i + LONGEST); end++) {
        const row = this.rows.get(key += keys[end]);
        if (row === undefined) continue;
        terms.add(row);
        covered.fill(1, i, end + 1);
      }
    }
    return { terms: [...terms], covered };
  }
  // The most frequent words that begin with a folded text.
  begun(text) {
    return this.words.filter(([, word]) => word.startsWith(text)).slice(0, MOST).map(([row]) => row);
  }
  // The word that differs least from a folded one, of equal ones the most frequent; -1 if none is close.
  nearest(text) {
    let least = text.length < 4 ? 0 : text.length < 8 ? 1 : 2, best = -1;
    for (const [row, word] of this.words) {
      const far = distance(text, word, best < 0 ? least : least - 1);
      if (far < Infinity && far > 0) [least, best] = [far, row];
      if (best >= 0 && least === 1) break;
    }
    return best;
  }
  // The terms that a folded word is made of: two, or else the longest at one end that has half of its signs.
  parts(text) {
    const n = text.length, row = (from, to) => this.rows.get(plain(text.slice(from, to)));
    let one = null;
    for (let at = n - FEWEST; at >= FEWEST; at--) {
      const first = row(0, at), second = row(at, n);
      if (first !== undefined && second !== undefined) return [first, second];
      if (first !== undefined && at * 2 >= n) one ??= [first];
    }
    for (let at = 1; at * 2 <= n && at <= n - FEWEST && !one; at++) if (row(at, n) !== undefined) one = [row(at, n)];
    return one ?? [];
  }
}
