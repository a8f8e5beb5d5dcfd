// @ts-check
// What the people of the ledgers are called. These know ids alone; who asked for music has a name.

/** @param {ReturnType<typeof import("../../data.js").createData>} data */
export function createPeople(data) {
  /** By id; null where nobody knows it. @type {Map<string, string | null>} */
  const names = new Map();
  /** What is being asked, by the ids it is asked of. @type {Map<string, Promise<void>>} */
  const underWay = new Map();

  async function meet(ids) {
    const strangers = [...new Set(ids)].filter((id) => !names.has(id)).sort();
    if (strangers.length === 0) return;
    const asked = strangers.join();
    if (!underWay.has(asked)) underWay.set(asked, ask(strangers, asked).finally(() => underWay.delete(asked)));
    await underWay.get(asked);
  }

  async function ask(ids, key) {
    try {
      const known = await data.read("known_names", { p_ids: ids }, { key: `known_names ${key}` });
      ids.forEach((id) => names.set(id, known[id] ?? null));
    } catch (error) {
      if (error.kind === undefined) throw error;
      // An id says who it is as well, and the next time they may be known.
    }
  }

  return {
    /** @param {string} id */
    name: (id) => names.get(id) ?? null,
    /**
     * The document, once it is known what the people in it are called.
     * @template T
     * @param {Promise<T>} reading
     * @returns {Promise<T>}
     */
    async met(reading) {
      const document = await reading;
      await meet(idsIn(document));
      return document;
    },
  };
}

/** Every `user_id` of a document, wherever it stands. @returns {string[]} */
function idsIn(value) {
  if (Array.isArray(value)) return value.flatMap(idsIn);
  if (value === null || typeof value !== "object") return [];
  return Object.entries(value).flatMap(([name, held]) => (name === "user_id" && held ? [held] : idsIn(held)));
}
