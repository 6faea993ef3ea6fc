"use strict";
const collator = new Intl.Collator(undefined, { numeric: true });

// A table sorts by a column: numbers by size (words come last), text by the alphabet.
for (const table of document.querySelectorAll("table.sortable")) {
  const headings = [...table.querySelectorAll("thead th")];
  headings.forEach((heading, index) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = heading.textContent;
    heading.replaceChildren(button);
    button.addEventListener("click", () => {
      const falling = heading.getAttribute("aria-sort") === "ascending";
      headings.forEach((other) => other.removeAttribute("aria-sort"));
      heading.setAttribute("aria-sort", falling ? "descending" : "ascending");
      const isNumber = heading.classList.contains("number");
      const keyed = [...table.tBodies[0].rows].map((row) => {
        const text = row.cells[index].textContent.trim();
        return [isNumber ? parseFloat(text) : text, row];
      });
      const last = ([key]) => isNumber && Number.isNaN(key);
      const compare = (one, other) => {
        if (last(one) || last(other)) return last(one) - last(other);
        const order = isNumber ? one[0] - other[0] : collator.compare(one[0], other[0]);
        return falling ? -order : order;
      };
      table.tBodies[0].append(...keyed.sort(compare).map(([, row]) => row));
    });
  });
}

// What is typed leaves only the rows that hold it.
for (const input of document.querySelectorAll("input[data-table]")) {
  const rows = [...document.getElementById(input.dataset.table).tBodies[0].rows];
  const texts = rows.map((row) => row.textContent.toLowerCase());
  const status = document.getElementById(input.dataset.status);
  input.closest("[hidden]").hidden = false;
  input.addEventListener("input", () => {
    const wanted = input.value.trim().toLowerCase();
    let count = 0;
    rows.forEach((row, index) => {
      row.hidden = !texts[index].includes(wanted);
      count += !row.hidden;
    });
    status.textContent = wanted ? `${count} of ${rows.length} rows` : "";
  });
}

// Paper cannot be unfolded.
let folded = [];
addEventListener("beforeprint", () => {
  folded = [...document.querySelectorAll("details:not([open])")];
  for (const one of folded) one.open = true;
});
addEventListener("afterprint", () => {
  for (const one of folded) one.open = false;
});
