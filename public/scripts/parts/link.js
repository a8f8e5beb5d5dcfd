// @ts-check
// Links to places that others wrote down.

import { h } from "../dom.js";

/** The address if it leads to a web page; null for any other kind, `javascript:` above all. */
export function webAddress(text) {
  try {
    const url = new URL(text);
    return url.protocol === "https:" || url.protocol === "http:" ? url.href : null;
  } catch {
    return null;
  }
}

/** `content` as a link that opens beside this page, or as plain text if the address is none. */
export function outward(address, content) {
  const href = webAddress(address);
  if (!href) return h("span", { dir: "auto" }, content);
  return h("a", { href, target: "_blank", rel: "noopener noreferrer", dir: "auto" }, content);
}
