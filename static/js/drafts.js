/* Keeps what somebody types on a ticket in this browser until the ticket has it: after a refusal, a lost connection or a
   session that ended it stands there again. Without it the server alone gives words back, when it answers.
   <form data-draft="TICKET"> holds <section data-step="STEP">; a page that tells of a saved step says so in
   [data-saved="TICKET STEP"]; [data-person] is who is signed in: nobody is shown another person's words. */
"use strict";
(() => {
  const LASTS = 14 * 24 * 60 * 60 * 1000;
  const PREFIX = "shopkeeper.draft.";
  const person = document.querySelector("[data-person]")?.dataset.person;
  if (!person) return;
  const kept = storage();
  if (!kept) return;

  function storage() {
    try {
      localStorage.setItem(`${PREFIX}try`, "1");
      localStorage.removeItem(`${PREFIX}try`);
      return localStorage;
    } catch {
      return null; // full, or forbidden: then as without this script
    }
  }

  const keyOf = (ticket, step) => `${PREFIX}${person}.${ticket}.${step}`;
  const fieldsOf = (place) => [...place.querySelectorAll("input, select, textarea")].filter((field) => field.name && field.type !== "hidden");
  const isTick = (field) => field.type === "radio" || field.type === "checkbox";
  const asServed = (field) => {
    if (isTick(field)) return field.checked === field.defaultChecked;
    if (field.tagName !== "SELECT") return field.value === field.defaultValue;
    const chosen = [...field.options].find((option) => option.defaultSelected) || field.options[0];
    return !chosen || field.value === chosen.value;
  };

  function forget() {
    for (const saved of document.querySelectorAll("[data-saved]")) {
      const [ticket, step] = saved.dataset.saved.split(" ");
      kept.removeItem(keyOf(ticket, step));
    }
    for (const key of Object.keys(kept).filter((name) => name.startsWith(PREFIX))) {
      const draft = read(key);
      if (!draft || Date.now() - draft.at > LASTS) kept.removeItem(key);
    }
  }

  function read(key) {
    try {
      return JSON.parse(kept.getItem(key));
    } catch {
      return null;
    }
  }

  function keep(key, place) {
    const words = {};
    for (const field of fieldsOf(place)) {
      if (isTick(field) ? field.checked : field.value.trim()) words[field.name] = isTick(field) ? field.value : field.value;
    }
    const typed = fieldsOf(place).some((field) => !asServed(field) || (!isTick(field) && field.tagName !== "SELECT" && field.value.trim()));
    try {
      if (typed) kept.setItem(key, JSON.stringify({ at: Date.now(), words }));
      else kept.removeItem(key);
    } catch { /* full: the words are still on the page */ }
  }

  function restore(key, place) {
    const draft = read(key);
    if (!draft) return;
    let changed = false;
    for (const field of fieldsOf(place)) {
      const word = draft.words[field.name];
      if (word === undefined) continue;
      const before = isTick(field) ? field.checked : field.value;
      if (isTick(field)) field.checked = field.checked || field.value === word;
      else if (field.tagName === "SELECT" ? [...field.options].some((option) => option.value === word) : !field.value.trim()) field.value = word;
      changed ||= before !== (isTick(field) ? field.checked : field.value);
    }
    if (changed) tell(key, place, draft.at);
  }

  function tell(key, place, at) {
    const said = document.createElement("p");
    said.className = "notice notice--warn draft";
    said.setAttribute("role", "status");
    const when = new Date(at).toLocaleString("en-GB", { weekday: "short", hour: "2-digit", minute: "2-digit" });
    const drop = document.createElement("button");
    drop.type = "button";
    drop.className = "link";
    drop.textContent = "Throw it away";
    drop.addEventListener("click", () => {
      kept.removeItem(key);
      location.reload();
    });
    said.append(`You typed this on ${when}; it is not saved yet. `, drop);
    const fold = place.querySelector("details");
    if (fold) fold.open = true;
    (place.querySelector(".form") || place).prepend(said);
  }

  function attend(form) {
    const ticket = form.dataset.draft;
    const places = form.matches("[data-step]") ? [form] : [...form.querySelectorAll("[data-step]")];
    for (const place of places) {
      const key = keyOf(ticket, place.dataset.step);
      restore(key, place);
      for (const event of ["input", "change"]) place.addEventListener(event, () => keep(key, place));
    }
    form.addEventListener("submit", (event) => {
      if (navigator.onLine) return;
      event.preventDefault();
      let said = form.querySelector("[data-offline]");
      if (!said) {
        said = document.createElement("p");
        said.className = "notice notice--bad";
        said.dataset.offline = "";
        said.setAttribute("role", "alert");
      }
      said.textContent = "No connection. What you typed is kept here: send it again when you are connected.";
      (event.submitter && event.submitter.parentElement !== form ? event.submitter : form.lastElementChild).before(said);
    });
  }

  forget();
  document.querySelectorAll("form[data-draft]").forEach(attend);
})();
