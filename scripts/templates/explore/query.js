// What a query asks for: words, "phrases in quotes", -words that are left out, and like:ID.
import { fold } from "./texts.js";

const PART = /(-?)(like:)?("[^"]*"|\S+)/g;
const MARKS = /^[([{]+(?=.*[\p{L}\p{N}])|(?<=[\p{L}\p{N}].*)[?!.,;:)\]}]+$/gu; // around a word of a sentence
// They say nothing of the subject: a search does not need them in a title.
const EMPTY = new Set("a about an and any are as at be between by can could did do does for from has have how i in into is it its many may me more most much my not of on or other our should so some such than that the their then there these they this to us was we were what when where which who why will with would you your".split(" "));

// `tokens`: what a title should have, folded, with where it was written. `words`: the words of the tokens, of which `at` is
// the number of the token. `without`: folded. `like`: ids.
export function parse(query) {
  const asked = { tokens: [], words: [], without: [], like: [] };
  for (const { 0: whole, 1: minus, 2: like, 3: body, index } of query.matchAll(PART)) {
    const bare = body.replaceAll('"', ""), text = fold(bare.replace(MARKS, "")).trim().replace(/\s+/g, " ");
    if (like && bare) asked.like.push(bare);
    else if (!text) continue;
    else if (minus) asked.without.push(text);
    else {
      const at = asked.tokens.push({ text, phrase: /^".*"$/.test(body), from: index, to: index + whole.length }) - 1;
      asked.words.push(...text.split(" ").map(word => ({ word, at, empty: EMPTY.has(word) })));
    }
  }
  return asked;
}

// The tokens that a title must have: all but empty words, unless there are no others.
export function needed({ tokens }) {
  const telling = tokens.filter(({ text, phrase }) => phrase || !EMPTY.has(text));
  return telling.length ? telling : tokens;
}
