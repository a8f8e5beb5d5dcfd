// @ts-check
// Takes a link along.

import { h } from "../../dom.js";

const SHOWN_MS = 2_000;

/** Whether the whole address of `href` is on the clipboard now: that takes permission and a secure connection. */
export async function copyAddress(href) {
  try {
    await navigator.clipboard.writeText(new URL(href, location.href).href);
    return true;
  } catch {
    return false;
  }
}

/** Says so beside a line for a moment; a screen reader is told otherwise. */
export function showCopied(node, text) {
  const told = h("span", { class: "line-copied", "aria-hidden": "true" }, text);
  node?.append(told);
  setTimeout(() => told.remove(), SHOWN_MS);
}
