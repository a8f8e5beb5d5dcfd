// @ts-check
// What is shown stands in the address: #/logs?level=error is a link that can be given away.

import { createSignal } from "./signals.js";

/** @typedef {{view: string, params: Record<string, string>}} Place */

/**
 * @param {string[]} views the first is shown where the address names none
 */
export function createRoute(views) {
  /** @type {ReturnType<typeof createSignal<Place>>} */
  const signal = createSignal();

  /** @returns {Place} */
  function read() {
    const [path, query = ""] = location.hash.replace(/^#\/?/, "").split("?", 2);
    const view = views.includes(path) ? path : views[0];
    return { view, params: view === path ? Object.fromEntries(new URLSearchParams(query)) : {} };
  }

  /** The address of a view; params that are null or empty are left out. */
  function href(view, params = {}) {
    const given = Object.entries(params).filter(([, value]) => value !== null && value !== undefined && value !== "");
    const query = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString();
    return `#/${view}${query ? `?${query}` : ""}`;
  }

  let current = read();
  const hear = () => {
    current = read();
    signal.tell(current);
  };
  window.addEventListener("hashchange", hear);

  return {
    get current() {
      return current;
    },
    href,
    /** Goes to a view as if by a link: back leads here again. */
    go(view, params = {}) {
      location.hash = href(view, params);
    },
    /**
     * Changes params of the view that is shown, null taking one away. The view is not told: it is
     * the one that asks. `replace: false` makes a step that back takes back.
     */
    set(params, { replace = true } = {}) {
      const address = href(current.view, { ...current.params, ...params });
      if (address === location.hash) return;
      history[replace ? "replaceState" : "pushState"](null, "", address);
      current = read();
    },
    /** Hears of each place that a link, back or forward leads to. */
    on: signal.on,
    end() {
      window.removeEventListener("hashchange", hear);
    },
  };
}
