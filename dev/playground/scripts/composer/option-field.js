// One option of a command being written: its name, and a box for its value.

import { el } from "../dom.js";
import { icon } from "../icons.js";
import { localised } from "../texts.js";
import { candidates, isPicked, OPTION, readTyped } from "./candidates.js";

export class OptionField {
  #picked = null;

  /** `changed` is called when the value does; `focused` when the box is entered. */
  constructor(option, { store, listId, changed, focused }) {
    this.option = option;
    this.store = store;
    this.name = localised(option, "name", store.locale);
    this.description = localised(option, "description", store.locale);
    this.isFile = option.type === OPTION.ATTACHMENT;
    this.file = null;
    // While Japanese is being written the text belongs to the input method.
    this.isComposing = false;
    // Whether its name has been written out before its value.
    this.isNamed = false;
    this.box = this.isFile ? this.#fileBox(changed) : this.#textBox(listId, changed);
    this.box.addEventListener("focus", () => focused(this));
    this.element = el(
      "span",
      { class: "option", data: { option: option.name }, on: { click: () => this.focus() } },
      el("span", { class: "option-name", "aria-hidden": "true" }, this.name),
      el("span", { class: "option-value" }, this.box, this.isFile && this.picker),
    );
  }

  #textBox(listId, changed) {
    const listed = isPicked(this.option) || this.option.autocomplete;
    const box = el("span", {
      class: "option-box",
      contenteditable: "plaintext-only",
      role: listed ? "combobox" : "textbox",
      "aria-label": `${this.name}: ${this.description}`,
      "aria-required": this.option.required ? "true" : null,
      "aria-autocomplete": listed ? "list" : null,
      "aria-expanded": listed ? "false" : null,
      "aria-controls": listId,
      "aria-multiline": this.option.type === OPTION.STRING && !listed ? "true" : null,
      spellcheck: "false",
      inputmode: [OPTION.INTEGER, OPTION.NUMBER].includes(this.option.type) ? "decimal" : null,
    });
    if (box.contentEditable !== "plaintext-only") box.contentEditable = "true";
    const typed = () => {
      this.#picked = null;
      this.clearProblem();
      changed(this);
    };
    box.addEventListener("input", (event) => {
      this.isComposing = event.isComposing;
      typed();
    });
    box.addEventListener("compositionend", () => {
      this.isComposing = false;
      typed();
    });
    return box;
  }

  #fileBox(changed) {
    this.picker = el("input", { type: "file", class: "visually-hidden", tabindex: "-1", "aria-hidden": "true" });
    const box = el(
      "button",
      { type: "button", class: "option-file", "aria-label": `${this.name}: ${this.description}` },
      icon("file", 16),
      el("span", {}, this.store.t("chooseFile")),
    );
    box.addEventListener("click", (event) => {
      event.stopPropagation();
      this.picker.click();
    });
    this.picker.addEventListener("change", () => {
      this.file = this.picker.files[0] ?? null;
      box.querySelector("span").textContent = this.file?.name ?? this.store.t("chooseFile");
      this.clearProblem();
      changed(this);
    });
    return box;
  }

  get text() {
    return this.isFile ? "" : this.box.textContent;
  }

  set text(text) {
    this.box.textContent = text;
  }

  get isEmpty() {
    return this.isFile ? this.file === null : this.text === "";
  }

  get isPicked() {
    return this.#picked !== null;
  }

  /** Takes an entry of the list as the value. */
  pick({ label, value }) {
    this.text = label;
    this.#picked = { value };
    this.clearProblem();
  }

  /** Keeps `text` when another option was named after it; the only entry that fits it is meant. */
  leave(text) {
    this.text = text;
    const fitting = text === "" ? [] : candidates(this.option, text, this.store);
    if (fitting.length === 1) this.pick(fitting[0]);
  }

  /** {value} to send, {file} to upload first, {problem} in words, or {} for nothing. */
  read() {
    if (this.isFile) {
      if (this.file) return { file: this.file };
      return this.option.required ? { problem: this.store.t("required") } : {};
    }
    return this.#picked ?? readTyped(this.option, this.text, this.store);
  }

  showProblem() {
    this.element.classList.add("wrong");
    this.box.setAttribute("aria-invalid", "true");
  }

  clearProblem() {
    this.element.classList.remove("wrong");
    this.box.removeAttribute("aria-invalid");
  }

  focus() {
    this.box.focus();
    if (this.isFile) return;
    const selection = getSelection();
    selection.selectAllChildren(this.box);
    selection.collapseToEnd();
  }
}
