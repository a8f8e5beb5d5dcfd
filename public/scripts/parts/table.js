// @ts-check
// Tables of figures.

import { h } from "../dom.js";
import { icon } from "./icon.js";

/**
 * @typedef {{label: string, cell: (row: any) => any, numeric?: boolean, main?: boolean, class?: string, hidden?: boolean, sort?: "ascending" | "descending" | "none", onSort?: () => void}} Column
 *     `main` is what the row is about (its header); `hidden` a label that is only read out; where
 *     there is `onSort` the label is a button, and `sort` says how the rows are sorted by it
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
    { class: `table-frame ${extra}`.trim(), role: "group", "aria-label": caption, tabindex: 0 },
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
            h(
              "th",
              {
                scope: "col",
                class: [column.numeric && "numeric", column.class].filter(Boolean).join(" ") || null,
                "aria-sort": column.sort === "none" ? null : column.sort,
              },
              column.onSort ? sorter(column) : column.hidden ? h("span", { class: "for-readers" }, column.label) : column.label,
            ),
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

/** A label that sorts when it is pressed. */
function sorter({ label, sort, onSort }) {
  return h("button", { type: "button", class: "sorter", on: { click: onSort } }, label, h("span", { class: "sorter-icon" }, sort !== "none" && icon(sort === "ascending" ? "up" : "down", 12)));
}
