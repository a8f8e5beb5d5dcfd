// @ts-check
// What the assistant used, what it cost, how soon it answered and what came to nothing.

import { h } from "../dom.js";
import { createPeriod } from "../parts/period.js";
import words from "../texts/assistant.js";
import { createLatency } from "./assistant/latency.js";
import { createLimits } from "./assistant/limits.js";
import { createPeople } from "./assistant/people.js";
import { createProblems } from "./assistant/problems.js";
import { createTotals } from "./assistant/totals.js";
import { createUse } from "./assistant/use.js";
import { createWhose } from "./assistant/whose.js";

const TABLES = ["gemini_usage", "interaction_log"];

/** @type {import("../main.js").View} */
export default {
  name: "assistant",
  mount(root, context) {
    const t = context.texts(words);
    const { formats, config, data } = context;
    const period = createPeriod({ texts: t, route: context.route, onChange: refresh });
    const people = createPeople(data);
    /** What the parts are given. `read` asks about the chosen days, in the bot's time zone. */
    const given = {
      t,
      formats,
      days: () => period.days,
      whose: createWhose(t, people),
      read: (name, args = {}) => people.met(data.read(name, args)),
      usage: () => people.met(data.read("assistant_usage", { p_zone: config.timezone, p_days: period.days })),
      zone: config.timezone,
    };
    const parts = [createTotals, createLimits, createUse, createLatency, createProblems].map((create) => create(given));

    function refresh() {
      parts.forEach((part) => part.refresh());
    }

    root.append(
      h(
        "div",
        { class: "view-tools" },
        period.element,
        config.timezone !== formats.zone && h("p", { class: "view-note" }, t("zoneNote", { zone: config.timezone })),
      ),
      h("div", { class: "plates" }, parts.flatMap((part) => part.elements)),
    );
    refresh();
    const unwatch = context.live.watch({ tables: TABLES, refetch: refresh });
    return {
      update: period.follow,
      destroy() {
        unwatch();
        parts.forEach((part) => part.destroy());
      },
    };
  },
};
