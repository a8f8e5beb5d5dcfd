// @ts-check
// The queue: what waits, what is being done, what ended and how; one row by itself at ?id=….

import { fill, h, patch } from "../dom.js";
import { card } from "../parts/card.js";
import { chips } from "../parts/chips.js";
import { confirm } from "../parts/confirm.js";
import { select } from "../parts/filters.js";
import { icon } from "../parts/icon.js";
import { createPages, pager } from "../parts/paging.js";
import { createRegion } from "../parts/region.js";
import { button, emptyState, skeleton } from "../parts/states.js";
import texts from "../texts/queue.js";
import { orderRow } from "./queue/orders.js";
import { reasonText, rowDetail, rowItem } from "./queue/row.js";

const PAGE = 50;
const COLUMNS =
  "id,command,payload,status,attempts,max_attempts,created_at,run_at,expires_at,started_at,finished_at,locked_until,failure_reason,last_error,guild_id,order_key,progress";
const ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
/** More than that are not counted. */
const MOST_SCHEDULED = 1000;
const TICK_MS = 1_000;
const STATES = ["pending", "processing", "completed", "failed"];

/** @type {import("../main.js").View} */
export default {
  name: "queue",
  mount(root, context) {
    const { data, live, formats, route } = context;
    const t = context.texts(texts);
    const pages = createPages({ route });
    /** What came of the last order to a row, by its id. @type {Map<string, {text: string, isGood: boolean}>} */
    const notes = new Map();

    const chosen = () => {
      const { status = "", reason = "", command = "", id = "" } = route.current.params;
      return { status: STATES.includes(status) ? status : "", reason: status === "failed" ? reason : "", command, id };
    };

    const counts = createRegion({ load: loadCounts, draw: drawCounts, skeleton: () => skeleton("lines", 1), texts: t });
    const list = createRegion({ load: loadRows, draw: drawRows, skeleton: () => skeleton("table", 8), texts: t });
    const detail = createRegion({ load: loadRow, draw: drawRow, skeleton: () => skeleton("table", 6), texts: t });

    async function loadCounts() {
      const [told, later] = await Promise.all([
        data.read("queue_counts"),
        data.rows("command_queue", { columns: "id", where: [["status", "eq", "pending"], ["run_at", "gt", "now"]], limit: MOST_SCHEDULED, key: "queue later" }),
      ]);
      return { ...told, scheduled: later.length, toldAt: performance.now() };
    }

    /** How many wait and for how long, which grows while one looks. */
    function drawDepth() {
      if (counts.value === null) return;
      const { depth: count, oldest_seconds: oldest, scheduled, toldAt } = counts.value;
      const age = formats.span((oldest ?? 0) + (performance.now() - toldAt) / 1000);
      const waiting = count > 0 ? t("depth", { amount: count, count: formats.number(count), age }) : t("idle");
      const later = `${formats.number(scheduled)}${scheduled === MOST_SCHEDULED ? "+" : ""}`;
      patch(depth, h("span", {}, waiting), scheduled > 0 && h("span", {}, t("scheduled", { amount: scheduled, count: later })));
    }

    function drawCounts({ statuses, commands, reasons }) {
      drawDepth();
      offer(commands, reasons);
      const { status } = chosen();
      const total = Object.values(statuses).reduce((sum, count) => sum + count, 0);
      return chips({
        label: t("states"),
        chosen: [status],
        options: [{ value: "", label: t("state.all"), count: total }, ...STATES.map((value) => ({ value, label: t(`state.${value}`), count: statuses[value] ?? 0 }))],
        format: formats.number,
        on: (value) => narrow({ status: value || null, reason: null }),
      });
    }

    function loadRows() {
      const { status, reason, command } = chosen();
      const { before, before_id } = pages.cursor;
      /** @type {[string, string, any][]} */
      const where = [];
      if (status) where.push(["status", "eq", status]);
      if (reason) where.push(["failure_reason", "eq", reason]);
      if (command) where.push(["command", "eq", command]);
      if (before) where.push(["created_at", "lte", before]);
      const or = before ? `created_at.lt."${before}",id.lt."${before_id}"` : undefined;
      return data.rows("command_queue", { columns: COLUMNS, where, or, order: [["created_at", "desc"], ["id", "desc"]], limit: PAGE + 1, key: "queue rows" });
    }

    function drawRows(found) {
      const rows = found.slice(0, PAGE);
      const { status, command } = chosen();
      if (rows.length === 0) {
        if (!status && !command && pages.isFirst) return emptyState({ icon: "queue", title: t("none"), text: t("noneText") });
        return emptyState({ icon: "search", title: t("noMatch"), text: t("noMatchText"), action: button({ label: t("clear"), on: () => narrow({ status: null, reason: null, command: null }) }) });
      }
      return [
        h("ul", { class: "jobs", "aria-label": t("rows") }, rows.map((row) => rowItem(row, { formats, route, note: notes.get(row.id), order, t }))),
        pager({
          label: t("pages"),
          newer: t("page.newer"),
          older: t("page.older"),
          isFirst: pages.isFirst,
          hasMore: found.length > PAGE,
          onNewer: () => turn(() => pages.newer()),
          onOlder: () => turn(() => pages.older(rows[rows.length - 1])),
        }),
      ];
    }

    async function loadRow() {
      const { id } = chosen();
      if (!ID.test(id)) return { row: undefined };  // Postgres would refuse to look for it
      const [row] = await data.rows("command_queue", { columns: COLUMNS, where: [["id", "eq", id]], key: "queue row" });
      return { row };
    }

    function drawRow({ row }) {
      if (!row) return emptyState({ icon: "queue", title: t("gone"), text: t("goneText") });
      return rowDetail(row, { formats, note: notes.get(row.id), order, t });
    }

    /** Asks, does it, and says what came of it. */
    async function order(row, what) {
      const { command } = row;
      const action = what === "retry" ? t("ask.yesRetry") : t("ask.yesCancel");
      const sure = await confirm({ title: t(`ask.${what}`, { command }), text: [aboutRow(row), " ", t(`ask.${what}Text`)], action, cancel: t("ask.no"), danger: what === "cancel" });
      if (!sure) return;
      note(row.id, { text: t("result.working"), isGood: true });
      const { result, isGood, detail: said } = await orderRow(data, row.id, what);
      const text = t(`result.${result}`, { detail: said });
      note(row.id, { text, isGood });
      context.announce(text);
      await refresh();
      // A row that the filters hide by now takes its note along.
      const isGone = !chosen().id && !(list.value ?? []).some((each) => each.id === row.id);
      patch(word, isGone && [h("a", { href: route.href("queue", { ...route.current.params, id: row.id }), class: "job-command" }, command), h("span", {}, text)]);
    }

    /** Whose it is and since when it stands there: many rows are alike. */
    function aboutRow({ guild_id: guild, created_at: at }) {
      return guild ? t("ask.about", { guild, ago: formats.ago(at) }) : t("ask.aboutNone", { ago: formats.ago(at) });
    }

    function note(id, told) {
      notes.set(id, told);
      redraw();
    }

    function redraw() {
      if (chosen().id) detail.redraw();
      else list.redraw();
    }

    const word = h("p", { class: "queue-word" });
    const depth = h("p", { class: "queue-depth" });
    const commandSelect = select({ label: t("commands"), options: [], value: "", on: (command) => narrow({ command: command || null }) });
    const reasonSelect = select({ label: t("reasons"), options: [], value: "", on: (reason) => narrow({ reason: reason || null }) });
    const filters = h("div", { class: "filters" }, commandSelect, reasonSelect);
    offer([], {});

    function offer(commands, reasons) {
      const { command, reason, status } = chosen();
      const names = command && !commands.includes(command) ? [...commands, command] : commands;
      commandSelect.offer([{ value: "", label: t("everyCommand") }, ...names.map((value) => ({ value, label: value }))], command);
      const why = reason && !(reason in reasons) ? { ...reasons, [reason]: 0 } : reasons;
      const options = Object.entries(why).map(([value, count]) => ({ value, label: `${reasonText(value, t)} (${formats.number(count)})` }));
      reasonSelect.offer([{ value: "", label: t("everyReason") }, ...options], reason);
      reasonSelect.hidden = status !== "failed";
    }

    function narrow(params) {
      patch(word);
      route.set({ ...params, ...pages.first() });
      show();
    }

    async function turn(step) {
      step();
      await list.refresh();
      listCard.scrollIntoView({ block: "start" });
    }

    const listCard = card({ title: t("rows"), class: "card-jobs", actions: filters }, word, list.element);
    const listPage = h("div", { class: "queue-page" }, h("div", { class: "queue-counts" }, counts.element, depth), listCard);
    const backLink = h("a", { class: "back-link" }, icon("left", 16), h("span", {}, t("back")));
    const detailPage = h("div", { class: "queue-page" }, backLink, h("section", { class: "card", "aria-label": t("row.open") }, h("div", { class: "card-body" }, detail.element)));

    function refresh() {
      if (chosen().id) return detail.refresh();
      counts.refresh();
      return list.refresh();
    }

    /** What the address names: the list, or one row. */
    function show() {
      const { id } = chosen();
      const page = id ? detailPage : listPage;
      if (page.parentNode !== root) {
        fill(root, page);
        if (id) window.scrollTo(0, 0);
      }
      if (id) backLink.setAttribute("href", route.href("queue", { ...route.current.params, id: null }));
      if (!id) counts.redraw();
      refresh();
    }

    const unwatch = live.watch({ tables: ["command_queue"], refetch: refresh });
    const ticking = setInterval(() => !document.hidden && drawDepth(), TICK_MS);
    show();
    return {
      update: show,
      destroy() {
        unwatch();
        clearInterval(ticking);
        [counts, list, detail].forEach((region) => region.destroy());
      },
    };
  },
};
