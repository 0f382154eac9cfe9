/* Draws the figures that pages carry as JSON (json_script) with the colors of the design tokens, light or dark.
   <div class="plot" data-figure="ID"></div> draws the figure in <script id="ID" type="application/json">. */
"use strict";
(() => {
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const still = { displayModeBar: false, responsive: true };

  function withTokens(value, tokens) {
    if (typeof value === "string") {
      return value.replace(/var\((--[\w-]+)\)/g, (_, name) => tokens.getPropertyValue(name).trim());
    }
    if (Array.isArray(value)) return value.map((each) => withTokens(each, tokens));
    if (value && typeof value === "object") {
      return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, withTokens(each, tokens)]));
    }
    return value;
  }

  function draw() {
    const tokens = getComputedStyle(document.documentElement);
    for (const place of document.querySelectorAll(".plot[data-figure]")) {
      const figure = withTokens(JSON.parse(document.getElementById(place.dataset.figure).textContent), tokens);
      window.Plotly.react(place, figure.data, figure.layout, still);
    }
  }

  draw();
  dark.addEventListener("change", draw);
})();
