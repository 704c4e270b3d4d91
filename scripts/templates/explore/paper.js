// One paper in words: on the card and in the list.
import { meta } from "./data.js";
import { isEditing, moveButton } from "./edit.js";
import { BY_HAND, element, dot, make } from "./elements.js";
import { neighborList } from "./neighbors.js";
import { view } from "./view.js";

// As paper_url in lib/figures/page.py: only http and https are addresses, since ids come from the corpus.
export function address(id) {
  if (!meta.link || id.startsWith("hash:")) return null; // clean makes such ids
  const escaped = () => id.split("/").map(encodeURIComponent).join("/");
  const ofArxiv = /^(\d{4}\.\d{4,5}|[a-z-]+(\.[A-Za-z-]+)?\/\d{7})$/.test(id);
  let link = meta.link.includes("arxiv.org/") && !ofArxiv ? "{id}" : meta.link;
  if (/^10\.\d{4,9}\/\S+$/.test(id) && (link === "{id}")) link = "https://doi.org/{id}";
  const url = link === "{id}" ? id : link.replaceAll("{id}", escaped);
  return /^https?:\/\//.test(url) ? url : null;
}

export function titleOf(texts, i) {
  const url = address(texts.ids.get(i)), title = { className: "title", dir: "auto", textContent: texts.titles.get(i) };
  return url ? make("a", { ...title, href: url, target: "_blank", rel: "noopener noreferrer" }) : make("span", title);
}

export function facts(points, texts, i, withTopic, near = false) {
  const category = meta.categories[points.category[i] - 1], topic = meta.topics[points.topic[i]];
  const known = [texts.ids.get(i), points.year[i] || null, category, withTopic && (topic?.name ?? "no topic")];
  const line = make("span", { className: "facts" }, known.filter(Boolean).join(" · "));
  const similarity = (points.similarity[i] / 255).toFixed(2), explained = "Similarity to its topic: cosine to the center of the topic";
  if (topic) line.append(" · ", withTopic ? make("span", { title: explained }, `similarity\u00a0${similarity}`) : `similarity to its topic\u00a0${similarity} (cosine to the center)`);
  if (topic && points.outlier[i]) line.append(" · ", make("span", { className: "warn", title: "Less similar to its topic than nearly all of its papers" }, "unusual for its topic"));
  if (points.nearer[i]) line.append(" · ", make("span", { className: "warn", title: "On average nearer to the papers of another topic (negative silhouette)" }, "nearer to another topic"));
  if (points.added[i]) line.append(" · ", make("span", { className: "up" }, "new"));
  if (near) line.append(" · ", make("span", { className: "near", title: "Its title lacks words of the search" }, "near in meaning"));
  const second = meta.topics[points.second[i]];
  if (points.nearer[i] && withTopic && second) line.append(` · second nearest topic: ${second.name}`);
  return line;
}

const NAMES = 6; // of authors on the card

function byline(texts, i) {
  const authors = texts.authors.get(i).split("; ").filter(Boolean), rest = authors.length - NAMES;
  const names = authors.slice(0, rest > 0 ? NAMES - 1 : NAMES).join(", ") + (rest > 0 ? ` and ${rest + 1} others` : "");
  return [names, texts.journals.get(i)].filter(Boolean).map(text => make("span", { className: "fields", dir: "auto" }, text));
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
// closes it, `on.show(i)` selects another paper, and `on.like(i)`, if there is one, searches papers that are near in meaning.
export function showCard(points, texts, i, x, y, on) {
  const card = element("card");
  card.replaceChildren(titleOf(texts, i), ...byline(texts, i), facts(points, texts, i, false), ...topicLines(points, i));
  const former = points.was?.[i] && meta.former[points.was[i] - 1];
  if (former) card.append(make("span", { className: "fields was" }, `was in ${former} on the earlier map`));
  if (on) {
    if (points.share[i]) card.append(make("span", { className: "fields" }, SHARES));
    const url = address(texts.ids.get(i)); // a finger needs more to aim at than the title
    if (url) card.append(make("a", { className: "open", href: url, target: "_blank", rel: "noopener noreferrer" }, "Open the paper ↗"));
    if (on.like) card.append(make("button", { type: "button", className: "like", textContent: "More like this", onclick: () => on.like(i) }));
    if (isEditing()) card.append(moveButton(i));
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
