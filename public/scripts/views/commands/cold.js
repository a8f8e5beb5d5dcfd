// @ts-check
// How many commands of a day had to wait for a new instance, and what that cost them.

import { createBars } from "../../charts/bars.js";
import { h } from "../../dom.js";
import { card, pill } from "../../parts/card.js";
import { createRegion } from "../../parts/region.js";
import { emptyState, skeleton } from "../../parts/states.js";

export function createColdStarts({ t, formats, days: length, coldStarts }) {
  const counts = part({ title: t("cold.title"), caption: t("cold.title"), format: formats.compact, show: showCounts });
  const price = part({ title: t("cold.price"), note: t("cold.price.note"), caption: t("cold.priceChart"), format: formats.ms, kind: "lines", show: showPrice });

  function part({ title, note, caption, format, kind = "bars", show }) {
    const chart = createBars({ caption, format, texts: t, formats, sync: "cold", kind });
    const held = h("div", { key: "chart" }, chart.element);
    const region = createRegion({ load: coldStarts, draw, skeleton: () => skeleton("chart", 1), texts: t });

    function draw({ days }) {
      const executed = sum(days, "executed");
      const cold = sum(days, "cold_starts");
      if (executed === 0) return emptyState({ icon: "waiting", title: t("none", { days: length() }) });
      chart.set({ labels: days.map(({ day }) => formats.day(day)), names: days.map(kind === "bars" ? named : ({ day }) => formats.longDay(day)), series: show(days) });
      return [kind === "bars" && h("p", { class: "card-note" }, said(cold / executed)), held];
    }

    return { element: card({ title, note }, region.element), region, chart };
  }

  function said(share) {
    return share === 0 ? pill("good", t("cold.none", { days: length() })) : t("cold.note", { share: formats.percent(share) });
  }

  /** A day, and how many of its commands waited. */
  function named({ day, share }) {
    return share === null ? formats.longDay(day) : t("cold.day", { day: formats.longDay(day), share: formats.percent(share) });
  }

  function showCounts(days) {
    return [{ label: t("cold.some"), colour: "series-2", values: days.map((day) => day.cold_starts) }];
  }

  function showPrice(days) {
    return [
      { label: t("margin.started"), colour: "series-2", values: days.map((day) => day.cold_p95_ms) },
      { label: t("margin.warm"), colour: "series-1", values: days.map((day) => day.warm_p95_ms) },
    ];
  }

  return {
    elements: [counts.element, price.element],
    refresh: () => [counts, price].forEach(({ region }) => region.refresh()),
    destroy: () => [counts, price].forEach(({ region, chart }) => [region, chart].forEach((each) => each.destroy())),
  };
}

const sum = (days, name) => days.reduce((all, day) => all + day[name], 0);
