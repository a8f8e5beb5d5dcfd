// @ts-check
// The plates that a view is laid out on, and the figures on them.

import { h, uniqueId } from "../dom.js";
import { icon } from "./icon.js";

/**
 * A plate with a heading.
 * @param {{title: string, note?: any, actions?: any, class?: string}} options `note` stands under the
 *     title, small; `actions` beside it
 */
export function card({ title, note = null, actions = null, class: extra = "" }, ...body) {
  const id = uniqueId("card");
  return h(
    "section",
    { class: `card ${extra}`.trim(), "aria-labelledby": id },
    h(
      "header",
      { class: "card-head" },
      h("div", { class: "card-titles" }, h("h2", { id, class: "card-title" }, title), note && h("p", { class: "card-note" }, note)),
      actions && h("div", { class: "card-actions" }, actions),
    ),
    h("div", { class: "card-body" }, body),
  );
}

/** A row of figures, as a list that a screen reader can step through. */
export function figures(...items) {
  return h("dl", { class: "figures" }, items);
}

/**
 * One figure of `figures`.
 * @param {{label: string, value: any, note?: any, tone?: "good" | "warn" | "bad" | null, title?: string}} options
 */
export function figure({ label, value, note = null, tone = null, title }) {
  return h(
    "div",
    { class: `figure${tone ? ` figure-${tone}` : ""}`, title },
    h("dt", { class: "figure-label" }, label),
    h("dd", { class: "figure-value" }, tone && tone !== "good" && icon(tone, 18), value),
    note && h("dd", { class: "figure-note" }, note),
  );
}

/** A word in a capsule. Each tone has an icon of its own: colour alone says nothing. */
export function pill(tone, text, name = tone) {
  return h("span", { class: `pill pill-${tone}` }, icon(name, 16), h("span", {}, text));
}

/** How much of a whole, as a bar; `text` says the same in words. */
export function meter({ share, text, tone = "data" }) {
  const filled = Math.max(0, Math.min(1, share || 0));
  return h(
    "span",
    { class: `meter meter-${tone}`, role: "img", "aria-label": text },
    h("span", { class: "meter-fill", style: { "--share": String(filled) } }),
  );
}
