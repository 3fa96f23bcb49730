// A text of any length: only the lines that are seen are in the document.

const LINE = 20; // pixels, as --line in the style sheet
const TOKENS = {
  c: /(\/\*.*?\*\/)|("(?:[^"\\]|\\.)*")|\b(for|if|else|while|goto|return|break|continue|switch|case|default|const|static|void|int|float|double|struct|u?int\d+_t)\b|\b(0x[0-9a-f]+|\d[\w.]*)\b/g,
  code: /^([0-9a-f]{6}\b)|()(\^[0-9A-F]{8}|@\w[\w$.]*)|\b(0x[0-9a-f]+|-?\d+)\b/g,
  plain: null,
};
const CLASSES = ["comment", "string", "word", "digit"];

class Pane {
  constructor(name, title, language, owner) {
    this.name = name;
    this.title = title;
    this.language = language;
    this.owner = owner;
    this.sizer = el("div", { class: "sizer" });
    this.box = el("div", {
      class: "lines", tabindex: "0", role: "listbox", "aria-label": title,
      scroll: () => this.draw(), keydown: (event) => this.key(event),
      click: (event) => this.point(event, true), mousemove: (event) => this.point(event, false),
      mouseleave: () => owner.hover(null, null),
    }, this.sizer);
    this.count = el("button", { type: "button", class: "count", title: "Go to the next one", click: () => this.next() });
    this.root = el("section", { class: `pane ${name}` }, el("header", {}, el("h4", {}, title), this.count), this.box);
    new ResizeObserver(() => this.draw()).observe(this.box);
  }

  // `links` are the instructions of each line, `kinds` those of the loops that they are in.
  set(lines, links, kinds, numbers = null) {
    Object.assign(this, { lines, links, kinds, numbers, cursor: -1 });
    this.marked = new Set();
    this.hovered = new Set();
    this.hits = new Set();
    this.inverse = new Map();
    links.forEach((all, line) => {
      for (const instruction of all) {
        if (!this.inverse.has(instruction)) this.inverse.set(instruction, []);
        this.inverse.get(instruction).push(line);
      }
    });
    const longest = lines.reduce((most, line) => Math.max(most, line.length), 0);
    this.sizer.style.height = `${lines.length * LINE}px`;
    this.sizer.style.minWidth = `calc(${longest + 2}ch + 5rem)`;
    this.box.scrollTo(0, 0);
    this.draw();
  }

  // The lines of some instructions.
  linesOf(instructions) {
    const found = new Set();
    for (const instruction of instructions) for (const line of this.inverse.get(instruction) || []) found.add(line);
    return found;
  }

  mark(lines) {
    this.marked = lines;
    this.count.textContent = `${plural(lines.size, "line")} marked`;
    this.count.hidden = !lines.size;
    this.draw();
  }

  // To the next marked line, and from the last one to the first.
  next() {
    const order = [...this.marked].sort((a, b) => a - b);
    this.cursor = order.find((line) => line > this.cursor) ?? order[0];
    this.show(this.cursor);
    this.draw();
  }

  show(line) {
    const top = line * LINE;
    const { scrollTop, clientHeight } = this.box;
    if (top < scrollTop + LINE || top > scrollTop + clientHeight - 2 * LINE) {
      this.box.scrollTop = Math.max(0, top - clientHeight / 3);
    }
  }

  draw() {
    if (!this.lines) return;
    const first = Math.max(0, Math.floor(this.box.scrollTop / LINE) - 8);
    const last = Math.min(this.lines.length, Math.ceil((this.box.scrollTop + this.box.clientHeight) / LINE) + 8);
    const drawn = [];
    for (let line = first; line < last; line++) drawn.push(this.row(line));
    this.sizer.replaceChildren(...drawn);
    const id = `${this.name}-${this.cursor}`;
    if (this.cursor >= first && this.cursor < last) this.box.setAttribute("aria-activedescendant", id);
    else this.box.removeAttribute("aria-activedescendant");
  }

  row(line) {
    const classes = ["row", this.kinds[line] || "",
      this.links[line].length ? "linked" : "", this.marked.has(line) ? "marked" : "",
      this.hovered.has(line) ? "hovered" : "", this.hits.has(line) ? "hit" : "", line === this.cursor ? "cursor" : ""];
    const made = el("div", {
      class: classes.filter(Boolean).join(" "), id: `${this.name}-${line}`, role: "option",
      "aria-selected": String(this.marked.has(line)), "aria-posinset": line + 1, "aria-setsize": this.lines.length,
    }, el("span", { class: "number" }, String(this.numbers ? this.numbers[line] : line + 1)), this.text(this.lines[line]));
    made.style.top = `${line * LINE}px`;
    made.dataset.line = line;
    return made;
  }

  text(line) {
    const pattern = TOKENS[this.language];
    const made = el("code");
    let at = 0;
    for (const found of pattern && line.length < 2000 ? line.matchAll(pattern) : []) {
      const group = found.slice(1).findIndex((part) => part);
      if (group < 0) continue;
      made.append(line.slice(at, found.index), el("span", { class: CLASSES[group] }, found[0]));
      at = found.index + found[0].length;
    }
    made.append(line.slice(at));
    return made;
  }

  point(event, chosen) {
    const row = event.target.closest(".row");
    const line = row ? Number(row.dataset.line) : null;
    if (!chosen) this.owner.hover(this, line);
    else if (line !== null && !String(getSelection())) this.owner.choose(this, line);
  }

  key(event) {
    const visible = Math.floor(this.box.clientHeight / LINE) - 1;
    const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: visible, PageUp: -visible, Home: -1e9, End: 1e9 };
    if (event.key in steps) {
      const line = Math.min(Math.max(this.cursor + steps[event.key], 0), this.lines.length - 1);
      this.owner.choose(this, line);
      this.show(line);
    } else if (event.key === "ArrowLeft" || event.key === "ArrowRight") {
      this.owner.neighbour(this, event.key === "ArrowRight" ? 1 : -1);
    } else if (event.key === "Escape") this.owner.clear();
    else return;
    event.preventDefault();
  }
}
