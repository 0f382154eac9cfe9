/* While somebody writes a topic's rule: what it would find, below the rule; what is wrong with it, and where. */
"use strict";
(() => {
  const address = () => new URL("preview/", location.href.replace(/\/topic\/.*$/, "/topic/")).href;

  function attend(field) {
    if (field.dataset.attended || field.name.includes("__prefix__")) return;
    field.dataset.attended = "yes";
    const box = document.createElement("div");
    box.className = "sk-preview";
    box.setAttribute("aria-live", "polite");
    field.after(box);
    const language = document.querySelector(`[name="${field.name.replace(/expression$/, "language")}"]`);
    let timer = 0;
    let asked = 0;

    async function ask() {
      const mine = (asked += 1);
      const token = document.querySelector("[name=csrfmiddlewaretoken]")?.value || "";
      const body = new URLSearchParams({ expression: field.value, language: language?.value || "en" });
      const answer = await fetch(address(), { method: "POST", credentials: "same-origin", headers: { "X-CSRFToken": token }, body }).catch(() => null);
      if (mine !== asked) return;
      const found = answer && answer.ok ? await answer.json() : { wrong: { message: "What it finds could not be asked." } };
      field.setAttribute("aria-invalid", found.wrong ? "true" : "false");
      if (found.wrong) {
        const said = document.createElement("p");
        said.className = "errornote";
        said.textContent = found.wrong.message;
        box.replaceChildren(said);
      } else {
        box.innerHTML = found.html;
      }
    }

    const later = () => {
      clearTimeout(timer);
      timer = setTimeout(ask, 400);
    };
    field.addEventListener("input", later);
    language?.addEventListener("change", later);
    if (field.value) ask();
  }

  const all = () => document.querySelectorAll("[data-topic-rule]").forEach(attend);
  document.addEventListener("DOMContentLoaded", all);
  document.addEventListener("formset:added", all);
})();
