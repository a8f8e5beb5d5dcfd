// @ts-check
// Use by week, the most used commands each in a colour of its own.

import { createBars } from "../../charts/bars.js";
import { stacks } from "../../charts/stacks.js";
import { h } from "../../dom.js";
import { card } from "../../parts/card.js";
import { createRegion } from "../../parts/region.js";
import { emptyState, skeleton } from "../../parts/states.js";

const WEEKS = 12;

export function createWeeks({ t, formats, weeks }) {
  const title = t("use.title");
  const chart = createBars({ caption: title, format: formats.compact, texts: t, formats, unit: t("week"), height: 240 });
  const held = h("div", { key: "chart" }, chart.element);
  const region = createRegion({ load: () => weeks(WEEKS), draw, skeleton: () => skeleton("chart", 1), texts: t });

  function draw({ weeks: mondays, rows }) {
    if (rows.length === 0) return emptyState({ icon: "commands", title: t("empty"), text: t("empty.text") });
    chart.set({
      labels: mondays.map(formats.day),
      names: mondays.map((day) => t("week.from", { day: formats.longDay(day) })),
      series: stacks({ rows, places: mondays, place: (row) => row.week, kind: (row) => row.command, value: (row) => row.executed, others: t("use.others") }),
    });
    return held;
  }

  return {
    elements: [card({ title, note: t("use.note", { weeks: WEEKS }), class: "plate-whole" }, region.element)],
    refresh: region.refresh,
    destroy: () => [region, chart].forEach((each) => each.destroy()),
  };
}
