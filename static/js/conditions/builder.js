/* Builds conditions by clicking: each [data-condition] holds the textarea with the JSON and names where the server is
   asked what may be compared, which values are known, and what the condition finds. Without it the JSON is edited. */
"use strict";
(() => {
  const JOINS = { all: "All of these", any: "Any of these", "not all": "Not all of these", "not any": "None of these" };
  const offers = new Map(); // address -> promise of the leaves there
  const { at, blank, blankOf, choicesOf, group, place, read, settle, shapeOf, write } = window.shopkeeperConditions; // tree.js
  const TOKEN = "[name=csrfmiddlewaretoken]";
  let numbers = 0;

  function el(tag, attributes = {}, ...inside) {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
      else if (value !== false && value != null) made.setAttribute(name, value === true ? "" : value);
    }
    made.append(...inside.filter((each) => each != null));
    return made;
  }
  const option = (value, label, chosen) => el("option", { value, selected: value === chosen }, label);
  const later = (task, wait) => { let timer; return (...all) => { clearTimeout(timer); timer = setTimeout(task, wait, ...all); }; };

  /* --- the builder ------------------------------------------------------------------------------------------------ */

  class Builder {
    constructor(home, leaves) {
      this.home = home;
      this.url = home.dataset.condition;
      this.text = home.querySelector("textarea");
      this.leaves = new Map(leaves.map((leaf) => [leaf.name, leaf]));
      this.names = {};
      this.tree = el("div", { class: "skc-tree-edit" });
      this.found = el("div", { class: "skc-found", "aria-live": "polite" });
      this.tree.addEventListener("keydown", (event) => {
        if (event.key === "Enter" && event.target.matches("input")) event.preventDefault(); // nothing is saved while one builds
        if (event.key.length === 1) event.stopPropagation(); // a letter chooses here; the console's own keys are for elsewhere
      });
      const preview = later(() => this.preview(), 400);
      this.count = () => { this.asking?.abort(); this.found.setAttribute("aria-busy", "true"); preview(); }; // what it says is old from now on
      const json = el("details", { class: "skc-json" }, el("summary", {}, "As JSON"));
      this.text.before(this.tree, this.found, json);
      json.append(this.text, ...home.querySelectorAll(".skc-hint"));
      this.text.addEventListener("change", () => this.load());
      home.classList.add("skc-built");
      this.load();
    }

    load() {
      let tree;
      try { tree = JSON.parse(this.text.value.trim() || "{}"); } catch { return this.say("This is no JSON that can be read."); }
      const found = read(tree, this.leaves);
      this.root = found.join ? found : group("all", [found]);
      this.draw();
      return this.count();
    }

    changed() {
      place(this.root);
      this.text.value = this.empty ? "" : JSON.stringify(write(this.root), null, 1);
      this.text.dispatchEvent(new Event("input", { bubbles: true }));
      this.count();
    }

    redrawn(focus) {
      this.draw();
      this.changed();
      const target = focus && this.tree.querySelector(`[data-focus="${focus.number}"]`);
      if (target) target.focus();
    }

    draw() {
      place(this.root);
      this.tree.replaceChildren(this.drawn(this.root, null));
    }

    drawn(node, parent) {
      node.number ||= ++numbers;
      node.wrong = el("p", { class: "skc-wrong", hidden: true });
      if (node.join) return this.drawnGroup(node, parent);
      return "raw" in node ? this.drawnRaw(node, parent) : this.drawnLeaf(node, parent);
    }

    drawnGroup(node, parent) {
      const chosen = (node.denied ? "not " : "") + node.join;
      const join = (event) => {
        const said = event.target.value;
        node.denied = said.startsWith("not ");
        node.join = said.replace("not ", "");
        this.changed();
      };
      const add = (made) => () => { node.parts.push(made); made.number = ++numbers; this.redrawn(made); };
      return el("fieldset", { class: "skc-group" },
        el("legend", {}, parent ? "Group" : "Condition"),
        el("div", { class: "skc-head" },
          el("select", { "aria-label": "How these are joined", "data-focus": node.number, onchange: join },
            ...Object.entries(JOINS).map(([value, label]) => option(value, label, chosen))),
          parent && this.remover(node, parent, "Remove this group")),
        node.wrong,
        el("ul", {}, ...node.parts.map((part) => el("li", {}, this.drawn(part, node)))),
        el("div", { class: "skc-add" },
          el("button", { type: "button", onclick: () => add({ name: "", value: null, denied: false, begun: true })() }, "Add a comparison"),
          el("button", { type: "button", onclick: () => add(group("any"))() }, "Add a group")));
    }

    drawnLeaf(node, parent) {
      const entered = el("span", { class: "skc-parts" });
      const fill = () => {
        const leaf = this.leaves.get(node.name);
        node.shown = leaf ? leaf.parts.map((part) => this.part(part, leaf, node)) : [];
        entered.replaceChildren(...node.shown);
      };
      const pick = (event) => { // the choice itself stays, so that one can go on choosing by keys
        node.name = event.target.value;
        node.value = this.leaves.has(node.name) ? blankOf(this.leaves.get(node.name)) : null;
        fill();
        this.changed();
      };
      fill();
      const groups = Map.groupBy ? Map.groupBy(this.leaves.values(), (each) => each.group) : grouped(this.leaves.values());
      return el("div", { class: "skc-leaf" },
        el("div", { class: "skc-row" },
          el("select", { "aria-label": "What is compared", "data-focus": node.number, onchange: pick },
            option("", "Choose …", node.name),
            ...[...groups].map(([label, leaves]) => el("optgroup", { label }, ...leaves.map((each) => option(each.name, each.label, node.name))))),
          el("select", { "aria-label": "Is it so, or not?", onchange: (event) => { node.denied = event.target.value === "not"; this.changed(); } },
            option("", "is so", node.denied ? "not" : ""), option("not", "is not so", node.denied ? "not" : "")),
          entered,
          this.remover(node, parent, "Remove this comparison")),
        node.wrong);
    }

    drawnRaw(node, parent) {
      return el("div", { class: "skc-leaf" },
        el("div", { class: "skc-row" }, el("code", {}, JSON.stringify(write(node))), this.remover(node, parent, "Remove this comparison")),
        node.wrong);
    }

    remover(node, parent, label) {
      const remove = () => { parent.parts.splice(parent.parts.indexOf(node), 1); this.redrawn(parent); };
      return el("button", { type: "button", class: "skc-remove", "aria-label": label, title: label, onclick: remove }, "×");
    }

    /* One thing to enter; changes go straight into the model, and a choice that others depend on draws those anew. */
    part(part, leaf, node) {
      const held = part.key ? node.value[part.key] : node.value;
      const label = part.label || leaf.label;
      const keep = (value) => {
        if (part.key) node.value[part.key] = value; else node.value = value;
        this.changed();
      };
      const decides = part.key && leaf.parts.some((each) => each.by === part.key);
      const choose = (event) => {
        keep(event.target.value);
        if (!decides) return;
        leaf.parts.forEach((other, number) => {
          if (other.by !== part.key) return;
          node.value[other.key] = blank(other, leaf, node.value);
          const made = this.part(other, leaf, node);
          node.shown[number].replaceWith(made);
          node.shown[number] = made;
        });
        this.changed();
      };
      const shape = shapeOf(part, leaf, node.value || {});
      if (shape === "choice") {
        const choices = choicesOf(part, leaf, node.value);
        const known = choices.some((each) => each.value === held) ? [] : [option(held, held || "Choose …", held)];
        return el("select", { "aria-label": label, onchange: choose }, ...known, ...choices.map((each) => option(each.value, each.label, held)));
      }
      if (shape === "choices") return this.boxes(part, label, held, keep);
      if (shape === "yesno") {
        return el("select", { "aria-label": label, onchange: (event) => keep(event.target.value === "yes") }, option("yes", "yes", held ? "yes" : "no"), option("no", "no", held ? "yes" : "no"));
      }
      if (shape === "texts") return this.chips(leaf, part, label, held, keep, node);
      if (shape === "number") {
        const step = part.whole ? 1 : "any";
        const typed = (event) => keep(event.target.value === "" ? null : Number(event.target.value));
        const field = el("input", { type: "number", "aria-label": label, step, min: part.least, max: part.most, inputmode: part.whole ? "numeric" : "decimal", value: held, oninput: typed });
        return part.label ? el("span", { class: "skc-unit" }, field, el("span", { "aria-hidden": "true" }, part.label === "value" ? "" : part.label)) : field;
      }
      return el("input", { type: shape === "date" ? "date" : "text", "aria-label": label, value: held, oninput: (event) => keep(event.target.value) });
    }

    boxes(part, label, held, keep) {
      const chosen = new Set(held);
      const tick = (value) => (event) => {
        if (event.target.checked) chosen.add(value); else chosen.delete(value);
        keep(part.choices.map((each) => each.value).filter((each) => chosen.has(each)));
      };
      return el("span", { class: "skc-boxes", role: "group", "aria-label": label },
        ...part.choices.map((each) => el("label", {}, el("input", { type: "checkbox", checked: chosen.has(each.value), onchange: tick(each.value) }), each.label)));
    }

    /* Several texts: typed, or taken from what the server knows. */
    chips(leaf, part, label, held, keep, node) {
      const list = el("datalist", { id: `sk-known-${++numbers}` });
      const chosen = el("span", { class: "skc-chips" });
      const show = (values) => chosen.replaceChildren(...values.map((value) => el("button",
        { type: "button", "data-leaf": leaf.name, "data-value": value, "aria-label": `Take out ${value}`, onclick: () => put(values.filter((each) => each !== value)) },
        el("span", {}, (this.names[leaf.name] || {})[value] || value), " ×")));
      let values = held;
      const put = (now) => { values = now; show(now); keep(now); };
      const input = el("input", { type: "text", list: list.id, "aria-label": label, autocomplete: "off", placeholder: values.length ? "or …" : "type a value" });
      const take = () => {
        const typed = input.value.trim();
        input.value = "";
        if (typed && !values.includes(typed)) put([...values, typed]);
      };
      const named = part.by ? () => `${node.value[part.by]}:` : () => "";
      const ask = later(async () => {
        const query = new URLSearchParams({ leaf: leaf.name, words: named() + input.value });
        const answer = await fetch(`${this.url}values/?${query}`, { credentials: "same-origin" }).catch(() => null);
        if (!answer || !answer.ok) return;
        const known = (await answer.json()).values;
        for (const each of known) (this.names[leaf.name] ||= {})[each.value] = each.label;
        list.replaceChildren(...known.map((each) => el("option", { value: each.value }, each.label === each.value ? "" : each.label)));
      }, 200);
      input.addEventListener("focus", ask);
      input.addEventListener("input", (event) => (event.inputType && event.inputType !== "insertReplacementText" ? ask() : take()));
      input.addEventListener("change", take);
      input.addEventListener("keydown", (event) => {
        if (event.key === "Enter") take();
        if (event.key === "Backspace" && !input.value && values.length) put(values.slice(0, -1));
      });
      show(values);
      return el("span", { class: "skc-texts" }, chosen, input, list);
    }

    /* --- what it finds ---------------------------------------------------------------------------------------------- */

    say(words) {
      this.found.replaceChildren(el("p", { class: "sk-note" }, words));
    }

    point(wrong) {
      for (const shown of this.tree.querySelectorAll(".skc-wrong")) shown.hidden = true;
      settle(this.root);
      const node = wrong && at(this.root, wrong.path);
      if (!node || node.begun) return; // what is still being entered is no mistake
      node.wrong.textContent = node.name && wrong.message.startsWith(`${node.name}: `) ? wrong.message.slice(node.name.length + 2) : wrong.message;
      node.wrong.hidden = false;
    }

    get empty() {
      return !this.root.parts.length && !this.root.denied && this.root.join === "all";
    }

    async preview() {
      if (this.empty && this.home.dataset.empty) {
        this.point(null);
        this.found.removeAttribute("aria-busy");
        return this.say(this.home.dataset.empty);
      }
      const asking = this.asking = new AbortController();
      if (!this.found.childElementCount) this.say("Counting …");
      try {
        const form = this.home.closest("form"); // one that only asks has no token, but the page has one to sign out with
        const token = (form?.querySelector(TOKEN) || document.querySelector(TOKEN))?.value || "";
        const answer = await fetch(`${this.url}preview/`, {
          method: "POST", credentials: "same-origin", signal: asking.signal, body: JSON.stringify(write(this.root)),
          headers: { "X-CSRFToken": token, "Content-Type": "application/json" },
        });
        if (!answer.ok) throw new Error(answer.status);
        const said = await answer.json();
        this.point(said.wrong);
        if (said.wrong) this.say("Nothing is counted until the condition is complete.");
        else this.found.innerHTML = said.html;
        this.found.dataset.count = said.wrong ? "" : said.count;
        for (const [leaf, names] of Object.entries(said.names || {})) Object.assign(this.names[leaf] ||= {}, names);
        for (const chip of this.tree.querySelectorAll("[data-leaf]")) {
          chip.firstChild.textContent = (this.names[chip.dataset.leaf] || {})[chip.dataset.value] || chip.dataset.value;
        }
        this.found.removeAttribute("aria-busy");
      } catch (error) {
        if (error.name !== "AbortError") { this.say("What it finds cannot be counted just now."); this.found.removeAttribute("aria-busy"); }
      }
    }
  }

  function grouped(leaves) {
    const groups = new Map();
    for (const leaf of leaves) groups.set(leaf.group, [...(groups.get(leaf.group) || []), leaf]);
    return groups;
  }

  async function build(home) {
    home.dataset.building = "yes";
    const url = home.dataset.condition;
    if (!offers.has(url)) offers.set(url, fetch(url, { credentials: "same-origin" }).then((answer) => (answer.ok ? answer.json() : Promise.reject(answer.status))));
    try { new Builder(home, (await offers.get(url)).leaves); } catch { /* the JSON stays as it is */ }
  }

  const start = () => document.querySelectorAll("[data-condition]:not([data-building])").forEach(build);
  new MutationObserver(start).observe(document.documentElement, { childList: true, subtree: true });
  start();
})();
