// @ts-check
// Which lines are wanted, in the words of the address, of the database, and for a line that comes.

export const LEVELS = ["debug", "info", "warning", "error"];

/** Other spellings of the same level in tables that others write to. */
const ALSO = { warning: ["warn"], error: ["err"], critical: ["fatal"] };

/** A level as it is shown: small letters, one spelling. */
export function levelOf(line) {
  const level = String(line.level ?? "info").toLowerCase();
  return Object.keys(ALSO).find((name) => ALSO[name].includes(level)) ?? level;
}

/**
 * @typedef {{levels: string[], q: string}} Filter no levels: all of them
 * @param {Record<string, string>} params
 * @returns {Filter}
 */
export function filterOf({ level = "", q = "" }) {
  return { levels: [...new Set(level.split(",").filter(Boolean))], q };
}

/** @param {Filter} filter */
export const isNarrow = ({ levels, q }) => levels.length > 0 || q !== "";

/** Whether a line that has just come is wanted. @param {Filter} filter */
export function isWanted(line, { levels, q }) {
  const message = String(line.message ?? "");
  return (levels.length === 0 || levels.includes(levelOf(line))) && message.toLowerCase().includes(q.toLowerCase());
}

/**
 * The same for the database.
 * @param {Filter} filter
 * @returns {[string, string, any][]}
 */
export function conditions({ levels, q }) {
  /** @type {[string, string, any][]} */
  const where = [];
  if (levels.length > 0) where.push(["level", "in", levels.flatMap(spellings)]);
  if (q) where.push(["message", "ilike", `%${escaped(q)}%`]);
  return where;
}

function spellings(level) {
  return [level, ...(ALSO[level] ?? [])].flatMap((name) => [name, name.toUpperCase(), name[0].toUpperCase() + name.slice(1)]);
}

/** What stands for itself in a pattern. A star is one to PostgREST alone; any one character is near enough. */
const escaped = (q) => q.replace(/[\\%_]/g, "\\$&").replace(/\*/g, "_");
