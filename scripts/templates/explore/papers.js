// The list of the papers that pass the filters.
import { meta } from "./data.js";
import { gatherButton, isEditing } from "./edit.js";
import { element, make } from "./elements.js";
import { firstRows } from "./filter.js";
import { facts, sourceLink } from "./paper.js";

const PAPER_ORDERS = { similar: "central first", dissimilar: "unusual first", ...(meta.years ? { newest: "newest first", oldest: "oldest first" } : {}) };
export const paperOrders = searched => ({ ...(searched ? { best: "best match first" } : {}), ...PAPER_ORDERS });
const PAGE = 50;
let shown = PAGE;

// `matches`: what a search found, or null. `on.show(i)` selects a paper, `on.point(i)` points at it on the map, -1 for none.
export function fillPapers(points, texts, lit, order, matches, selected, on, more = false) {
  shown = more ? shown + PAGE : PAGE;
  const by = { best: matches?.rank, similar: points.similarity, dissimilar: points.similarity }[order] ?? points.year;
  const rows = firstRows(lit, by, order !== "dissimilar" && order !== "oldest", shown + 1);
  const list = make("ol");
  for (const i of rows.slice(0, shown)) {
    const button = make("button", { type: "button", className: "title", dir: "auto", textContent: texts.titles.get(i), title: "Show on the map", onclick: () => on.show(i) });
    const item = make("li", { className: "paper", onpointerenter: () => on.point(i), onpointerleave: () => on.point(-1) },
      button, ...sourceLink(texts, i), facts(points, texts, i, true, matches && !matches.all[i]));
    if (isEditing()) item.append(gatherButton(i, texts.titles.get(i)));
    item.dataset.row = i;
    list.append(item);
  }
  const panel = element("papers");
  panel.replaceChildren(rows.length ? list : make("p", { textContent: "No paper passes the filters." }));
  if (!more) panel.scrollTop = 0;
  if (rows.length > shown) {
    panel.append(make("button", { id: "more", type: "button", textContent: "Show more", onclick: () => {
      const at = shown;
      fillPapers(points, texts, lit, order, matches, selected, on, true);
      panel.querySelectorAll(".paper")[at]?.querySelector("a, button").focus();
    } }));
  }
  markPaper(selected);
}

export function markPaper(row) {
  for (const item of element("papers").querySelectorAll(".paper")) {
    item.setAttribute("aria-current", String(Number(item.dataset.row) === row));
  }
}
