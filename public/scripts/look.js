// @ts-check
// The reader's own choices: language and theme, kept in the browser.

import { createSignal } from "./signals.js";
import { browserLanguage } from "./texts.js";

const LANGUAGE = "halley.language";
const THEME = "halley.theme";
const dark = matchMedia("(prefers-color-scheme: dark)");
const signal = createSignal();

dark.addEventListener("change", () => signal.tell("theme"));

export const look = {
  /** Hears "language" or "theme" when either changes. */
  on: signal.on,
  /** @returns {"en" | "ja"} */
  get language() {
    const kept = keptAt(LANGUAGE);
    return kept === "ja" || kept === "en" ? kept : /** @type {"en" | "ja"} */ (browserLanguage());
  },
  set language(chosen) {
    keep(LANGUAGE, chosen);
    applyLook();
    signal.tell("language");
  },
  get isDark() {
    const kept = keptAt(THEME);
    return kept ? kept === "dark" : dark.matches;
  },
  toggleTheme() {
    keep(THEME, this.isDark ? "light" : "dark");
    applyLook();
    signal.tell("theme");
  },
};

/** Puts the choices on the document. */
export function applyLook() {
  document.documentElement.lang = look.language;
  const theme = keptAt(THEME);
  if (theme) document.documentElement.dataset.theme = theme;
}

// A browser may forbid storage: the choice then holds until the page is closed.
const unkept = new Map();

function keptAt(name) {
  try {
    return localStorage.getItem(name) ?? unkept.get(name) ?? null;
  } catch {
    return unkept.get(name) ?? null;
  }
}

function keep(name, value) {
  unkept.set(name, value);
  try {
    localStorage.setItem(name, value);
  } catch {
    // Said above.
  }
}
