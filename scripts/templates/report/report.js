// Sort tables by the buttons in their heads, and show only the topics that hold what is typed.

const value = (row, column) => {
  const cell = row.cells[column];
  return cell.dataset.value === undefined ? cell.textContent.trim().toLowerCase() : Number(cell.dataset.value);
};

const sort = (table, header) => {
  const column = header.cellIndex;
  const direction = header.getAttribute("aria-sort") === "descending" ? "ascending" : "descending";
  for (const other of header.parentElement.cells) other.removeAttribute("aria-sort");
  header.setAttribute("aria-sort", direction);
  const sign = direction === "ascending" ? 1 : -1;
  const body = table.tBodies[0];
  const rows = [...body.rows].sort((a, b) => {
    const [x, y] = [value(a, column), value(b, column)];
    return x < y ? -sign : x > y ? sign : 0;
  });
  body.append(...rows);
};

for (const button of document.querySelectorAll("th button")) {
  const header = button.closest("th");
  button.addEventListener("click", () => sort(button.closest("table"), header));
}

const search = document.querySelector("#find");
const found = document.querySelector("#found");
const topics = [...document.querySelector("#topics-table").tBodies[0].rows];
const texts = topics.map(row => row.textContent.toLowerCase());
search.addEventListener("input", () => {
  const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  topics.forEach((row, i) => { row.hidden = !words.every(word => texts[i].includes(word)); });
  const shown = topics.filter(row => !row.hidden).length;
  found.textContent = words.length ? `${shown} of ${topics.length} topics` : "";
});

// what is folded is printed too
addEventListener("beforeprint", () => document.querySelectorAll("details").forEach(d => { d.open = true; }));
document.documentElement.dataset.ready = "";
