/* Adds empty rows to a field that is edited as rows; without it there is one, and another after each save. */
"use strict";
document.addEventListener("DOMContentLoaded", () => {
  for (const rows of document.querySelectorAll("[data-rows]")) {
    const add = rows.querySelector("[data-add]");
    const total = rows.querySelector(`[name="${rows.dataset.rows}-TOTAL_FORMS"]`);
    const blank = rows.querySelector("template[data-row]");
    if (!add || !total || !blank) continue;
    add.hidden = false;
    add.addEventListener("click", () => {
      const box = document.createElement("div");
      box.innerHTML = blank.innerHTML.replaceAll("__prefix__", total.value);
      total.value = Number(total.value) + 1;
      const row = box.firstElementChild;
      blank.before(row);
      row.querySelector("input, select, textarea")?.focus();
    });
  }
});
