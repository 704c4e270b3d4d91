// One paper in words: on the card and in the list.
import { categoryText } from "./classes.js";
import { meta } from "./data.js";
import { isEditing, moveButton } from "./edit.js";
import { BY_HAND, element, dot, make, number } from "./elements.js";
import { neighborList } from "./neighbors.js";
import { view } from "./view.js";

const DOI = /^10\.\d{4,9}\/\S+$/;

// As paper_url in lib/figures/page.py: only http and https are addresses, since ids come from the corpus.
export function address(id) {
  if (!meta.link || id.startsWith("hash:")) return null; // clean makes such ids
  const escaped = () => id.split("/").map(encodeURIComponent).join("/");
  const ofArxiv = /^(\d{4}\.\d{4,5}|[a-z-]+(\.[A-Za-z-]+)?\/\d{7})$/.test(id);
  let link = meta.link.includes("arxiv.org/") && !ofArxiv ? "{id}" : meta.link;
  if (DOI.test(id) && (link === "{id}")) link = "https://doi.org/{id}";
  const url = link === "{id}" ? id : link.replaceAll("{id}", escaped);
  return /^https?:\/\//.test(url) ? url : null;
}

const opens = (url, more) => make("a", { href: url, target: "_blank", rel: "noopener noreferrer", ...more });

// The link of the list that opens a paper at its source; none if that is not known.
export function sourceLink(texts, i) {
  const url = address(texts.ids.get(i));
  if (!url) return [];
  const link = opens(url, { className: "source", textContent: "↗", title: "Open at its source" });
  link.setAttribute("aria-label", `Open at its source: ${texts.titles.get(i)}`);
  return [link];
}

// How like its topic a paper is: FITS of scripts/lib/clusters/fit.py, counted from 1.
const FIT = [[], ["central", "in the nearest quarter"], ["typical", "in the middle half"], ["marginal", "in the farthest quarter"], ["unusual", "less similar to it than nearly all"]];

function fitText(points, i, withTopic) {
  const [word, where] = FIT[points.fit[i]], unusual = word === "unusual";
  if (!word) return [];
  const title = `Of the papers of its topic ${where}; cosine to the center ${(points.similarity[i] / 255).toFixed(2)}`;
  const text = unusual ? "unusual for its topic" : withTopic ? word : `${word} in its topic`;
  return [" · ", make("span", { className: unusual ? "fit warn" : "fit", title }, text)];
}

export function facts(points, texts, i, withTopic, near = false) {
  const category = points.category[i] && (withTopic ? meta.categories[points.category[i] - 1] : categoryText(points.category[i] - 1)), topic = meta.topics[points.topic[i]];
  const cited = texts.cited[i] && `cited ${number(texts.cited[i] - 1)} ${texts.cited[i] === 2 ? "time" : "times"}`;
  const known = [texts.ids.get(i), points.year[i] || null, category, cited, withTopic && (topic?.name ?? "no topic")];
  const line = make("span", { className: "facts" }, known.filter(Boolean).join(" · "), ...fitText(points, i, withTopic));
  if (points.nearer[i]) line.append(" · ", make("span", { className: "warn", title: "On average nearer to the papers of another topic (negative silhouette)" }, "nearer to another topic"));
  if (points.added[i]) line.append(" · ", make("span", { className: "up" }, "new"));
  if (near) line.append(" · ", make("span", { className: "near", title: "Its title lacks words of the search" }, "near in meaning"));
  const second = meta.topics[points.second[i]];
  if (points.nearer[i] && withTopic && second) line.append(` · second nearest topic: ${second.name}`);
  return line;
}

const NAMES = 6; // of authors on the card

// Authors, journal and DOI. On a card that stays, an author is searched for by a click, and the DOI is a link.
function byline(texts, i, on) {
  const authors = texts.authors.get(i).split("; ").filter(Boolean), rest = authors.length - NAMES, shown = authors.slice(0, rest > 0 ? NAMES - 1 : NAMES);
  const named = name => (on ? make("button", { type: "button", className: "author", title: "Search for this author", textContent: name, onclick: () => on.author(name) }) : name);
  const line = make("span", { className: "fields", dir: "auto" }, ...shown.flatMap((name, k) => (k ? [", ", named(name)] : [named(name)])), rest > 0 ? ` and ${rest + 1} others` : "");
  const journal = texts.journals.get(i), doi = texts.dois.get(i), where = make("span", { className: "fields", dir: "auto" }, journal);
  if (doi) where.append(journal ? " · " : "", on && meta.link && DOI.test(doi) ? opens(`https://doi.org/${doi.split("/").map(encodeURIComponent).join("/")}`, { className: "doi", textContent: doi }) : `${doi}`);
  return [...(shown.length ? [line] : []), ...(journal || doi ? [where] : [])];
}

let openAbstract = false; // the reader wants to see abstracts

function abstractOf(texts, i) {
  const text = texts.abstracts?.get(i);
  if (!text) return [];
  const part = make("details", { className: "abstract", open: openAbstract, ontoggle: () => { openAbstract = part.open; } }, make("summary", {}, "Abstract"), make("p", { dir: "auto", tabIndex: 0 }, text));
  return [part];
}

// A topic on the card, with the share of the paper in it in percent, if that is known.
function topicLine(topic, text, share) {
  const line = make("span", { className: "topic" }, dot(topic.color), make("span", {}, text));
  if (share) line.append(make("span", { className: "share", title: SHARES }, `${share}\u00a0%`));
  return line;
}

const SHARES = "Share: how often clusterings of other papers put this paper into the topic";

// The card says the topic of a paper and up to two others where it may belong, or else the second nearest one.
function topicLines(points, i) {
  const topic = meta.topics[points.topic[i]], sub = meta.subtopics[points.subtopic[i]], lines = [];
  if (topic) lines.push(topicLine(topic, sub ? `${topic.name} › ${sub.name}` : topic.name, points.share[i]));
  else lines.push(make("span", { className: "topic" }, "no topic"));
  const ofPerson = [topic?.byHand && BY_HAND, topic?.gone, topic?.description].filter(Boolean);
  lines.push(...ofPerson.map(text => make("span", { className: "fields", dir: "auto" }, text)));
  const fields = (sub?.fields.length ? sub : topic)?.fields ?? [];
  if (fields.length) lines.push(make("span", { className: "fields" }, fields.join("; ")));
  const slots = points.others.length / points.n, second = meta.topics[points.second[i]];
  for (let at = i * slots; at < (i + 1) * slots; at++) {
    const other = meta.topics[points.others[at]];
    if (other) lines.push(topicLine(other, other.name, points.otherShares[at]));
  }
  if (second && !meta.topics[points.others[i * slots]]) lines.push(topicLine(second, `second nearest topic: ${second.name}`));
  return lines;
}

// Show the card of a paper beside a pixel of the map. The card of a selected paper has the nearest papers, and buttons: `on.close()`
// closes it, `on.show(i)` selects another paper, `on.author(name)` searches for an author, and `on.like(i)`, if there is one,
// searches papers that are near in meaning.
export function showCard(points, texts, i, x, y, on) {
  const card = element("card");
  card.replaceChildren(make("span", { className: "title", dir: "auto" }, texts.titles.get(i)), ...byline(texts, i, on), facts(points, texts, i, false), ...topicLines(points, i));
  const former = points.was?.[i] && meta.former[points.was[i] - 1];
  if (former) card.append(make("span", { className: "fields was" }, `was in ${former} on the earlier map`));
  if (on) {
    if (points.share[i]) card.append(make("span", { className: "fields" }, SHARES));
    const url = address(texts.ids.get(i));
    if (url) card.append(opens(url, { className: "open", textContent: "Open the paper ↗" }));
    if (on.like) card.append(make("button", { type: "button", className: "like", textContent: "More like this", onclick: () => on.like(i) }));
    if (isEditing()) card.append(moveButton(i));
    card.append(...abstractOf(texts, i));
    card.append(...neighborList(points, texts, i, on.show));
    const close = make("button", { type: "button", className: "close", textContent: "×", onclick: on.close });
    close.setAttribute("aria-label", "End the selection");
    card.append(close);
  }
  card.classList.toggle("selected", Boolean(on));
  card.hidden = false;
  placeCard(x, y);
}

// Beside the pixel, on the side where there is room.
export function placeCard(x, y) {
  const card = element("card"), { offsetWidth: w, offsetHeight: h } = card, gap = 14;
  const left = x + gap + w < view.width ? x + gap : x - gap - w;
  const top = y + gap + h < view.height ? y + gap : y - gap - h;
  const within = (value, limit) => Math.max(6, Math.min(value, limit - 6));
  card.style.transform = `translate(${Math.round(within(left, view.width - w))}px, ${Math.round(within(top, view.height - h))}px)`;
}

export const hideCard = () => { element("card").hidden = true; };
