// The list of functions at the side: in the program's order or by size, those that match what is looked for.

class FunctionList {
  constructor(root, open) {
    this.root = root;
    this.open = open;
    this.order = "program";
    this.kind = "";
    this.wanted = "";
    this.current = "";
    this.counted = new Map(); // lines with what is looked for, by function
    this.items = el("div", { class: "items", role: "list" });
    this.toggle = el("button", { type: "button", class: "fold", "aria-expanded": "false", click: () => this.fold() });
    const sort = el("div", { class: "segments", role: "group", "aria-label": "Order" },
      ["program", "size"].map((name) => el("button", { type: "button", "data-order": name, click: () => this.set({ order: name }) }, name === "size" ? "by size" : "in order")));
    const kinds = KINDS.filter((kind) => kindsOf(page.rows)[kind]);
    const filter = el("div", { class: "chips", role: "group", "aria-label": "Only functions with loops of a kind" },
      kinds.map((kind) => el("button", { type: "button", class: `chip ${kind}`, "data-kind": kind, title: MEANING[kind],
        click: () => this.set({ kind: this.kind === kind ? "" : kind }) }, kind)));
    this.overview = el("button", { type: "button", class: "overview", click: () => open("") }, "Overview");
    root.append(this.toggle, el("div", { class: "fold-body" }, this.overview, sort, filter, this.items));
    root.addEventListener("keydown", (event) => this.key(event));
    this.draw();
  }

  set(changes) {
    Object.assign(this, changes);
    this.counted.clear();
    this.draw();
  }

  fold(on = !this.root.classList.contains("unfolded")) {
    this.root.classList.toggle("unfolded", on);
    this.toggle.setAttribute("aria-expanded", String(on));
  }

  matching() {
    const found = page.rows.filter((row) => (!this.kind || row.kinds[this.kind]) && (!this.wanted || this.hits(row) >= 0));
    return this.order === "size" ? found.sort((a, b) => b.c - a.c) : found;
  }

  // How many lines of a function have the text that is looked for; -1: neither they nor its names.
  hits(row) {
    if (!this.counted.has(row.key)) this.counted.set(row.key, this.count(row));
    return this.counted.get(row.key);
  }

  count(row) {
    const code = data(row.key);
    const lines = [...code.listing, ...code.c.lines].filter((text) => text.toLowerCase().includes(this.wanted)).length;
    const names = [row.name, ...row.exports, ...code.loops.map((loop) => loop.location)];
    return lines || (names.some((name) => name.toLowerCase().includes(this.wanted)) ? 0 : -1);
  }

  draw() {
    for (const button of this.root.querySelectorAll("[data-order]")) button.setAttribute("aria-pressed", String(button.dataset.order === this.order));
    for (const button of this.root.querySelectorAll("[data-kind]")) button.setAttribute("aria-pressed", String(button.dataset.kind === this.kind));
    const found = this.matching();
    const largest = Math.max(...page.rows.map((row) => row.c), 1);
    let part = -1;
    const items = [];
    for (const row of found) {
      if (this.order === "program" && row.module !== part && page.parts.length > 1) {
        part = row.module;
        items.push(el("h3", {}, partTitle(part)));
      }
      items.push(el("div", { role: "listitem" }, this.item(row, largest)));
    }
    this.items.replaceChildren(...items);
    if (!found.length) this.items.append(el("p", { class: "note" }, "Nothing matches."));
    this.toggle.textContent = `Functions (${found.length})`;
    this.mark(this.current);
  }

  item(row, largest) {
    const hits = this.wanted ? this.hits(row) : 0;
    return el("button", { type: "button", class: "item", "data-key": row.key, click: () => { this.fold(false); this.open(row.key); } },
      el("span", { class: "name", title: row.name }, nameOf(row)),
      el("span", { class: "share" }, percent(row.c / TOTAL.c)),
      bar(row.c / largest),
      el("span", { class: "tags" }, badges(row.kinds), row.runs > 1 ? el("span", { class: "times" }, `× ${row.runs}`) : "",
        hits > 0 ? el("span", { class: "times" }, plural(hits, "line")) : ""));
  }

  mark(key) {
    this.current = key;
    for (const button of this.root.querySelectorAll(".item, .overview")) {
      const on = (button.dataset.key || "") === key;
      if (on) button.setAttribute("aria-current", "page");
      else button.removeAttribute("aria-current");
      if (on && button.dataset.key) button.scrollIntoView({ block: "nearest" });
    }
  }

  key(event) {
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    const all = [...this.root.querySelectorAll(".overview, .item")].filter((button) => button.offsetParent !== null);
    const next = all[all.indexOf(document.activeElement) + (event.key === "ArrowDown" ? 1 : -1)];
    if (!next) return;
    next.focus();
    event.preventDefault();
  }
}

// What the names of a part's functions begin with, all of them: compilers repeat the program's name in each kernel's.
const prefixes = page.parts.map((_, part) => {
  const names = page.rows.filter((row) => row.module === part).map((row) => row.name);
  if (names.length < 3) return "";
  let length = 0;
  while (length < names[0].length && names.every((name) => name[length] === names[0][length])) length++;
  const common = names[0].slice(0, length);
  return common.slice(0, Math.max(common.lastIndexOf("_"), common.lastIndexOf("$")) + 1);
});

function shortName(row) {
  const prefix = prefixes[row.module];
  return prefix.length > 3 && row.name.length > prefix.length ? { prefix, rest: row.name.slice(prefix.length) } : { prefix: "", rest: row.name };
}

function nameOf(row) {
  const { prefix, rest } = shortName(row);
  return [prefix ? el("span", { class: "soft" }, "…\u2060") : "", ...breakable(rest)];
}

// A text that may be broken behind underscores.
function breakable(text) {
  return text.split(/(?<=_)/).flatMap((part, number) => (number ? [el("wbr"), part] : [part]));
}

function partTitle(number) {
  const { name, segment } = page.parts[number];
  return segment === null ? `Program ${name}` : `Kernels of executable ${segment}`;
}
