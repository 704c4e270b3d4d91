// Which papers pass the filters, and the first of them in an order.
import { meta } from "./data.js";
import { state, subtopicPasses, wholeTopicPasses } from "./state.js";

// `matches`, `area`: 1 for each paper that a search finds, and that lies in the area; null: all.
// `lit`: 1 for each paper that passes. `byTopic`, `bySubtopic`: papers that pass all filters but that
// for topics. `byYear`: papers that pass all filters but that for years.
export function passing(points, matches, area = null) {
  const { n, topic, subtopic, category, year, outlier, nearer, added } = points;
  const result = {
    lit: new Uint8Array(n), count: 0, byTopic: new Uint32Array(meta.topics.length),
    bySubtopic: new Uint32Array(meta.subtopics.length), byYear: new Uint32Array(meta.years ? meta.years[1] - meta.years[0] + 1 : 0),
  };
  const inTopic = Uint8Array.from(meta.topics, (_, t) => wholeTopicPasses(t));
  const inSubtopic = Uint8Array.from(meta.subtopics, (_, s) => subtopicPasses(s));
  const inNone = wholeTopicPasses(-1); // for papers without a topic
  // papers without a year have year 0; they pass if all years do
  const first = meta.years?.[0] ?? 0, from = state.from === first ? 0 : state.from, to = state.to;
  for (let i = 0; i < n; i++) {
    if ((matches && !matches[i]) || (area && !area[i]) || (state.category && category[i] !== state.category) || (state.outliers && !outlier[i]) || (state.nearer && !nearer[i]) || (state.added && !added[i])) continue;
    const chosen = (inTopic[topic[i]] ?? inNone) || inSubtopic[subtopic[i]];
    const dated = (year[i] === 0 ? from === 0 && to === meta.years?.[1] : year[i] >= from && year[i] <= to) || !meta.years;
    if (chosen && year[i]) result.byYear[year[i] - first]++;
    if (!dated) continue;
    result.byTopic[topic[i]]++;
    if (subtopic[i] < result.bySubtopic.length) result.bySubtopic[subtopic[i]]++;
    if (chosen) { result.lit[i] = 1; result.count++; }
  }
  return result;
}

// The first `k` of the papers that pass, in the order of a key from 0 to 65535. Ties in the order of the page.
export function firstRows(lit, key, descending, k) {
  const counts = new Uint32Array(65536), rank = i => (descending ? 65535 - key[i] : key[i]);
  for (let i = 0; i < lit.length; i++) if (lit[i]) counts[rank(i)]++;
  let last = 0;
  for (let sum = counts[0]; sum < k && last < 65535;) sum += counts[++last];
  const rows = [], ties = [];
  for (let i = 0; i < lit.length; i++) {
    if (!lit[i] || rank(i) > last) continue;
    if (rank(i) < last) rows.push(i); else if (ties.length < k) ties.push(i);
  }
  return rows.sort((a, b) => rank(a) - rank(b) || a - b).concat(ties).slice(0, k);
}
