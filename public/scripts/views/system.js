// @ts-check
// How the machine does: processor, memory and pings, over an hour or a month.

import { createLines } from "../charts/lines.js";
import { createZoom } from "../charts/zoom.js";
import { h, patch } from "../dom.js";
import { card, figure, figures } from "../parts/card.js";
import { segmented } from "../parts/filters.js";
import { createRegion } from "../parts/region.js";
import { emptyState, skeleton } from "../parts/states.js";
import { ago } from "../parts/times.js";
import dictionary from "../texts/system.js";

const RANGES = { "1h": 3_600, "6h": 21_600, "24h": 86_400, "7d": 604_800, "30d": 2_592_000 };
/** Nothing is kept for longer. */
const OLDEST_SECONDS = 731 * 86_400;
const USUAL = "24h";
const MEASURES = ["cpu_usage", "ram_rss", "ram_heap", "ping_gateway", "ping_lavalink"];
const COLOURS = { function: "series-1", worker: "series-2" };

/** @type {import("../main.js").View} */
export default {
  name: "system",
  mount(root, { data, live, route, overview, formats, now: clock, texts }) {
    const t = texts(dictionary);
    const write = {
      cpu_usage: (value) => (value === null ? formats.number(null) : `${formats.number(value)} %`),
      ram_rss: formats.megabytes,
      ram_heap: formats.megabytes,
      ping_gateway: formats.ms,
      ping_lavalink: formats.ms,
    };
    const rangeIn = (params) => (Object.hasOwn(RANGES, params.range) ? params.range : USUAL);
    const zoom = createZoom({
      texts: t,
      onChange: (range) => {
        route.set({ since: range?.since, until: range?.until }, { replace: false });
        region.refresh();
      },
    });
    const ranges = segmented({
      label: t("range"),
      value: rangeIn(route.current.params),
      options: Object.keys(RANGES).map((range) => ({ value: range, label: t(`range.${range}`) })),
      on: (range) => {
        zoom.show(null);
        route.set({ range: range === USUAL ? null : range, since: null, until: null }, { replace: false });
        region.refresh();
      },
    });
    const charts = Object.fromEntries(
      MEASURES.map((measure) => [
        measure,
        createLines({ caption: t(measure), format: write[measure], texts: t, formats, zoom, sync: "system", height: 168 }),
      ]),
    );
    const plates = Object.fromEntries(MEASURES.map((measure) => [measure, plate(measure)]));
    const note = h("p", { class: "card-note" });
    const newest = h("div");
    const empty = h("div", { class: "card" }, emptyState({ icon: "system", title: t("none"), text: t("noneHint") }));
    const grid = h("div", { class: "system-charts" }, MEASURES.map((measure) => plates[measure].element));
    const whole = h("div", { class: "view" }, empty, grid);

    function plate(measure) {
      const missing = h("p", { class: "system-missing" }, t("notMeasured"), measure === "ping_lavalink" && h("span", {}, t("notMeasured.ping_lavalink")));
      return { element: card({ title: t(measure) }, charts[measure].element, missing), missing };
    }

    const region = createRegion({
      texts: t,
      own: whole,
      skeleton: () => skeleton("chart", 3),
      load: () => data.read("system_series", stretch(), { as: zoom.range ? undefined : `system_series ${rangeIn(route.current.params)}` }),
      draw,
    });

    /** What the address asks for; ends now unless a part of the past is shown. */
    function stretch() {
      const { params } = route.current;
      const now = clock() / 1000;
      zoom.setWhole({ since: Math.floor(now - RANGES[rangeIn(params)]), until: Math.ceil(now) });
      const { since, until } = zoom.range ?? { since: now - RANGES[rangeIn(params)], until: now };
      return { p_since: iso(since), p_until: iso(until), p_points: 300 };
    }

    function draw({ since, until, width_seconds: width, series }) {
      empty.hidden = series.length > 0;
      grid.hidden = series.length === 0;
      const isEach = series.every((one) => one.points.every((point) => point[1] === 1));
      patch(
        note,
        zoom.range && `${t("zoomed", { since: formats.dateTime(since), until: formats.dateTime(until) })} · `,
        t(isEach ? "note.each" : "note", { width: formats.every(isEach ? spacing(series, width) : width) }),
        h("span", { class: "system-hint" }, t("hint")),
      );
      for (const measure of MEASURES) {
        const found = series.filter((one) => one.measure === measure);
        charts[measure].element.hidden = found.length === 0;
        plates[measure].missing.hidden = found.length > 0;
        charts[measure].set({
          since: seconds(since),
          until: seconds(until),
          lines: found.map((one) => ({
            label: t(Object.hasOwn(COLOURS, one.source) ? `source.${one.source}` : "source.other"),
            colour: Object.hasOwn(COLOURS, one.source) ? COLOURS[one.source] : "series-3",
            points: one.points,
            gap_seconds: one.gap_seconds,
          })),
        });
      }
      drawNewest();
    }

    /** Until the readings come their places stand there, so that nothing beneath moves. */
    function drawNewest() {
      const { value } = overview;
      const reading = value ? value.reading : {};
      patch(
        newest,
        reading &&
          figures(
            MEASURES.map((measure) => figure({ label: t(measure), value: write[measure](reading[measure] ?? null), note: ago(reading.created_at, formats) })),
          ),
      );
    }

    /** The part of the past that an address names; null if there was no such one. */
    function stretchIn(params) {
      const [since, until, now] = [Number(params.since), Number(params.until), clock() / 1000];
      return since > now - OLDEST_SECONDS && until > since && until < now + RANGES["1h"] ? { since, until } : null;
    }

    function follow(params) {
      zoom.show(stretchIn(params));
      ranges.choose(rangeIn(params));
    }

    follow(route.current.params);
    drawNewest();
    root.append(h("section", { "aria-label": t("newest"), class: "system-newest" }, newest), h("div", { class: "view-tools" }, ranges, h("div", { class: "push" }, zoom.element)), note, region.element);
    region.refresh();
    const ends = [
      live.watch({
        tables: ["system_stats"],
        refetch: () => {
          overview.refresh();
          if (!zoom.range) region.refresh();
        },
      }),
      overview.on(drawNewest),
    ];
    return {
      update(params) {
        follow(params);
        region.refresh();
      },
      destroy() {
        ends.forEach((end) => end());
        region.destroy();
        Object.values(charts).forEach((chart) => chart.destroy());
      },
    };
  },
};

const iso = (moment) => new Date(moment * 1000).toISOString();
const seconds = (text) => new Date(text).getTime() / 1000;

/** How far readings usually are from each other. */
function spacing(series, width) {
  const gaps = series.map((one) => one.gap_seconds / 2.5);
  return gaps.length > 0 ? Math.min(...gaps) : width;
}
