// @ts-check
// Choices as capsules, with how many there are of each.

import { h } from "../dom.js";

/**
 * @param {{label: string, chosen: string[], options: {value: string, label: string, count?: number, title?: string, icon?: any}[], format: (count: number) => string, on: (value: string) => void}} options
 */
export function chips({ label, chosen, options, format, on }) {
  return h(
    "div",
    { class: "chips", role: "group", "aria-label": label },
    options.map(({ value, label: text, count, title, icon }) =>
      h(
        "button",
        { key: value, type: "button", class: "chip", title, data: { value }, "aria-pressed": String(chosen.includes(value)), on: { click: () => on(value) } },
        icon,
        h("span", {}, text),
        count !== undefined && h("span", { class: "chip-count" }, format(count)),
      ),
    ),
  );
}
