// @ts-check
// The colours of the stylesheet, for a canvas, which cannot read them by itself.

import { h } from "../dom.js";

const probe = h("span", { hidden: true });

/** A token of tokens.css ("data", "series-2") as rgb; `alpha` makes it thinner. */
export function colour(token, alpha = 1) {
  if (!probe.isConnected) document.body.append(probe);
  probe.style.color = `var(--${token})`;
  const found = getComputedStyle(probe).color;
  if (alpha === 1) return found;
  const [red, green, blue] = found.match(/[\d.]+/g) ?? [0, 0, 0];
  return `rgba(${red}, ${green}, ${blue}, ${alpha})`;
}
