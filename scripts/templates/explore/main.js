// Puts the page together: whatever changes calls one of the functions below, which bring the map, the
// lists and the address in line with the state.
import { cornersOf, drawArea, insideArea } from "./area.js";
import { chooseNode, isChosen } from "./choice.js";
import { legend, paint, showLegend } from "./colors.js";
import { fillLooks, markFilters, markTab, setUpFilters, setUpTabs } from "./controls.js";
import { loadAbstracts, loadPoints, loadSpace, loadTexts, meta } from "./data.js";
import { placeShade, shade } from "./density.js";
import { editTopic, isEditing, setUpEditor } from "./edit.js";
import { addsTo, element, make } from "./elements.js";
import { passing } from "./filter.js";
import { drawLabels, labelAt, labelsAt, layOutLabels, visibleLabels } from "./labels.js";
import { hideCard, placeCard, showCard } from "./paper.js";
import { fillPapers, markPaper, paperOrders } from "./papers.js";
import { findMine, LINKED, passingMine, sayMine } from "./mine.js";
import { drawNeighbors } from "./neighbors.js";
import { endFlight, flyTo, listen, nearest, pressKey, screenOf } from "./pointer.js";
import { canvasDrawing } from "./points_canvas.js";
import { glDrawing } from "./points_gl.js";
import { setUpPrint } from "./print.js";
import { indexTopics, matchingTopics, Search } from "./search.js";
import { fillSelection } from "./selection.js";
import { likeOf, sayFound } from "./said.js";
import { factorOf, hasCitations, levelsBy, sizeLegend } from "./sizes.js";
import { clearFilters, isFiltered, readAddress, state, subtopicPasses, topicPasses, writeAddress } from "./state.js";
import { fillTopics, markTopics, TOPIC_ORDERS, topicsOf } from "./topics.js";
import { middleOf, moveTo, view, zoomAt } from "./view.js";

const map = element("map"), names = element("names").getContext("2d");
const systemDark = matchMedia("(prefers-color-scheme: dark)");
const order = { topics: Object.keys(TOPIC_ORDERS)[0], papers: "" };
const points = await loadPoints();
let texts = null, search = null, drawing, matches = null, found, counts, tab = "topics", queued = false, saving = 0, typing = 0;
let hovered = -1, selected = -1, style = {}, area = null, outline = [], lasso = false, saidMine = "", printing = false;

// ---- the map

function startDrawing() {
  let canvas = element("points");
  drawing = glDrawing(canvas, points);
  if (!drawing) { // a canvas that was asked for WebGL may have no other context
    const fresh = make("canvas", { id: "points" });
    fresh.setAttribute("aria-hidden", "true");
    canvas.replaceWith(fresh);
    canvas = fresh;
    drawing = canvasDrawing(canvas, points);
  }
  map.dataset.drawnBy = canvas.getContext("2d") ? "canvas" : "webgl";
  canvas.addEventListener("webglcontextlost", event => event.preventDefault());
  canvas.addEventListener("webglcontextrestored", () => { startDrawing(); repaint(); });
}

function draw() {
  queued = false;
  const start = performance.now(), few = Math.min(1, 12000 / points.n);
  style.radius = Math.min(9, (0.7 + 95 / Math.sqrt(points.n + 600)) * view.zoom ** 0.42);
  style.opacity = Math.min(0.92, (0.5 + 0.3 * few) * view.zoom ** 0.25);
  style.faintOpacity = Math.min(0.6, 0.28 * view.zoom ** 0.3);
  style.filtered = isFiltered();
  style.raised = Math.max(1.25, Math.min(2, (points.n / (counts.count + 1)) ** 0.15)); // few papers are drawn larger
  drawing.draw(style);
  placeShade(element("shade"));
  names.setTransform(view.ratio, 0, 0, view.ratio, 0, 0);
  names.clearRect(0, 0, view.width, view.height);
  if (selected >= 0 && texts) drawNeighbors(names, points, texts.near, selected, style);
  drawLabels(names, style, strength);
  for (const i of state.mine) drawRing(i, false, state.mine.length > 200);
  drawArea(names, outline.length ? outline : state.area, style);
  for (const i of new Set([hovered, selected])) if (i >= 0) drawRing(i, i === selected);
  if (selected >= 0 && !element("card").hidden && hovered < 0) placeCard(...screenOf(points, selected));
  drawn.milliseconds = performance.now() - start;
  drawn.frames++;
}
const WHOLE = { x: 0.5, y: 0.5, zoom: 1 };
const drawn = { frames: 0, milliseconds: 0 };

function redraw() {
  if (!queued) { queued = true; requestAnimationFrame(draw); }
}

function drawRing(i, thick, small = false) {
  const [x, y] = screenOf(points, i), radius = style.radius * (style.levels ? factorOf(style.levels[i]) : 1) + (small ? 2 : 4);
  for (const [color, width] of [[style.paper, thick ? 5 : 4], [style.ink, thick ? 2.5 : 1.5]]) {
    names.beginPath();
    names.arc(x, y, radius, 0, 7);
    names.strokeStyle = color;
    names.lineWidth = width;
    names.stroke();
  }
}

// Names of topics without papers that pass are faint, and those of topics that edits end.
function strength({ kind, index, gone }) {
  if (gone) return 0.25;
  if (!style.filtered) return 1;
  const has = t => counts.byTopic[t] > 0 && topicPasses(t);
  if (kind === "group") return topicsOf(index).some(has) ? 1 : 0.25;
  if (kind === "topic") return has(index) ? 1 : 0.25;
  return counts.bySubtopic[index] > 0 && subtopicPasses(index) ? 1 : 0.25;
}

function resize() {
  const tools = element("tools");
  view.tools = { left: tools.offsetLeft - 4, bottom: tools.offsetTop + tools.offsetHeight + 4 };
  setSize(Math.max(1, map.clientWidth), Math.max(1, map.clientHeight), Math.min(3, devicePixelRatio || 1));
  redraw();
}

function setSize(width, height, ratio) {
  Object.assign(view, { width, height, ratio });
  for (const id of ["points", "names"]) {
    element(id).width = Math.round(view.width * view.ratio);
    element(id).height = Math.round(view.height * view.ratio);
  }
  layOutLabels(names, isChosen);
}

function drawForPrint(width, height, ratio) {
  printing = true;
  view.tools = { left: width, bottom: 0 };
  setSize(width, height, ratio);
  const shown = repaint();
  draw();
  return shown;
}

function endPrint() {
  printing = false;
  repaint();
  resize();
}

// ---- changes

// The filters changed: which papers pass, all counts and lists, the paint.
function filterChanged() {
  matches = search && search.find(state.query);
  found = matchingTopics(state.query);
  count();
  layOutLabels(names, isChosen);
  markTab(tab, ordersNow(), orderNow());
  fillTab();
  hover(-1);
  repaint();
  saveAddress();
}

function count() {
  area = insideArea(points, state.area);
  const mine = passingMine(texts, points.n);
  if (mine) area = area ? area.map((on, i) => on & mine[i]) : mine;
  counts = passing(points, matches?.passes, area);
  markFilters(counts);
  sayFound(state.query, matches, counts, texts, { write, clear: () => { const { query } = state; clearFilters(); write(query); } });
  if (selected >= 0 && !counts.lit[selected]) select(-1);
}

function choose(kind, index, add) {
  chooseNode(kind, index, add);
  if (isEditing() && kind !== "group") editTopic(kind === "topic" ? index : meta.subtopics[index].parent);
  count();
  layOutLabels(names, isChosen);
  if (tab === "topics") markTopics(counts, found); else fillTab();
  showChosen();
  repaint();
  saveAddress();
}

const passingRows = () => Array.from(counts.lit.keys()).filter(i => counts.lit[i]);

// Fit the view to the papers of what is chosen.
function showChosen() {
  const rows = state.topics.size + state.subtopics.size ? passingRows() : [];
  if (rows.length) fly(middleOf(points.xy, rows));
}

function fly(to) { flyTo(to, () => { redraw(); saveAddress(); }); }

function listPapers() {
  if (texts) fillPapers(points, texts, counts.lit, orderNow(), matches, selected, { show: i => select(i, true), point: hover });
}

// The colors or sizes changed, or which papers pass. Returns what `legend` does.
function repaint() {
  const dark = !printing && (state.theme || (systemDark.matches ? "dark" : "light")) === "dark";
  document.documentElement.dataset.theme = dark ? "dark" : "light";
  const read = name => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  style = { ...style, ink: read("--ink"), paper: read("--paper"), faint: dark ? [120, 128, 142] : [165, 163, 156] };
  style.levels = state.size && texts && hasCitations(texts) ? levelsBy(texts) : null;
  const colors = paint(points, texts, counts.lit, state.color, dark);
  drawing.paint(colors);
  shade(element("shade"), points, colors, dark);
  const shown = legend(points, texts, counts.lit, state.color, dark);
  showLegend(shown, style.levels ? sizeLegend(texts) : "");
  element("shade").hidden = Boolean(shown); // a mean of these colors would say nothing
  redraw();
  return shown;
}

// The reader moved the map.
function moved() {
  endFlight();
  if (hovered >= 0) hover(-1);
  redraw();
  saveAddress();
}

function hover(i) {
  if (i === hovered) return;
  hovered = i;
  map.classList.toggle("on", i >= 0);
  if (i >= 0 && texts) showCard(points, texts, i, ...screenOf(points, i), i === selected ? cardActions() : null);
  else if (selected >= 0) showSelected();
  else hideCard();
  redraw();
}

function select(i, near = false) {
  selected = hovered = -1;
  if (i >= 0) selected = i;
  state.selected = i >= 0 ? texts.ids.get(i) : "";
  markPaper(i);
  if (i < 0) hideCard();
  else {
    if (near) fly({ x: points.xy[2 * i] / 65535, y: points.xy[2 * i + 1] / 65535, zoom: Math.max(view.zoom, 6) });
    showSelected();
  }
  redraw();
  saveAddress();
}

function showSelected() {
  showCard(points, texts, selected, ...screenOf(points, selected), cardActions());
}

const cardActions = () => ({ close: () => { select(-1); map.focus(); }, like: search?.space && moreLike, show: showNeighbor, author: searchAuthor });

function showNeighbor(i) {
  select(i, true);
  element("card").querySelector("a, button").focus();
}

function searchAuthor(name) {
  write(`"${name.replaceAll('"', "")}"`);
  showTab("papers");
}

function moreLike(i) {
  write(likeOf(texts.ids.get(i)));
  showTab("papers");
}

function click(x, y, event) {
  const label = labelAt(x, y), radius = event.pointerType === "touch" ? 22 : 10;
  if (label) return void choose(label.kind, label.index, addsTo(event));
  const i = texts ? nearest(points, counts.lit, x, y, radius) : -1;
  if (i >= 0) select(i); else if (selected >= 0) select(-1);
}

function saveAddress() {
  clearTimeout(saving);
  saving = setTimeout(writeAddress, 250);
}

function addressChanged() {
  readAddress();
  fillLooks(points, texts);
  findRows();
}

// Bring all in line with the state, whose ids of papers become rows once the texts are here.
function findRows() {
  state.mine = texts ? state.askedMine.map(id => texts.ids.indexOf(id)).filter(i => i >= 0) : [];
  selected = texts && state.selected ? texts.ids.indexOf(state.selected) : -1;
  if (texts && state.selected && selected < 0) { // a link of another map
    state.absent.push(`paper ${state.selected.slice(0, 80)}`);
    state.selected = "";
  }
  filterChanged();
  markPaper(selected);
  if (selected >= 0) showSelected(); else hideCard();
}

// A person edited topics, or began or ended to do so.
function edited() {
  indexTopics();
  filterChanged();
  if (selected >= 0) showSelected();
}

const ordersNow = () => ({ topics: TOPIC_ORDERS, papers: paperOrders(Boolean(matches)) })[tab] ?? {};
const orderNow = () => (order[tab] in ordersNow() ? order[tab] : Object.keys(ordersNow())[0] ?? "");

// Put a query in the field of the search.
function write(query) {
  state.query = query;
  filterChanged();
}

function showTab(name) {
  tab = name;
  markTab(tab, ordersNow(), orderNow());
  const panel = element("panel"), form = element("filters"); // the panel scrolls on a phone
  panel.scrollTop = Math.min(panel.scrollTop, form.offsetTop + form.offsetHeight - panel.offsetTop);
  fillTab();
}

function fillTab() {
  if (tab === "topics") fillTopics(order.topics, counts, found, choose);
  else if (tab === "papers") listPapers();
  else if (texts) fillSelection(points, texts, search, passingRows(), saidMine, { clearArea: () => setArea([]), mine: takeMine, show: showMine });
}

function setArea(corners) {
  state.area = corners;
  filterChanged();
}

// A file with the reader's papers; an empty text ends them.
function takeMine(text) {
  state.mine = text ? findMine(text, texts) : [];
  state.askedMine = state.mine.length > LINKED ? [] : state.mine.map(i => texts.ids.get(i)).filter(id => !id.includes(" "));
  saidMine = text && sayMine(text, state.mine);
  showMine(state.mine.length ? state.showMine : "");
  showTab("selection");
}

function showMine(what) {
  state.showMine = what;
  filterChanged();
}

function setLasso(on) {
  lasso = on;
  element("lasso").setAttribute("aria-pressed", String(on));
  map.classList.toggle("drawing", on);
}

// ---- start

function setUp() {
  setUpFilters(points, what => {
    clearTimeout(typing);
    typing = setTimeout(filterChanged, what === "query" ? 150 : 0);
  });
  setUpTabs(showTab);
  element("filters").addEventListener("submit", event => event.preventDefault());
  element("search").addEventListener("keydown", event => { // Enter lists the papers; a form of two fields does not submit itself
    if (event.key !== "Enter") return;
    event.preventDefault();
    clearTimeout(typing);
    filterChanged();
    if (state.query.trim()) showTab("papers");
  });
  element("order").addEventListener("change", event => { order[tab] = event.target.value; showTab(tab); });
  element("clear").addEventListener("click", () => { clearFilters(); filterChanged(); fly(WHOLE); element("search").focus(); });
  listen(map, {
    move: moved, leave: () => hover(-1), click,
    draws: event => (event.shiftKey ? "rectangle" : lasso ? "lasso" : null),
    outline: (trail, kind) => { outline = kind ? cornersOf(trail, kind) : []; hover(-1); redraw(); },
    drawn: (trail, kind) => {
      outline = [];
      setLasso(false);
      setArea(cornersOf(trail, kind));
      if (state.area.length) showTab("selection");
    },
    hover: (x, y) => {
      const label = labelAt(x, y);
      hover(label ? -1 : nearest(points, counts.lit, x, y, 10));
      map.classList.toggle("on", Boolean(label) || hovered >= 0);
    },
  });
  map.addEventListener("keydown", event => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target !== map) return;
    if (event.key === "Enter") {
      const i = nearest(points, counts.lit, view.width / 2, view.height / 2, 1e4);
      if (i >= 0 && texts) { select(i, true); element("card").querySelector("a, button").focus(); }
    } else if (pressKey(event.key)) moved(); else return;
    event.preventDefault();
  });
  document.addEventListener("keydown", event => {
    if (event.key === "Escape" && !element("keys").hidden) showHelp(false);
    else if (event.key === "Escape" && selected >= 0) { select(-1); map.focus(); }
    else if (event.key === "Escape" && lasso) setLasso(false);
    else if (event.key === "Escape" && state.area.length && !event.target.closest("#panel")) setArea([]);
    if (event.key === "/" && !/^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName)) { event.preventDefault(); element("search").focus(); }
  });
  document.addEventListener("dragover", event => event.preventDefault());
  document.addEventListener("drop", async event => {
    event.preventDefault();
    const file = event.dataTransfer?.files[0];
    if (file && texts) takeMine(await file.text());
  });
  setUpEditor({ changed: edited, passing: passingRows, idOf: i => texts.ids.get(i) });
  element("skip").addEventListener("click", () => map.focus());
  const showHelp = shown => {
    element("keys").hidden = !shown;
    element("help").setAttribute("aria-expanded", String(shown));
  };
  element("help").addEventListener("click", () => showHelp(element("keys").hidden));
  const zoom = factor => () => { zoomAt(view.width / 2, view.height / 2, factor); moved(); };
  element("lasso").addEventListener("click", () => setLasso(!lasso));
  element("closer").addEventListener("click", zoom(1.6));
  element("farther").addEventListener("click", zoom(1 / 1.6));
  element("whole").addEventListener("click", () => { moveTo(WHOLE); moved(); });
  element("theme").addEventListener("click", () => {
    state.theme = document.documentElement.dataset.theme === "dark" ? "light" : "dark";
    repaint();
    saveAddress();
  });
  fillColors();
  element("color").addEventListener("change", event => { state.color = event.target.value; repaint(); saveAddress(); });
  element("size").addEventListener("change", event => { state.size = event.target.value; repaint(); saveAddress(); });
  setUpPrint(points, { draw: drawForPrint, restore: endPrint, lit: () => counts.lit });
  systemDark.addEventListener("change", repaint);
  new ResizeObserver(() => printing || resize()).observe(map);
  addEventListener("hashchange", addressChanged);
}

function fillColors() {
  if (!fillLooks(points, texts)) repaint();
}

readAddress();
counts = passing(points, null);
setUp();
startDrawing();
markTab(tab, ordersNow(), orderNow());
resize();
addressChanged();
draw();
drawn.first = performance.now();
texts = await loadTexts();
search = new Search(texts, null);
findRows(); // of the state, not of the address, which lags behind what a reader types
const space = await loadSpace();
if (space) {
  search = new Search(texts, space);
  filterChanged();
  if (selected >= 0) showSelected(); // the card can now ask for more like this
}
texts.abstracts = search.abstracts = await loadAbstracts();
if (state.query.trim()) filterChanged(); // their words count, too
else if (tab === "selection") fillTab();
if (selected >= 0) showSelected();
drawn.ready = performance.now();
// for tests, measurements and the console
globalThis.explorer = { points, texts, search, view, state, drawn, draw, screenOf: i => screenOf(points, i), labelAt, labelsAt, visibleLabels, lit: () => counts.lit };
map.dataset.ready = "yes";
setTimeout(() => { search.warm(); fillColors(); resize(); }, 50);
