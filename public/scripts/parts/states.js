// @ts-check
// What stands where figures will be: nothing yet, still loading, or what went wrong.

import { h } from "../dom.js";
import { icon } from "./icon.js";

/** Says what will be here, and how it comes about. */
export function emptyState({ icon: name = "info", title, text = "", action = null }) {
  return h(
    "div",
    { class: "state state-empty" },
    h("span", { class: "state-icon" }, icon(name, 24)),
    h("p", { class: "state-title" }, title),
    text && h("p", { class: "state-text" }, text),
    action,
  );
}

/**
 * @param {import("../data.js").DataError} error
 * @param {() => void} retry
 * @param {import("../texts.js").Translate} t
 */
export function errorState(error, retry, t) {
  const kind = ["offline", "forbidden", "expired"].includes(error.kind) ? error.kind : "failed";
  return h(
    "div",
    { class: "state state-error", role: "alert" },
    h("span", { class: "state-icon" }, icon(kind === "offline" ? "offline" : "warn", 24)),
    h("p", { class: "state-title" }, t(`error.${kind}`)),
    h("p", { class: "state-text" }, t(`error.${kind}.hint`)),
    kind === "failed" && error.detail && h("p", { class: "state-detail", lang: "en" }, error.detail),
    button({ label: t("tryAgain"), icon: "again", on: retry }),
  );
}

/** A grey shape of the final size. `shape`: figures, lines, chart or table. */
export function skeleton(shape = "lines", count = 3) {
  return h(
    "div",
    { class: `skeleton skeleton-${shape}`, "aria-hidden": "true" },
    Array.from({ length: count }, () => h("span", { class: "bone" })),
  );
}

/**
 * A button with a word, an icon, or both (`label` alone is its name then).
 * @param {{label: string, icon?: string, on: (event: any) => void, kind?: "plain" | "main" | "danger" | "quiet", bare?: boolean, disabled?: boolean, title?: string}} options
 */
export function button({ label, icon: name, on, kind = "plain", bare = false, disabled = false, title }) {
  return h(
    "button",
    {
      type: "button",
      class: `button button-${kind}${bare ? " button-bare" : ""}`,
      "aria-label": bare ? label : null,
      title: title ?? (bare ? label : null),
      disabled,
      on: { click: on },
    },
    name && icon(name, bare ? 20 : 16),
    bare ? null : h("span", {}, label),
  );
}
