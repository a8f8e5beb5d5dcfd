// @ts-check
// Numbers, lengths and moments as the reader writes them. "–" stands for what nobody measured.

export const NOTHING = "–";

const SPANS = [
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
  ["second", 1],
];

const JAPANESE_SPANS = { day: "日", hour: "時間", minute: "分", second: "秒" };

/** The reader's own tag of the page's language, as en-GB, with its ways of writing times. */
export function localeOf(language, languages = navigator.languages) {
  return languages.find((tag) => tag.toLowerCase().startsWith(language)) ?? (language === "ja" ? "ja-JP" : "en-US");
}

/**
 * @param {string} locale
 * @param {{zone?: string, now?: () => number}} [options] the reader's own zone and clock if none are
 *     given; `now` in milliseconds since 1970
 */
export function createFormats(locale, { zone, now = Date.now } = {}) {
  const isJapanese = locale.startsWith("ja");
  const numbers = (options) => new Intl.NumberFormat(locale, options);
  const times = (options) => new Intl.DateTimeFormat(locale, { timeZone: zone, ...options });
  const days = (options) => new Intl.DateTimeFormat(locale, { timeZone: "UTC", ...options });
  const plain = numbers({ maximumFractionDigits: 1 });
  const compact = numbers({ notation: "compact", maximumFractionDigits: 1 });
  const percents = numbers({ style: "percent", maximumFractionDigits: 1 });
  const money = numbers({ style: "currency", currency: "USD", currencyDisplay: "narrowSymbol" });
  const cents = numbers({ style: "currency", currency: "USD", currencyDisplay: "narrowSymbol", maximumFractionDigits: 4 });
  const wholes = numbers({ maximumFractionDigits: 0 });
  const units = Object.fromEntries(
    ["millisecond", "second", "minute", "hour", "day", "megabyte", "gigabyte"].map((unit) => [
      unit,
      numbers({ style: "unit", unit, unitDisplay: "short", maximumFractionDigits: unit === "gigabyte" ? 1 : 0 }),
    ]),
  );
  // Japanese sets no space before these, and says 時間 for a length.
  const inUnit = (value, unit) => (isJapanese ? `${wholes.format(value)}${JAPANESE_SPANS[unit]}` : units[unit].format(value));
  const inSeconds = (value) => `${plain.format(value)}${isJapanese ? JAPANESE_SPANS.second : " s"}`;
  const clock = times({ hour: "numeric", minute: "2-digit" });
  const hours = times({ hour: "numeric" });
  const seconds = times({ hour: "numeric", minute: "2-digit", second: "2-digit" });
  const dated = times({ month: "short", day: "numeric", hour: "numeric", minute: "2-digit" });
  const full = times({ dateStyle: "full", timeStyle: "long" });
  const dates = times({ month: "short", day: "numeric" });
  const shortDay = days({ month: "short", day: "numeric" });
  const longDay = days({ dateStyle: "full" });
  const weekday = days({ weekday: "short", month: "short", day: "numeric" });
  const distances = new Intl.RelativeTimeFormat(locale, { numeric: "auto", style: isJapanese ? "narrow" : "short" });
  const known = (format) => (value) => (value === null || value === undefined || Number.isNaN(value) ? NOTHING : format(value));
  const moment = (value) => (value instanceof Date ? value : new Date(typeof value === "number" ? value * 1000 : value));

  const span = (amount) => {
    if (amount < 1) return units.millisecond.format(amount * 1000);
    const [unit, length] = SPANS.find(([, each]) => amount >= Number(each)) ?? SPANS[3];
    return unit === "second" ? inSeconds(Math.round(amount)) : inUnit(amount / Number(length), unit);
  };

  return {
    locale,
    /** What the clock says that "ago" goes by, in milliseconds since 1970. */
    now,
    zone: zone ?? Intl.DateTimeFormat().resolvedOptions().timeZone,
    /** 1,234.5 */
    number: known((value) => plain.format(value)),
    /** 1.2K, 12万 */
    compact: known((value) => compact.format(value)),
    /** Of a share: 0.0143 is 1.4% */
    percent: known((value) => percents.format(value)),
    /** US dollars; four digits where cents would say nothing */
    money: known((value) => (value !== 0 && Math.abs(value) < 0.01 ? cents : money).format(value)),
    /** Of milliseconds: 180 ms, 1.9 s, 3 min */
    ms: known((value) => (Math.abs(value) < 1000 ? units.millisecond.format(value) : Math.abs(value) < 60_000 ? inSeconds(value / 1000) : span(value / 1000))),
    /** Of seconds, in the largest unit alone: 40 s, 5 min, 3 hr */
    span: known(span),
    /** Of seconds, after "every": minute, 5 min, 1日 */
    every: known((value) => (isJapanese ? span(value) : (SPANS.find(([, each]) => value === each)?.[0] ?? span(value)))),
    /** Of megabytes: 312 MB, 1.5 GB */
    megabytes: known((value) => (value < 1000 ? units.megabyte.format(value) : units.gigabyte.format(value / 1000))),
    /** Of milliseconds of a track: 3:05 */
    track: known((value) => {
      const whole = Math.max(0, Math.floor(value / 1000));
      const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
      const [first, ...rest] = parts[0] ? parts : parts.slice(1);
      return [first, ...rest.map((part) => String(part).padStart(2, "0"))].join(":");
    }),
    /** Moments: an ISO text, a Date, or seconds since 1970 */
    time: known((value) => clock.format(moment(value))),
    hour: known((value) => hours.format(moment(value))),
    seconds: known((value) => seconds.format(moment(value))),
    shortDate: known((value) => dates.format(moment(value))),
    dateTime: known((value) => dated.format(moment(value))),
    full: known((value) => full.format(moment(value))),
    /** Of "2026-11-21", whatever the zone: Nov 21 */
    day: known((value) => shortDay.format(new Date(`${value}T00:00:00Z`))),
    weekday: known((value) => weekday.format(new Date(`${value}T00:00:00Z`))),
    longDay: known((value) => longDay.format(new Date(`${value}T00:00:00Z`))),
    /** 3 min. ago */
    ago: known((value) => {
      const passed = Math.max(0, (now() - moment(value).getTime()) / 1000);
      const [unit, length] = SPANS.find(([, each]) => passed >= Number(each)) ?? SPANS[3];
      return distances.format(-Math.floor(passed / Number(length)), /** @type {Intl.RelativeTimeFormatUnit} */ (unit));
    }),
  };
}
