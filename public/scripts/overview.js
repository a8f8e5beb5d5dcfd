// @ts-check
// How the bot is, for the capsule in the top line and the first view: what the tables know, and
// what /health says.

import { createSignal } from "./signals.js";

const HEALTH_MS = 60_000;
const ELSEWHERE_MS = 60_000;
const FRESH_MS = 2_000;
const WORSE = ["healthy", "degraded", "unhealthy"];

/**
 * @typedef {"healthy" | "degraded" | "unhealthy" | "unknown"} Status
 * @param {{data: any, live: any, zone: string}} given
 */
export function createOverview({ data, live, zone }) {
  const signal = createSignal();
  /** @type {any} */
  let value = null;
  /** @type {string | null} */
  let health = null;
  let healthAt = 0;
  let error = null;
  let ahead = 0;
  let receivedAt = 0;

  async function askHealth() {
    if (Date.now() - healthAt < HEALTH_MS) return;
    healthAt = Date.now();
    try {
      const answer = await fetch("/health", { cache: "no-store" });
      const { status } = await answer.json();
      health = WORSE.includes(status) ? status : null;
    } catch {
      // Where the functions do not answer, the tables tell soon enough: no tick comes.
      health = null;
    }
    signal.tell(overview);
  }

  const overview = {
    on: signal.on,
    /** The newest dashboard_overview document, null before the first. */
    get value() {
      return value;
    },
    /** @returns {Status} the worse of what the tables and /health say */
    get status() {
      const told = [value?.status, health].filter((each) => WORSE.includes(each));
      if (!value && told.length === 0) return "unknown";
      return /** @type {Status} */ (WORSE[Math.max(...told.map((each) => WORSE.indexOf(each)))]);
    },
    /** What /health says where it alone finds something wrong, else null. */
    get healthAlone() {
      return value?.status === "healthy" && health !== "healthy" ? health : null;
    },
    /** How far the database's clock was ahead of the reader's, in milliseconds. */
    get aheadMs() {
      return ahead;
    },
    /** The DataError of the last try, null if it went well. */
    get error() {
      return error;
    },
    async refresh() {
      askHealth();
      try {
        value = await data.read("dashboard_overview", { p_zone: zone });
        receivedAt = Date.now();
        ahead = Date.parse(value.now) - receivedAt;
        error = null;
      } catch (refusal) {
        if (refusal.kind === undefined) throw refusal;
        if (refusal.kind === "stale") return;
        error = refusal;
      }
      signal.tell(overview);
    },
    /** Whether the document came only just now: who begins to show it need not ask once more. */
    get isFresh() {
      return value !== null && error === null && Date.now() - receivedAt < FRESH_MS;
    },
    /** The newest document; rejects with the DataError if it cannot be had. */
    async load() {
      await overview.refresh();
      if (error) throw error;
      return value;
    },
    end() {
      clearInterval(timer);
      unwatch();
    },
  };
  const timer = setInterval(() => !document.hidden && overview.refresh(), ELSEWHERE_MS);
  const unwatch = live.watch({ tables: ["alerts"], refetch: () => overview.refresh() });
  return overview;
}
