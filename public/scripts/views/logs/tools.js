// @ts-check
// What the log is narrowed down with, and what holds it.

import { h, patch } from "../../dom.js";
import { chips } from "../../parts/chips.js";
import { search } from "../../parts/filters.js";
import { icon } from "../../parts/icon.js";
import { button } from "../../parts/states.js";
import { LEVELS, levelOf } from "./filter.js";
import { ICONS, levelText } from "./line.js";

/**
 * @param {{t: any, formats: any, q: string, onLevel: (level: string) => void, onSearch: (q: string) => void, onPause: () => void}} given
 */
export function createTools({ t, formats, q, onLevel, onSearch, onPause }) {
  const levels = h("div", { class: "log-levels" });
  const field = search({ label: t("search"), value: q, on: onSearch });
  const pause = h("div", { class: "log-pause" });
  /** Lines of the last day by level. @type {Record<string, number>} */
  let counts = { __proto__: null };

  return {
    element: h("div", { class: "log-tools" }, levels, field, pause),
    /** @param {{levels: Record<string, number>}} told as log_counts tells */
    count(told) {
      counts = { __proto__: null };
      for (const [level, count] of Object.entries(told.levels)) {
        const shown = levelOf({ level });
        counts[shown] = (counts[shown] ?? 0) + count;
      }
    },
    /** @param {{filter: import("./filter.js").Filter, isPaused: boolean}} state */
    draw({ filter, isPaused }) {
      const names = [...new Set([...LEVELS, ...Object.keys(counts), ...filter.levels])];
      patch(
        levels,
        chips({
          label: t("levels"),
          chosen: filter.levels,
          format: formats.number,
          on: onLevel,
          options: names.map((value) => ({
            value,
            label: levelText(value, t),
            icon: h("span", { class: `chip-level level-${value in ICONS ? value : "other"}` }, icon(ICONS[value] ?? "unknown", 14)),
            count: counts[value] ?? 0,
            title: t("count.day", { count: formats.number(counts[value] ?? 0) }),
          })),
        }),
        h("p", { class: "log-over" }, t("count.over")),
      );
      patch(pause, button({ label: t(isPaused ? "resume" : "pause"), icon: isPaused ? "play" : "pause", on: onPause }));
    },
    /** Shows another word without telling. */
    write: field.write,
  };
}
