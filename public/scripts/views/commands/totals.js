// @ts-check
// The figures of the chosen days.

import { h } from "../../dom.js";
import { card, figure, figures } from "../../parts/card.js";
import { createRegion } from "../../parts/region.js";
import { emptyState, skeleton } from "../../parts/states.js";

export function createTotals({ t, formats, days, list, margin }) {
  const title = h("span", {});
  const region = createRegion({ load: () => Promise.all([list(), margin()]), draw, skeleton: () => skeleton("figures", 5), texts: t });

  function draw([{ commands }, { measured, late }]) {
    if (commands.length === 0) return emptyState({ icon: "commands", title: t("none", { days: days() }), text: t("empty.text") });
    const sum = (name) => commands.reduce((all, command) => all + command[name], 0);
    const executed = sum("executed");
    const shared = (name) => formats.percent(sum(name) / executed);
    return figures(
      figure({ label: t("executed"), value: formats.number(executed) }),
      figure({ label: t("errors"), value: formats.number(sum("errors")), note: t("errors.share", { share: shared("errors") }) }),
      figure({ label: t("refused"), value: formats.number(sum("refused")), note: t("refused.note") }),
      figure({ label: t("late"), value: formats.number(late), note: t("late.note", { count: formats.number(measured) }), tone: late > 0 ? "warn" : null }),
      figure({ label: t("cold"), value: formats.number(sum("cold_starts")), note: t("cold.share", { share: shared("cold_starts") }) }),
    );
  }

  return {
    elements: [card({ title, class: "plate-whole" }, region.element)],
    refresh() {
      title.textContent = t("totals.title", { days: days() });
      return region.refresh();
    },
    destroy: region.destroy,
  };
}
