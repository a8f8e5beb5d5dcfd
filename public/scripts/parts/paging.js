// @ts-check
// Steps through a long list by the last row of each page, so that a page costs the same however
// far back it is and no row is skipped or seen twice when new ones come.

import { h } from "../dom.js";
import { button } from "./states.js";

/**
 * Where a list stands: `before` and `before_id` of the address, and the way back that was taken.
 * @typedef {{before?: string, before_id?: string}} Cursor
 */
export function createPages({ route }) {
  /** @type {Cursor[]} */
  let newer = [];

  return {
    /** @returns {Cursor} */
    get cursor() {
      const { before, before_id } = route.current.params;
      return { before, before_id };
    },
    get isFirst() {
      return !route.current.params.before;
    },
    /** Goes on after `last`, the last row that is shown. The browser's back leads back. */
    older(last) {
      newer.push(this.cursor);
      route.set({ before: last.created_at, before_id: last.id }, { replace: false });
    },
    /** Back by a page; to the newest where the way here is not known (a link). */
    newer() {
      const { before = null, before_id = null } = newer.pop() ?? {};
      route.set({ before, before_id }, { replace: false });
    },
    /** What to change in the address so that the list begins anew. */
    first() {
      newer = [];
      return { before: null, before_id: null };
    },
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
