/* Conditions as the builder holds them: read from their JSON, written back to it. A node is
   {join, parts, denied} | {name, value, denied} | {raw, denied}, the last where the builder does not know what it reads. */
"use strict";
window.shopkeeperConditions = (() => {
  const isList = (value) => Array.isArray(value) && value.every((each) => typeof each === "string");

  const group = (join = "all", parts = []) => ({ join, parts, denied: false });

  /* Stored so, it does say something: "any of" nothing is true of nobody. It stands there to be seen and removed. */
  const isEmpty = (tree) => Boolean(tree && (tree.all || tree.any) && !(tree.all || tree.any).length);

  function read(tree, leaves) {
    const keys = tree && typeof tree === "object" && !Array.isArray(tree) ? Object.keys(tree).sort().join() : "?";
    if (keys === "") return group();
    if (keys === "not") { const inner = read(tree.not, leaves); inner.denied = !inner.denied; return inner; }
    if (keys === "filter,value") {
      const leaf = leaves.get(tree.filter), value = leaf && fitted(leaf, tree.value);
      return value === undefined ? { raw: tree, denied: false } : { name: tree.filter, value, denied: false };
    }
    if ((keys === "all" || keys === "any") && Array.isArray(tree[keys])) {
      return group(keys, tree[keys].map((part) => (isEmpty(part) ? { raw: part, denied: false } : read(part, leaves))));
    }
    return { raw: tree, denied: false };
  }

  /* The value as the parts of the leaf hold it; undefined if they cannot. */
  function fitted(leaf, value) {
    if (!leaf.parts[0].key) return fits(leaf.parts[0].shape, value);
    if (!value || typeof value !== "object" || Array.isArray(value)) return undefined;
    const held = {};
    for (const part of leaf.parts) {
      held[part.key] = fits(shapeOf(part, leaf, value), value[part.key]);
      if (held[part.key] === undefined) return undefined;
    }
    return Object.keys(value).length === leaf.parts.length ? held : undefined;
  }

  function fits(shape, value) {
    if (shape === "texts" || shape === "choices") return typeof value === "string" ? [value] : isList(value) ? value : undefined;
    if (shape === "number") return typeof value === "number" || (typeof value === "string" && value.trim() && isFinite(value)) ? value : undefined;
    if (shape === "yesno") return typeof value === "boolean" ? value : undefined;
    return typeof value === "string" ? value : undefined;
  }

  /* A group with nothing in it says nothing yet: as "any of" nothing it would be true of nobody. */
  const says = (node) => !node.join || node.parts.some(says);

  function write(node) {
    const tree = "raw" in node ? node.raw : node.join ? { [node.join]: node.parts.filter(says).map(write) } : { filter: node.name, value: node.value };
    return node.denied ? { not: tree } : tree;
  }

  /* Where each node stands, in the words of the server. */
  function place(node, path = "condition") {
    node.path = path;
    const inner = node.denied ? `${path}.not` : path;
    let number = 0;
    for (const part of node.parts || []) place(part, says(part) ? `${inner}.${node.join}[${number++}]` : "");
  }

  function at(node, path) {
    for (const part of node.parts || []) {
      const found = path.startsWith(part.path) && /^($|[.[])/.test(path.slice(part.path.length)) && at(part, path);
      if (found) return found;
    }
    return node;
  }

  /* A comparison that was added here has begun until all of it is entered for the first time. */
  const isBlank = (value) => value == null || value === "" || (Array.isArray(value) && !value.length);
  const isEntered = ({ name, value }) => Boolean(name) && !(value && typeof value === "object" && !Array.isArray(value) ? Object.values(value) : [value]).some(isBlank);

  function settle(node) {
    if (node.begun && isEntered(node)) node.begun = false;
    (node.parts || []).forEach(settle);
  }

  const choiceOf = (part, leaf, value) => {
    const by = leaf.parts.find((each) => each.key === part.by);
    return by && by.choices.find((each) => each.value === value[by.key]);
  };
  const shapeOf = (part, leaf, value) => (part.shape === "by" ? (choiceOf(part, leaf, value) || {}).shape || "text" : part.shape);
  function choicesOf(part, leaf, value) {
    const ops = (part.by && (choiceOf(part, leaf, value) || {}).ops) || [];
    return ops.length ? part.choices.filter((each) => ops.includes(each.value)) : part.choices;
  }

  function blank(part, leaf, value) {
    const shape = shapeOf(part, leaf, value);
    if (part.initial != null) return part.initial;
    if (shape === "choice") return (choicesOf(part, leaf, value)[0] || {}).value || "";
    return { texts: [], choices: [], number: null, yesno: true }[shape] ?? (shape in { texts: 0, choices: 0, number: 0 } ? null : "");
  }

  function blankOf(leaf) {
    if (!leaf.parts[0].key) return blank(leaf.parts[0], leaf, {});
    return leaf.parts.reduce((value, part) => ({ ...value, [part.key]: blank(part, leaf, value) }), {});
  }

  return { at, blank, blankOf, choicesOf, group, place, read, settle, shapeOf, write };
})();
