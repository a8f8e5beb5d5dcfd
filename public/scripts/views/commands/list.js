// @ts-check
// Every command in a table, sorted as the address says (?sort=error_rate&order=asc).

import { h } from "../../dom.js";
import { card } from "../../parts/card.js";
import { createRegion } from "../../parts/region.js";
import { emptyState, skeleton } from "../../parts/states.js";
import { table } from "../../parts/table.js";
import { moment } from "../../parts/times.js";

const USUAL = "executed";
/** What is sorted from a to z first; all else has its largest first. */
const BY_NAME = "command";
/** The share of errors that catches the eye. */
const MANY = 0.01;
const SORTS = [BY_NAME, "executed", "error_rate", "p50_ms", "p95_ms", "acknowledged_p95_ms", "cold_starts", "last_error_at"];

export function createList({ t, formats, route, announce, days, list }) {
  const region = createRegion({ load: list, draw, skeleton: () => skeleton("table", 8), texts: t });
  let sort = asked(route.current.params);

  const columns = [
    { name: BY_NAME, label: t("command"), main: true, cell: named },
    { name: "executed", label: t("list.executed"), numeric: true, cell: (row) => formats.number(row.executed) },
    { name: "error_rate", label: t("list.error_rate"), numeric: true, cell: errorRate },
    ...["p50_ms", "p95_ms", "acknowledged_p95_ms"].map((name) => ({ name, label: t(`list.${name}`), numeric: true, cell: (row) => formats.ms(row[name]) })),
    { name: "cold_starts", label: t("list.cold_starts"), numeric: true, cell: (row) => formats.number(row.cold_starts) },
    { name: "last_error_at", label: t("list.last_error"), class: "last-error", cell: lastError },
  ];

  function draw({ commands }) {
    if (commands.length === 0) return emptyState({ icon: "commands", title: t("none", { days: days() }) });
    return table({
      caption: t("list.title"),
      rows: sorted(commands, sort),
      key: (row) => `${row.kind} ${row.command}`,
      columns: columns.map((column) => ({
        ...column,
        sort: column.name !== sort.by ? "none" : sort.isUp ? "ascending" : "descending",
        onSort: () => sortBy(column),
      })),
    });
  }

  function sortBy({ name, label }) {
    const isUp = name === sort.by ? !sort.isUp : name === BY_NAME;
    sort = { by: name, isUp };
    const isUsual = name === USUAL && !isUp;
    route.set({ sort: isUsual ? null : name, order: isUsual ? null : isUp ? "asc" : "desc" });
    region.redraw();
    announce(t("list.sorted", { column: label }));
  }

  function errorRate({ errors, error_rate: rate }) {
    const text = formats.percent(rate);
    return errors > 0 ? h("span", { class: rate >= MANY ? "has-errors" : null, title: t("errors.some", { amount: errors, count: formats.number(errors) }) }, text) : text;
  }

  function lastError({ last_error: error, last_error_at: at }) {
    if (!at) return formats.number(null);
    return [h("span", { class: "last-error-text", lang: "en", dir: "auto", title: error ?? "" }, error ?? "?"), h("span", { class: "beneath" }, moment(at, formats))];
  }

  function named({ command, kind }) {
    return [h("code", { class: "id", dir: "auto" }, command), kind !== "command" && [" ", h("span", { class: "kind" }, t(`kind.${kind}`))]];
  }

  return {
    elements: [card({ title: t("list.title"), note: t("list.note"), class: "plate-whole" }, region.element)],
    refresh: region.refresh,
    /** Sorts as the address says, after a link or "back". */
    follow(params) {
      const wanted = asked(params);
      if (wanted.by === sort.by && wanted.isUp === sort.isUp) return;
      sort = wanted;
      region.redraw();
    },
    destroy: region.destroy,
  };
}

function asked({ sort, order }) {
  return SORTS.includes(sort) ? { by: sort, isUp: order === "asc" } : { by: USUAL, isUp: false };
}

/** What nobody measured stands last, whichever way. */
function sorted(commands, { by, isUp }) {
  const way = isUp ? 1 : -1;
  return [...commands].sort((one, other) => {
    const [first, second] = [one[by], other[by]];
    if (first === second) return other.executed - one.executed;
    if (first === null || second === null) return first === null ? 1 : -1;
    return (first < second ? -1 : 1) * way;
  });
}
