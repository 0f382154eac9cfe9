/* Adds empty rows to a field that is edited as rows, and moves rows where their order matters. Without it there is one
   empty row, and another after each save, and positions are numbers to type. */
"use strict";
document.addEventListener("DOMContentLoaded", () => {
  for (const rows of document.querySelectorAll("[data-rows]")) {
    const add = rows.querySelector("[data-add]");
    const total = rows.querySelector(`[name="${rows.dataset.rows}-TOTAL_FORMS"]`);
    const blank = rows.querySelector("template[data-row]");
    if (!add || !total || !blank) continue;
    if ("ordered" in rows.dataset) move(rows);
    add.hidden = false;
    add.addEventListener("click", () => {
      const box = document.createElement("div");
      box.innerHTML = blank.innerHTML.replaceAll("__prefix__", total.value);
      total.value = Number(total.value) + 1;
      const row = box.firstElementChild;
      blank.before(row);
      show(row);
      row.querySelector("input, select, textarea")?.focus();
    });
  }

  function show(row) {
    row.querySelectorAll("[data-moves]").forEach((moves) => (moves.hidden = false));
  }

  function move(rows) {
    const listed = () => [...rows.querySelectorAll(":scope > .sk-row")];
    listed().forEach(show);
    rows.addEventListener("click", (event) => {
      const button = event.target.closest("[data-move]");
      if (!button) return;
      const row = button.closest(".sk-row");
      const up = button.dataset.move === "-1";
      const beside = listed()[listed().indexOf(row) + (up ? -1 : 1)];
      if (beside) up ? beside.before(row) : beside.after(row);
      listed().forEach((each, number) => (each.querySelector('[name$="-ORDER"]').value = number + 1));
      button.focus();
      const said = rows.querySelector("[data-said]");
      said.textContent = `Position ${listed().indexOf(row) + 1} of ${listed().length}`;
    });
  }
});
