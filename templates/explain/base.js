// SPDX-License-Identifier: Apache-2.0
"use strict";

// Data of the page is text: it gets into the document by `textContent` alone.
const parsed = new Map();

function data(name) {
  if (!parsed.has(name)) {
    const holder = document.getElementById(`data-${name}`);
    parsed.set(name, holder === null ? null : JSON.parse(holder.textContent));
  }
  return parsed.get(name);
}

// An element; `attributes` that are functions listen, children are elements or texts.
function el(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") made.addEventListener(name, value);
    else if (value === true) made.setAttribute(name, "");
    else if (value !== false && value !== null) made.setAttribute(name, value);
  }
  made.append(...children.flat().filter((child) => child !== null && child !== ""));
  return made;
}

const page = data("page");
const rows = new Map(page.rows.map((row) => [row.key, row]));
const KINDS = ["tile", "map", "strip", "literal"];
const MEANING = {
  tile: "a block of results stays in registers through the whole sum",
  map: "vectorised: every element is independent",
  strip: "a strip of running values goes through the sum together",
  literal: "left as the bytecode has it",
};
const TOTAL = {
  c: page.rows.reduce((sum, row) => sum + row.c, 0) || 1,
  bytecode: page.rows.reduce((sum, row) => sum + row.bytecode, 0) || 1,
};

function bytes(count) {
  if (count < 1000) return `${Math.round(count)} B`;
  return count < 1e6 ? `${(count / 1e3).toFixed(1)} kB` : `${(count / 1e6).toFixed(2)} MB`;
}

function percent(share) {
  return share > 0 && share < 0.001 ? "< 0.1 %" : `${(100 * share).toFixed(1)} %`;
}

function plural(count, one, many = `${one}s`) {
  return `${count.toLocaleString("en")} ${count === 1 ? one : many}`;
}

function badge(kind, count = null) {
  return el("span", { class: `badge ${kind}`, title: MEANING[kind] }, count === null ? kind : `${count} ${kind}`);
}

function badges(kinds) {
  return KINDS.filter((kind) => kinds[kind]).map((kind) => badge(kind, kinds[kind]));
}

function bar(share, className = "") {
  const filled = el("i");
  filled.style.width = `${100 * share}%`;
  return el("span", { class: `bar ${className}`, "aria-hidden": "true" }, filled);
}

// A bar of one piece for each kind, as wide as there are loops of it.
function kindBar(kinds) {
  const all = KINDS.reduce((sum, kind) => sum + (kinds[kind] || 0), 0);
  const pieces = KINDS.filter((kind) => kinds[kind]).map((kind) => {
    const piece = el("i", { class: kind });
    piece.style.width = `${(100 * kinds[kind]) / all}%`;
    return piece;
  });
  return el("span", { class: "bar kinds", "aria-hidden": "true" }, pieces);
}

function kindsOf(list) {
  const found = {};
  for (const row of list) for (const [kind, count] of Object.entries(row.kinds)) found[kind] = (found[kind] || 0) + count;
  return found;
}

// A number of pixels from the style sheet.
function pixels(name) {
  return parseFloat(getComputedStyle(document.documentElement).getPropertyValue(name));
}
