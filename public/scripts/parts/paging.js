// @ts-check
// Steps through a long list by the last row of each page, so that a page costs the same however
// far back it is and no row is skipped or seen twice when new ones come.

import { h } from "../dom.js";
import { button } from "./states.js";

const TIME = /^\d{4}-\d\d-\d\dT/;

/**
 * Where a list stands: `before` and `before_id` of the address, and the way back that was taken.
 * @typedef {{before?: string, before_id?: string}} Cursor
 */
export function createPages({ route }) {
  /** The page that each page was come to from, whichever way one has gone since. @type {Map<string, Cursor>} */
  const newer = new Map();

  /** @returns {Cursor} nothing where the address names no moment */
  function read() {
    const { before = "", before_id = "" } = route.current.params;
    return TIME.test(before) && !Number.isNaN(Date.parse(before)) && before_id ? { before, before_id } : {};
  }

  /** @param {Cursor} cursor */
  const keyOf = ({ before, before_id }) => `${before} ${before_id}`;

  return {
    /** @returns {Cursor} */
    get cursor() {
      return read();
    },
    get isFirst() {
      return read().before === undefined;
    },
    /** Goes on after `last`, the last row that is shown. The browser's back leads back. */
    older(last) {
      const next = { before: last.created_at, before_id: String(last.id) };
      newer.set(keyOf(next), read());
      route.set(next, { replace: false });
    },
    /** Back by a page; to the newest where the way here is not known (a link). */
    newer() {
      const { before = null, before_id = null } = newer.get(keyOf(read())) ?? {};
      route.set({ before, before_id }, { replace: false });
    },
    /** What to change in the address so that the list begins anew. */
    first: () => ({ before: null, before_id: null }),
  };
}

/** The two buttons, nothing where there is one page alone. */
export function pager({ label, newer, older, isFirst, hasMore, onNewer, onOlder }) {
  if (isFirst && !hasMore) return null;
  return h(
    "nav",
    { class: "pager", "aria-label": label },
    button({ label: newer, icon: "left", disabled: isFirst, on: onNewer }),
    button({ label: older, icon: "right", disabled: !hasMore, on: onOlder }),
  );
}
