// SPDX-License-Identifier: Apache-2.0
// Draws, asks the network, and shows what it says.

import { load } from "./digits.js";
import { imageOf } from "./image.js";

const facts = JSON.parse(document.getElementById("facts").textContent);
const find = (id) => document.getElementById(id);
const { classify } = await load(facts.program);
const CELLS = 8;
const STEP = 0.04; // of the drawing area, for a key

/** What is drawn: strokes of points from 0 to 1, or an image that was chosen instead. */
let strokes = [];
let sample = null;
/** Where the keyboard's pen is, and whether it is down. */
const pen = { at: [0.5, 0.3], isDown: false };

// ---- scores ----

const rows = Array.from({ length: 10 }, (_, digit) => {
  const row = document.createElement("li");
  row.append(String(digit), document.createElement("i"), document.createElement("span"));
  find("scores").append(row);
  return row;
});

/** Shares of the digits: the exponentials of the scores, together 1. */
function shares(scores) {
  const most = Math.max(...scores);
  const weights = Array.from(scores, (score) => Math.exp(score - most));
  const total = weights.reduce((sum, weight) => sum + weight);
  return weights.map((weight) => weight / total);
}

function show() {
  const isEmpty = !strokes.length && !sample;
  const input0 = sample ?? imageOf(strokes);
  const likely = isEmpty ? Array(10).fill(0) : shares(classify({ input0 }).output0);
  const best = isEmpty ? -1 : likely.indexOf(Math.max(...likely));
  rows.forEach((row, digit) => {
    row.className = digit === best ? "best" : "";
    row.querySelector("i").style.setProperty("--share", `${100 * likely[digit]}%`);
    row.querySelector("span").textContent = isEmpty ? "" : `${(100 * likely[digit]).toFixed(1)} %`;
  });
  find("answer").replaceChildren(...(isEmpty ? ["Nothing is drawn yet"] : [`It ${verb(likely[best])} a `, bold(best)]));
  find("undo").disabled = !strokes.length;
  find("clear").disabled = isEmpty;
  paintImage(input0);
  paint();
}

function bold(digit) {
  const element = document.createElement("b");
  element.textContent = digit;
  return element;
}

const verb = (share) => (share > 0.9 ? "is" : share > 0.6 ? "looks like" : "could be");

// ---- pictures ----

const canvas = find("canvas");
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name);

function paint() {
  const { width } = canvas;
  const context = canvas.getContext("2d");
  context.clearRect(0, 0, width, width);
  context.strokeStyle = context.fillStyle = colour("--ink");
  context.lineWidth = width / 12;
  context.lineCap = context.lineJoin = "round";
  if (sample) paintCells(context, sample, width / CELLS);
  for (const stroke of strokes) {
    context.beginPath();
    for (const [x, y] of [stroke[0], ...stroke]) context.lineTo(x * width, y * width);
    context.stroke();
  }
  if (canvas.matches(":focus-visible")) paintPen(context, width);
}

function paintPen(context, width) {
  context.beginPath();
  context.arc(pen.at[0] * width, pen.at[1] * width, width / 24, 0, 2 * Math.PI);
  context.lineWidth = width / 160;
  context.strokeStyle = context.fillStyle = colour("--accent");
  if (pen.isDown) context.fill();
  context.stroke();
}

function paintCells(context, cells, size) {
  cells.forEach((ink, at) => {
    context.globalAlpha = ink;
    context.fillRect((at % CELLS) * size, Math.floor(at / CELLS) * size, size, size);
  });
  context.globalAlpha = 1;
}

function paintImage(cells) {
  const context = find("image").getContext("2d");
  context.clearRect(0, 0, CELLS, CELLS);
  context.fillStyle = colour("--ink");
  paintCells(context, cells, 1);
}

// ---- drawing ----

function begin(point) {
  strokes = [...(sample ? [] : strokes), [point]];
  sample = null;
}

const extend = (point) => strokes.at(-1).push(point);
const bounded = (value) => Math.min(Math.max(value, 0), 1);

function placeOf(event) {
  const box = canvas.getBoundingClientRect();
  return [bounded((event.clientX - box.left) / box.width), bounded((event.clientY - box.top) / box.height)];
}

canvas.addEventListener("pointerdown", (event) => {
  if (event.isTrusted) canvas.setPointerCapture(event.pointerId);
  pen.isDown = false;
  begin(placeOf(event));
  show();
});
canvas.addEventListener("pointermove", (event) => {
  if (!(event.buttons & 1) || !strokes.length || sample) return;
  for (const each of event.getCoalescedEvents?.() ?? []) extend(placeOf(each));
  extend(placeOf(event));
  show();
});
canvas.addEventListener("pointerup", measureSoon);

const MOVES = { ArrowLeft: [-STEP, 0], ArrowRight: [STEP, 0], ArrowUp: [0, -STEP], ArrowDown: [0, STEP] };

canvas.addEventListener("keydown", (event) => {
  if (event.key in MOVES) {
    pen.at = pen.at.map((place, axis) => bounded(place + MOVES[event.key][axis]));
    if (pen.isDown) extend(pen.at);
  } else if (event.key === " ") {
    pen.isDown = !pen.isDown;
    if (pen.isDown) begin(pen.at);
    else measureSoon();
  } else return;
  event.preventDefault();
  show();
});
canvas.addEventListener("focus", paint);
canvas.addEventListener("blur", paint);

function change(made, chosen = null) {
  [strokes, sample, pen.isDown] = [made, chosen, false];
  show();
  measureSoon();
}

find("undo").addEventListener("click", () => change(strokes.slice(0, -1)));
find("clear").addEventListener("click", () => change([]));
facts.samples.forEach((cells, digit) => {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = digit;
  button.setAttribute("aria-label", `A ${digit} that it was not trained with`);
  button.addEventListener("click", () => change([], Float32Array.from(cells, (ink) => ink / 16)));
  find("samples").append(button);
});

// ---- time ----

const CALLS = 2000; // together long enough for the clocks of browsers
const TIMES = 20;
let waiting = 0;

/** Microseconds that a call takes, without what else the machine does meanwhile: the least of several means. */
function microseconds(call) {
  const taken = Array.from({ length: TIMES }, () => {
    const begun = performance.now();
    for (let n = 0; n < CALLS; n++) call();
    return performance.now() - begun;
  });
  return (1000 * Math.min(...taken)) / CALLS;
}

function measure() {
  const input0 = sample ?? imageOf(strokes);
  const taken = microseconds(() => classify({ input0 }));
  find("time").textContent = `${taken.toPrecision(2)} µs`;
  find("rate").textContent = (facts.work / (1000 * taken)).toPrecision(2);
}

function measureSoon() {
  clearTimeout(waiting);
  waiting = setTimeout(measure, 250);
}

// ---- code ----

const PARTS = /\b(?<word>static|void|const|for|int32_t|float|uint32_t|vm_\w+|VM_RESTRICT)\b|\b(?<digit>\d[\d.]*f?)\b/g;

function coloured(text) {
  const parts = [];
  let end = 0;
  for (const { 0: part, index, groups } of text.matchAll(PARTS)) {
    const element = document.createElement(groups.word ? "b" : "u");
    element.textContent = part;
    parts.push(text.slice(end, index), element);
    end = index + part.length;
  }
  return [...parts, text.slice(end)];
}

const code = find("code");
code.append(...coloured(facts.code));
const line = Number.parseFloat(getComputedStyle(code).lineHeight);
code.scrollTop = Math.round((code.scrollHeight - code.clientHeight) / 2 / line) * line; // to the loop, past what prepares it
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", show);
show();
measureSoon();
