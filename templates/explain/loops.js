// The loops of a function: what was done with each, and why not more.

function loopList(code, view) {
  const many = code.loops.length > 8 ? "many" : "";
  return el("div", { class: `loops ${many}` }, code.loops.map((loop) => loopCard(loop, view)));
}

function loopCard(loop, view) {
  const body = el("div", { class: "details" });
  const card = el("details", { class: `loop ${loop.kind}`, toggle: () => {
    if (card.open && !body.hasChildNodes()) body.append(...loopDetails(loop));
  } }, el("summary", {}, badge(loop.kind), el("span", { class: "domain" }, said(loop, "domain") || said(loop, "why")),
    el("span", { class: "done" }, summary(loop)), el("span", { class: "where" }, loop.location ? leaf(loop.location) : "")),
  body);
  card.style.setProperty("--depth", loop.depth - 1);
  const show = el("button", { type: "button", class: "locate", click: () => view.locate(loop) }, "Show in code");
  return el("div", { class: "loop-line" }, card, show);
}

function said(loop, title) {
  return loop.lines.filter(([name]) => name === title).map(([, text]) => text)[0] || "";
}

function summary(loop) {
  const done = loop.lines.filter(([name]) => name === "done").map(([, text]) => text);
  const last = done.find((text) => text.startsWith(`${loop.kind}:`)) || "";
  return last.slice(loop.kind.length + 1).trim();
}

function loopDetails(loop) {
  const facts = el("dl", { class: "facts" });
  let before = "";
  for (const [title, text] of loop.lines) {
    if (title === "domain") continue; // in the line above
    facts.append(el("dt", {}, title === before ? "" : title), el("dd", {}, el("code", {}, text)));
    before = title;
  }
  if (loop.nests.length) facts.append(el("dt", {}, "C"), el("dd", {}, loop.nests.map((name) => el("code", { class: "symbol" }, name))));
  const parts = [facts];
  if (loop.history !== null) parts.push(stepper(data("histories")[loop.history], "Rewrites", "the literal loops"));
  return parts;
}

// A text and its steps: one at a time, with what it takes away and what it puts in its place.
function stepper(history, title, first) {
  const last = history.edits.length;
  const texts = [history.lines];
  const textAt = (step) => {
    while (texts.length <= step) {
      const edit = history.edits[texts.length - 1];
      const before = texts[texts.length - 1];
      texts.push([...before.slice(0, edit.first), ...edit.lines, ...before.slice(edit.first + edit.removed)]);
    }
    return texts[step];
  };
  const name = el("span", { class: "step-name" });
  const count = el("span", { class: "count" });
  const text = el("div", { class: "diff", tabindex: "0", role: "region", "aria-label": `${title}: text` });
  const slider = el("input", { type: "range", min: 0, max: last, value: 0, "aria-label": `${title}: step`, input: () => go(Number(slider.value)) });
  const back = el("button", { type: "button", "aria-label": "Step back", click: () => go(Number(slider.value) - 1) }, "‹");
  const on = el("button", { type: "button", "aria-label": "Next step", click: () => go(Number(slider.value) + 1) }, "›");

  function go(step) {
    slider.value = step;
    back.disabled = step === 0;
    on.disabled = step === last;
    const edit = step ? history.edits[step - 1] : null;
    name.textContent = edit ? edit.name : first;
    slider.setAttribute("aria-valuetext", name.textContent);
    count.textContent = `${step} of ${last}`;
    text.replaceChildren(...diffLines(textAt(step), step ? textAt(step - 1) : null, edit));
    const changed = text.querySelector(".added, .removed");
    text.scrollTop = changed ? Math.max(0, changed.offsetTop - text.clientHeight / 3) : 0;
  }

  go(0);
  const controls = el("div", { class: "controls" }, el("h5", {}, title), back, slider, on, count);
  return el("div", { class: "stepper" }, controls, name, text);
}

function diffLines(after, before, edit) {
  const line = (kind, text) => el("div", { class: kind || null }, text || " ");
  if (!edit) return after.map((text) => line("", text));
  return [
    ...after.slice(0, edit.first).map((text) => line("", text)),
    ...before.slice(edit.first, edit.first + edit.removed).map((text) => line("removed", text)),
    ...edit.lines.map((text) => line("added", text)),
    ...after.slice(edit.first + edit.lines.length).map((text) => line("", text)),
  ];
}
