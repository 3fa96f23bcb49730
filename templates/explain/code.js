// The panes of one function side by side: what belongs together is marked in all of them.

class CodeView {
  constructor() {
    this.panes = [
      new Pane("source", "Source", "plain", this),
      new Pane("bytecode", "Bytecode", "code", this),
      new Pane("ir", "Intermediate form", "code", this),
      new Pane("c", "C", "c", this),
    ];
    const [source, bytecode, ir, c] = this.panes;
    Object.assign(this, { source, bytecode, ir, c });
    this.narrow = CodeView.one();
    this.shown = CodeView.widest();
    this.buttons = this.panes.map((pane) => el("button", { type: "button", click: () => this.toggle(pane) }, pane.title));
    this.grid = el("div", { class: "panes" }, this.panes.map((pane) => pane.root));
    this.tabs = el("div", { class: "segments", role: "group", "aria-label": "Panes" }, this.buttons);
  }

  static one() {
    return innerWidth < 720;
  }

  static widest() {
    if (CodeView.one()) return ["c"];
    return innerWidth < 1240 ? ["bytecode", "c"] : ["source", "bytecode", "c"];
  }

  // What was chosen stays, unless another number of panes has room.
  resized() {
    if (this.narrow !== CodeView.one()) this.shown = CodeView.widest();
    this.narrow = CodeView.one();
    this.arrange();
  }

  set(code) {
    const count = code.listing.length;
    const kinds = new Array(count).fill("");
    for (const loop of code.loops) {
      for (const [first, last] of loop.extent) kinds.fill(loop.kind, first, last + 1);
    }
    const own = (links) => links.map((all) => (all.length ? kinds[all[0]] : ""));
    this.bytecode.set(code.listing, code.listing.map((_, line) => [line]), kinds);
    this.ir.set(code.ir.lines, code.ir.links, own(code.ir.links));
    const c = withNests(code);
    this.c.set(c.lines, c.links, c.kinds.map((kind, line) => kind || own([c.links[line]])[0]));
    const source = sourceOf(code);
    this.hasSource = source.lines.length > 0;
    this.source.set(source.lines, source.links, own(source.links), source.numbers);
    this.source.root.querySelector("h4").textContent = source.title;
    this.clear();
    this.arrange();
  }

  arrange() {
    this.panes.forEach((pane, number) => {
      const there = pane !== this.source || this.hasSource;
      const on = there && this.shown.includes(pane.name);
      pane.root.hidden = !on;
      this.buttons[number].hidden = !there;
      this.buttons[number].setAttribute("aria-pressed", String(on));
    });
    const visible = this.panes.filter((pane) => !pane.root.hidden);
    const widths = { source: "minmax(0, 0.7fr)", bytecode: "minmax(0, 1fr)", ir: "minmax(0, 1fr)", c: "minmax(0, 1.25fr)" };
    const longest = Math.max(...visible.map((pane) => pane.lines.length));
    this.grid.style.setProperty("--longest", `${Math.max(longest, 6) * LINE + 16}px`);
    this.grid.style.gridTemplateColumns = visible.map((pane) => widths[pane.name]).join(" ");
    for (const pane of visible) {
      pane.draw();
      if (pane.marked.size) pane.show(Math.min(...pane.marked));
    }
  }

  toggle(pane) {
    const on = this.shown.includes(pane.name);
    if (CodeView.one()) this.shown = [pane.name];
    else if (!on) this.shown = [...this.shown, pane.name];
    else if (this.shown.length > 1) this.shown = this.shown.filter((name) => name !== pane.name);
    this.arrange();
  }

  // Marks what belongs to some instructions; `from` is the pane whose line was chosen.
  select(instructions, from = null, line = -1) {
    for (const [number, pane] of this.panes.entries()) {
      const lines = pane.linesOf(instructions);
      this.buttons[number].dataset.marked = lines.size || "";
      if (pane === from) lines.add(line);
      pane.cursor = pane === from ? line : lines.size ? Math.min(...lines) : -1;
      pane.mark(lines);
      if (pane !== from && lines.size) pane.show(pane.cursor);
    }
  }

  choose(pane, line) {
    this.select(pane.links[line], pane, line);
  }

  hover(from, line) {
    const instructions = line === null ? [] : from.links[line];
    for (const pane of this.panes) {
      pane.hovered = pane.linesOf(instructions);
      if (!pane.root.hidden) for (const row of pane.sizer.children) row.classList.toggle("hovered", pane.hovered.has(Number(row.dataset.line)));
    }
  }

  clear() {
    this.select([]);
  }

  neighbour(pane, step) {
    const visible = this.panes.filter((each) => !each.root.hidden);
    const next = visible[visible.indexOf(pane) + step];
    if (next) next.box.focus({ preventScroll: true });
  }

  // Lines with a text, in the panes that are seen; every instruction of them is marked as found.
  find(wanted) {
    const hits = [];
    for (const pane of this.panes) {
      pane.hits = new Set();
      if (wanted) pane.lines.forEach((text, line) => { if (text.toLowerCase().includes(wanted)) pane.hits.add(line); });
      if (!pane.root.hidden) for (const line of pane.hits) hits.push([pane, line]);
      pane.draw();
    }
    return hits;
  }
}

// The C of a function, and below it the functions of its raised nests, whose lines belong to what they name.
function withNests(code) {
  const lines = [...code.c.lines];
  const links = [...code.c.links];
  const kinds = lines.map(() => "");
  const users = new Map();
  for (const loop of code.loops) for (const symbol of loop.nests) users.set(symbol, [...(users.get(symbol) || []), loop]);
  for (const [symbol, loops] of users) {
    const nest = data("nests")[symbol];
    const named = nest.names.map((name) => loops.flatMap((loop) => loop.named[name] || []));
    lines.push("", ...nest.lines);
    links.push([], ...nest.links.map((all) => [...new Set(all.flatMap((number) => named[number]))]));
    kinds.push("", ...nest.lines.map(() => loops[0].kind));
  }
  return { lines, links, kinds };
}

function instructions(loop) {
  return loop.extent.flatMap(([first, last]) => Array.from({ length: last - first + 1 }, (_, n) => first + n));
}

// The text of the file that most instructions come from, or, where the page has no text of it, the places alone.
function sourceOf(code) {
  const counts = new Map();
  for (const place of code.places) if (place >= 0) counts.set(code.locations[place][0], (counts.get(code.locations[place][0]) || 0) + 1);
  const files = [...counts.keys()].sort((a, b) => counts.get(b) - counts.get(a));
  const known = files.find((file) => file in data("sources"));
  if (known === undefined) return placesOf(code);
  const lines = data("sources")[known];
  const links = lines.map(() => []);
  code.places.forEach((place, instruction) => {
    const [file, line] = place >= 0 ? code.locations[place] : [null, 0];
    if (file === known && links[line - 1]) links[line - 1].push(instruction);
  });
  return { title: leaf(known), lines, links, numbers: null };
}

function placesOf(code) {
  const order = code.locations.map((_, number) => number).sort((a, b) => {
    const [[fileA, lineA, columnA], [fileB, lineB, columnB]] = [code.locations[a], code.locations[b]];
    return fileA < fileB ? -1 : fileA > fileB ? 1 : lineA - lineB || columnA - columnB;
  });
  const of = code.locations.map(() => []);
  code.places.forEach((place, instruction) => { if (place >= 0) of[place].push(instruction); });
  const links = order.map((place) => of[place]);
  const lines = order.map((place) => `${leaf(code.locations[place][0])}:${code.locations[place].slice(1).join(":")}`);
  return { title: "Source places", lines, links, numbers: null };
}

function leaf(path) {
  return path.split(/[\\/]/).pop();
}
