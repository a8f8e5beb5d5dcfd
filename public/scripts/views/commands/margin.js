// @ts-check
// How much of Discord's three seconds first replies took: a histogram with the deadline in it.

import { h } from "../../dom.js";
import { card, figure, figures, pill } from "../../parts/card.js";
import { createRegion } from "../../parts/region.js";
import { emptyState, skeleton } from "../../parts/states.js";
import { table } from "../../parts/table.js";

const DEADLINE_MS = 3000;

export function createMargin({ t, formats, days, margin }) {
  const two = new Intl.NumberFormat(formats.locale, { maximumFractionDigits: 2 });
  const region = createRegion({ load: margin, draw, skeleton: () => skeleton("chart", 1), texts: t });

  function draw(told) {
    if (told.measured === 0) return emptyState({ icon: "waiting", title: t("margin.none", { days: days() }) });
    const bins = took(told.bins);
    return [
      figures(
        left(t("margin.median"), told.median_ms),
        left(t("margin.p5"), told.p5_ms),
        left(t("margin.least"), told.least_ms),
        figure({ label: t("margin.close"), value: formats.number(told.close) }),
      ),
      h("p", { class: "histogram-word" }, word(told.late)),
      histogram(bins, told),
      h("details", { class: "numbers" }, h("summary", {}, t("chart.numbers"), h("span", { class: "for-readers" }, ` – ${t("margin.chart")}`)), numbers(bins)),
    ];
  }

  /** @param {number} ms below zero where the reply came after the deadline */
  const left = (label, ms) => (ms < 0 ? figure({ label, value: t("margin.nothing"), note: t("margin.over.by", { time: formats.ms(-ms) }) }) : figure({ label, value: formats.ms(ms) }));
  const word = (late) => (late === 0 ? pill("good", t("margin.allInTime")) : pill("bad", t("margin.someLate", { amount: late, count: formats.number(late) })));

  function histogram(bins, { late }) {
    const most = Math.max(...bins.map(({ count }) => count));
    return h(
      "div",
      { class: "histogram", role: "img", "aria-label": `${t("margin.chart")}. ${t("margin.late")}: ${formats.number(late)}` },
      h(
        "div",
        { class: "histogram-bins" },
        bins.map((bin) =>
          h(
            "div",
            { class: `bin${bin.to === null ? " bin-late" : ""}`, title: `${range(bin)}: ${formats.number(bin.count)}` },
            bin.count > 0 && h("span", { class: "bin-count" }, formats.compact(bin.count)),
            bin.count > 0 && h("span", { class: "bin-bar", style: { "--share": String(bin.count / most), "--cold": String(bin.cold / bin.count) } }),
          ),
        ),
        h("div", { class: "deadline" }, h("span", {}, t("margin.deadline"))),
      ),
      h("div", { class: "histogram-axis" }, [0, 1, 2, 3].map((second) => h("span", { style: { "--at": String(second) } }, t("margin.second", { count: formats.number(second) })))),
      h(
        "ul",
        { class: "legend" },
        h("li", {}, h("span", { class: "swatch", style: { "--swatch": "var(--data)" } }), t("margin.warm")),
        h("li", {}, h("span", { class: "swatch", style: { "--swatch": "var(--series-2)" } }), t("margin.started")),
      ),
    );
  }

  function range({ from, to }) {
    const seconds = (ms) => two.format(ms / 1000);
    return to === null ? t("margin.over") : t("margin.from", { from: seconds(from), to: seconds(to) });
  }

  function numbers(bins) {
    return h(
      "div",
      { class: "numbers-body" },
      table({
        caption: t("margin.chart"),
        rows: bins,
        key: (bin) => bin.from,
        columns: [
          { label: t("margin.took"), main: true, cell: range },
          { label: t("margin.count"), numeric: true, cell: (bin) => formats.number(bin.count) },
          { label: t("margin.cold"), numeric: true, cell: (bin) => formats.number(bin.cold) },
        ],
      }),
    );
  }

  return {
    elements: [card({ title: t("margin.title"), note: t("margin.note") }, region.element)],
    refresh: region.refresh,
    destroy: region.destroy,
  };
}

/** Bins of what was left as bins of what was taken, the quickest first. */
function took(bins) {
  return bins
    .map(({ from_ms: left, to_ms: until, count, cold }) => ({
      from: DEADLINE_MS - until,
      to: left === null ? null : DEADLINE_MS - left,
      count,
      cold,
    }))
    .reverse();
}
