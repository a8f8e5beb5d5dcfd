// @ts-check
// How the bot is, for the capsule in the top line and the first view: what the tables know, and
// what /health says.

import { DataError } from "./data.js";
import { createSignal } from "./signals.js";

const HEALTH_MS = 60_000;
const HEALTH_PATIENCE_MS = 10_000;
/** While it finds something wrong or does not answer: it may be well again in a moment. */
const HEALTH_AGAIN_MS = 10_000;
/** How often is looked whether the database still answers and knows the reader; the document every other time. */
const LOOK_MS = 30_000;
const FRESH_MS = 2_000;
/** An answer that is older says how the bot was, not how it is. */
const LOST_MS = 60_000;
const WORSE = ["healthy", "degraded", "unhealthy"];

/**
 * The document of the first view.
 * @returns {Promise<{told: any, receivedAt: number}>} rejects with DataError
 */
export async function askOverview(data, zone) {
  const told = await data.read("dashboard_overview", { p_zone: zone }, { as: null });
  return { told, receivedAt: Date.now() };
}

/**
 * @typedef {"healthy" | "degraded" | "unhealthy" | "unknown"} Status
 * @param {{data: any, live: any, zone: string, begun: ReturnType<typeof askOverview> | null, refused: () => void}} given
 *     `begun`: the document, where it has been asked for already; `refused` is told when the database
 *     says that the reader is no admin (any more): to a stranger every table is empty
 */
export function createOverview({ data, live, zone, begun, refused }) {
  const signal = createSignal();
  /** @type {any} */
  let value = null;
  /** @type {string | null} */
  let health = null;
  let healthDue = 0;
  let error = null;
  let ahead = 0;
  let receivedAt = 0;
  /** @type {Promise<void> | null} the newest, whether or not it has come */
  let asking = null;

  async function askHealth() {
    if (Date.now() < healthDue) return;
    healthDue = Date.now() + HEALTH_MS;
    try {
      const answer = await fetch("/health", { cache: "no-store", signal: AbortSignal.timeout(HEALTH_PATIENCE_MS) });
      const { status } = await answer.json();
      health = WORSE.includes(status) ? status : null;
    } catch {
      // Where the functions do not answer, the tables tell soon enough: no tick comes.
      health = null;
    }
    if (health !== "healthy") healthDue = Date.now() + HEALTH_AGAIN_MS;
    signal.tell(overview);
  }

  /** @returns {Status} */
  function worse() {
    const told = [value?.status, health].filter((each) => WORSE.includes(each));
    if (told.length === 0) return "unknown";
    return /** @type {Status} */ (WORSE[Math.max(...told.map((each) => WORSE.indexOf(each)))]);
  }

  /** Of a bot that has recorded nothing, tables in which nothing is wrong say nothing. */
  function isSilent() {
    return value?.is_new && value.status === "healthy" && health === null;
  }

  async function ask() {
    askHealth();
    try {
      const asked = begun ?? askOverview(data, zone);
      begun = null;
      const answer = await asked;
      if (answer.told.is_admin === false) {
        refused();
        throw new DataError("forbidden");
      }
      value = answer.told;
      receivedAt = answer.receivedAt;
      ahead = Date.parse(value.now) - receivedAt;
      error = null;
    } catch (refusal) {
      if (refusal.kind === undefined) throw refusal;
      if (refusal.kind === "stale") return;
      error = refusal;
    }
    signal.tell(overview);
  }

  async function lookBriefly() {
    askHealth();
    try {
      if ((await data.read("is_admin", {}, { as: null })) === false) refused();
    } catch (refusal) {
      if (refusal.kind === undefined) throw refusal;
      // The top line says so by itself.
    }
  }

  const overview = {
    on: signal.on,
    /** The newest dashboard_overview document, null before the first. */
    get value() {
      return value;
    },
    /** @returns {Status} the worse of what the tables and /health say, as long as that is of now */
    get status() {
      return overview.lost || isSilent() ? "unknown" : worse();
    },
    /** When the bot was last known of, and how it was then; null while that is now. */
    get lost() {
      if (error === null || value === null || Date.now() - receivedAt <= LOST_MS) return null;
      return { at: new Date(receivedAt), status: worse() };
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
    refresh() {
      asking = ask();
      return asking;
    },
    /** What to begin with: the document that came only just now, the one on its way, or what was last known. */
    async first() {
      const isFresh = value !== null && error === null && Date.now() - receivedAt < FRESH_MS;
      if (value === null && asking) await asking;
      else if (!isFresh) await overview.refresh();
      if (value === null) throw error ?? new DataError("stale");
      return value;
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
  let looks = 0;
  const timer = setInterval(() => {
    if (document.hidden) return;
    looks += 1;
    if (looks % 2 === 0) overview.refresh();
    else lookBriefly();
  }, LOOK_MS);
  const unwatch = live.watch({ tables: ["alerts"], refetch: () => overview.refresh() });
  return overview;
}
