// @ts-check
// Has a row tried again, or ended.

/** @typedef {{result: string, isGood: boolean, detail: string}} Outcome `result` names a text */

/**
 * @param {any} data
 * @param {string} id
 * @param {"retry" | "cancel"} what
 * @returns {Promise<Outcome>}
 */
export async function orderRow(data, id, what) {
  try {
    const { result } = await data.act(`admin_${what}_command`, { p_id: id });
    return { result, isGood: result === "pending" || result === "cancelled", detail: "" };
  } catch (error) {
    if (error.kind === undefined) throw error;
    const result = error.kind === "forbidden" || error.kind === "offline" ? error.kind : "failed";
    return { result, isGood: false, detail: error.detail };
  }
}
