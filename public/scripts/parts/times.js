// @ts-check
// Moments, in the reader's zone, with the full time where one points. "3 min ago" grows older by itself.

import { h } from "../dom.js";

const EVERY_MS = 5_000;

/** "Nov 21, 12:04"; `style` is one of the formats of a moment: time, seconds, dateTime. */
export function moment(iso, formats, style = "dateTime") {
  if (!iso) return h("span", {}, formats[style](null));
  return h("time", { datetime: iso, title: formats.full(iso) }, formats[style](iso));
}

/** "3 min ago" */
export function ago(iso, formats) {
  if (!iso) return h("span", {}, formats.ago(null));
  return h("time", { datetime: iso, title: formats.full(iso), data: { ago: "" } }, formats.ago(iso));
}

/** Keeps every "ago" of the page true. */
export function keepTime(formats) {
  const timer = setInterval(() => {
    if (document.hidden) return;
    for (const element of document.querySelectorAll("time[data-ago]")) {
      const text = formats.ago(element.getAttribute("datetime"));
      if (element.textContent !== text) element.textContent = text;
    }
  }, EVERY_MS);
  return () => clearInterval(timer);
}
