// @ts-check
// Counts by day, week or hour: bars, one above the other where there are several kinds.

import { h } from "../dom.js";
import { colour } from "./colours.js";
import { axis, canvasFont, createFrame, roomFor } from "./frame.js";

/**
 * @typedef {{label: string, colour: string, values: (number | null)[]}} Bars
 */

/**
 * @param {{
 *   caption: string, format: (value: number | null) => string, texts: import("../texts.js").Translate,
 *   formats: any, sync?: string, height?: number, kind?: "bars" | "lines", unit?: string, empty?: HTMLElement | null,
 * }} options `kind` lines: values by day as lines (percentiles), gaps where there are none;
 *     `unit` heads the table's first column ("Day");
 *     `empty` stands in the place of a chart that would show nothing but its axes
 */
export function createBars({ caption, format, texts: t, formats, sync, height = 180, kind = "bars", unit = t("chart.day"), empty = null }) {
  /** @type {Bars[]} */
  let series = [];
  /** @type {string[]} */
  let labels = [];
  /** @type {string[]} */
  let names = [];

  /** Each kind on top of those before it; drawn from the highest down. */
  function stacked() {
    if (kind === "lines") return series.map((one) => one.values);
    const sums = labels.map(() => 0);
    return series.map((one) => one.values.map((value, index) => (sums[index] += value ?? 0))).reverse();
  }

  function options() {
    const font = canvasFont();
    const faint = colour("text-muted");
    const shown = kind === "lines" ? series : [...series].reverse();
    return {
      padding: [10, 24, 0, 0],
      cursor: {
        y: false,
        points: { show: kind === "lines", size: 6 },
        drag: { x: false, y: false },
        ...(sync && { sync: { key: sync } }),
      },
      scales: {
        x: { time: false, range: () => [-0.5, Math.max(0.5, labels.length - 0.5)] },
        y: { range: (_, least, most) => [0, most > 0 ? most * 1.1 : 1] },
      },
      axes: [
        axis({
          stroke: faint,
          font,
          space: 56,
          size: 28,
          splits: (plot) => everyFew(labels.length, Math.max(1, Math.floor(plot.width / 72))),
          values: (_, splits) => splits.map((split) => labels[split] ?? ""),
        }),
        axis({ stroke: faint, grid: colour("line-solid"), font, size: roomFor, space: 36, values: (_, splits) => splits.map((split) => format(split)) }),
      ],
      series: [
        {},
        ...shown.map((one) =>
          kind === "lines"
            ? { stroke: colour(one.colour), width: 1.5, spanGaps: false, points: { size: 4, fill: colour(one.colour), width: 0 } }
            : {
                stroke: "transparent",
                width: 0,
                fill: colour(one.colour),
                points: { show: false },
                paths: uPlot.paths.bars({ size: [0.7, 28], radius: 0.12 }),
              },
        ),
      ],
    };
  }

  const frame = createFrame({
    caption,
    height,
    texts: t,
    options,
    data: () => [labels.map((_, index) => index), ...stacked()],
    when: (index) => names[index] ?? "",
    readings: () => series.map((one) => ({ label: one.label, colour: one.colour, text: (index) => format(one.values[index] ?? null) })),
    numbers: () => ({
      columns: [
        { label: unit, main: true, cell: (index) => names[index] },
        ...series.map((one) => ({ label: one.label, numeric: true, cell: (index) => format(one.values[index] ?? null) })),
      ],
      rows: labels.map((_, index) => index).reverse(),
    }),
  });

  return {
    element: empty ? h("div", { class: "chart-or-empty" }, frame.element, empty) : frame.element,
    /**
     * @param {{labels: string[], names?: string[], series: Bars[]}} data one label a bar, oldest
     *     first; `names` are the long ones, for the readout and the table
     */
    set(data) {
      ({ labels, series } = data);
      names = data.names ?? labels;
      if (empty) {
        empty.hidden = series.some((one) => one.values.some((value) => value));
        frame.element.hidden = !empty.hidden;
      }
      frame.redraw();
    },
    destroy: frame.destroy,
  };
}

/** As many of `count` places as there is room for, the last one always among them. */
function everyFew(count, room) {
  const step = Math.max(1, Math.ceil(count / room));
  const found = [];
  for (let index = count - 1; index >= 0; index -= step) found.unshift(index);
  return found;
}
