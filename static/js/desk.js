/* The keyboard of the case desk: moves through the list of tickets, and leads to what a page marks with data-key. What
   a key does can be done without it by Tab and Enter; the page's help says which there are. */
"use strict";
(() => {
  const isTyping = (node) => node.closest?.("textarea, select, [contenteditable], input:not([type=checkbox], [type=radio])");
  const links = () => [...document.querySelectorAll("#result_list tbody a[href*='/change/']")].filter((link, n, all) => all.findIndex((other) => other.closest("tr") === link.closest("tr")) === n);
  const here = () => links().find((link) => link.closest("tr").contains(document.activeElement));

  function move(by) {
    const all = links();
    if (!all.length) return;
    const at = all.indexOf(here());
    const to = at < 0 ? (by > 0 ? 0 : all.length - 1) : Math.min(Math.max(at + by, 0), all.length - 1);
    all[to].focus();
    all[to].scrollIntoView({ block: "nearest" });
  }

  function lead(key) {
    const place = document.querySelector(`[data-key="${key}"]`);
    if (!place) return false;
    if (place.tagName === "DETAILS") place.open = !place.open;
    else if (place.matches("a, button")) place.click();
    else place.querySelector("input:not([type=hidden]), select, textarea")?.focus();
    return true;
  }

  const moves = { j: () => move(1), k: () => move(-1), x: () => here()?.closest("tr").querySelector("input.action-select")?.click() };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    if (moves[event.key]) {
      moves[event.key]();
      event.preventDefault();
    } else if (/^[a-z0-9?]$/.test(event.key) && lead(event.key)) event.preventDefault();
  });
})();
