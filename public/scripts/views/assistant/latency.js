// @ts-check
// How soon the assistant answers, day by day.

import { createBars } from "../../charts/bars.js";
import { h } from "../../dom.js";
import { card, figure, figures } from "../../parts/card.js";
import { createRegion } from "../../parts/region.js";
import { emptyState, skeleton } from "../../parts/states.js";

const SHARES = ["p50", "p95", "p99"];

export function createLatency(given) {
  const { t, formats, zone } = given;
  const load = () => given.read("assistant_latency", { p_zone: zone, p_days: given.days() });
  const parts = [waited(t("latency.whole"), ""), waited(t("latency.first"), "acknowledged_")];

  function waited(title, prefix) {
    const chart = createBars({ caption: title, format: formats.ms, texts: t, formats, sync: "assistant", kind: "lines" });
    const held = h("div", { key: "chart" }, chart.element);
    const region = createRegion({ load, draw, skeleton: () => skeleton("chart", 1), texts: t });

    function draw({ days, total }) {
      if (total.answered === 0) return emptyState({ icon: "waiting", title: t("latency.none", { days: days.length }) });
      chart.set({
        labels: days.map(({ day }) => formats.day(day)),
        names: days.map(({ day }) => formats.longDay(day)),
        series: SHARES.map((share, index) => ({ label: t(share), colour: `series-${index + 1}`, values: days.map((day) => day[`${prefix}${share}_ms`]) })),
      });
      return [figures(SHARES.map((share) => figure({ label: t(share), value: formats.ms(total[`${prefix}${share}_ms`]) }))), held];
    }

    return { element: card({ title, note: t("latency.note") }, region.element), region, chart };
  }

  return {
    elements: parts.map(({ element }) => element),
    refresh: () => parts.forEach(({ region }) => region.refresh()),
    destroy: () => parts.forEach(({ region, chart }) => [region, chart].forEach((each) => each.destroy())),
  };
}
