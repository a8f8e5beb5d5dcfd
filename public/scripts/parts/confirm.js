// @ts-check
// Asks before something that cannot be taken back. The question stands in the view, and goes with it.

import { h, uniqueId } from "../dom.js";
import { button } from "./states.js";

/**
 * @param {{title: string, text?: any, action: string, cancel: string, danger?: boolean}} options
 * @returns {Promise<boolean>} whether it shall be done; Escape says no, and where the view goes
 *     first there is no answer
 */
export function confirm({ title, text = "", action, cancel, danger = false }) {
  return new Promise((resolve) => {
    const id = uniqueId("dialog");
    const dialog = h(
      "dialog",
      { class: "dialog", "aria-labelledby": id, on: { close: () => (resolve(dialog.returnValue === "yes"), dialog.remove()) } },
      h("h2", { id, class: "dialog-title" }, title),
      text && h("p", { class: "dialog-text" }, text),
      h(
        "div",
        { class: "dialog-actions" },
        button({ label: cancel, on: () => dialog.close("no") }),
        button({ label: action, kind: danger ? "danger" : "main", on: () => dialog.close("yes") }),
      ),
    );
    (document.querySelector("#content > .view") ?? document.body).append(dialog);
    dialog.showModal();
  });
}
