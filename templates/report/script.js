"use strict";

// In windows without room for columns each cell says what it is.
for (const table of document.querySelectorAll("table")) {
  const headings = [...table.tHead.rows[0].cells].map((cell) => cell.textContent);
  for (const row of table.tBodies[0].rows) {
    for (const cell of row.cells) cell.dataset.label = headings[cell.cellIndex];
  }
}

// Tables are sorted by the column whose heading is clicked: by `data-value` where there is one, else by the text.
function key(row, column) {
  const cell = row.cells[column];
  return cell.dataset.value ?? cell.textContent.trim();
}

function order(a, b) {
  const numbers = [Number(a), Number(b)];
  if (a === "" || b === "") return (a === "") - (b === "");
  return numbers.some(Number.isNaN) ? a.localeCompare(b) : numbers[0] - numbers[1];
}

function sortBy(heading) {
  const table = heading.closest("table");
  const ascending = heading.getAttribute("aria-sort") !== "ascending";
  for (const other of heading.parentNode.cells) other.removeAttribute("aria-sort");
  heading.setAttribute("aria-sort", ascending ? "ascending" : "descending");
  const rows = [...table.tBodies[0].rows];
  rows.sort((a, b) => (ascending ? 1 : -1) * order(key(a, heading.cellIndex), key(b, heading.cellIndex)));
  table.tBodies[0].append(...rows);
}

for (const heading of document.querySelectorAll(".sortable th")) {
  heading.addEventListener("click", () => sortBy(heading));
}

document.getElementById("theme").addEventListener("click", () => {
  const root = document.documentElement;
  const dark = root.dataset.theme
    ? root.dataset.theme === "dark"
    : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
});
