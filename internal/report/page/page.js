"use strict";

// What the run has found; see page.go.
const data = JSON.parse(document.getElementById("data").textContent);
const probabilities = data.task !== "regress"; // or fractions: from 0 to 1
const quantity = data.task === "votes" ? "Fraction" : "Probability";

const $ = id => document.getElementById(id);

// make is an element; its children may be texts, which are never taken for HTML.
function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  Object.assign(element, attributes);
  element.append(...children);
  return element;
}

// draw is the same for SVG.
function draw(tag, attributes = {}, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

// The colours of Okabe & Ito (2008), some of them brighter, to be seen on the sky, on white and on black.
const palette = ["#3d94d9", "#e0662b", "#1fae85", "#d585b4", "#e8a713", "#8f8cf0", "#93b32e", "#9a9a9a"];
const colour = output => palette[output % palette.length];

const digits = (value, n) => value === null ? "" : value.toFixed(n);
const number = value => value === null ? "" : probabilities ? value.toFixed(3) : value.toPrecision(4);
const count = (n, what) => `${n.toLocaleString("en")} ${what}${n === 1 ? "" : "s"}`;

// options fills a selection with [value, text].
function options(select, list) {
  select.replaceChildren(...list.map(([value, text]) => make("option", { value }, text)));
}

$("summary").textContent = `${count(data.rows, "row")}${data.blank ? `, ${data.blank.toLocaleString("en")} without a prediction` : ""}, ` +
  `${count(data.candidates.length, "candidate")} in the gallery. Model: ${data.model}.`;
