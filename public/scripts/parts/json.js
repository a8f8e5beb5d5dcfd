// @ts-check
// JSON for people to read: text, whatever stands in it.

import { h } from "../dom.js";

const MOST = 20_000;

/** Indented, and cut where nobody would read on; `cut` says so. */
export function jsonText(value, cut) {
  const text = JSON.stringify(value, null, 2) ?? "";
  return h("pre", { class: "json", tabindex: 0, dir: "ltr" }, text.length > MOST ? `${text.slice(0, MOST)}\n… ${cut(MOST)}` : text);
}
