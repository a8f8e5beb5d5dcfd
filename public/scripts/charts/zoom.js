// @ts-check
// The stretch of time that the charts of a view show together, and the buttons that change it.

import { h } from "../dom.js";
import { button } from "../parts/states.js";

const LEAST_SECONDS = 300;

/**
 * @typedef {{since: number, until: number}} Range in seconds since 1970
 * @param {{texts: import("../texts.js").Translate, onChange: (range: Range | null) => void}} options
 *     hears the stretch that was chosen, or null for all of it
 */
export function createZoom({ texts: t, onChange }) {
  /** @type {Range} */
  let whole = { since: 0, until: 1 };
  /** @type {Range | null} */
  let chosen = null;

  const set = (range) => {
    if (range === null && chosen === null) return;
    if (range && chosen && range.since === chosen.since && range.until === chosen.until) return;
    chosen = range;
    draw();
    onChange(chosen);
  };
  const shown = () => chosen ?? whole;
  const width = () => shown().until - shown().since;

  /** Shows `part` of what is shown, about `at`; 2 shows twice as much. */
  function scale(part, at = (shown().since + shown().until) / 2) {
    const wide = Math.max(LEAST_SECONDS, width() * part);
    if (wide >= whole.until - whole.since) return set(null);
    const since = Math.round(at - ((at - shown().since) / width()) * wide);
    return set(within({ since, until: since + Math.round(wide) }));
  }

  function move(part) {
    if (chosen) set(within({ since: chosen.since + Math.round(part * width()), until: chosen.until + Math.round(part * width()) }));
  }

  function within({ since, until }) {
    const over = Math.max(0, whole.since - since) - Math.max(0, until - whole.until);
    return { since: since + over, until: until + over };
  }

  const buttons = {
    earlier: button({ label: t("chart.earlier"), icon: "left", bare: true, on: () => move(-0.5) }),
    later: button({ label: t("chart.later"), icon: "right", bare: true, on: () => move(0.5) }),
    in: button({ label: t("chart.zoomIn"), icon: "plus", bare: true, on: () => scale(0.5) }),
    out: button({ label: t("chart.zoomOut"), icon: "minus", bare: true, on: () => scale(2) }),
    reset: button({ label: t("chart.reset"), icon: "again", on: () => set(null) }),
  };
  const element = h("div", { class: "zoom", role: "group", "aria-label": t("chart.zoom") }, Object.values(buttons));

  function draw() {
    // Not `disabled`: the focus would be lost on the button that was just pressed.
    for (const name of ["earlier", "later", "out", "reset"]) buttons[name].setAttribute("aria-disabled", String(chosen === null));
  }
  draw();

  return {
    element,
    get range() {
      return chosen;
    },
    /** What "all of it" is, for the limits of moving. */
    setWhole(range) {
      whole = range;
    },
    /** Shows a stretch without telling `onChange`, as where the address names one. */
    show(range) {
      chosen = range;
      draw();
    },
    set,
    scale,
    move,
    reset: () => set(null),
  };
}
