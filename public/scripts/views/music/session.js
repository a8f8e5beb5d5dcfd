// @ts-check
// One player: what it plays, how far it is, and what it can be told.

import { h } from "../../dom.js";
import { icon } from "../../parts/icon.js";
import { outward } from "../../parts/link.js";
import { progress } from "../../parts/progress.js";
import { isOpen } from "./orders.js";

const TONES = { completed: "good", failed: "bad", expired: "warn", no_session: "warn", other_track: "warn", unknown: "warn", forbidden: "bad" };
const REASONS = ["gone", "silent", "cancelled", "attempts", "unknown_command"];

/** The card; its bar and time move by themselves (see `keepMoving`). */
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
    { key: session.guild_id, class: `player${session.is_playing ? " is-playing" : ""}`, data: { guild: session.guild_id } },
    h(
      "div",
      { class: "player-head" },
      h("span", { class: "player-icon" }, icon(session.is_playing ? "music" : "pause", 20)),
      h(
        "div",
        { class: "player-words" },
        h("h3", { class: "player-title" }, outward(session.track_url, title)),
        h(
          "p",
          { class: "player-facts" },
          !session.is_playing && h("span", { class: "player-paused" }, t("isPaused")),
          h("span", {}, t("server", { id: session.guild_id })),
          person && h("bdi", { title: session.requester_id ?? null }, t("requestedBy", { name: person })),
        ),
      ),
    ),
    session.duration_ms > 0
      ? progress(session, formats, (position, duration) => t("position", { position, duration }))
      : h("p", { class: "player-facts" }, t("stream")),
    h(
      "div",
      { class: "player-controls", role: "group", "aria-label": t("controls", { title }) },
      session.is_playing ? control("pause", "pause") : control("resume", "play"),
      control("skip", "skip"),
      control("stop", "stop"),
    ),
    order && orderLine(order, { route, t }),
  );
}

/** What has become of the last order, in a sentence. */
export function orderText(order, t) {
  const unsaid = order.reason === "dismissed" ? "order.dismissed" : "order.error";
  const reason = REASONS.includes(order.reason) ? t(`order.${order.reason}`) : order.detail || t(unsaid);
  return t(`order.${order.state}`, { action: t(`act.${order.action}`), reason });
}

function orderLine(order, { route, t }) {
  const text = orderText(order, t);
  const tone = TONES[order.state];
  return h(
    "p",
    { key: "order", class: `player-order${tone ? ` is-${tone}` : ""}`, data: { state: order.state } },
    icon(tone ?? "waiting", 16),
    h("span", { dir: "auto" }, text),
    order.id && h("a", { href: route.href("queue", { id: order.id }) }, t("order.show")),
  );
}
