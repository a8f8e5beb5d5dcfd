// @ts-check
// A part of a view that fetches what it shows: a skeleton first, an error in place with a way to try
// again, and from then on what is there stays until something newer is.

import { fill, h, nodes, patch } from "../dom.js";
import { button, errorState } from "./states.js";

/**
 * @template T
 * @param {{load: () => Promise<T>, draw: (value: T) => any, skeleton: () => any, texts: import("../texts.js").Translate, own?: any, class?: string}} options
 *     `draw` answers with what to show; what is alike is kept (see `patch`). Where there is a node
 *     of your `own` (a chart's), that is shown as it is, and `draw` only changes it.
 * @returns {{element: any, refresh: () => Promise<void>, redraw: () => void, value: T | null, destroy: () => void}}
 */
export function createRegion({ load, draw, skeleton, texts: t, own = null, class: extra = "" }) {
  const body = h("div", { class: "region-body" }, skeleton());
  const notice = h("div", { class: "region-notice" });
  const element = h("div", { class: `region ${extra}`.trim(), "aria-busy": "true" }, notice, body);
  let isOver = false;

  const region = {
    element,
    /** @type {T | null} */
    value: null,
    async refresh() {
      try {
        const value = await load();
        if (isOver) return;
        region.value = value;
        element.removeAttribute("aria-busy");
        patch(notice);
        show(value);
      } catch (error) {
        if (isOver || error.kind === "stale") return;
        if (error.kind === undefined) throw error; // a fault of the page, not of what it asked
        element.removeAttribute("aria-busy");
        if (region.value === null) patch(body, errorState(error, region.refresh, t));
        else patch(notice, h("p", { role: "status" }, t("notFresh")), button({ label: t("tryAgain"), kind: "quiet", on: region.refresh }));
      }
    },
    /** Draws what was fetched last once more: sorted in another way, say. */
    redraw() {
      if (region.value !== null) show(region.value);
    },
    destroy() {
      isOver = true;
    },
  };

  /** @param {T} value */
  function show(value) {
    if (own === null) return void patch(body, ...nodes([draw(value)]));
    if (body.firstChild !== own) fill(body, own);
    draw(value);
  }

  return region;
}
