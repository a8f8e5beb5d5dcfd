// @ts-check
// What calls cost, and how sure that is.

/**
 * @param {{cost_usd: number, unpriced_calls: number}} sum calls without a known price make the cost
 *     a lower bound
 * @param {{t: any, formats: any}} given
 * @param {(cost: number) => string} [write]
 * @returns {string} "$1.20", "at least $1.20", or "unknown"
 */
export function costText({ cost_usd: cost, unpriced_calls: unpriced }, { t, formats }, write = formats.money) {
  if (!unpriced) return write(cost);
  return cost > 0 ? t("cost.least", { cost: write(cost) }) : t("cost.unknown");
}

/** Writes the costs of one column, all with as many digits: cents alone where one comes to dollars. */
export function column(rows, { formats }) {
  const digits = rows.some((row) => row.cost_usd >= 1) ? 2 : 4;
  const format = new Intl.NumberFormat(formats.locale, { style: "currency", currency: "USD", currencyDisplay: "narrowSymbol", minimumFractionDigits: digits });
  const least = 10 ** -digits;
  return (cost) => (cost > 0 && cost < least ? `<${format.format(least)}` : format.format(cost));
}
