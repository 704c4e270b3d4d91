// A facet with few frequent values, by which papers are colored: the category or the journal.
import { meta } from "./data.js";

const SHOWN_CLASSES = 9;
// "Muted" of Paul Tol (2021), which people with and without color blindness tell apart.
export const CLASS_COLORS = ["#332288", "#88ccee", "#44aa99", "#117733", "#999933", "#ddcc77", "#cc6677", "#882255", "#aa4499"];
const madeClasses = new Map();

export const categoryText = c => [meta.categories[c], meta.categoryNames[c]].filter(Boolean).join(" ");

const valuesOf = {
  category: points => Array.from(points.category, c => (c ? categoryText(c - 1) : "")),
  journal: (points, texts) => Array.from({ length: points.n }, (_, i) => texts.journals.get(i)),
};
export const isClass = by => Object.hasOwn(valuesOf, by);

// The most frequent values: `names` and `counts`, most first, and `of`: the place of that of each paper, counted from 1, 0 for
// others. Null as long as the texts are not here.
export function classesOf(points, texts, by) {
  if (by !== "category" && !texts) return null;
  if (madeClasses.has(by)) return madeClasses.get(by);
  const values = valuesOf[by](points, texts), counts = new Map();
  for (const value of values) if (value) counts.set(value, (counts.get(value) ?? 0) + 1);
  const first = [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).slice(0, SHOWN_CLASSES), place = new Map(first.map(([value], k) => [value, k + 1]));
  const classes = { names: first.map(([value]) => value), counts: first.map(([, count]) => count), of: Uint8Array.from(values, value => place.get(value) ?? 0) };
  madeClasses.set(by, classes);
  return classes;
}
