// @ts-check
// Why the bot is not well, in the reader's words.

/**
 * @param {any} value a dashboard_overview document
 * @param {{t: import("../../texts.js").Translate, formats: any, language: string, healthAlone: "degraded" | "unhealthy" | null}} given
 * @returns {{text: string, lang?: string}[]} most telling first; a kind that this page does not
 *     know yet is told as the database words it, in English
 */
export function reasonsOf(value, { t, formats, language, healthAlone }) {
  const ticks = value.ticks.filter((tick) => tick.is_tick);
  const noneCame = value.status === "unhealthy" && ticks.length > 0 && ticks.every((tick) => tick.late);
  const found = value.findings.map((finding) => {
    const text = worded(finding, value, t, formats);
    return text ? { text } : { text: finding.detail, lang: language === "en" ? undefined : "en" };
  });
  return [noneCame && { text: t("reason.everyTick") }, ...found, healthAlone && { text: t(`reason.health.${healthAlone}`) }].filter(Boolean);
}

function worded({ kind, subject }, value, t, formats) {
  switch (kind) {
    case "schedule": {
      const tick = value.ticks.find((each) => each.name === subject);
      if (!tick) return null;
      const values = { name: tick.name, every: formats.every(tick.every_seconds), ago: formats.ago(tick.last_run_at) };
      return t(tick.last_run_at ? "reason.schedule" : "reason.schedule.never", values);
    }
    case "heartbeat": {
      const beat = value.heartbeats.find((each) => each.name === subject);
      return beat ? t("reason.heartbeat", { name: beat.name, every: formats.every(beat.every_seconds), ago: formats.ago(beat.last_beat_at) }) : null;
    }
    case "queue_age": {
      const { depth, oldest_seconds: oldest } = value.queue;
      if (oldest === null) return null;
      return t("reason.queue_age", { amount: depth, count: formats.number(depth), oldest: formats.span(oldest) });
    }
    case "error_rate":
      return t("reason.error_rate", { errors: formats.number(value.last_hour.errors), executed: formats.number(value.last_hour.executed) });
    case "slow":
      return t("reason.slow", { ms: formats.ms(value.last_hour.acknowledged_p95_ms) });
    case "watch":
      return t("reason.watch");
    default:
      return null;
  }
}
