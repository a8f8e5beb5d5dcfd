// @ts-check
// Tables of figures.

import { h } from "../dom.js";

/**
 * @typedef {{label: string, cell: (row: any) => any, numeric?: boolean, main?: boolean, class?: string, hidden?: boolean}} Column
 *     `main` is what the row is about (its header); `hidden` a label that is only read out
 */

/**
 * A table in a frame of its own that scrolls sideways where the screen is narrow.
 * @param {{caption: string, columns: Column[], rows: any[], key?: (row: any) => string | number, showCaption?: boolean, class?: string, rowClass?: (row: any) => string}} options
 */
export function table({ caption, columns, rows, key, showCaption = false, class: extra = "", rowClass }) {
  const cell = (column, row) =>
    h(
      column.main ? "th" : "td",
      { scope: column.main ? "row" : null, class: [column.numeric && "numeric", column.class].filter(Boolean).join(" ") || null },
      column.cell(row),
    );
  return h(
    "div",
    { class: `table-frame ${extra}`.trim(), role: "region", "aria-label": caption, tabindex: 0 },
    h(
      "table",
      { class: "table" },
      h("caption", { class: showCaption ? null : "for-readers" }, caption),
      h(
        "thead",
        {},
        h(
          "tr",
          {},
          columns.map((column) =>
            h("th", { scope: "col", class: column.numeric ? "numeric" : null }, column.hidden ? h("span", { class: "for-readers" }, column.label) : column.label),
          ),
        ),
      ),
      h(
        "tbody",
        {},
        rows.map((row) => h("tr", { key: key?.(row), class: rowClass?.(row) }, columns.map((column) => cell(column, row)))),
      ),
    ),
  );
}
