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
export function createPlaying({ data, live, formats, route, announce, now }, t) {
  const orders = createOrders({ data, live, now });
  /** @type {Map<string, any>} by server */
  const sessions = new Map();
  /** What was told while answers were under way, which may not know of it. @type {any[]} */
  let told = [];
  let underWay = 0;
  const list = h("ul", { class: "players" });
  const word = h("p", { class: "playing-word", role: "status" });
  const body = h("div", {});
  let isOver = false;
  let wordTimer;

  async function load() {
    underWay += 1;
    try {
      const rows = await data.rows("active_sessions", { order: [["guild_id", "asc"]] });
      const found = new Map(rows.map((row) => [row.guild_id, row]));
      told.forEach((change) => apply(found, change));
      return [...found.values()];
    } finally {
      underWay -= 1;
      if (underWay === 0) told = [];
    }
  }

  /**
   * Changes sessions as a row has changed. Answers with the sessions that are gone by it.
   * @param {Map<string, any>} found @param {import("../../live.js").Change} change
   */
  function apply(found, { event, row }) {
    if (event !== "DELETE") {
      found.set(row.guild_id, row);
      return [];
    }
    // Of a deleted row only what identifies it is told.
    const known = Object.entries(row);
    const gone = [...found.values()].filter((session) => known.length > 0 && known.every(([column, value]) => session[column] === value));
    gone.forEach((session) => found.delete(session.guild_id));
    return gone;
  }

  function show(rows) {
    const there = new Set(rows.map((row) => row.guild_id));
    const gone = [...sessions.values()].filter(({ guild_id: guild }) => !there.has(guild));
    sessions.clear();
    for (const row of rows) sessions.set(row.guild_id, row);
    gone.forEach(leave);
    draw();
  }

  function leave(gone) {
    // An order to stop has done what it should once there is nothing left to stop.
    orders.forget(gone.guild_id);
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

  function look() {
    region.refresh();
    orders.find();
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
      changed(change) {
        if (underWay > 0) told.push(change);
        const gone = apply(sessions, change);
        // Which one is gone need not be told (hosted, only a primary key is): who is still there is.
        if (change.event === "DELETE" && gone.length === 0) region.refresh();
        if (region.value === null) return;
        gone.forEach(leave);
        draw();
      },
    }),
    live.watch({ tables: [], refetch: look }),
  ];
  look();

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
