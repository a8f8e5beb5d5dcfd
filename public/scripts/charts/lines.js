// @ts-check
// Measures over time: a thin line for the mean, a soft band from the least to the greatest, and
// nothing where nothing was measured.

import { colour } from "./colours.js";
import { axis, canvasFont, createFrame, roomFor } from "./frame.js";

/**
 * @typedef {[number, number, number, number, number]} Point when it begins in seconds since 1970,
 *     samples, least, mean, greatest
 * @typedef {{label: string, colour: string, points: Point[], gap_seconds: number}} Line
 */

/**
 * @param {{
 *   caption: string, format: (value: number | null) => string, texts: import("../texts.js").Translate,
 *   formats: any, zoom?: any, sync?: string, height?: number, band?: boolean,
 * }} options `format` writes a value with its unit; charts of one `sync` share the cursor
 */
export function createLines({ caption, format, texts: t, formats, zoom, sync, height = 180, band = true }) {
  /** @type {Line[]} */
  let lines = [];
  let range = { since: 0, until: 1 };
  let times = /** @type {number[]} */ ([]);
  let columns = /** @type {(number | null)[][]} */ ([]);

  const mean = (line, index) => columns[line * 3 + 2]?.[index] ?? null;

  function options() {
    const font = canvasFont();
    const faint = colour("text-muted");
    const hairline = colour("line-solid");
    return {
      padding: [10, 18, 0, 0],
      cursor: {
        y: false,
        points: { size: 6 },
        drag: { x: Boolean(zoom), y: false, setScale: false },
        ...(sync && { sync: { key: sync, filters: { pub: (type) => type === "mousemove" || type === "mouseleave" } } }),
      },
      scales: {
        x: { time: true, range: () => [range.since, range.until] },
        y: { range: (_, least, most) => [0, niceTop(most)] },
      },
      axes: [
        axis({ stroke: faint, font, space: 64, size: 28, values: (_, splits) => momentLabels(splits, range.until - range.since, formats) }),
        axis({ stroke: faint, grid: hairline, font, size: roomFor, space: 36, values: (_, splits) => splits.map((split) => format(split)) }),
      ],
      series: [
        {},
        ...lines.flatMap((line) => [
          { stroke: "transparent", width: 0, points: { show: false } },
          { stroke: "transparent", width: 0, points: { show: false } },
          { stroke: colour(line.colour), width: 1.5, spanGaps: false, points: { show: true, size: 4, width: 0, fill: colour(line.colour), filter: alone } },
        ]),
      ],
      bands: band ? lines.map((line, index) => ({ series: [index * 3 + 1, index * 3 + 2], fill: colour(line.colour, 0.16) })) : [],
    };
  }

  const frame = createFrame({
    caption,
    height,
    texts: t,
    zoom,
    options,
    data: () => [times, ...columns],
    when: (index) => formats.dateTime(times[index]),
    readings: () =>
      lines.map((line, index) => ({
        label: line.label,
        colour: line.colour,
        text: (at) => {
          const [most, least] = [columns[index * 3]?.[at] ?? null, columns[index * 3 + 1]?.[at] ?? null];
          const middle = format(mean(index, at));
          return band && least !== most ? `${middle} (${format(least)} – ${format(most)})` : middle;
        },
      })),
    numbers: () => ({
      columns: [
        { label: t("chart.when"), main: true, cell: (row) => formats.dateTime(row.at) },
        ...(lines.length > 1 ? [{ label: t("chart.source"), cell: (row) => row.label }] : []),
        { label: t("chart.samples"), numeric: true, cell: (row) => formats.number(row.point[1]) },
        { label: t("chart.least"), numeric: true, cell: (row) => format(row.point[2]) },
        { label: t("chart.mean"), numeric: true, cell: (row) => format(row.point[3]) },
        { label: t("chart.greatest"), numeric: true, cell: (row) => format(row.point[4]) },
      ],
      rows: lines
        .flatMap((line) => line.points.map((point) => ({ at: point[0], label: line.label, point })))
        .sort((one, other) => other.at - one.at),
    }),
  });

  return {
    element: frame.element,
    /**
     * @param {{lines: Line[], since: number, until: number}} data moments in seconds since 1970
     */
    set(data) {
      lines = data.lines;
      range = { since: data.since, until: data.until };
      ({ times, columns } = aligned(lines));
      frame.redraw();
    },
    destroy: frame.destroy,
  };
}

/**
 * What an axis of time says at its moments, as short as the stretch allows: the day where one begins
 * and the hour within it, so that no date stands there twice; of less than ten hours the minute.
 * @param {number[]} moments in seconds since 1970
 * @param {number} wide how many seconds the axis shows
 */
export function momentLabels(moments, wide, formats) {
  return moments.map((moment) => {
    if (wide <= 0.4 * 86_400) return formats.time(moment);
    if (formats.shortDate(moment) !== formats.shortDate(moment - 1)) return formats.shortDate(moment);
    return moment % 3_600 === 0 ? formats.hour(moment) : formats.time(moment);
  });
}

/** The lines on one axis of time: for each its greatest, least and mean, null where it has a gap. */
export function aligned(lines) {
  const moments = new Set();
  for (const line of lines) {
    line.points.forEach(([at], index) => {
      const before = line.points[index - 1]?.[0];
      // One moment without a value between two far neighbours breaks the line.
      if (before !== undefined && at - before > line.gap_seconds) moments.add(Math.floor((before + at) / 2));
      moments.add(at);
    });
  }
  const times = [...moments].sort((one, other) => one - other);
  const columns = lines.flatMap((line) => {
    const known = new Map(line.points.map((point) => [point[0], point]));
    const inside = (at) => isBridged(line, at);
    return [4, 2, 3].map((part) => times.map((at) => known.get(at)?.[part] ?? (inside(at) ? undefined : null)));
  });
  return { times, columns };
}

/** Whether a moment of another line lies between two neighbours of this one: no gap, only no value. */
function isBridged(line, at) {
  let low = 0;
  let high = line.points.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (line.points[middle][0] <= at) low = middle + 1;
    else high = middle;
  }
  const [before, after] = [line.points[low - 1], line.points[low]];
  return Boolean(before && after && after[0] - before[0] <= line.gap_seconds);
}

/** The points that have no neighbour to draw a line to. */
function alone(plot, series) {
  const values = plot.data[series];
  const found = [];
  let before = null;
  let last = null;
  values.forEach((value, index) => {
    if (value === undefined) return;
    if (last !== null && before === null && value === null) found.push(last);
    before = last;
    last = value === null ? null : index;
  });
  if (last !== null && before === null) found.push(last);
  return found;
}

function niceTop(most) {
  return most > 0 ? most * 1.1 : 1;
}
