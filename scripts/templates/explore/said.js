// What the page says of a search: how papers were found, which words it knew, and what to do if it found none.
import { meta } from "./data.js";
import { element, make, number, SEPARATOR } from "./elements.js";

const SHOWN = 8; // terms
const quote = text => `“${text}”`;

// The query that asks for papers near in meaning to one.
export const likeOf = id => (/["\s]/.test(id) ? `like:"${id.replaceAll('"', "")}"` : `like:${id}`);

// `matches`: what was found, or null. `does.write(query)` searches for another query; `does.clear()` keeps the query and ends
// all other filters.
export function sayFound(query, matches, counts, texts, does) {
  const place = element("said"), lines = [];
  place.hidden = !matches;
  if (!matches) return;
  const { words, asked, near, known, read, unknown, missing } = matches;
  const press = (text, act) => make("button", { type: "button", textContent: text, onclick: act });
  const ways = [words || !asked ? `${number(words)} with all the words` : "", asked ? `${number(asked)} asked for` : "", `${number(near)} near in meaning`];
  if (near) lines.push([ways.filter(Boolean).join(", ")]);
  const longest = known.filter(term => !known.some(other => other !== term && ` ${other} `.includes(` ${term} `)));
  if (longest.length) lines.push([`Understood: ${longest.slice(0, SHOWN).join(SEPARATOR)}${longest.length > SHOWN ? " …" : ""}`]);
  for (const { word, token, as, spelling } of read) {
    const line = [`No title here has ${quote(word)}; read as ${as.map(quote).join(", ")}. `];
    if (spelling) line.push(press(`Search for ${as[0]}`, () => does.write(query.slice(0, token.from) + token.text.replace(word, as[0]) + query.slice(token.to))));
    lines.push(line);
  }
  if (unknown.length) lines.push([`Not known here: ${unknown.map(quote).join(", ")}`]);
  for (const id of missing) lines.push([`This map has no paper ${quote(id)}.`]);
  if (!words && !asked && !near && !missing.length) lines.push([adviceOf(unknown.length)]);
  else if (!counts.count) lines.push([`The other filters leave out what was found. `, press("Keep the search alone", does.clear)]);
  place.replaceChildren(...lines.map(parts => make("span", { dir: "auto" }, ...parts)));
}

function adviceOf(unknown) {
  const largest = meta.topics.filter(topic => !topic.gone).sort((a, b) => b.size - a.size).slice(0, 2).map(topic => quote(topic.name.split(SEPARATOR)[0]));
  return `Nothing was found: no title here has ${unknown ? "these words" : "all of it"}. Write fewer or other words, such as ${largest.join(" or ")}.`;
}
