// @ts-check
// Orders to players: one at a time for each, followed from the click until they are done, failed or
// expired. By Realtime, and by looking every two seconds in case that says nothing. Whoever comes back
// to the page, or opens it beside another admin, finds what is under way.

import { createSignal } from "../../signals.js";

const LOOK_MS = 2_000;
const ACTIONS = ["pause", "resume", "skip", "stop"];
/** A player that took an order and fell silent is not waited for for ever. */
const PATIENCE_MS = 120_000;

/**
 * @typedef {"pause" | "resume" | "skip" | "stop"} Action
 * @typedef {{
 *   guild: string, action: Action, id: string | null, givenAt: number,
 *   state: "sending" | "pending" | "processing" | "completed" | "failed" | "expired" | "no_session" | "other_track" | "unknown" | "forbidden",
 *   reason: string, detail: string,
 * }} Order `reason` is the row's failure_reason, or gone, or silent; `detail` what a player said
 */

/** @param {Order | undefined} order */
export const isOpen = (order) => order !== undefined && ["sending", "pending", "processing"].includes(order.state);

/**
 * @param {{data: any, live: any, now: () => number}} given `now` by the database's clock
 */
export function createOrders({ data, live, now }) {
  /** @type {Map<string, Order>} */
  const orders = new Map();
  /** @type {ReturnType<typeof createSignal<Order>>} */
  const signal = createSignal();
  let isOver = false;

  /** @param {Order} order @param {Partial<Order>} news */
  function become(order, news) {
    if (!isOpen(order)) return;
    Object.assign(order, news);
    signal.tell(order);
  }

  function take(order, row) {
    const { status, failure_reason: reason, last_error: detail } = row;
    if (status === "failed" && reason === "expired") become(order, { state: "expired" });
    else if (status === "failed") become(order, { state: "failed", reason: reason ?? "error", detail: detail ?? "" });
    else if (status !== order.state) become(order, { state: status });
  }

  async function look(order) {
    if (!order.id) return;
    const row = [["id", "eq", order.id]];
    try {
      const [found] = await data.rows("command_queue", { columns: "id,status,failure_reason,last_error", where: row, key: `order ${order.id}` });
      if (!found) return become(order, { state: "failed", reason: "gone" });
      take(order, found);
      // Nobody has to mark a row as expired for it to be so. The database says: the reader's clock may be wrong.
      const late = order.state === "pending" ? await data.rows("command_queue", { columns: "id", where: [...row, ["status", "eq", "pending"], ["expires_at", "lt", "now"]], key: `late ${order.id}` }) : [];
      if (late.length > 0) become(order, { state: "expired" });
    } catch (error) {
      if (error.kind === undefined) throw error;
      return; // the top line says that nothing is reached; the next look may go better
    }
    if (order.state === "processing" && performance.now() > order.givenAt + PATIENCE_MS) become(order, { state: "failed", reason: "silent" });
  }

  /** Follows a row of the queue that nobody here follows yet, unless there is something open for its player. */
  function adopt({ id, command, guild_id: guild, status }) {
    const known = orders.get(guild);
    if (isOpen(known) || known?.id === id) return;
    /** @type {Order} */
    const order = { guild, action: command, id, givenAt: performance.now(), state: status, reason: "", detail: "" };
    orders.set(guild, order);
    signal.tell(order);
  }

  /** An order that waits. One that is told of late may be none any more. */
  const isNew = (row) => ACTIONS.includes(row.command) && row.status === "pending" && row.guild_id && Date.parse(row.expires_at) > now();

  const timer = setInterval(() => [...orders.values()].filter(isOpen).forEach(look), LOOK_MS);
  const unwatch = live.watch({
    tables: ["command_queue"],
    changed({ event, row }) {
      const order = [...orders.values()].find((each) => each.id === row.id);
      if (order && event !== "DELETE") take(order, row);
      else if (event === "INSERT" && isNew(row)) adopt(row);
    },
  });

  return {
    /** Hears of an order whenever its state changes. */
    on: signal.on,
    /** @returns {Order | undefined} the last one for this player */
    of: (guild) => orders.get(guild),
    forget: (guild) => orders.delete(guild),
    /** Looks what is under way; of several to one player the last counts. */
    async find() {
      const open = [["command", "in", ACTIONS], ["status", "in", ["pending", "processing"]], ["guild_id", "not.is", null]];
      try {
        const rows = await data.rows("command_queue", {
          columns: "id,command,guild_id,status",
          where: open,
          or: "status.eq.processing,expires_at.gt.now",
          order: [["created_at", "desc"], ["id", "desc"]],
          key: "open orders",
        });
        if (!isOver) rows.forEach(adopt);
      } catch (error) {
        if (error.kind === undefined) throw error;
        return; // the top line says that nothing is reached
      }
    },
    /**
     * Gives an order, unless one is on its way to the same player.
     * @param {{guild_id: string, play_id: string | null, track_title: string | null, track_url: string | null}} session as it is shown
     * @param {Action} action
     */
    async give(session, action) {
      const guild = session.guild_id;
      if (isOpen(orders.get(guild))) return;
      /** @type {Order} */
      const order = { guild, action, id: null, givenAt: performance.now(), state: "sending", reason: "", detail: "" };
      orders.set(guild, order);
      signal.tell(order);
      try {
        const shown = { p_play_id: session.play_id ?? null, p_track_title: session.track_title, p_track_url: session.track_url ?? null };
        const answer = await data.act("admin_control_player", { p_guild_id: guild, p_action: action, ...shown });
        become(order, { state: answer.result, id: answer.id });
        await look(order); // it may have ended before its id was known here
      } catch (error) {
        if (error.kind === undefined) throw error;
        // Whether an order without an answer has arrived, nobody here can know.
        if (error.kind === "failed") become(order, { state: "failed", reason: "error", detail: error.detail });
        else become(order, { state: error.kind === "forbidden" ? "forbidden" : "unknown" });
      }
    },
    end() {
      isOver = true;
      clearInterval(timer);
      unwatch();
    },
  };
}
