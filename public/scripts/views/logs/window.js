// @ts-check
// The lines that are shown: a window of at most 500, newest first, over a log of any length. It
// moves towards older lines, towards newer ones, or stays at the top and takes what comes.

import { conditions, isWanted } from "./filter.js";

export const MOST = 500;
export const PAGE = 100;
const AROUND = 50;
const COLUMNS = "id,level,message,created_at";

/**
 * @typedef {{id: string | number, level: string | null, message: string | null, created_at: string}} Line
 * @typedef {import("./filter.js").Filter} Filter
 */

/** Newest first. Within a millisecond by the text (microseconds), then by id. @param {Line} one @param {Line} other */
export function byAge(one, other) {
  const apart = Date.parse(other.created_at) - Date.parse(one.created_at);
  if (apart !== 0) return apart;
  const [fine, otherFine] = [fraction(one.created_at), fraction(other.created_at)];
  if (fine !== otherFine) return fine < otherFine ? 1 : -1;
  if (typeof one.id === "number" && typeof other.id === "number") return other.id - one.id;
  return String(one.id) < String(other.id) ? 1 : -1;
}

const fraction = (iso) => (iso.match(/\.(\d+)/)?.[1] ?? "").padEnd(6, "0");

/** Both lists as one, each line once, newest first. */
export function merged(lines, others) {
  const known = new Map([...lines, ...others].map((line) => [line.id, line]));
  return [...known.values()].sort(byAge);
}

/** @param {{data: any}} given */
export function createWindow({ data }) {
  /** @type {Line[]} */
  let lines = [];
  /** Came while the window was held. @type {Line[]} */
  let kept = [];
  let keptCount = 0;
  /** There may be lines between `kept` and `lines` that nobody fetched. */
  let hasGap = false;
  let isAtTop = true;
  let hasOlder = false;
  /** Came while the window was being fetched; the answer may not know of them. @type {Line[] | null} */
  let early = null;
  /** @type {Filter} */
  let filter = { levels: [], q: "" };

  /** @param {{than?: Line, where?: [string, string, any][], ascending?: boolean, limit?: number, key: string}} options */
  function fetched({ than, where = [], ascending = false, limit = PAGE, key }) {
    const direction = ascending ? "asc" : "desc";
    const [atMost, less] = ascending ? ["gte", "gt"] : ["lte", "lt"];
    return data.rows("bot_logs", {
      columns: COLUMNS,
      where: [...conditions(filter), ...where, ...(than ? [["created_at", atMost, than.created_at]] : [])],
      // The time alone can begin a page in an index; the id decides among lines of one moment.
      or: than ? `created_at.${less}."${than.created_at}",id.${less}."${than.id}"` : undefined,
      order: [["created_at", direction], ["id", direction]],
      limit,
      key,
    });
  }

  /** Fetches a window anew, and adds what comes meanwhile. @param {() => Promise<Line[]>} fetch */
  async function anew(fetch) {
    const mine = (early = []);
    try {
      const found = await fetch();
      lines = [...found].sort(byAge);
      if (isAtTop) lines = merged(lines, mine.filter(isOurs)).slice(0, MOST);
      forget();
    } finally {
      if (early === mine) early = null;
    }
  }

  /** Whether a line that arrived belongs here; one from below the window comes with its page. @param {Line} line */
  function isOurs(line) {
    const last = lines[lines.length - 1];
    return isWanted(line, filter) && !(hasOlder && last && byAge(last, line) < 0);
  }

  function forget() {
    kept = [];
    keptCount = 0;
    hasGap = false;
  }

  return {
    get lines() {
      return lines;
    },
    /** Whether the newest line that is wanted is among those shown. */
    get isAtTop() {
      return isAtTop;
    },
    get hasOlder() {
      return hasOlder;
    },
    /** How many lines wait to be shown. */
    get waiting() {
      return keptCount;
    },
    get filter() {
      return filter;
    },

    /** The newest lines. @param {Filter} wanted */
    async toNewest(wanted) {
      filter = wanted;
      await anew(async () => {
        const rows = await fetched({ key: "log" });
        isAtTop = true;
        hasOlder = rows.length === PAGE;
        return rows;
      });
    },

    /**
     * The lines around a moment.
     * @param {Filter} wanted
     * @param {{at: string, id?: string}} mark
     * @returns {Promise<Line | undefined>} the line that is meant, if it is still there
     */
    async toMoment(wanted, { at, id }) {
      filter = wanted;
      /** @type {Line | undefined} */
      let nearest;
      await anew(async () => {
        const [older, newer] = await Promise.all([
          fetched({ where: [["created_at", "lte", at]], key: "log" }),
          fetched({ where: [["created_at", "gt", at]], ascending: true, limit: AROUND, key: "log newer" }),
        ]);
        nearest = older[0] ?? newer[0];
        isAtTop = newer.length < AROUND;
        hasOlder = older.length === PAGE;
        return merged(older, newer);
      });
      return id ? lines.find((line) => String(line.id) === id) : nearest;
    },

    /** A page of older lines below; the newest leave the window if it is full. */
    async older() {
      const last = lines[lines.length - 1];
      const rows = await fetched({ than: last, key: "log older" });
      lines = merged(lines, rows);
      hasOlder = rows.length === PAGE;
      if (lines.length <= MOST) return;
      lines = lines.slice(-MOST);
      isAtTop = false;
      forget();
    },

    /** A page of newer lines above; the oldest leave the window if it is full. */
    async newer() {
      const rows = await fetched({ than: lines[0], ascending: true, key: "log newer" });
      lines = merged(lines, rows);
      isAtTop = rows.length < PAGE;
      const known = new Set(lines.map((line) => line.id));
      kept = kept.filter((line) => !known.has(line.id));
      keptCount = kept.length;
      if (lines.length <= MOST) return;
      lines = lines.slice(0, MOST);
      hasOlder = true;
    },

    /**
     * Takes lines that have just been written. Held, they wait; elsewhere in the log they are only
     * counted. @param {Line[]} arrived @param {{isHeld: boolean}} options
     */
    take(arrived, { isHeld }) {
      early?.push(...arrived);
      const known = new Set([...lines, ...kept].map((line) => line.id));
      const fresh = arrived.filter((line) => !known.has(line.id) && isOurs(line));
      if (fresh.length === 0) return;
      kept = merged(kept, fresh).slice(0, MOST);
      keptCount += fresh.length;
      if (!isHeld) this.release();
    },

    /** Shows what has waited, unless the window is elsewhere in the log. */
    release() {
      if (!isAtTop || keptCount === 0) return;
      const all = hasGap ? kept : merged(kept, lines);
      hasOlder ||= hasGap || all.length > MOST;
      lines = all.slice(0, MOST);
      forget();
    },

    /** Asks what has been written since, where nothing told of it. @param {{isHeld: boolean}} options */
    async catchUp({ isHeld }) {
      if (!isAtTop) return;
      const rows = await fetched({ key: "log since" });
      const known = new Set([...lines, ...kept].map((line) => line.id));
      // More was written than a page holds: what lies between is not known.
      if (rows.length === PAGE && !rows.some((line) => known.has(line.id))) {
        kept = [];
        hasGap = true;
      }
      this.take(rows, { isHeld });
    },
  };
}
