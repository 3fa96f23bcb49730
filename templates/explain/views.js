// What the main part shows: the module as a whole, or one function.

function tile(value, label, more = null) {
  return el("div", { class: "figure" }, el("b", {}, value), el("span", {}, label), more);
}

function figures(list) {
  return el("div", { class: "figures" }, list);
}

function panel(title, ...content) {
  return el("section", { class: "panel" }, el("h3", {}, title), content);
}

// ---- the module ------------------------------------------------------------------------------------------------------

function overview(open) {
  const kinds = kindsOf(page.rows);
  const loops = Object.values(kinds).reduce((sum, count) => sum + count, 0);
  const raised = loops - (kinds.literal || 0);
  const parts = [
    el("h2", {}, "What the optimiser did"),
    figures([
      tile(plural(page.rows.length, "function"), page.parts.length > 1 ? `in ${page.parts.length} modules` : "in one module"),
      tile(loops ? `${raised} of ${loops}` : "no loops", loops ? "loops raised to nests" : "in this module", loops ? kindBar(kinds) : null),
      tile(bytes(TOTAL.bytecode), "of bytecode"),
      tile(bytes(TOTAL.c), `of C, planned for ${page.target}`),
    ]),
    el("div", { class: "columns" }, panel("Where the C is", sizePicture(open)),
      el("div", { class: "column" }, panel("Kinds of loops", legend(kinds)), panel("Not on this page", absent()))),
  ];
  for (const row of page.rows) {
    if (row.module === 0 && data(row.key).calls.some((call) => call.target !== null)) parts.push(stepsPanel(row, open));
  }
  return parts;
}

function absent() {
  const list = el("ul", { class: "plain" });
  if (page.seconds === null) list.append(el("li", {}, "Time by function: ", el("code", {}, "transpile compare --html"), " measures it; nothing was run for this page."));
  if (page.memory === null) list.append(el("li", {}, "Memory over time: this module has no plan of an arena."));
  list.append(el("li", {}, "Size in machine code: no C compiler was run. Shares are of the C text, nests that several functions share counted in parts."));
  return list;
}

function legend(kinds) {
  return el("dl", { class: "legend" }, KINDS.filter((kind) => kinds[kind]).flatMap((kind) => [
    el("dt", {}, badge(kind, kinds[kind])), el("dd", {}, MEANING[kind])]),
  Object.keys(kinds).length ? "" : el("dd", {}, "There are none."));
}

// Every function as a field of its size, in the colour of the first kind of loop that it has.  A field has its name where
// there is room.
function sizePicture(open) {
  const box = el("div", { class: "treemap" });
  const sorted = [...page.rows].filter((row) => row.c > 0).sort((a, b) => b.c - a.c);
  const draw = () => {
    const fields = squares(sorted.map((row) => row.c), box.clientWidth, box.clientHeight);
    box.replaceChildren(...fields.map((field, number) => sizeField(sorted[number], field, open)));
  };
  new ResizeObserver(draw).observe(box);
  return box;
}

function sizeField(row, [x, y, width, height], open) {
  const { rest } = shortName(row);
  const label = fits(rest, width - 18, height - 28) ? [el("span", {}, rest), el("small", {}, percent(row.c / TOTAL.c))] : [];
  const kind = KINDS.find((each) => row.kinds[each]) || "";
  const field = el("button", { type: "button", class: `field ${kind}`, click: () => open(row.key),
    title: `${row.name}: ${percent(row.c / TOTAL.c)}`, "aria-label": `${row.name}, ${percent(row.c / TOTAL.c)} of the C` }, label);
  Object.assign(field.style, { left: `${x}px`, top: `${y}px`, width: `${Math.max(width - 2, 1)}px`, height: `${Math.max(height - 2, 1)}px` });
  return field;
}

// Whether a name, broken where the line ends, has room.
function fits(name, width, height) {
  const [letter, line] = [6.9, 15]; // pixels, at most
  const letters = Math.floor(width / letter);
  return letters > 5 && Math.ceil(name.length / letters) * line <= height;
}

// Rectangles of given sizes in a box, as square as rows of them can be (Bruls, Huizing and van Wijk, 2000).
function squares(sizes, width, height) {
  const scale = (width * height) / sizes.reduce((sum, size) => sum + size, 0);
  const areas = sizes.map((size) => size * scale);
  const made = [];
  let [x, y, at] = [0, 0, 0];
  while (at < areas.length) {
    const side = Math.max(Math.min(width, height), 1e-6);
    let [end, sum] = [at + 1, areas[at]];
    const worst = (total, least, most) => Math.max((side * side * most) / (total * total), (total * total) / (side * side * least));
    while (end < areas.length && worst(sum + areas[end], areas[end], areas[at]) <= worst(sum, areas[end - 1], areas[at])) sum += areas[end++];
    const across = sum / side;
    let along = 0;
    for (const area of areas.slice(at, end)) {
      made.push(width >= height ? [x, y + along, across, area / across] : [x + along, y, area / across, across]);
      along += area / across;
    }
    if (width >= height) [x, width] = [x + across, width - across];
    else [y, height] = [y + across, height - across];
    at = end;
  }
  return made;
}

// ---- one function ----------------------------------------------------------------------------------------------------

class FunctionView {
  constructor(open) {
    this.open = open;
    this.code = new CodeView();
  }

  draw(row) {
    const code = data(row.key);
    const view = this;
    this.section = el("section", { class: "panel code" }, el("header", {}, el("h3", {}, "Code"), this.code.tabs,
      el("p", { class: "note" }, "Choose a line: what belongs to it is marked beside it.")), this.code.grid);
    const parts = [this.heading(row), this.figures(row)];
    if (code.loops.length) parts.push(panel(plural(code.loops.length, "loop"), loopList(code, view)));
    parts.push(this.section);
    if (code.calls.length) parts.push(stepsPanel(row, this.open, view));
    if (code.passes) parts.push(panel("Passes", stepper(code.passes, "Intermediate form", "lifted")));
    this.code.set(code);
    return parts;
  }

  heading(row) {
    const exported = row.exports.filter((name) => name !== row.name);
    return el("div", { class: "heading" }, el("p", { class: "path" }, partTitle(row.module)), el("h2", {}, row.name),
      exported.length ? el("p", { class: "note" }, `exported as ${exported.join(", ")}`) : "");
  }

  figures(row) {
    const loops = Object.values(row.kinds).reduce((sum, count) => sum + count, 0);
    const runs = row.module ? plural(row.runs, "dispatch", "dispatches") : plural(row.runs, "call");
    return figures([
      tile(bytes(row.c), `${percent(row.c / TOTAL.c)} of the C`, bar(row.c / TOTAL.c)),
      tile(bytes(row.bytecode), `${percent(row.bytecode / TOTAL.bytecode)} of the bytecode`, bar(row.bytecode / TOTAL.bytecode)),
      tile(loops ? plural(loops, "loop") : "no loops", KINDS.filter((kind) => row.kinds[kind]).map((kind) => `${row.kinds[kind]} ${kind}`).join(", ") || "straight code", loops ? kindBar(row.kinds) : null),
      row.runs ? tile(runs, "in the program's text") : row.exports.length ? tile("exported", "called from outside") : tile("not called", "in this module"),
    ]);
  }

  locate(loop) {
    const all = instructions(loop);
    this.code.select(all);
    for (const pane of this.code.panes) {
      const head = pane.linesOf([loop.line]);
      if (pane.marked.size) pane.show(Math.min(...(head.size ? head : pane.marked)));
    }
    this.section.scrollIntoView({ block: "start", behavior: "auto" });
  }

  step(call) {
    this.code.select([call.line]);
    this.section.scrollIntoView({ block: "start", behavior: "auto" });
  }
}

// The steps of a function; imports that follow each other are one line.
function stepsPanel(row, open, view = null) {
  const calls = data(row.key).calls;
  const groups = [];
  for (const call of calls) {
    const last = groups[groups.length - 1];
    if (call.kind === "import" && last && last[0].kind === "import") last.push(call);
    else groups.push([call]);
  }
  const list = el("ol", { class: view ? "steps all" : "steps" });
  let number = 0;
  for (const group of groups) {
    if (group[0].kind === "import" && !view) continue;
    if (group[0].kind !== "import") number++;
    list.append(stepItem(group, number, open, view));
  }
  const dispatches = calls.filter((call) => call.kind === "dispatch").length;
  const title = view ? "Steps" : `Steps of ${row.name}`;
  return panel(title, el("p", { class: "note" }, dispatches ? plural(dispatches, "dispatch of a kernel", "dispatches of kernels") : "Calls, in the order of the code."), list);
}

function stepItem(group, number, open, view) {
  const [call] = group;
  const target = call.target === null ? null : rows.get(call.target);
  const locate = (one, text) => (view ? el("button", { type: "button", class: "link quiet", click: () => view.step(one) }, text) : text);
  if (call.kind === "import") {
    return el("li", { class: "import" }, group.map((one) => el("span", {}, locate(one, one.name))));
  }
  const name = target ? el("button", { type: "button", class: "link", title: target.name, click: () => open(target.key) }, nameOf(target)) : locate(call, call.name);
  return el("li", { class: call.kind }, el("span", { class: "ordinal" }, String(number)), name,
    target ? el("span", { class: "tags" }, badges(target.kinds)) : "",
    target ? el("span", { class: "share" }, percent(target.c / TOTAL.c)) : "");
}
