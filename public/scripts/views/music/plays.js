// @ts-check
// What was played: the history, newest first, and what is played most. One choice of server holds
// for both.

import { h } from "../../dom.js";
import { card, meter } from "../../parts/card.js";
import { search, segmented, select } from "../../parts/filters.js";
import { outward } from "../../parts/link.js";
import { createPages, pager } from "../../parts/paging.js";
import { createRegion } from "../../parts/region.js";
import { button, emptyState, skeleton } from "../../parts/states.js";
import { table } from "../../parts/table.js";
import { moment } from "../../parts/times.js";

const PAGE = 50;
const RANGES = ["7", "30", "90"];
const RANGE = "30";

/** @param {import("../../main.js").Context} context */
export function createPlays({ data, live, formats, route }, t) {
  const pages = createPages({ route });
  const chosen = () => {
    const { q = "", guild = "", days = RANGE } = route.current.params;
    return { q, guild, days: RANGES.includes(days) ? days : RANGE };
  };

  const track = (row) => outward(row.track_url, row.track_title || t("untitled"));
  const person = (row) => h("bdi", { title: row.requester_id ?? null }, row.requested_by || row.requester_id || formats.number(null));
  const length = (row) => formats.track(row.duration_ms || null);
  const server = (row) => h("span", { class: "mono" }, row.guild_id ?? formats.number(null));

  const history = createRegion({
    load: () => {
      const { q, guild } = chosen();
      const { before = null, before_id = null } = pages.cursor;
      return data.read("music_plays", { p_search: q || null, p_guild_id: guild || null, p_before: before, p_before_id: before_id, p_limit: PAGE });
    },
    draw: drawHistory,
    skeleton: () => skeleton("table", 8),
    texts: t,
  });

  function drawHistory({ plays, more }) {
    if (plays.length === 0) {
      const { q, guild } = chosen();
      if (!q && !guild && pages.isFirst) return emptyState({ icon: "music", title: t("history.none"), text: t("history.noneText") });
      return emptyState({ icon: "search", title: t("history.noMatch"), text: t("history.noMatchText"), action: button({ label: t("clear"), on: clear }) });
    }
    return [
      table({
        caption: t("history"),
        class: "plays",
        rows: plays,
        key: (row) => row.id,
        columns: [
          { label: t("column.track"), main: true, class: "plays-track", cell: track },
          { label: t("column.length"), numeric: true, cell: length },
          { label: t("column.person"), class: "plays-person", cell: person },
          { label: t("column.server"), cell: server },
          { label: t("column.when"), numeric: true, class: "plays-when", cell: (row) => moment(row.created_at, formats) },
        ],
      }),
      pager({
        label: t("pages"),
        newer: t("page.newer"),
        older: t("page.older"),
        isFirst: pages.isFirst,
        hasMore: more,
        onNewer: () => turn(() => pages.newer()),
        onOlder: () => turn(() => pages.older(plays[plays.length - 1])),
      }),
    ];
  }

  const most = createRegion({
    load: () => {
      const { guild, days } = chosen();
      return data.read("most_played", { p_days: Number(days), p_limit: 10, p_guild_id: guild || null });
    },
    draw: drawMost,
    skeleton: () => skeleton("table", 6),
    texts: t,
  });

  function drawMost({ plays, listened_ms: listened, tracks, guilds, requesters }) {
    offer(guilds);
    if (tracks.length === 0) return emptyState({ icon: "music", title: t("most.none"), text: t("most.noneText") });
    const top = tracks[0].plays;
    return [
      h("p", { class: "most-sum" }, t("most.sum", { amount: plays, count: formats.number(plays), hours: formats.span(listened / 1000) })),
      h(
        "ol",
        { class: "most" },
        tracks.map((row, index) =>
          h(
            "li",
            { class: "most-track" },
            h("span", { class: "most-rank", "aria-hidden": "true" }, index + 1),
            h("span", { class: "most-title" }, track(row)),
            h("span", { class: "most-count" }, t("most.plays", { amount: row.plays, count: formats.number(row.plays) })),
            meter({ share: row.plays / top, text: t("most.plays", { amount: row.plays, count: formats.number(row.plays) }) }),
          ),
        ),
      ),
      requesters.length > 0 && h("h3", { class: "most-people-title" }, t("people")),
      h(
        "ul",
        { class: "most-people" },
        requesters.slice(0, 5).map((row) => h("li", {}, person(row), h("span", { class: "most-count" }, t("most.plays", { amount: row.plays, count: formats.number(row.plays) })))),
      ),
    ];
  }

  const field = search({ label: t("search"), value: chosen().q, on: (q) => narrow({ q }) });
  const servers = select({ label: t("servers"), options: [], value: "", on: (guild) => narrow({ guild }, most) });
  const ranges = segmented({ label: t("range"), options: RANGES.map((value) => ({ value, label: t(`range.${value}`) })), value: chosen().days, on: chooseRange });
  offer([]);

  function offer(guilds) {
    const { guild } = chosen();
    const ids = guilds.map((one) => one.guild_id).filter(Boolean);
    if (guild && !ids.includes(guild)) ids.push(guild);
    servers.offer([{ value: "", label: t("everyServer") }, ...ids.map((id) => ({ value: id, label: t("server", { id }) }))], guild);
  }

  function narrow(params, ...others) {
    route.set({ ...params, ...pages.first() });
    [history, ...others].forEach((region) => region.refresh());
  }

  function clear() {
    field.write("");
    narrow({ q: null, guild: null }, most);
  }

  function chooseRange(days) {
    route.set({ days: days === RANGE ? null : days });
    most.refresh();
  }

  async function turn(step) {
    step();
    await history.refresh();
    historyCard.scrollIntoView({ block: "start" });
  }

  const historyCard = card({ title: t("history"), class: "card-history", actions: h("div", { class: "filters" }, field, servers) }, history.element);
  const mostCard = card({ title: t("most"), class: "card-most", actions: ranges }, most.element);
  const unwatch = live.watch({
    tables: ["music_history"],
    refetch() {
      // A page further back does not change when something new is played.
      if (pages.isFirst || history.value === null) history.refresh();
      most.refresh();
    },
  });
  history.refresh();
  most.refresh();

  return {
    elements: [historyCard, mostCard],
    /** The address has changed by a link, back or forward. */
    update() {
      const { q, guild, days } = chosen();
      field.write(q);
      ranges.choose(days);
      offer(most.value?.guilds ?? []);
      history.refresh();
      most.refresh();
    },
    destroy() {
      unwatch();
      history.destroy();
      most.destroy();
    },
  };
}
