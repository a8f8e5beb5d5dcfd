// JSON to read: indented, coloured, with a button that copies it.

import { el } from "./dom.js";
import { icon } from "./icons.js";

const TOKEN = /("(?:\\.|[^"\\])*")(\s*:)?|\b(true|false|null)\b|(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)/g;

export function jsonView(value, store) {
  const source = typeof value === "string" ? value : JSON.stringify(value, null, 2);
  const copy = el("button", { type: "button", class: "fence-copy", "aria-label": store.t("copy") }, icon("copy", 16));
  copy.addEventListener("click", async () => {
    await navigator.clipboard.writeText(source);
    copy.replaceChildren(icon("check", 16));
  });
  return el("div", { class: "json" }, copy, el("pre", { tabindex: "0" }, coloured(source)));
}

function coloured(source) {
  const nodes = [];
  let position = 0;
  for (const match of source.matchAll(TOKEN)) {
    const [, string, colon, word, number] = match;
    const kind = colon ? "key" : string ? "string" : word ? "word" : "number";
    const text = string ?? word ?? number;
    nodes.push(source.slice(position, match.index), el("span", { class: `json-${kind}` }, text));
    position = match.index + text.length;
  }
  return [...nodes, source.slice(position)];
}
