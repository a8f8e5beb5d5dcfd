// @ts-check
// What calls cost, and how sure that is.

/**
 * @param {{cost_usd: number, unpriced_calls: number}} sum calls without a known price make the cost
 *     a lower bound
 * @returns {string} "$1.20", "at least $1.20", or "unknown"
 */
export function costText({ cost_usd: cost, unpriced_calls: unpriced }, { t, formats }) {
  if (!unpriced) return formats.money(cost);
  return cost > 0 ? t("cost.least", { cost: formats.money(cost) }) : t("cost.unknown");
}
