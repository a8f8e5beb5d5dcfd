// @ts-check
// One row of the queue, in the list and by itself.

import { h } from "../../dom.js";
import { pill } from "../../parts/card.js";
import { jsonText } from "../../parts/json.js";
import { button } from "../../parts/states.js";
import { ago, moment } from "../../parts/times.js";

const TONES = { __proto__: null, pending: ["waiting", "waiting"], processing: ["info", "again"], completed: ["good", "good"], failed: ["bad", "bad"] };

export const isOpen = (row) => row.status === "pending" || row.status === "processing";
const isScheduled = (row, formats) => row.status === "pending" && Date.parse(row.run_at) > formats.now();
/** What can be tried once more: not an answer, which Discord takes no longer, nor what nobody knows how to do. */
const canRetry = (row) => row.status === "failed" && row.command !== "answer" && row.failure_reason !== "unknown_command";
/** Not what went wrong before somebody had it tried from the start. */
const errorOf = (row) => (row.status === "pending" && !row.attempts ? null : row.last_error);

/** The state in a capsule, and why it failed in words. */
function state(row, formats, t) {
  if (isScheduled(row, formats)) return pill("unknown", t("state.waiting"), "waiting");
  const [tone, name] = TONES[row.status] ?? ["unknown", "unknown"];
  return pill(tone, row.status in TONES ? t(`state.${row.status}`) : row.status, name);
}

/** Why it failed; a reason of somebody else's queue as it stands there. */
export function reasonText(reason, t) {
  return ["expired", "cancelled", "dismissed", "unknown_command", "error", "attempts", "refused"].includes(reason) ? t(`reason.${reason}`) : reason;
}

/** Retry or cancel, whichever the row is for, and what came of the last one. */
export function controls(row, { note, order, t }) {
  return [
    canRetry(row) && button({ label: t("act.retry"), icon: "again", title: t("act.retryOf", { command: row.command }), on: () => order(row, "retry") }),
    isOpen(row) && button({ label: t("act.cancel"), icon: "close", title: t("act.cancelOf", { command: row.command }), on: () => order(row, "cancel") }),
    note && h("p", { class: `job-note${note.isGood ? " is-good" : ""}` }, note.text),
  ];
}

/** @param {any} row @param {{formats: any, route: any, note?: any, order: any, t: any}} given */
export function rowItem(row, { formats, route, note, order, t }) {
  const { id } = row;
  const error = errorOf(row);
  return h(
    "li",
    { key: id, class: `job job-${row.status in TONES ? row.status : "other"}`, data: { id } },
    h("div", { class: "job-state" }, state(row, formats, t), row.failure_reason && h("span", { class: "job-reason" }, reasonText(row.failure_reason, t))),
    h(
      "div",
      { class: "job-what" },
      h(
        "p",
        { class: "job-title" },
        h(
          "a",
          { href: route.href("queue", { ...route.current.params, id }), class: "job-command", "aria-label": t("row.openOf", { command: row.command, when: formats.dateTime(row.created_at) }) },
          row.command,
        ),
        row.guild_id && h("span", { class: "job-server mono" }, row.guild_id),
      ),
      error && h("p", { class: "job-error", dir: "auto", title: error }, error),
      hasContent(row.payload) &&
        h(
          "details",
          { class: "job-payload" },
          h("summary", {}, t("row.payload")),
          jsonText(row.payload, (count) => t("cut", { count: formats.number(count) })),
        ),
    ),
    h(
      "div",
      { class: "job-when" },
      ago(row.created_at, formats),
      h("span", {}, t("row.attempts", { attempts: row.attempts ?? 0, most: row.max_attempts ?? formats.number(null) })),
      isScheduled(row, formats) && h("span", {}, t("row.due", { when: formats.dateTime(row.run_at) })),
      row.status === "completed" && took(row, formats, t),
    ),
    h("div", { class: "job-controls" }, controls(row, { note, order, t })),
  );
}

/** Everything that is known of a row. */
export function rowDetail(row, { formats, note, order, t }) {
  const error = errorOf(row);
  const cut = (count) => t("cut", { count: formats.number(count) });
  const fact = (name, value) => value !== null && value !== undefined && value !== "" && h("div", { class: "fact" }, h("dt", {}, t(`fact.${name}`)), h("dd", {}, value));
  const at = (name, iso) => iso && fact(name, moment(iso, formats, "dateTime"));
  const section = (name, content) => [h("h3", { class: "job-heading" }, t(`row.${name}`)), content];
  return h(
    "div",
    { class: "job-detail" },
    h("div", { class: "job-detail-head" }, h("h2", { class: "job-command" }, row.command), state(row, formats, t), h("div", { class: "job-controls" }, controls(row, { note, order, t }))),
    error && section("error", h("pre", { class: "job-error-full", tabindex: 0, dir: "auto" }, error)),
    h(
      "dl",
      { class: "facts" },
      fact("reason", row.failure_reason && reasonText(row.failure_reason, t)),
      fact("attempts", t("fact.attemptsOf", { attempts: row.attempts ?? 0, most: row.max_attempts ?? formats.number(null) })),
      at("created", row.created_at),
      at("run", row.run_at !== row.created_at ? row.run_at : null),
      at("started", row.started_at),
      at("finished", row.finished_at),
      at("expires", row.expires_at),
      at("lease", isOpen(row) ? row.locked_until : null),
      fact("server", row.guild_id && h("span", { class: "mono" }, row.guild_id)),
      fact("order", row.order_key && h("span", { class: "mono" }, row.order_key)),
      fact("id", h("span", { class: "mono" }, row.id)),
    ),
    hasContent(row.progress) && section("progress", jsonText(row.progress, cut)),
    section("payload", hasContent(row.payload) ? jsonText(row.payload, cut) : h("p", { class: "job-none" }, t("row.noPayload"))),
  );
}

function took(row, formats, t) {
  const ms = Date.parse(row.finished_at) - Date.parse(row.started_at);
  return Number.isNaN(ms) ? null : h("span", {}, t("row.took", { span: formats.ms(Math.max(0, ms)) }));
}

function hasContent(value) {
  return value !== null && value !== undefined && !(typeof value === "object" && Object.keys(value).length === 0);
}
