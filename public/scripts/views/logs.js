// @ts-check
// The log, newest first: what matters now is seen without scrolling, on a phone as well, and older
// lines are further down. While somebody reads further down nothing moves: new lines wait.

import { h, patch } from "../dom.js";
import { createRegion } from "../parts/region.js";
import { button, emptyState, skeleton } from "../parts/states.js";
import texts from "../texts/logs.js";
import { copyAddress, showCopied } from "./logs/copying.js";
import { filterOf, isNarrow } from "./logs/filter.js";
import { dayItem, lineItem, withDays } from "./logs/line.js";
import { createList } from "./logs/list.js";
import { createTools } from "./logs/tools.js";
import { createWindow } from "./logs/window.js";

const GATHER_MS = 100;
/** Further down than this, somebody reads. */
const READING_PX = 160;
/** How far before its end the next page of older lines is fetched. */
const AHEAD = "600px";

/** @type {import("../main.js").View} */
export default {
  name: "logs",
  mount(root, { data, live, formats, route, announce, kept, texts: translate }) {
    const t = translate(texts);
    const log = createWindow({ data });
    const days = new Intl.DateTimeFormat(formats.locale, { timeZone: formats.zone, dateStyle: "full" });
    const ends = /** @type {(() => void)[]} */ ([]);
    let isPaused = kept?.isPaused === true;
    let isReading = false;
    let isOver = false;
    /** @type {"older" | "newer" | null} */
    let fetching = null;
    /** What went wrong with that. */
    let failure = null;
    /** @type {{line: any, isMissing: boolean} | null} */
    let mark = null;
    /** @type {any[]} */
    let arrived = [];
    let gathering;

    const moment = () => {
      const { at = "", id } = route.current.params;
      return /^\d{4}-\d\d-\d\d/.test(at) && !Number.isNaN(Date.parse(at)) ? { at, id } : null;
    };
    const isHeld = () => isPaused || isReading || moment() !== null;

    const items = h("ol", { class: "lines", "aria-label": t("lines") });
    const list = createList(items, { create: ({ line, day }) => (line ? lineItem(line, { formats, t, href: linkTo(line), link: copyLink }) : dayItem(day)) });
    const bar = h("div", { class: "log-bar" });
    const above = h("div", { class: "log-above" });
    const below = h("div", { class: "log-below" });
    const tools = createTools({
      t,
      formats,
      q: route.current.params.q ?? "",
      onLevel: toggleLevel,
      onSearch: (q) => narrow({ q: q || null }),
      onPause: () => (isPaused ? resume() : pause()),
    });

    const region = createRegion({ load, draw: () => draw(), skeleton: () => skeleton("table", 12), texts: t, own: h("div", {}, above, items, below) });

    async function load() {
      const asked = moment();
      const filter = filterOf(route.current.params);
      mark = null;
      failure = null;
      if (!asked) {
        await log.toNewest(filter);
        return {};
      }
      const line = await log.toMoment(filter, asked);
      mark = { line, isMissing: line === undefined };
      return {};
    }

    function draw({ steady = false } = {}) {
      if (isOver) return;
      list.show(withDays(log.lines, (iso) => days.format(new Date(iso))), { steady });
      list.mark(mark?.line ? `line ${mark.line.id}` : null);
      patch(above, mark?.isMissing && h("p", { class: "log-missing", role: "status" }, t(isNarrow(log.filter) ? "missingFilter" : "missing")), !log.isAtTop && edge("newer"));
      patch(below, ending());
      drawBar();
    }

    function drawBar() {
      const state = isPaused ? "paused" : !log.isAtTop || moment() ? "elsewhere" : isReading ? "reading" : "following";
      tools.draw({ filter: log.filter, isPaused });
      bar.dataset.state = state;
      const count = log.waiting;
      patch(
        bar,
        h("p", { class: "log-state" }, h("span", { class: "log-dot", "aria-hidden": "true" }), h("span", {}, t(state))),
        count > 0 && button({ label: t("fresh", { amount: count, count: formats.number(count) }), icon: "up", kind: "main", on: toNewest }),
        count === 0 && state === "elsewhere" && button({ label: t("newest"), icon: "up", on: toNewest }),
      );
    }

    function ending() {
      if (log.lines.length === 0) {
        if (!isNarrow(log.filter)) return emptyState({ icon: "logs", title: t("none"), text: t("noneText") });
        return emptyState({ icon: "search", title: t("noMatch"), text: t("noMatchText"), action: button({ label: t("clear"), on: clear }) });
      }
      return log.hasOlder ? edge("older") : h("p", { class: "log-end" }, t("beginning"));
    }

    function edge(way) {
      const busy = fetching === way;
      return h(
        "div",
        { class: "log-edge" },
        button({ label: t(busy ? "loading" : way), icon: way === "older" ? "down" : "up", disabled: busy, on: () => extend(way) }),
        failure?.way === way && h("p", { class: "log-failure", role: "alert" }, t(`error.${failure.kind}`)),
      );
    }

    /** Fetches the next page of older or newer lines. @param {"older" | "newer"} way */
    async function extend(way) {
      if (fetching) return;
      fetching = way;
      failure = null;
      try {
        await log[way]();
      } catch (error) {
        if (error.kind === undefined) throw error;
        if (error.kind !== "stale") failure = { way, kind: error.kind };
      } finally {
        fetching = null;
        draw({ steady: true });
      }
      // Still within reach: told of only when it changes, so it is looked at anew.
      if (!failure && way === "older") watchEnd();
    }

    function take() {
      gathering = undefined;
      const before = log.waiting;
      log.take(arrived, { isHeld: isHeld() });
      arrived = [];
      if (before === 0 && log.waiting > 0) announce(t("fresh", { amount: log.waiting, count: formats.number(log.waiting) }));
      if (region.value !== null) draw({ steady: true });
    }

    function narrow(params) {
      route.set({ ...params, at: null, id: null });
      reload();
    }

    function toggleLevel(level) {
      const { levels } = filterOf(route.current.params);
      const next = levels.includes(level) ? levels.filter((each) => each !== level) : [...levels, level];
      narrow({ level: next.join(",") || null });
    }

    function clear() {
      tools.write("");
      narrow({ level: null, q: null });
    }

    async function reload() {
      await region.refresh();
      const node = mark?.line && list.node(`line ${mark.line.id}`);
      if (node) node.scrollIntoView({ block: "center" });
      noteReading();
    }

    function pause() {
      isPaused = true;
      drawBar();
    }

    function resume() {
      isPaused = false;
      if (!isHeld()) log.release();
      draw({ steady: true });
    }

    /** Back to where new lines appear. */
    async function toNewest() {
      isPaused = false;
      mark = null;
      route.set({ at: null, id: null });
      /** @type {HTMLElement | null} */ (document.activeElement)?.blur();
      if (log.isAtTop) log.release();
      else await region.refresh();
      draw();
      window.scrollTo(0, 0);
      noteReading();
    }

    function noteReading() {
      const now = window.scrollY > READING_PX || items.contains(document.activeElement);
      if (now === isReading || region.value === null) return;
      isReading = now;
      if (!isHeld() && log.waiting > 0) {
        log.release();
        draw({ steady: true });
      } else drawBar();
    }

    function linkTo(line) {
      const { level, q } = route.current.params;
      return route.href("logs", { level, q, at: line.created_at, id: line.id });
    }

    async function copyLink(line, event) {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return; // opens elsewhere, as any link
      event.preventDefault();
      const isCopied = await copyAddress(linkTo(line));
      if (!isCopied) {
        // The address itself can still be copied by hand.
        route.set({ at: line.created_at, id: line.id });
        mark = { line, isMissing: false };
        draw({ steady: true });
      }
      const text = t(isCopied ? "copied" : "linked");
      announce(text);
      showCopied(list.node(`line ${line.id}`), text);
    }

    async function count() {
      try {
        tools.count(await data.read("log_counts"));
      } catch (error) {
        if (error.kind === undefined) throw error;
        return; // the chips do without; the list below says what is wrong
      }
      if (!isOver) drawBar();
    }

    const observer = new IntersectionObserver(([seen]) => seen.isIntersecting && log.hasOlder && !failure && extend("older"), { rootMargin: AHEAD });
    function watchEnd() {
      observer.disconnect();
      if (!isOver) observer.observe(below);
    }

    function listen(target, event, hear) {
      target.addEventListener(event, hear, { passive: true });
      ends.push(() => target.removeEventListener(event, hear));
    }

    listen(window, "scroll", noteReading);
    listen(items, "focusin", noteReading);
    listen(items, "focusout", () => setTimeout(noteReading));
    ends.push(
      live.watch({
        tables: ["bot_logs"],
        changed({ event, row }) {
          if (event !== "INSERT") return;
          arrived.push(row);
          gathering ??= setTimeout(take, GATHER_MS);
        },
        refetch: count,
      }),
      // Lines are taken as they come; what else may have been written is asked for otherwise.
      live.watch({
        tables: [],
        async refetch() {
          if (region.value === null) return region.refresh();
          try {
            await log.catchUp({ isHeld: isHeld() });
          } catch (error) {
            if (error.kind === undefined) throw error;
            return; // the top line says so
          }
          draw({ steady: true });
        },
      }),
    );

    root.append(tools.element, bar, h("section", { class: "card card-log", "aria-label": t("lines") }, region.element));
    tools.draw({ filter: filterOf(route.current.params), isPaused });
    count();
    reload().then(watchEnd);

    return {
      update(params) {
        tools.write(params.q ?? "");
        reload();
      },
      keep: () => ({ isPaused }),
      destroy() {
        isOver = true;
        clearTimeout(gathering);
        observer.disconnect();
        region.destroy();
        ends.forEach((end) => end());
      },
    };
  },
};
