// Small helpers for elements of the page. Text of papers is always set as text, never as markup.

export const SEPARATOR = " · "; // between the keywords in a name

export const BY_HAND = "named by a person";

export const element = id => document.getElementById(id);

// A new element with properties and children: make("b", {className: "x"}, "text", other).
export function make(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

export function makeSvg(tag, attributes) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}

// Whether a click adds to what is chosen.
export const addsTo = event => event.ctrlKey || event.metaKey || event.shiftKey;

export const number = value => value.toLocaleString("en");

export const papersText = count => `${number(count)} ${count === 1 ? "paper" : "papers"}`;

// A dot in a color; styles set by script obey the content security policy.
export function dot(color) {
  const made = make("i");
  made.style.background = color;
  return made;
}
