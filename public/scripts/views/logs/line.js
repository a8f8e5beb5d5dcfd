// @ts-check
// One line of the log.

import { h } from "../../dom.js";
import { icon } from "../../parts/icon.js";
import { levelOf } from "./filter.js";

export const ICONS = { __proto__: null, debug: "minus", info: "info", warning: "warn", error: "bad", critical: "bad" };

/** The name of a level; one of somebody else's as it stands there. */
export function levelText(level, t) {
  return level in ICONS ? t(`level.${level}`) : level;
}

/**
 * @param {import("./window.js").Line} line
 * @param {{formats: any, t: any, href: string, link: (line: import("./window.js").Line, event: MouseEvent) => void}} given
 */
export function lineItem(line, { formats, t, href, link }) {
  const level = levelOf(line);
  const [first, ...rest] = String(line.message ?? "").split("\n");
  const [event, ...fields] = first.split("  ");
  const time = formats.seconds(line.created_at);
  return h(
    "li",
    { class: `line line-${level in ICONS ? level : "other"}`, data: { id: line.id }, tabindex: -1 },
    h(
      "a",
      { class: "line-time", href, "aria-label": t("copy", { time }), title: formats.full(line.created_at), on: { click: (clicked) => link(line, clicked) } },
      h("time", { datetime: line.created_at }, time),
      icon("link", 14),
    ),
    h("span", { class: "line-level" }, icon(ICONS[level] ?? "unknown", 14), h("span", {}, levelText(level, t))),
    h(
      "div",
      { class: "line-message", dir: "auto" },
      h("span", { class: "line-event" }, event),
      fields.length > 0 && h("span", { class: "line-fields" }, `  ${fields.join("  ")}`),
      rest.length > 0 &&
        h(
          "details",
          { class: "line-more" },
          h("summary", {}, t("more", { amount: rest.length, count: formats.number(rest.length) })),
          h("pre", { tabindex: 0 }, rest.join("\n")),
        ),
    ),
  );
}

/** The day above its lines. */
export function dayItem(day) {
  return h("li", { class: "line-day" }, h("span", {}, day));
}

/**
 * The lines with a heading wherever another day begins, each with what it is known by.
 * @param {import("./window.js").Line[]} lines
 * @param {(iso: string) => string} dayOf in the reader's zone
 */
export function withDays(lines, dayOf) {
  /** @type {{key: string, line?: import("./window.js").Line, day?: string}[]} */
  const items = [];
  let before = "";
  for (const line of lines) {
    const day = dayOf(line.created_at);
    if (day !== before) items.push({ key: `day ${day}`, day });
    before = day;
    items.push({ key: `line ${line.id}`, line });
  }
  return items;
}
