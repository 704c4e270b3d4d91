// The map on paper: drawn anew in the shape of a page, with what the filters ask for and what the colors mean.
import { fileName } from "./area.js";
import { groupColor } from "./colors.js";
import { meta } from "./data.js";
import { placeOfShade } from "./density.js";
import { dot, element, make, number } from "./elements.js";
import { isFiltered, state, writeAddress } from "./state.js";
import { view } from "./view.js";

const WIDTH = 1000, LOWEST = 560, HIGHEST = 1150, SHARPNESS = 3; // pixels, and pixels of the picture for each

const listed = (numbers, nodes) => Array.from(numbers, k => nodes[k].name).join("; ");

function filtersInWords() {
  const [first, last] = meta.years ?? [0, 0], parts = [
    state.query.trim() && `search: ${state.query.trim()}`,
    state.topics.size && `topics: ${listed(state.topics, meta.topics)}`, state.subtopics.size && `subtopics: ${listed(state.subtopics, meta.subtopics)}`,
    state.category && `category: ${meta.categories[state.category - 1]}`, (state.from > first || state.to < last) && `years: ${state.from} to ${state.to}`,
    state.outliers && "unusual for their topic", state.nearer && "nearer to another topic", state.added && "new since the earlier map",
    state.area.length && "drawn selection", state.mine.length && state.showMine && (state.showMine === "near" ? "near the reader's papers" : "the reader's papers"),
  ];
  return parts.filter(Boolean).join(" · ");
}

// A color, a name and how many papers pass, for each topic or group.
function topicEntries(points, lit) {
  const byGroup = state.color === "group" && meta.groups.length, nodes = byGroup ? meta.groups : meta.topics, counts = new Uint32Array(nodes.length);
  for (let i = 0; i < points.n; i++) if (lit[i] && meta.topics[points.topic[i]]) counts[byGroup ? meta.topics[points.topic[i]].group : points.topic[i]]++;
  return nodes.map(({ name, color }, k) => ({ name, color: byGroup ? groupColor(k) : color, count: counts[k] })).sort((a, b) => b.count - a.count);
}

// One picture of the canvases that lie above one another on the screen.
function compose(layers, ground) {
  const canvas = element("print-map"), context = canvas.getContext("2d"), { x, y, sx, sy, opacity } = placeOfShade(), [shade, ...others] = layers;
  [canvas.width, canvas.height] = [view.width * SHARPNESS, view.height * SHARPNESS];
  context.fillStyle = ground;
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.globalAlpha = opacity;
  if (!shade.hidden) context.drawImage(shade, x * SHARPNESS, y * SHARPNESS, shade.width * sx * SHARPNESS, shade.height * sy * SHARPNESS);
  context.globalAlpha = 1;
  for (const layer of others) context.drawImage(layer, 0, 0);
}

// `on.draw(width, height, ratio)` draws the map for paper on the canvases of the screen, and returns what `legend` returns;
// `on.restore()` brings the screen back. `on.lit()`: 1 for each paper that passes.
export function setUpPrint(points, on) {
  addEventListener("beforeprint", () => {
    const whole = view.zoom <= 1, shape = whole ? meta.aspect : view.width / view.height;
    const shown = on.draw(WIDTH, Math.round(Math.max(LOWEST, Math.min(HIGHEST, WIDTH / shape))), SHARPNESS);
    compose(["shade", "points", "names"].map(element), "#fff");
    element("print-filters").textContent = isFiltered() ? `${element("status").textContent}: ${filtersInWords()}` : "";
    const entries = shown?.gradient ? [] : (shown?.entries ?? topicEntries(points, on.lit())).filter(({ count }) => count);
    element("print-entries").replaceChildren(...entries.map(({ color, name, count }) => make("li", {}, dot(color), make("span", { dir: "auto" }, name), ` ${number(count)}`)));
    const scale = element("print-scale");
    scale.replaceChildren(...(shown?.gradient || state.size ? [element("legend").cloneNode(true)] : []));
    scale.querySelector("ul")?.remove(); // these are the entries
    for (const copy of scale.querySelectorAll("[id]")) copy.removeAttribute("id");
    writeAddress();
    element("print-from").textContent = `${fileName()}${location.hash}`.slice(0, 300);
  });
  addEventListener("afterprint", on.restore);
}
