// The size of the point of each paper by a facet with numbers.
import { number } from "./elements.js";

export const LARGEST = 3; // times the radius of a point without a size
const SMALLEST = 0.6, SIZES = 6;
let most = null, levels = null; // found once: each change of the page asks for them

// The most citations that a paper has. Numbers are one more than the citations: 1 is a paper that is not cited.
const mostCited = texts => most ??= texts.cited.reduce((high, value) => Math.max(high, value), 1) - 1;

export const hasCitations = texts => mostCited(texts) > 0;

// A level from 0 to SIZES - 1 for each paper, by the logarithm of its citations; papers without have the smallest.
export function levelsBy(texts) {
  const level = citations => Math.round(((SIZES - 1) * Math.log1p(citations)) / Math.log1p(mostCited(texts)));
  return levels ??= Uint8Array.from(texts.cited, value => level(Math.max(0, value - 1)));
}

// How many times the usual radius the point of a level has. Without levels: once.
export const factorOf = level => SMALLEST + ((LARGEST - SMALLEST) * level) / (SIZES - 1);

export const levelsDown = Array.from({ length: SIZES }, (_, k) => SIZES - 1 - k);

export const sizeLegend = texts => `Size: citations, 0 to ${number(mostCited(texts))}`;
