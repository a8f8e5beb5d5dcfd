// @ts-check
// How far a track has come: a bar and a time that move by themselves while it plays.

import { h } from "../dom.js";

const EVERY_MS = 500;

/**
 * @param {{position_ms: number | null, position_at: string | null, updated_at: string, duration_ms: number | null, is_playing: boolean | null}} session
 *     a row of active_sessions
 * @param {any} formats
 * @param {(at: string, length: string) => string} said what a screen reader is told
 */
export function progress(session, formats, said) {
  const { position_ms: position, duration_ms: duration } = session;
  const now = reached(session, formats.now());
  const [at, length] = [formats.track(now), formats.track(duration)];
  return h(
    "div",
    {
      class: "progress",
      role: "img",
      "aria-label": said(at, length),
      data: {
        progress: JSON.stringify({ position, duration, since: session.position_at ?? session.updated_at, moves: Boolean(session.is_playing) }),
      },
    },
    h("span", { class: "progress-at" }, at),
    h("span", { class: "progress-bar" }, h("span", { class: "progress-fill", style: { "--share": String(share(now, duration)) } })),
    h("span", { class: "progress-length" }, length),
  );
}

/** Where a track is at `now` (the database's clock, as are the row's moments), in milliseconds; null if nobody knows. */
function reached({ position_ms: position, duration_ms: duration, position_at: at, updated_at: updated, is_playing: moves }, now) {
  if (position === null || position === undefined) return null;
  const passed = moves ? Math.max(0, now - new Date(at ?? updated).getTime()) : 0;
  return duration ? Math.min(position + passed, duration) : position + passed;
}

/** Keeps every progress inside `root` moving. Answers with what ends it. */
export function keepMoving(root, formats) {
  const timer = setInterval(() => {
    if (document.hidden) return;
    for (const element of root.querySelectorAll("[data-progress]")) {
      const { position, duration, since, moves } = JSON.parse(element.dataset.progress);
      if (!moves) continue;
      const now = reached({ position_ms: position, duration_ms: duration, position_at: since, updated_at: since, is_playing: moves }, formats.now());
      const text = formats.track(now);
      const shown = element.querySelector(".progress-at");
      if (shown.textContent !== text) shown.textContent = text;
      element.querySelector(".progress-fill").style.setProperty("--share", String(share(now, duration)));
    }
  }, EVERY_MS);
  return () => clearInterval(timer);
}

function share(now, duration) {
  return duration && now !== null ? Math.max(0, Math.min(1, now / duration)) : 0;
}
