// Files that go with a plain message: chosen by a button, or pasted into the box.

import { el, fill } from "../dom.js";
import { icon } from "../icons.js";

export class AttachedFiles {
  #files = [];

  /** `changed` is called when a file was added or taken away. */
  constructor(store, { changed }) {
    this.store = store;
    this.changed = changed;
    this.picker = el("input", { type: "file", multiple: true, class: "visually-hidden", tabindex: "-1", "aria-hidden": "true" });
    this.picker.addEventListener("change", () => {
      this.#add(this.picker.files);
      this.picker.value = "";
    });
    this.button = el("button", { type: "button", class: "composer-button attach", on: { click: () => this.picker.click() } }, icon("plus", 22));
    this.element = el("ul", { class: "attached", hidden: true });
  }

  get isEmpty() {
    return this.#files.length === 0;
  }

  /** The files, oldest first. */
  get all() {
    return [...this.#files];
  }

  redraw() {
    this.button.setAttribute("aria-label", this.store.t("attachFile"));
    this.#draw();
  }

  clear() {
    this.#files = [];
    this.#draw();
  }

  /** Takes the files of a paste, if it holds any. */
  paste(event) {
    if (event.clipboardData.files.length === 0) return;
    event.preventDefault();
    this.#add(event.clipboardData.files);
  }

  #add(files) {
    this.#files.push(...files);
    this.#draw();
    this.changed();
  }

  #remove(file) {
    this.#files = this.#files.filter((one) => one !== file);
    this.#draw();
    this.changed();
  }

  #draw() {
    this.element.hidden = this.isEmpty;
    fill(
      this.element,
      this.#files.map((file) =>
        el(
          "li",
          { class: "attached-file" },
          icon("file", 16),
          el("span", {}, file.name),
          el(
            "button",
            { type: "button", class: "attached-remove", "aria-label": this.store.t("removeFile", { name: file.name }), on: { click: () => this.#remove(file) } },
            icon("close", 14),
          ),
        ),
      ),
    );
  }
}
