// @ts-check
// Rows of counts as the stacks of a bar chart: the largest kinds each, the rest together.

export const MOST = 6;

/**
 * @template R
 * @param {{
 *   rows: R[], places: string[], place: (row: R) => string, kind: (row: R) => string,
 *   value: (row: R) => number, label?: (kind: string) => string, others: string, order?: string[],
 * }} given `places` are the bars, oldest first; `order` names the kinds by rank where another sum
 *     than that of `value` decides
 * @returns {import("./bars.js").Bars[]} the largest first, so that it lies at the bottom
 */
export function stacks({ rows, places, place, kind, value, label = (name) => name, others, order }) {
  const sums = new Map();
  for (const row of rows) sums.set(kind(row), (sums.get(kind(row)) ?? 0) + value(row));
  const ranked = order ?? [...sums.keys()].sort((one, other) => sums.get(other) - sums.get(one) || (one < other ? -1 : 1));
  const alone = ranked.slice(0, MOST);
  const position = new Map(places.map((name, index) => [name, index]));
  const series = alone.map((name, index) => ({ label: label(name), colour: `series-${index + 1}`, values: places.map(() => 0) }));
  const rest = { label: others, colour: "series-others", values: places.map(() => 0) };
  for (const row of rows) {
    const index = position.get(place(row));
    if (index === undefined) continue;
    (series[alone.indexOf(kind(row))] ?? rest).values[index] += value(row);
  }
  return ranked.length > MOST ? [...series, rest] : series;
}
