// @ts-check
// What plays now, everywhere.

import { h, patch } from "../../dom.js";
import { card } from "../../parts/card.js";
import { keepMoving } from "../../parts/progress.js";
import { createRegion } from "../../parts/region.js";
import { emptyState, skeleton } from "../../parts/states.js";
import { createOrders, isOpen } from "./orders.js";
import { orderText, sessionCard } from "./session.js";

const FAREWELL_MS = 8_000;
const DONE_MS = 5_000;

/** @param {import("../../main.js").Context} context */
export function createPlaying({ data, live, formats, route, announce }, t) {
  const orders = createOrders({ data, live });
  /** @type {Map<string, any>} by server */
  const sessions = new Map();
  const list = h("ul", { class: "players" });
  const word = h("p", { class: "playing-word", role: "status" });
  const body = h("div", {});
  let changes = 0;
  let isOver = false;
  let wordTimer;

  async function load() {
    for (;;) {
      const before = changes;
      const rows = await data.rows("active_sessions", { order: [["guild_id", "asc"]] });
      // An answer that was under way when a row changed may not know of it.
      if (changes === before) return rows;
    }
  }

  function show(rows) {
    const there = new Set(rows.map((row) => row.guild_id));
    for (const guild of [...sessions.keys()]) if (!there.has(guild)) leave(guild);
    for (const row of rows) sessions.set(row.guild_id, row);
    draw();
  }

  function leave(guild) {
    const gone = sessions.get(guild);
    if (!gone) return;
    sessions.delete(guild);
    // An order to stop has done what it should once there is nothing left to stop.
    orders.forget(guild);
    say(t("ended", { title: gone.track_title || t("untitled") }));
  }

  function say(text) {
    patch(word, h("span", { dir: "auto" }, text));
    clearTimeout(wordTimer);
    wordTimer = setTimeout(() => patch(word), FAREWELL_MS);
  }

  function draw() {
    if (isOver) return;
    if (sessions.size === 0) {
      patch(list);
      return patch(body, emptyState({ icon: "music", title: t("playing.none"), text: t("playing.noneText") }));
    }
    const ordered = [...sessions.values()].sort((one, other) => (one.guild_id < other.guild_id ? -1 : 1));
    patch(
      list,
      ordered.map((session) => sessionCard(session, { order: orders.of(session.guild_id), give: (action) => orders.give(sessions.get(session.guild_id), action), formats, route, t })),
    );
    if (list.parentNode !== body) body.replaceChildren(list);
  }

  const region = createRegion({ load, draw: show, skeleton: () => skeleton("lines", 3), texts: t, own: body });
  const ends = [
    keepMoving(list, formats),
    orders.on((order) => {
      draw();
      if (isOpen(order)) return;
      announce(orderText(order, t));
      if (["no_session", "other_track"].includes(order.state)) region.refresh();
      if (order.state === "completed") {
        setTimeout(() => {
          if (orders.of(order.guild) !== order) return;
          orders.forget(order.guild);
          draw();
        }, DONE_MS);
      }
    }),
    live.watch({
      tables: ["active_sessions"],
      changed({ event, row }) {
        changes += 1;
        if (region.value === null) return;
        if (event === "DELETE") leave(row.guild_id);
        else sessions.set(row.guild_id, row);
        draw();
      },
    }),
    live.watch({ tables: [], refetch: () => region.refresh() }),
  ];
  region.refresh();

  return {
    element: card({ title: t("playing"), class: "card-playing" }, word, region.element),
    destroy() {
      isOver = true;
      clearTimeout(wordTimer);
      region.destroy();
      orders.end();
      ends.forEach((end) => end());
    },
  };
}
