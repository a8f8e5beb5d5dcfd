// @ts-check
// All that the page reads and does, and the only module that knows of supabase-js's answers.

import { createSignal } from "./signals.js";

const PATIENCE_MS = 10_000;
/** How many answers are remembered for the time that none comes. */
const MOST_KEPT = 60;

/** @typedef {"offline" | "expired" | "forbidden" | "failed" | "stale"} Kind */

/** What went wrong, in a word; `detail` is what the database said, in English. */
export class DataError extends Error {
  /**
   * @param {Kind} kind stale: newer arguments were asked for meanwhile, nobody waits for these
   * @param {string} [detail]
   * @param {string} [code] of Postgres or PostgREST
   */
  constructor(kind, detail = "", code = "") {
    super(detail || kind);
    this.kind = kind;
    this.detail = detail;
    this.code = code;
  }
}

/**
 * @typedef {{asked: string, promise: Promise<any>, abort: AbortController, isLeaving: boolean, next?: Promise<any>}} Request
 *     isLeaving: only just sent, so whoever asks now may share its answer
 * @typedef {{reached: boolean, asked: number}} Reach whether the database answered, and when it was
 *     asked: milliseconds of performance.now()
 * @param {any} client supabase-js's
 * @param {{expired: () => void}} session is told when no refresh helps any more
 */
export function createData(client, session) {
  /** @type {ReturnType<typeof createSignal<Reach>>} */
  const reached = createSignal();
  /** @type {Map<string, Request>} */
  const underWay = new Map();
  /** The last answers, the newest last. @type {Map<string, any>} */
  const answers = new Map();
  /** What the view that is shown has been given. @type {Set<string>} */
  const given = new Set();

  /**
   * One request a key: another question takes its place; the same one, asked again, is asked once
   * more when the answer under way has come, which may not know of what was written since.
   */
  function once(key, asked, send) {
    const before = underWay.get(key);
    if (before?.asked === asked) return before.isLeaving ? before.promise : (before.next ??= follow(key, before, send));
    before?.abort.abort("stale");
    return begin(key, asked, send);
  }

  function begin(key, asked, send) {
    const abort = new AbortController();
    const promise = settled(send, abort).finally(() => {
      if (underWay.get(key)?.promise === promise) underWay.delete(key);
    });
    /** @type {Request} */
    const request = { asked, promise, abort, isLeaving: true };
    underWay.set(key, request);
    setTimeout(() => (request.isLeaving = false));
    return promise;
  }

  async function follow(key, before, send) {
    try {
      await before.promise;
    } catch (error) {
      if (error.kind === "stale" || error.kind === "expired") throw error;
    }
    const now = underWay.get(key);
    if (now && now.asked !== before.asked) throw new DataError("stale");
    return now?.promise ?? begin(key, before.asked, send);
  }

  /**
   * The answer. While none can be had, what was answered last is given to whoever comes back to a
   * view, once; from then on the view knows that it is not renewed.
   */
  async function remembered(asked, promise) {
    try {
      const value = await promise;
      answers.delete(asked);
      answers.set(asked, value);
      if (answers.size > MOST_KEPT) answers.delete(answers.keys().next().value);
      given.add(asked);
      return value;
    } catch (error) {
      if (error.kind !== "offline" || given.has(asked) || !answers.has(asked)) throw error;
      given.add(asked);
      return answers.get(asked);
    }
  }

  async function settled(send, abort) {
    const asked = performance.now();
    try {
      const value = await attempt(send, abort);
      reached.tell({ reached: true, asked });
      return value;
    } catch (error) {
      if (error.kind !== "stale") reached.tell({ reached: error.kind !== "offline", asked });
      if (error.kind === "expired") session.expired();
      throw error;
    }
  }

  async function attempt(send, abort) {
    try {
      return await answered(send, abort);
    } catch (error) {
      if (error.kind !== "expired") throw error;
      // A token may end between two refreshes: while the machine slept, say.
      const { error: refusal } = await client.auth.refreshSession();
      if (refusal) throw new DataError(refusal.name === "AuthRetryableFetchError" ? "offline" : "expired", refusal.message);
      return answered(send, abort);
    }
  }

  async function answered(send, abort) {
    const late = setTimeout(() => abort.abort("late"), PATIENCE_MS);
    try {
      const { data, error, status } = await send(abort.signal);
      if (abort.signal.aborted && abort.signal.reason === "stale") throw new DataError("stale");
      if (error) throw new DataError(kindOf(status, error.code ?? ""), error.message, error.code ?? "");
      return data;
    } finally {
      clearTimeout(late);
    }
  }

  return {
    /** Hears of each answer, and when nothing could be reached. */
    reached: reached.on,

    /** Another view is shown now. */
    leave() {
      given.clear();
    },

    /**
     * The document that a function of the database answers with.
     * @param {string} name
     * @param {Record<string, any>} [args] by the function's own names
     * @param {{key?: string, as?: string | null}} [options] questions of one key (default: the name)
     *     replace each other; the answer is remembered `as` (default: this very question), null: not
     * @returns {Promise<any>} rejects with DataError
     */
    read(name, args = {}, { key = name, as } = {}) {
      const asked = `${name} ${JSON.stringify(args)}`;
      const answer = once(key, asked, (signal) => client.rpc(name, args).abortSignal(signal));
      return as === null ? answer : remembered(as ?? asked, answer);
    },

    /**
     * Rows of a table.
     * @param {string} table
     * @param {{columns?: string, where?: [string, string, any][], or?: string, order?: [string, "asc" | "desc"][], limit?: number, key?: string}} [query]
     *     `where`: column, operator of PostgREST (eq, lt, ilike, in, …), value; `or`: in PostgREST's words
     * @returns {Promise<any[]>} rejects with DataError
     */
    rows(table, query = {}) {
      const { columns = "*", where = [], or, order = [], limit, key = table } = query;
      const asked = `${table} ${JSON.stringify(query)}`;
      const answer = once(key, asked, (signal) => {
        let request = client.from(table).select(columns);
        for (const [column, operator, value] of where) {
          request = operator === "in" ? request.in(column, value) : request.filter(column, operator, value);
        }
        if (or) request = request.or(or);
        for (const [column, direction] of order) request = request.order(column, { ascending: direction === "asc" });
        if (limit) request = request.limit(limit);
        return request.abortSignal(signal);
      });
      return remembered(asked, answer);
    },

    /**
     * Does something; each call is sent, and none takes another's place.
     * @param {string} name
     * @param {Record<string, any>} [args]
     * @returns {Promise<any>} rejects with DataError
     */
    act(name, args = {}) {
      return settled((signal) => client.rpc(name, args).abortSignal(signal), new AbortController());
    },
  };
}

/** @returns {Kind} */
function kindOf(status, code) {
  if (status === 0 || status === undefined || status === 502 || status === 503 || status === 504) return "offline";
  if (status === 401 || code.startsWith("PGRST30")) return "expired";
  if (status === 403 || code === "42501") return "forbidden";
  return "failed";
}
