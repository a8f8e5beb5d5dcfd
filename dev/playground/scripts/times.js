// Times as Discord writes them, in the reader's language.

const STYLES = {
  t: { timeStyle: "short" },
  T: { timeStyle: "medium" },
  d: { dateStyle: "short" },
  D: { dateStyle: "long" },
  f: { dateStyle: "long", timeStyle: "short" },
  F: { dateStyle: "full", timeStyle: "short" },
  s: { dateStyle: "short", timeStyle: "short" },
  S: { dateStyle: "short", timeStyle: "medium" },
};
const UNITS = [
  ["year", 31_536_000],
  ["month", 2_592_000],
  ["day", 86_400],
  ["hour", 3600],
  ["minute", 60],
  ["second", 1],
];

/** A moment in one of the styles of `<t:seconds:style>`. */
export function styled(seconds, style, locale) {
  const date = new Date(seconds * 1000);
  if (Number.isNaN(date.getTime())) return String(seconds);
  if (style === "R") return relative(seconds - Date.now() / 1000, locale);
  return new Intl.DateTimeFormat(locale, STYLES[style]).format(date);
}

function relative(distance, locale) {
  const [unit, length] = UNITS.find(([, size]) => Math.abs(distance) >= size) ?? UNITS.at(-1);
  return new Intl.RelativeTimeFormat(locale, { numeric: "auto" }).format(Math.round(distance / length), unit);
}

const DISCORD_EPOCH_MS = 1_420_070_400_000n;

/** When an id was made, as ISO 8601. */
export function madeAt(id) {
  return new Date(Number((BigInt(id) >> 22n) + DISCORD_EPOCH_MS)).toISOString();
}

/** When a message was sent: "Today at 3:04 PM", or its date. */
export function sentAt(iso, store) {
  const date = new Date(iso);
  const time = new Intl.DateTimeFormat(store.locale, { timeStyle: "short" }).format(date);
  const days = dayNumber(new Date()) - dayNumber(date);
  if (days === 0) return store.t("today", { time });
  if (days === 1) return store.t("yesterday", { time });
  return new Intl.DateTimeFormat(store.locale, { dateStyle: "short", timeStyle: "short" }).format(date);
}

export function dayOf(iso, locale) {
  return new Intl.DateTimeFormat(locale, { dateStyle: "long" }).format(new Date(iso));
}

function dayNumber(date) {
  return Math.floor((date.getTime() - date.getTimezoneOffset() * 60_000) / 86_400_000);
}
