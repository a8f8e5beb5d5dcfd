// @ts-check
// One player: what it plays, how far it is, and what it can be told.

import { h } from "../../dom.js";
import { pill } from "../../parts/card.js";
import { icon } from "../../parts/icon.js";
import { outward } from "../../parts/link.js";
import { button } from "../../parts/states.js";
import { isOpen } from "./orders.js";

const TONES = { completed: "good", failed: "bad", expired: "warn", no_session: "warn", other_track: "warn", unknown: "warn", forbidden: "bad" };
const REASONS = ["gone", "silent", "cancelled", "attempts", "unknown_command", "dismissed"];

/**
 * Where a track is: what was told, and since then by the clock.
 * @param {{position_ms: number | null, position_at: string | null, updated_at: string, duration_ms: number | null, is_playing: boolean | null}} session
 * @param {number} now epoch ms of the database's clock
 */
export function positionOf(session, now) {
  const told = Math.max(0, session.position_ms ?? 0);
  const since = Date.parse(session.position_at ?? session.updated_at);
  const passed = session.is_playing && !Number.isNaN(since) ? Math.max(0, now - since) : 0;
  return session.duration_ms ? Math.min(told + passed, session.duration_ms) : told + passed;
}

/** The card; the bar and the time in it are moved by `moveBar`. */
export function sessionCard(session, { order, give, formats, route, t }) {
  const title = session.track_title || t("untitled");
  const person = session.requested_by || session.requester_id;
  const busy = isOpen(order);
  const control = (action, name) =>
    h(
      "button",
      {
        // Pausing and resuming share a button, which keeps the focus when one becomes the other.
        key: action === "resume" ? "pause" : action,
        type: "button",
        class: `button button-plain${busy && order.action === action ? " is-pending" : ""}`,
        // Not `disabled`: the focus stays where it is while the order is on its way.
        "aria-disabled": busy ? "true" : null,
        on: { click: () => busy || give(action) },
      },
      icon(name, 16),
      h("span", {}, t(`act.${action}`)),
    );
  return h(
    "li",
    { key: session.guild_id, class: `session${session.is_playing ? " is-playing" : ""}`, data: { guild: session.guild_id } },
    h(
      "div",
      { class: "session-head" },
      h("span", { class: "session-icon" }, icon(session.is_playing ? "music" : "pause", 20)),
      h(
        "div",
        { class: "session-words" },
        h("h3", { class: "session-title" }, outward(session.track_url, title)),
        h(
          "p",
          { class: "session-facts" },
          h("span", {}, t("server", { id: session.guild_id })),
          person && h("bdi", { title: session.requester_id ?? null }, t("requestedBy", { name: person })),
        ),
      ),
      !session.is_playing && pill("unknown", t("isPaused"), "pause"),
    ),
    h(
      "div",
      { class: "session-time" },
      session.duration_ms > 0 &&
        h(
          "div",
          { class: "session-bar", role: "progressbar", "aria-label": title, "aria-valuemin": 0, "aria-valuemax": Math.round(session.duration_ms / 1000) },
          h("span", { class: "session-bar-filled" }),
        ),
      h("p", { class: "session-clock" }, h("span", { class: "session-position" }), h("span", {}, session.duration_ms > 0 ? formats.track(session.duration_ms) : t("stream"))),
    ),
    h(
      "div",
      { class: "session-controls", role: "group", "aria-label": t("controls", { title }) },
      session.is_playing ? control("pause", "pause") : control("resume", "play"),
      control("skip", "skip"),
      control("stop", "stop"),
    ),
    order && orderLine(order, { route, t }),
  );
}

/** What has become of the last order, in a sentence. */
export function orderText(order, t) {
  const known = REASONS.includes(order.reason) ? t(`order.${order.reason}`) : order.detail || t("order.error");
  return t(`order.${order.state}`, { action: t(`act.${order.action}`), reason: known });
}

function orderLine(order, { route, t }) {
  const text = orderText(order, t);
  const tone = TONES[order.state];
  return h(
    "p",
    { key: "order", class: `session-order${tone ? ` is-${tone}` : ""}`, data: { state: order.state } },
    icon(tone ?? "waiting", 16),
    h("span", { dir: "auto" }, text),
    order.id && h("a", { href: route.href("queue", { id: order.id }) }, t("order.show")),
  );
}

/** Moves the bar and the time of a card to where the track is now. */
export function moveBar(element, session, { now, formats, t }) {
  const position = positionOf(session, now);
  const shown = element.querySelector(".session-position");
  const text = formats.track(position);
  if (shown && shown.textContent !== text) shown.textContent = text;
  const bar = element.querySelector(".session-bar");
  if (!bar) return;
  bar.firstElementChild.style.setProperty("--share", String(position / session.duration_ms));
  bar.setAttribute("aria-valuenow", String(Math.round(position / 1000)));
  bar.setAttribute("aria-valuetext", t("position", { position: text, duration: formats.track(session.duration_ms) }));
}
