// A command being written: its options as chips, their lists, and what is sent in the end.

import { api } from "../api.js";
import { el } from "../dom.js";
import { localised } from "../texts.js";
import { candidates, isFreeText, isPicked } from "./candidates.js";
import { matchingOptions, namedOption, nested } from "./entries.js";
import { activeDescendant } from "./listing.js";
import { OptionField } from "./option-field.js";

const PAUSE_MS = 250;

export class CommandForm {
  #fields = [];
  #current = null;
  #asking = null;
  #asked = 0;

  constructor(entry, { store, actions, listing, leave, submit, told }) {
    Object.assign(this, { entry, store, actions, listing, leave, submit, told });
    this.more = el("button", { type: "button", class: "more-options", on: { click: () => this.#offerOptions() } });
    // Holds the focus where a command has no option, so that Enter sends it.
    this.name = el("button", { type: "button", class: "command-name", "aria-label": `/${entry.name}` }, `/${entry.name}`);
    // Takes what is typed where no option is open yet: the name of the one to open.
    this.search = el("input", {
      class: "option-search",
      type: "text",
      role: "combobox",
      "aria-label": `/${entry.name}: ${store.t("options")}`,
      "aria-autocomplete": "list",
      "aria-controls": listing.id,
      "aria-expanded": "false",
      autocomplete: "off",
      spellcheck: "false",
    });
    this.element = el("div", { class: "command", role: "group", "aria-label": `/${entry.name}` }, this.name, this.search, this.more);
    for (const option of entry.options.filter((one) => one.required)) this.#add(option);
    // What needs no option but takes a text is written at once, as in `/ask Hello`.
    if (this.#fields.length === 0 && entry.options[0] && isFreeText(entry.options[0])) this.#add(entry.options[0]);
    this.element.addEventListener("keydown", (event) => this.#keyed(event));
    this.name.addEventListener("focus", () => this.#show(null));
    this.search.addEventListener("focus", () => this.#show(null));
    this.search.addEventListener("input", (event) => this.#searched(event.isComposing));
    this.search.addEventListener("compositionend", () => this.#searched(false));
    this.#drawMore();
  }

  /** Enters the first box; `text` is what the user had typed already. */
  begin(text) {
    const first = this.#fields[0];
    if (!first) {
      this.search.value = text;
      this.#home.focus();
      this.#searched(false);
      return;
    }
    if (!first.isFile) first.text = text;
    first.focus();
    this.#typed(first);
  }

  /** Enters the box that was written in last. */
  focus() {
    (this.#current ?? this.#fields.at(-1) ?? this.#home).focus();
  }

  // --- options ---

  get #unused() {
    return this.entry.options.filter((option) => !this.#fields.some((field) => field.option === option));
  }

  /** The options that can still be named while `field` is written: not open yet, or open and empty. */
  #unwritten(field) {
    return this.entry.options.filter((option) => this.#fields.every((one) => one.option !== option || (one !== field && one.isEmpty)));
  }

  /** What has the focus while no option is open. */
  get #home() {
    return this.search.hidden ? this.name : this.search;
  }

  #add(option) {
    const field = new OptionField(option, {
      store: this.store,
      listId: this.listing.id,
      changed: (one) => this.#typed(one),
      focused: (one) => this.#show(one),
    });
    this.#fields.push(field);
    this.element.insertBefore(field.element, this.more);
    this.#drawMore();
    return field;
  }

  /**
   * Opens the option whose name and colon stand in what was typed; what follows is its value. Its own
   * name at the beginning goes, once: who writes it a second time means it.
   */
  #typed(field) {
    const find = (options) => (field.isComposing ? null : namedOption(field.text, options, this.store.locale));
    const own = field.isNamed ? null : find([field.option]);
    if (own?.before === "") {
      field.text = own.after;
      field.isNamed = true;
      field.focus();
    }
    if (field.isNamed && !field.isEmpty && field.text.trim() === "") field.text = ""; // the space after the colon
    const named = find(this.#unwritten(field));
    if (!named) {
      this.#show(field);
      return;
    }
    field.leave(named.before);
    this.#open(named);
  }

  /** The same for what was typed before any option is open; else lists the options that match. */
  #searched(isComposing) {
    const named = isComposing ? null : namedOption(this.search.value, this.#unused, this.store.locale);
    this.told("");
    if (!named) {
      this.#show(null);
      return;
    }
    this.search.value = named.before;
    this.#open(named);
  }

  #open({ option, after }) {
    const opened = this.#fields.find((one) => one.option === option) ?? this.#add(option);
    opened.isNamed = true;
    if (!opened.isFile) opened.text = after;
    opened.focus();
    this.#typed(opened);
  }

  #remove(field) {
    this.#fields = this.#fields.filter((one) => one !== field);
    field.element.remove();
    this.#drawMore();
    (this.#fields.at(-1) ?? this.#home).focus();
  }

  #drawMore() {
    const count = this.#unused.length;
    this.more.hidden = count === 0;
    this.more.textContent = this.store.t("optionalMore", { count });
    // What is typed there and is no option's name stays to be seen.
    this.search.hidden = this.search.value === "" && (count === 0 || this.#fields.length > 0);
  }

  #offerOptions() {
    this.#home.focus();
    this.listing.move(1);
  }

  // --- the list above ---

  /** Shows what the box that has the focus can hold, or the options still to add. */
  #show(field) {
    this.#current = field;
    clearTimeout(this.#asking);
    if (field?.option.autocomplete && !field.isPicked) this.#ask(field);
    else if (field && isPicked(field.option) && !field.isPicked) this.#list(field, candidates(field.option, field.text, this.store));
    else this.#listOptions(field);
  }

  #heading(field, note) {
    return [
      el("span", { class: "listing-title" }, field ? field.name : `/${this.entry.name}`),
      el("span", { class: "listing-description" }, field ? field.description : this.entry.description),
      note && el("p", { class: "listing-hint" }, note),
    ];
  }

  #list(field, entries, note = null) {
    this.listing.show(
      entries.map((entry) => ({ node: valueEntry(entry), choose: () => this.#pick(field, entry) })),
      {
        heading: this.#heading(field, note ?? (entries.length === 0 ? this.store.t("noChoices") : null)),
        label: field.name,
        onActive: (id) => activeDescendant(field.box, id),
      },
    );
    field.box.setAttribute("aria-expanded", "true");
  }

  #listOptions(field) {
    const box = field?.box ?? this.#home;
    const typed = field ? "" : this.search.value.trim();
    const found = matchingOptions(this.#unused, typed, this.store.locale);
    if (box.getAttribute("role") === "combobox") box.setAttribute("aria-expanded", String(!field && found.length > 0));
    this.listing.show(
      found.map((option) => ({
        node: [
          el("strong", {}, localised(option, "name", this.store.locale)),
          el("span", { class: "entry-description" }, localised(option, "description", this.store.locale)),
          el("span", { class: "entry-app" }, this.store.t("optional")),
        ],
        choose: () => this.#take(option),
      })),
      {
        heading: this.#heading(field, found.length === 0 && typed !== "" && this.store.t("noChoices")),
        label: this.store.t("options"),
        active: typed === "" ? -1 : 0,
        onActive: (id) => activeDescendant(box, id),
      },
    );
  }

  /** Opens an option that the list offered, by what was typed there. */
  #take(option) {
    this.search.value = "";
    this.#add(option).focus();
  }

  #pick(field, entry) {
    field.pick(entry);
    const next = this.#fields.find((one) => one.isEmpty && one.option.required) ?? field;
    next.focus();
    this.#show(next);
  }

  // --- autocomplete ---

  #ask(field) {
    this.#asked += 1;
    const asked = this.#asked;
    this.#list(field, [], this.store.t("loadingChoices"));
    this.#asking = setTimeout(async () => {
      const values = { ...this.#values(), [field.option.name]: field.text };
      const choices = await this.actions.complete(this.entry.command, {
        options: nested(this.entry.path, values),
        focused: field.option.name,
      });
      // An older answer, or one for a box that was left, is not shown.
      if (asked !== this.#asked || this.#current !== field || !this.listing.isOpen || field.isPicked) return;
      if (choices === null) {
        this.#list(field, [], this.store.t("choicesFailed"));
        return;
      }
      const entries = choices.map((choice) => ({ label: localised(choice, "name", this.store.locale), value: choice.value }));
      this.#list(field, entries);
    }, PAUSE_MS);
  }

  /** The values that are right already. */
  #values() {
    const read = this.#fields.map((field) => [field.option.name, field.read().value]);
    return Object.fromEntries(read.filter(([, value]) => value !== undefined));
  }

  // --- keys ---

  #keyed(event) {
    if (event.isComposing || event.keyCode === 229) return;
    const field = this.#fields.find((one) => one.box === event.target);
    if (["ArrowDown", "ArrowUp"].includes(event.key) && this.listing.isOpen) {
      event.preventDefault();
      this.listing.move(event.key === "ArrowDown" ? 1 : -1);
    } else if (event.key === "Enter" && !event.shiftKey) {
      if (event.target === this.more || (field?.isFile && field.isEmpty)) return;
      event.preventDefault();
      if (this.listing.hasActive) this.listing.choose();
      else this.submit();
    } else if (event.key === "Tab" && !event.shiftKey && this.listing.hasActive) {
      event.preventDefault();
      this.listing.choose();
    } else if (event.key === "Tab" && !event.shiftKey && this.#isAtEnd(event.target)) {
      event.preventDefault();
      this.#add(this.#unused[0]).focus();
    } else if (event.key === "Escape") {
      event.stopPropagation();
      if (this.listing.isOpen) this.listing.hide();
      else this.leave();
    } else if (event.key === "Backspace" && (field ? field.isEmpty : this.#isEmptyHome(event.target))) {
      event.preventDefault();
      if (field && !field.option.required) this.#remove(field);
      else this.leave();
    }
  }

  /** Whether Tab takes the next optional option: after the last value, while the list offers it. */
  #isAtEnd(target) {
    const last = this.#fields.at(-1);
    const atEnd = last ? target === last.box && !last.isEmpty : this.#isEmptyHome(target);
    return atEnd && this.listing.isOpen && this.#unused.length > 0;
  }

  #isEmptyHome(target) {
    return target === this.#home && this.search.value === "";
  }

  // --- sending ---

  /** Whether everything is filled in; where not, says so and enters the first box that is wrong. */
  check() {
    const stray = this.search.value.trim();
    if (stray !== "") {
      this.told(this.store.t("noOption", { text: stray }));
      this.search.focus();
      return false;
    }
    const wrong = this.#fields.filter((field) => field.read().problem);
    wrong.forEach((field) => field.showProblem());
    this.told(wrong.length > 0 ? `${wrong[0].name}: ${wrong[0].read().problem}` : "");
    wrong[0]?.focus();
    return wrong.length === 0;
  }

  /** Uploads the files and sends the command; false when the simulator refused it. */
  async send() {
    const values = {};
    try {
      for (const field of this.#fields) {
        const { value, file } = field.read();
        if (file) values[field.option.name] = (await api.upload(file)).id;
        else if (value !== undefined) values[field.option.name] = value;
      }
    } catch (error) {
      this.told(this.store.t("notSent", { reason: error.message }));
      return false;
    }
    return this.actions.runCommand(this.entry.command, {
      label: `/${this.entry.name}`,
      options: nested(this.entry.path, values),
    });
  }
}

function valueEntry(entry) {
  return [
    entry.face?.(),
    el("span", {}, entry.label),
    entry.hint && el("span", { class: "entry-description" }, entry.hint),
  ];
}
