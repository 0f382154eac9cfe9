/* Asks how far a file is and puts the answer in its place; without it the page reloads itself now and then. */
"use strict";
(() => {
  const place = document.querySelector("[data-progress]");
  if (!place) return;
  const again = () => setTimeout(ask, 1500);

  async function ask() {
    try {
      const answer = await fetch(place.dataset.progress, { credentials: "same-origin" });
      if (!answer.ok) throw new Error(answer.status);
      if (answer.headers.get("X-Busy") !== "yes") return window.location.reload();
      place.innerHTML = await answer.text();
    } catch { /* the next one may come through */ }
    return again();
  }

  again();
})();
