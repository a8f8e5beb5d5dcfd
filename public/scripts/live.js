// @ts-check
// What changes while one looks: by Supabase Realtime, or by asking every few seconds where that is
// off. Whoever watches hears of rows as they come, and when it is time to fetch sums anew.

import { createSignal } from "./signals.js";

export const POLL_SECONDS = 15;
const SETTLE_MS = 2_000;
const PATIENCE_MS = 6_000;
const REJOIN_MS = 20_000;

/**
 * @typedef {{table: string, event: "INSERT" | "UPDATE" | "DELETE", row: Record<string, any>}} Change
 *     of a deleted row, `row` has its key alone
 * @typedef {"change" | "poll" | "return" | "reconnect" | "asked"} Reason
 * @typedef {{tables: string[], changed?: (change: Change) => void, refetch?: (reason: Reason) => void}} Watch
 * @typedef {"connecting" | "live" | "polling" | "offline"} State
 */

/**
 * @param {any} client supabase-js's
 * @param {(hear: (reach: import("./data.js").Reach) => void) => () => void} onReached hears whether the database answers
 */
export function createLive(client, onReached) {
  /** @type {ReturnType<typeof createSignal<State>>} */
  const signal = createSignal();
  /** @type {Set<Watch & {timer?: ReturnType<typeof setTimeout>, last: number, missed?: boolean, isBehind: boolean}>} */
  const watches = new Set();
  /** @type {any} */
  let channel = null;
  let joined = "";
  let streaming = false;
  let patient = true;
  let reachable = navigator.onLine;
  let lastSeen = new Date();
  let lostAt = -Infinity;
  /** @type {State} */
  let state = "connecting";
  const life = new AbortController();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let joining;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let rejoining;

  function settle() {
    const next = !reachable ? "offline" : streaming ? "live" : patient ? "connecting" : "polling";
    if (next === state) return;
    state = next;
    signal.tell(state);
  }

  /** Asks a watch to fetch, now or when the last time is long enough ago. */
  function ask(watch, reason) {
    if (!watch.refetch) return;
    if (document.hidden) {
      watch.missed = true;
      return;
    }
    if (watch.timer) return;
    const wait = reason === "change" ? Math.max(0, watch.last + SETTLE_MS - Date.now()) : 0;
    watch.timer = setTimeout(() => {
      watch.timer = undefined;
      watch.last = Date.now();
      if (watches.has(watch)) watch.refetch?.(reason);
    }, wait);
  }

  /** @param {Reason} reason */
  const askAll = (reason) => watches.forEach((watch) => ask(watch, reason));

  function take(payload) {
    const event = payload.eventType;
    const change = { table: payload.table, event, row: event === "DELETE" ? payload.old : payload.new };
    for (const watch of watches) {
      if (!watch.tables.includes(change.table)) continue;
      watch.changed?.(change);
      ask(watch, "change");
    }
  }

  /** Subscribes to the tables that are watched now, if these are not those of before. */
  function join({ anew = false } = {}) {
    joining = undefined;
    const tables = [...new Set([...watches].flatMap((watch) => watch.tables))].sort();
    if (!anew && tables.join() === joined) return;
    joined = tables.join();
    const before = channel;
    channel = null;
    if (before) client.removeChannel(before);
    fallBehind();
    if (tables.length === 0) return;
    const mine = client.channel(`dashboard-${Date.now()}`);
    for (const table of tables) mine.on("postgres_changes", { event: "*", schema: "public", table }, take);
    mine.on("system", {}, (told) => {
      if (mine !== channel) return;
      // Joined, and yet no changes come: the table is not published, or the policy does not let us.
      if (told.status === "error") fail();
      else catchUp();
    });
    channel = mine;
    // A page that opens with a session of before has not handed its token over yet.
    Promise.resolve(client.realtime.setAuth()).finally(() => {
      if (mine !== channel) return;
      mine.subscribe((status) => {
        if (mine !== channel) return;
        if (status === "SUBSCRIBED") succeed();
        else fail();
      });
    });
  }

  /** Has everybody fetch once more: nobody told of what was written between their fetch and now. */
  function catchUp() {
    for (const watch of watches) {
      if (!watch.isBehind) continue;
      watch.isBehind = false;
      ask(watch, "reconnect");
    }
  }

  function succeed() {
    clearTimeout(rejoining);
    streaming = true;
    settle();
  }

  function fallBehind() {
    for (const watch of watches) watch.isBehind = true;
  }

  function fail() {
    streaming = false;
    patient = false;
    fallBehind();
    settle();
    // The library joins again after a lost socket, but not after every refusal.
    clearTimeout(rejoining);
    rejoining = setTimeout(() => !streaming && join({ anew: true }), REJOIN_MS);
  }

  function soon() {
    joining ??= setTimeout(join, 0);
  }

  const unhear = onReached(({ reached, asked }) => {
    if (reached) lastSeen = new Date();
    if (reached && asked < lostAt) return; // it was on its way when the network went
    reachable = reached;
    settle();
  });
  const waiting = setTimeout(() => {
    patient = false;
    settle();
  }, PATIENCE_MS);
  const polling = setInterval(() => state !== "live" && askAll("poll"), POLL_SECONDS * 1000);
  const hear = (target, event, act) => target.addEventListener(event, act, { signal: life.signal });
  hear(window, "offline", () => {
    lostAt = performance.now();
    reachable = false;
    settle();
  });
  hear(window, "online", () => {
    askAll("reconnect");
    if (!streaming) join({ anew: true });
  });
  hear(document, "visibilitychange", () => {
    if (document.hidden) return;
    for (const watch of watches) {
      if (watch.missed || Date.now() - watch.last > SETTLE_MS) ask(watch, "return");
      watch.missed = false;
    }
  });

  return {
    get state() {
      return state;
    },
    /** When the database last answered. */
    get lastSeen() {
      return lastSeen;
    },
    /** Hears each new state. */
    on: signal.on,
    /**
     * Watches tables. `changed` hears each row at once; `refetch` is called at most every two
     * seconds while rows come, once the connection stands (again), when the reader returns to the page,
     * and every 15 seconds where Realtime is off. Not while the page is hidden.
     * @param {Watch} watch
     * @returns {() => void} ends it
     */
    watch(watch) {
      const own = { ...watch, last: Date.now(), isBehind: false };
      watches.add(own);
      soon();
      return () => {
        watches.delete(own);
        clearTimeout(own.timer);
        soon();
      };
    },
    /** Ends everything, as for signing out. */
    end() {
      life.abort();
      unhear();
      clearTimeout(waiting);
      clearInterval(polling);
      clearTimeout(rejoining);
      clearTimeout(joining);
      watches.clear();
      join();
      client.realtime.disconnect();
    },
  };
}
