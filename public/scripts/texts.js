// @ts-check
// Texts in the reader's language. Each room of the page has a dictionary of its own, in texts/.

import core from "./texts/core.js";

export const LANGUAGES = { en: "English", ja: "日本語" };

/**
 * @typedef {string | {one: string, other: string}} Phrase chosen by `values.count` if there are two
 * @typedef {{en: Record<string, Phrase>, ja: Record<string, Phrase>}} Dictionary the same keys in both
 * @typedef {(key: string, values?: Record<string, string | number>) => string} Translate
 */

/** The language of a page that nobody has chosen one for. */
export function browserLanguage(languages = navigator.languages) {
  const known = languages.map((tag) => tag.slice(0, 2).toLowerCase()).find((tag) => tag in LANGUAGES);
  return known ?? "en";
}

/**
 * @param {"en" | "ja"} language
 * @param {...Dictionary} dictionaries the core's is always there; a later one wins
 * @returns {Translate} `{name}` in a phrase is replaced by `values.name`
 */
export function translator(language, ...dictionaries) {
  const phrases = Object.assign({}, core[language], ...dictionaries.map((dictionary) => dictionary[language]));
  const plurals = new Intl.PluralRules(language);
  return (key, values = {}) => {
    const phrase = phrases[key];
    if (phrase === undefined) throw new Error(`There is no text “${key}”`);
    const text = typeof phrase === "string" ? phrase : phrase[plurals.select(Number(values.amount ?? values.count)) === "one" ? "one" : "other"];
    return text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
  };
}
