// @ts-check
// The switches of language and theme, which stand in the top line and before the sign-in.

import { fill, h } from "./dom.js";
import { look } from "./look.js";
import { icon } from "./parts/icon.js";

/** Leads to the other language, and says so in that one. */
export function languageButton(t) {
  const other = look.language === "ja" ? "en" : "ja";
  /** All is drawn anew, the switch as well; who switched stands on it still. */
  function change() {
    look.language = other;
    /** @type {HTMLElement | null} */ (document.querySelector(".switch-language"))?.focus({ preventScroll: true });
  }
  return h(
    "button",
    { type: "button", class: "switch switch-language", lang: other, title: t("switchLanguage"), "aria-label": t("switchLanguage"), on: { click: change } },
    h("span", { "aria-hidden": "true" }, other === "ja" ? "日本語" : "EN"),
  );
}

export function themeButton(t) {
  const element = h("button", { type: "button", class: "switch", on: { click: () => look.toggleTheme() } });
  const draw = () => {
    const label = t(look.isDark ? "themeLight" : "themeDark");
    element.title = label;
    element.setAttribute("aria-label", label);
    fill(element, icon(look.isDark ? "sun" : "moon"));
  };
  draw();
  const end = look.on(() => (element.isConnected ? draw() : end()));
  return element;
}
