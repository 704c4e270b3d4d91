// Which groups, topics and subtopics are chosen.
import { meta } from "./data.js";
import { state } from "./state.js";
import { topicsOf } from "./topics.js";

// The topics of a group, or the topic alone.
const topicsIn = (kind, index) => (kind === "group" ? topicsOf(index) : [index]);
const allChosen = own => own.every(t => state.topics.has(t));

export const isChosen = ({ kind, index }) => (kind === "subtopic" ? state.subtopics.has(index) : allChosen(topicsIn(kind, index)));

// Choose a node instead of what is chosen, or with `add` beside it; a click on the only one that is chosen ends the choice. A
// subtopic narrows its topic if that is chosen.
export function chooseNode(kind, index, add) {
  [state.unknown, state.absent] = [[], []];
  if (add) chooseToo(kind, index);
  else if (kind === "subtopic") {
    const { parent } = meta.subtopics[index], alone = state.subtopics.size === 1 && state.subtopics.has(index) && !others(state.topics, [parent]);
    state.topics = new Set([parent].filter(t => state.topics.has(t)));
    state.subtopics = new Set(alone ? [] : [index]);
  } else {
    const own = topicsIn(kind, index), alone = !state.subtopics.size && allChosen(own) && !others(state.topics, own);
    state.topics = new Set(alone ? [] : own);
    state.subtopics.clear();
  }
}

const others = (chosen, own) => [...chosen].some(t => !own.includes(t));

function chooseToo(kind, index) {
  if (kind === "subtopic") {
    if (!state.subtopics.delete(index)) state.subtopics.add(index);
    return;
  }
  const own = topicsIn(kind, index), chosen = allChosen(own);
  for (const t of own) if (chosen) dismiss(t); else state.topics.add(t);
}

// End the choice of a topic and of its subtopics.
function dismiss(t) {
  state.topics.delete(t);
  for (const s of state.subtopics) if (meta.subtopics[s].parent === t) state.subtopics.delete(s);
}
