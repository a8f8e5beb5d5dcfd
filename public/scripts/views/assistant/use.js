// @ts-check
// Tokens and cost: by day and model as charts, and by model, server and person as tables.

import { createBars } from "../../charts/bars.js";
import { stacks } from "../../charts/stacks.js";
import { h } from "../../dom.js";
import { card, meter } from "../../parts/card.js";
import { createRegion } from "../../parts/region.js";
import { button, emptyState, skeleton } from "../../parts/states.js";
import { table } from "../../parts/table.js";
import { column, costText } from "./money.js";

/** Rows of a table before all of them are asked for. */
const FIRST = 6;
/** That many more are not worth a word to press. */
const FEW = 2;

export function createUse(given) {
  const { t, formats, whose } = given;
  const nothing = () => emptyState({ icon: "assistant", title: t("none", { days: given.days() }) });
  const parts = [
    chart({ title: t("tokens.byDay"), value: (row) => row.total_tokens, format: formats.compact }),
    chart({ title: t("cost.byDay"), value: (row) => row.cost_usd, format: formats.money, isCost: true }),
    used({
      title: t("models.title"),
      rows: (usage) => usage.models,
      key: (row) => row.model,
      first: { label: t("model"), main: true, cell: (row) => h("code", { class: "name", dir: "auto" }, modelName(row.model)) },
      others: [
        { label: t("input"), numeric: true, class: "where-wide", cell: (row) => formats.number(row.prompt_tokens) },
        { label: t("output"), numeric: true, class: "where-wide", cell: (row) => formats.number(row.completion_tokens) },
      ],
      class: "plate-whole",
    }),
    used({
      title: t("guilds.title"),
      note: t("most.note"),
      rows: (usage) => usage.guilds,
      key: (row) => row.guild_id ?? "",
      first: { label: t("guild"), main: true, cell: (row) => whose.place(row.guild_id) },
      others: [{ label: t("people"), numeric: true, class: "where-wide", cell: (row) => formats.number(row.users) }],
    }),
    used({
      title: t("users.title"),
      note: t("most.note"),
      rows: (usage) => usage.users,
      key: (row) => row.user_id ?? "",
      first: { label: t("person"), main: true, cell: (row) => whose.person(row.user_id) },
    }),
  ];

  const modelName = (model) => model || t("model.unknown");

  function chart({ title, value, format, isCost = false }) {
    const bars = createBars({ caption: title, format, texts: t, formats, sync: "assistant" });
    const held = h("div", { key: "chart" }, bars.element);
    const region = createRegion({ load: given.usage, draw, skeleton: () => skeleton("chart", 1), texts: t });

    function draw({ dates, days, models, total }) {
      if (days.length === 0) return nothing();
      bars.set({
        labels: dates.map(formats.day),
        names: dates.map(formats.longDay),
        series: stacks({
          rows: days,
          places: dates,
          place: (row) => row.day,
          kind: (row) => row.model,
          value,
          label: modelName,
          others: t("others"),
          order: models.map((each) => each.model),
        }),
      });
      return [held, isCost && total.unpriced_calls > 0 && h("p", { class: "beneath" }, t("cost.byDay.least"))];
    }

    return part(card({ title }, region.element), region, bars);
  }

  function used({ title, note, rows, key, first, others = [], class: extra = "" }) {
    const region = createRegion({ load: given.usage, draw, skeleton: () => skeleton("table", 4), texts: t });
    let isWhole = false;

    function draw(usage) {
      const all = rows(usage);
      if (all.length === 0) return nothing();
      const most = Math.max(...all.map((row) => row.total_tokens));
      const write = column(all, given);
      const isLong = all.length > FIRST + FEW;
      return [tableOf(isLong && !isWhole ? all.slice(0, FIRST) : all, most, write), isLong && more(all.length - FIRST)];
    }

    function more(count) {
      const label = isWhole ? t("less") : t("more", { count: formats.number(count) });
      return button({ label, kind: "quiet", on: () => ((isWhole = !isWhole), region.redraw()) });
    }

    function tableOf(shown, most, write) {
      return table({
        caption: title,
        rows: shown,
        key,
        columns: [
          first,
          ...others,
          { label: t("calls.short"), numeric: true, class: "where-wide", cell: (row) => formats.number(row.calls) },
          { label: t("tokens"), numeric: true, cell: (row) => tokens(row, most) },
          { label: t("cost"), numeric: true, cell: (row) => costText(row, given, write) },
        ],
      });
    }

    return part(card({ title, note, class: extra }, region.element), region);
  }

  function tokens({ total_tokens: amount }, most) {
    const text = formats.number(amount);
    return h("span", { class: "measured" }, text, h("span", { "aria-hidden": "true" }, meter({ share: most > 0 ? amount / most : 0, text })));
  }

  return {
    elements: parts.map(({ element }) => element),
    refresh: () => parts.forEach(({ region }) => region.refresh()),
    destroy: () => parts.forEach(({ destroy }) => destroy()),
  };
}

const part = (element, region, ...others) => ({
  element,
  region,
  destroy: () => [region, ...others].forEach((each) => each.destroy()),
});
