// The page as a whole: which view is shown, search, keys, light and dark.

const main = document.getElementById("main");
const search = document.getElementById("search");
const found = document.getElementById("found");
const functionView = new FunctionView(open);
const list = new FunctionList(document.querySelector(".side"), open);
let hits = [];
let hit = -1;

// The address says what is shown, so that it can be linked to and the browser's back button works.
function open(key) {
  if (location.hash.slice(1) === key) show();
  else location.hash = key;
}

function show() {
  const row = rows.get(location.hash.slice(1));
  main.replaceChildren(...(row ? functionView.draw(row) : overview(open)));
  list.mark(row ? row.key : "");
  main.scrollTo(0, 0);
  if (row) {
    functionView.code.arrange();
    lookInCode();
  }
}

function lookInCode() {
  hits = rows.has(list.current) ? functionView.code.find(search.value.trim().toLowerCase()) : [];
  hit = -1;
  if (hits.length) nextHit(1);
  else if (rows.has(list.current) && search.value) functionView.code.clear();
}

function nextHit(step) {
  if (!hits.length) return;
  hit = (hit + step + hits.length) % hits.length;
  const [pane, line] = hits[hit];
  functionView.code.choose(pane, line);
  pane.show(line);
}

function look() {
  list.set({ wanted: search.value.trim().toLowerCase() });
  found.textContent = search.value.trim() ? plural(list.matching().length, "function") : "";
  lookInCode();
}

let waiting = 0;
search.addEventListener("input", () => {
  clearTimeout(waiting);
  waiting = setTimeout(look, 120);
});
search.addEventListener("keydown", (event) => {
  if (event.key === "Enter") {
    clearTimeout(waiting);
    if (list.wanted !== search.value.trim().toLowerCase()) look();
    else if (hits.length) nextHit(event.shiftKey ? -1 : 1);
    else if (list.matching().length) open(list.matching()[0].key);
  } else if (event.key === "Escape") {
    search.value = "";
    look();
    search.blur();
  }
});

addEventListener("hashchange", show);
addEventListener("resize", () => {
  if (rows.has(list.current)) functionView.code.resized();
});
addEventListener("keydown", (event) => {
  if (event.key === "/" && !event.target.matches("input[type=search]")) {
    search.focus();
    search.select();
    event.preventDefault();
  }
});

const theme = document.getElementById("theme");
const dark = () => (document.documentElement.dataset.theme || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
const showTheme = () => { theme.textContent = dark() ? "☀" : "☾"; };
theme.addEventListener("click", () => {
  document.documentElement.dataset.theme = dark() ? "light" : "dark";
  showTheme();
});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", showTheme);
showTheme();

if (page.rows.length === 1 && !location.hash) history.replaceState(null, "", `#${page.rows[0].key}`);
show();
