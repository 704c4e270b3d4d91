// Edits by a person: one list of entries in the format of edits.yaml, which the page shows and writes as a file.
import { meta } from "./data.js";
import { element, make, papersText } from "./elements.js";
import { isFiltered } from "./state.js";

const edits = [], gathered = new Set(); // rows of papers to be moved
const topicOf = new Map(meta.topics.map(topic => [topic.key, topic]));
const given = meta.topics.map(({ name, description, byHand }) => ({ name, description, byHand, gone: "" }));
const today = () => {
  const now = new Date(), two = value => String(value).padStart(2, "0");
  return `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
};
let editing = false, unsaved = false, on;

export const isEditing = () => editing;

// ---- the file

// JSON is YAML, except for the characters that YAML does not print.
const UNPRINTED = /[\x7f-\xa0\u2000-\u200f\u2028-\u202f\u2060-\u206f\ufeff\ufff0-\ufffc\ufffe\uffff]/g;
const quoted = text => JSON.stringify(text.toWellFormed?.() ?? text)
  .replace(UNPRINTED, sign => `\\u${sign.charCodeAt(0).toString(16).padStart(4, "0")}`);

function blockOf(value, margin) {
  if (typeof value !== "object") return ` ${typeof value === "string" ? quoted(value) : value}`;
  if (Array.isArray(value)) return value.map(each => `\n${margin}- ${quoted(each)}`).join("");
  return Object.entries(value).map(([key, each]) => `\n${margin}${key}:${blockOf(each, `${margin}  `)}`).join("");
}

// The text of the file that the map was made with, and the new entries.
const fileText = () => meta.edits + edits.map(edit => `${blockOf(edit, "  ").replace("\n  ", "- ")}\n`).join("");

function download() {
  const address = URL.createObjectURL(new Blob([fileText()], { type: "application/yaml" }));
  make("a", { href: address, download: "edits.yaml" }).click();
  setTimeout(() => URL.revokeObjectURL(address), 10000);
  unsaved = false;
  say(`${edits.length} new ${edits.length === 1 ? "edit is" : "edits are"} in the file.`);
}

// ---- what the page shows

const say = text => { element("edit-said").textContent = text; };
const here = () => meta.topics.filter(topic => !topic.gone);
const chosenTopic = () => topicOf.get(element("edit-topic").value);

// Topics as the edits leave them. Papers stay where they are until the next run.
function replay() {
  meta.topics.forEach((topic, t) => Object.assign(topic, given[t]));
  for (const { topic: key, rename, describe, hide, merge } of edits) {
    const topic = topicOf.get(key);
    if (rename) Object.assign(topic, { name: rename, byHand: true });
    if (describe) topic.description = describe;
    if (hide) topic.gone = "hidden by an edit";
    for (const other of merge ?? []) topicOf.get(other).gone = `part of ${topic.name} by an edit`;
  }
}

function inWords({ topic, rename, describe, hide, merge, move, note }) {
  const nameOf = key => given[meta.topics.indexOf(topicOf.get(key))].name;
  const parts = [
    rename && `name: ${rename}`, describe && `description: ${describe}`, hide && "hidden",
    merge && `takes in ${merge.map(nameOf).join(", ")}`, move && `${papersText(move.papers.length)} moved in`, note && `note: ${note}`,
  ];
  return `${nameOf(topic)} – ${parts.filter(Boolean).join("; ")}`;
}

function fill(id, topics, first) {
  const select = element(id), before = select.value;
  const options = topics.map(({ key, name }) => make("option", { value: key }, name));
  select.replaceChildren(...(first ? [make("option", { value: "" }, first)] : []), ...options);
  if (topics.some(topic => topic.key === before)) select.value = before;
}

function showTopic() {
  const topic = chosenTopic();
  element("edit-name").value = topic?.name ?? "";
  element("edit-description").value = topic?.description ?? "";
  fill("edit-merge", byName().filter(other => other !== topic), "choose");
}

const byName = () => here().sort((a, b) => a.name.localeCompare(b.name));

function show() {
  replay();
  fill("edit-topic", byName());
  fill("edit-target", byName(), "choose");
  showTopic();
  showGathered();
  element("edit-list").replaceChildren(...edits.map(edit => make("li", { dir: "auto" }, inWords(edit))));
  element("edit-undo").disabled = element("edit-download").disabled = !edits.length;
  on.changed();
}

function showGathered() {
  element("edit-papers").textContent = `${papersText(gathered.size)} gathered`;
  element("edit-move").disabled = element("edit-scatter").disabled = !gathered.size;
}

// Let the form be about a topic.
export function editTopic(t) {
  const topic = meta.topics[t];
  if (topic.gone) return void say(`${topic.name} is ${topic.gone}; undo that edit first.`);
  element("edit-topic").value = topic.key;
  showTopic();
}

// ---- what a person does

function add(topic, what) {
  const note = element("edit-note").value.trim(), by = element("edit-by").value.trim();
  edits.push({ topic: topic.key, ...what, ...(note && { note }), ...(by && { by }), date: today() });
  element("edit-note").value = "";
  unsaved = true;
  say(inWords(edits.at(-1)));
  show();
}

function saveTopic() {
  const topic = chosenTopic(), rename = element("edit-name").value.trim(), describe = element("edit-description").value.trim();
  const same = here().find(other => other !== topic && other.name.toLowerCase() === rename.toLowerCase());
  const what = { ...(rename !== topic.name && { rename }), ...(describe !== topic.description && { describe }) };
  if (!rename) say("A topic needs a name.");
  else if (same) say(`Another topic has the name ${same.name}; write another name, or merge the two.`);
  else if (what.describe === "") say("An edit cannot take a description away; write another one.");
  else if (!Object.keys(what).length && !element("edit-note").value.trim()) say("Nothing has changed; write a name, a description or a note.");
  else add(topic, what);
}

function mergeTopic() {
  const other = element("edit-merge").value;
  if (other && here().length < 3) say("A map needs two topics.");
  else if (other) add(chosenTopic(), { merge: [other] }); else say("Choose the topic that becomes part of this one.");
}

function hideTopic() {
  if (here().length > 2) add(chosenTopic(), { hide: true }); else say("A map needs two topics.");
}

function movePapers() {
  const topic = topicOf.get(element("edit-target").value);
  if (!topic) return void say("Choose the topic that the papers move to.");
  const papers = Array.from(gathered, on.idOf);
  gathered.clear();
  add(topic, { move: { papers } });
}

function gatherAll() {
  if (!isFiltered()) return void say("Search, filter or choose a topic first: now all papers pass.");
  for (const i of on.passing()) gathered.add(i);
  say(`${papersText(gathered.size)} gathered.`);
  show();
}

function undo() {
  const edit = edits.pop();
  unsaved = true;
  say(`Undone: ${inWords(edit)}`);
  show();
}

// A button beside a paper of the list that puts it among those to be moved, or takes it away.
export function gatherButton(i, title) {
  const button = make("button", { type: "button", className: "gather", title: "Gather, to move it to another topic" });
  const mark = () => {
    button.textContent = gathered.has(i) ? "✓" : "+";
    button.setAttribute("aria-pressed", String(gathered.has(i)));
  };
  button.setAttribute("aria-label", `Gather: ${title}`);
  button.addEventListener("click", () => {
    if (!gathered.delete(i)) gathered.add(i);
    mark();
    showGathered();
  });
  mark();
  return button;
}

// A button on the card of a paper that leads to the list of topics.
export function moveButton(i) {
  return make("button", { type: "button", className: "move", textContent: "Move to topic…", onclick: () => {
    gathered.add(i);
    show();
    element("edit-target").focus();
  } });
}

// `does.changed()` is called when the page is to be shown anew; `does.passing()` gives the rows of the papers that pass,
// `does.idOf(i)` the id of a paper.
export function setUpEditor(does) {
  on = does;
  const clicks = {
    "edit-hide": hideTopic, "edit-join": mergeTopic, "edit-gather": gatherAll, "edit-move": movePapers,
    "edit-scatter": () => { gathered.clear(); show(); }, "edit-undo": undo, "edit-download": download,
  };
  for (const [id, act] of Object.entries(clicks)) element(id).addEventListener("click", act);
  element("edit-topic").addEventListener("change", showTopic);
  element("edit-form").addEventListener("submit", event => { event.preventDefault(); saveTopic(); });
  element("edit").addEventListener("click", () => {
    editing = !editing;
    element("edit").setAttribute("aria-pressed", String(editing));
    element("editor").hidden = !editing;
    document.body.classList.toggle("editing", editing);
    show();
  });
  addEventListener("beforeunload", event => { if (unsaved && edits.length) event.preventDefault(); });
}
