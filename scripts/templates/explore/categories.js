// The filter for categories: a list in which one searches by code and name.
import { categoryText } from "./classes.js";
import { meta } from "./data.js";
import { element, make, number } from "./elements.js";
import { state } from "./state.js";
import { fold, Lines } from "./texts.js";

let categoryItems = null; // buttons, the most frequent category first
const categoryTexts = new Lines(Array.from(meta.categories.keys(), categoryText).join("\n"));

// The codes and names that have a word which begins with each of the words asked for.
function narrowCategories(asked) {
  const words = fold(asked).split(/\s+/).filter(Boolean);
  for (const { c, button } of categoryItems) button.parentElement.hidden = !words.every(word => categoryTexts.marked(word)[c]);
  element("no-category").hidden = categoryItems.some(({ button }) => !button.parentElement.hidden);
}

function fillCategories(sizes, choose) {
  const order = [...meta.categories.keys()].sort((a, b) => sizes[b + 1] - sizes[a + 1]);
  categoryItems = order.map(c => {
    const code = meta.categories[c], name = meta.categoryNames[c];
    const button = make("button", { type: "button", onclick: () => choose(state.category === c + 1 ? 0 : c + 1) },
      make("span", { dir: "auto" }, make("b", {}, code), name ? ` ${name}` : ""), make("span", { className: "size" }, number(sizes[c + 1])));
    return { c, button };
  });
  element("categories").replaceChildren(...categoryItems.map(({ button }) => make("li", {}, button)));
  markCategory();
}

// `on()` is called when the category changed.
export function setUpCategories(points, on) {
  const field = element("category-field"), input = element("category-search"), sizes = new Uint32Array(meta.categories.length + 1);
  for (let i = 0; i < points.n; i++) sizes[points.category[i]]++;
  field.hidden = meta.categories.length < 2;
  const choose = category => {
    state.category = category;
    state.absent = []; // the reader goes on
    field.open = false;
    field.querySelector("summary").focus();
    on();
  };
  field.addEventListener("toggle", () => {
    if (!field.open) return;
    if (!categoryItems) fillCategories(sizes, choose);
    input.value = "";
    narrowCategories("");
    input.focus();
  });
  input.addEventListener("input", () => narrowCategories(input.value));
  field.addEventListener("keydown", event => {
    if (event.key === "Escape" && field.open) {
      event.stopPropagation();
      field.open = false;
      field.querySelector("summary").focus();
    } else if (event.key === "Enter" && event.target === input && input.value.trim()) { // the first that is found
      event.preventDefault();
      categoryItems.find(({ button }) => !button.parentElement.hidden)?.button.click();
    }
  });
}

export function markCategory() {
  element("category").textContent = meta.categories[state.category - 1] ?? "all";
  for (const { c, button } of categoryItems ?? []) button.setAttribute("aria-pressed", String(state.category === c + 1));
}
