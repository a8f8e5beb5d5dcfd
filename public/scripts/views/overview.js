// @ts-check
// The first view: whether the bot is well, and why not; the last day; what plays; today's answers.

import { createBars } from "../charts/bars.js";
import { h, patch } from "../dom.js";
import { card, figure, figures } from "../parts/card.js";
import { icon } from "../parts/icon.js";
import { keepMoving, progress } from "../parts/progress.js";
import { createRegion } from "../parts/region.js";
import { emptyState, skeleton } from "../parts/states.js";
import { ago } from "../parts/times.js";
import dictionary from "../texts/overview.js";
import { reasonsOf } from "./overview/reasons.js";

const TABLES = ["interaction_log", "command_queue", "gemini_usage", "active_sessions", "alerts"];
const ICONS = { healthy: "good", degraded: "warn", unhealthy: "bad", unknown: "unknown" };

/** @type {import("../main.js").View} */
export default {
  name: "overview",
  mount(root, { overview, live, route, formats, config, texts, language }) {
    const t = texts(dictionary);
    const hero = h("div", { class: "hero-words" });
    const numbers = h("div");
    const playing = h("div");
    const today = h("div");
    const hours = createBars({
      caption: t("hours"),
      format: formats.number,
      texts: t,
      formats,
      height: 128,
      unit: t("hoursUnit"),
      empty: emptyState({ icon: "commands", title: t("hours.none") }),
    });
    const whole = h(
      "div",
      { class: "view" },
      h("section", { class: "card hero" }, hero, h("div", { class: "hero-hours" }, h("h2", { class: "hero-label" }, t("hours")), hours.element)),
      h("section", { "aria-label": t("figures") }, numbers),
      h(
        "div",
        { class: "view-row" },
        card({ title: t("playing"), actions: more("music", t("playing.all")) }, playing),
        card({ title: t("assistant"), note: t("zoneNote", { zone: config.timezone }), actions: more("assistant", t("assistant.all")) }, today),
      ),
    );

    function more(view, label) {
      return h("a", { class: "more-link", href: route.href(view) }, h("span", {}, label), icon("right", 14));
    }

    let hasBegun = false;
    const region = createRegion({
      texts: t,
      own: whole,
      skeleton: () => h("div", { class: "view" }, h("div", { class: "skeleton" }, h("span", { class: "bone bone-hero" })), skeleton("figures", 6), skeleton("chart", 1)),
      load: () => {
        if (hasBegun) return overview.load();
        hasBegun = true;
        return overview.first();
      },
      draw,
    });

    function draw(value) {
      patch(hero, heroOf(value));
      drawHours(value.hours);
      patch(numbers, figuresOf(value));
      patch(playing, playingOf(value.sessions));
      patch(today, todayOf(value));
    }

    function heroOf(value) {
      const { status, lost } = overview;
      if (lost) return lostSince(lost);
      const reasons = reasonsOf(value, { t, formats, language, healthAlone: overview.healthAlone });
      const tick = lastTick(value.ticks);
      return [
        sign(status),
        h(
          "div",
          { class: "hero-text" },
          h("p", { class: "hero-sentence", role: "status" }, t(status === "unknown" && value.is_new ? "hero.silent" : `hero.${status}`)),
          reasons.length > 0
            ? h("ul", { class: "hero-reasons" }, reasons.map((reason) => h("li", { lang: reason.lang }, reason.text)))
            : h("p", { class: "hero-note" }, t(value.is_new ? "hero.isNew" : "hero.allGood")),
          tick ? h("p", { class: "hero-tick" }, ...around(t("hero.lastTick"), ago(tick.last_run_at, formats))) : h("p", { class: "hero-tick" }, t("hero.noTick")),
        ),
      ];
    }

    /** How the bot was, where nobody knows how it is. */
    function lostSince({ at, status }) {
      return [
        sign("unknown"),
        h(
          "div",
          { class: "hero-text" },
          h("p", { class: "hero-sentence", role: "status" }, t(`hero.was.${status}`, { time: formats.time(at) })),
          h("p", { class: "hero-note" }, t("hero.lost")),
        ),
      ];
    }

    function sign(status) {
      return h("div", { class: `hero-sign hero-${ICONS[status]}` }, icon(ICONS[status], 30));
    }

    function drawHours(each) {
      hours.set({
        labels: each.map((hour) => formats.hour(hour.starts_at)),
        names: each.map((hour) => formats.dateTime(hour.starts_at)),
        series: [
          { label: t("succeeded"), colour: "data", values: each.map((hour) => hour.executed - hour.errors - hour.refused) },
          { label: t("refused"), colour: "series-others", values: each.map((hour) => hour.refused) },
          { label: t("failed"), colour: "bad", values: each.map((hour) => hour.errors) },
        ],
      });
    }

    function figuresOf({ last_hour: hour, last_day: day, queue, ticks, findings }) {
      const found = (kind) => findings.some((finding) => finding.kind === kind);
      const tick = lastTick(ticks);
      // An hour in which nobody said anything measures nothing; the day still does.
      const measured = hour.executed > 0 ? hour : day;
      return figures(
        figure({ label: t("commands"), value: formats.number(hour.executed), note: t("commands.day", { count: formats.number(day.executed) }) }),
        figure({
          label: t("errorRate"),
          value: formats.percent(hour.error_rate),
          note: t("errorRate.day", { rate: formats.percent(day.error_rate) }),
          tone: found("error_rate") ? "bad" : null,
        }),
        figure({
          label: t("acknowledged"),
          value: formats.ms(measured.acknowledged_p95_ms),
          note: t(measured === hour || day.executed === 0 ? "acknowledged.note" : "acknowledged.day"),
          tone: found("slow") ? "warn" : null,
        }),
        figure({
          label: t("answered"),
          value: formats.ms(measured.p95_ms),
          note: measured === hour || day.executed === 0 ? t("answered.note", { p50: formats.ms(measured.p50_ms) }) : t("acknowledged.day"),
        }),
        figure({
          label: t("queue"),
          value: `${formats.number(queue.depth)}${queue.depth >= 1000 ? "+" : ""}`,
          note: queue.depth > 0 ? t("queue.oldest", { span: formats.span(queue.oldest_seconds) }) : t("queue.empty"),
          tone: found("queue_age") ? "warn" : null,
        }),
        figure({
          label: t("tick"),
          value: tick ? ago(tick.last_run_at, formats) : formats.ago(null),
          note: tick ? t("tick.every", { name: tick.name, every: formats.every(tick.every_seconds) }) : t("tick.never"),
          title: tick?.name,
          tone: ticks.some((each) => each.is_tick && each.late) ? "warn" : null,
        }),
      );
    }

    function playingOf(sessions) {
      if (sessions.length === 0) return emptyState({ icon: "music", title: t("playing.none"), text: t("playing.noneHint") });
      return h("ul", { class: "sessions" }, sessions.map((session) => h("li", { key: session.guild_id, class: "session" }, sessionOf(session))));
    }

    function sessionOf(session) {
      return [
        h("span", { class: "session-icon" }, icon(session.is_playing ? "play" : "pause", 16)),
        h(
          "div",
          { class: "session-words" },
          h("p", { class: "session-title", dir: "auto", title: session.track_title }, session.track_title || t("playing.untitled")),
          h(
            "p",
            { class: "session-note" },
            [!session.is_playing && t("playing.paused"), session.requested_by && t("playing.by", { name: session.requested_by }), t("playing.server", { id: session.guild_id })]
              .filter(Boolean)
              .join(" · "),
          ),
          progress(session, formats, (at, length) => t("playing.progress", { at, length })),
        ),
      ];
    }

    function todayOf({ today: now, yesterday: before }) {
      const yesterday = (value) => t("assistant.yesterday", { value });
      return [
        figures(
          figure({ label: t("assistant.answers"), value: formats.number(now.answers), note: yesterday(formats.number(before.answers)) }),
          figure({ label: t("assistant.tokens"), value: formats.compact(now.total_tokens), note: yesterday(formats.compact(before.total_tokens)), title: formats.number(now.total_tokens) }),
          figure({ label: t("assistant.cost"), value: formats.money(now.cost_usd), note: yesterday(formats.money(before.cost_usd)) }),
        ),
        now.unpriced_calls > 0 && h("p", { class: "card-note" }, t("assistant.unpriced", { amount: now.unpriced_calls, count: formats.number(now.unpriced_calls) })),
      ];
    }

    root.append(region.element);
    region.refresh();
    const ends = [
      live.watch({ tables: TABLES, refetch: () => region.refresh() }),
      overview.on(() => region.value && draw((region.value = overview.value))),
      keepMoving(root, formats),
    ];
    return {
      destroy() {
        ends.forEach((end) => end());
        region.destroy();
        hours.destroy();
      },
    };
  },
};

/** Of the ticks that came, the one that is due most often, whichever came last; null before the first. */
function lastTick(ticks) {
  const came = ticks.filter((tick) => tick.is_tick && tick.last_run_at);
  return came.reduce((most, tick) => (most && most.every_seconds <= tick.every_seconds ? most : tick), null);
}

/** A phrase with a node in the place of its {ago}. */
function around(phrase, node) {
  const [before, after] = phrase.split("{ago}");
  return [before, node, after];
}
