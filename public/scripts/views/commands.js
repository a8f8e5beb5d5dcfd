// @ts-check
// Which commands are used, how soon they answer, what goes wrong, and how near Discord's deadline is.

import { h } from "../dom.js";
import { createPeriod } from "../parts/period.js";
import words from "../texts/commands.js";
import { createColdStarts } from "./commands/cold.js";
import { createErrors } from "./commands/errors.js";
import { createList } from "./commands/list.js";
import { createMargin } from "./commands/margin.js";
import { createTotals } from "./commands/totals.js";
import { createWeeks } from "./commands/weeks.js";

/** @type {import("../main.js").View} */
export default {
  name: "commands",
  mount(root, context) {
    const t = context.texts(words);
    const { formats, config, data, route } = context;
    const zone = config.timezone;
    const period = createPeriod({ texts: t, route, onChange: refresh });
    /** What the parts are given; each asks the same questions, which are sent once. */
    const given = {
      t,
      formats,
      route,
      announce: context.announce,
      days: () => period.days,
      weeks: (count) => data.read("commands_use", { p_zone: zone, p_weeks: count }),
      list: () => data.read("commands_table", { p_days: period.days }),
      margin: () => data.read("commands_margin", { p_days: period.days }),
      coldStarts: () => data.read("cold_starts", { p_zone: zone, p_days: period.days }),
    };
    const list = createList(given);
    const parts = [createTotals(given), createWeeks(given), createMargin(given), createErrors(given), createColdStarts(given), list];

    function refresh() {
      parts.forEach((part) => part.refresh());
    }

    root.append(
      h("div", { class: "view-tools" }, period.element, zone !== formats.zone && h("p", { class: "view-note" }, t("zoneNote", { zone }))),
      h("div", { class: "plates" }, parts.flatMap((part) => part.elements)),
    );
    refresh();
    const unwatch = context.live.watch({ tables: ["interaction_log"], refetch: refresh });
    return {
      update(params) {
        period.follow(params);
        list.follow(params);
      },
      destroy() {
        unwatch();
        parts.forEach((part) => part.destroy());
      },
    };
  },
};
