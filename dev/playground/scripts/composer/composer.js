// The message box: plain messages, the command list after a slash, and a command's options.

import { el, fill } from "../dom.js";
import { icon } from "../icons.js";
import { avatar } from "../people.js";
import { AttachedFiles } from "./attached.js";
import { callable, matching } from "./entries.js";
import { CommandForm } from "./command-form.js";
import { activeDescendant, Listing } from "./listing.js";

export class Composer {
  #form = null;
  #dismissed = false;

  constructor(store, actions) {
    this.store = store;
    this.actions = actions;
    this.listing = new Listing();
    this.box = el("textarea", {
      class: "composer-text",
      id: "composer",
      rows: 1,
      "aria-autocomplete": "list",
      "aria-controls": this.listing.id,
      autocomplete: "off",
    });
    this.files = new AttachedFiles(store, { changed: () => this.box.focus() });
    this.slash = el("button", { type: "button", class: "composer-button", on: { click: () => this.openCommands() } }, icon("slash", 22));
    this.send = el("button", { type: "submit", class: "composer-button send" }, icon("send", 20));
    this.field = el("div", { class: "composer-field" }, this.box);
    this.problem = el("p", { class: "composer-problem", role: "alert" });
    this.element = el(
      "form",
      { class: "composer" },
      this.listing.element,
      this.files.element,
      el("div", { class: "composer-bar" }, this.files.button, this.files.picker, this.slash, this.field, this.send),
      this.problem,
    );
    this.element.addEventListener("submit", (event) => {
      event.preventDefault();
      this.submit();
    });
    this.box.addEventListener("input", () => this.#typed());
    this.box.addEventListener("keydown", (event) => this.#keyed(event));
    this.box.addEventListener("focus", () => this.#typed());
    this.box.addEventListener("paste", (event) => this.files.paste(event));
    this.element.addEventListener("focusout", (event) => {
      if (!this.element.contains(event.relatedTarget)) this.listing.hide();
    });
    store.on("view", () => this.redraw());
    store.on("commands", () => this.redraw());
    this.redraw();
  }

  redraw() {
    const { store } = this;
    this.leaveCommand({ focus: false });
    const placeholder = store.t("messageTo", { place: store.place });
    this.box.placeholder = placeholder;
    this.box.setAttribute("aria-label", placeholder);
    this.slash.setAttribute("aria-label", store.t("useCommand"));
    this.files.redraw();
    this.send.setAttribute("aria-label", store.t("send"));
    this.problem.textContent = "";
  }

  // --- plain text and the command list ---

  #typed() {
    this.box.style.height = "auto";
    this.box.style.height = `${this.box.scrollHeight}px`;
    const text = this.box.value;
    if (!text.startsWith("/")) {
      this.#dismissed = false;
      this.listing.hide();
      return;
    }
    const entries = callable(this.store.usableCommands(1), this.store.locale);
    const named = entries.find((entry) => [entry.name, entry.plainName].some((name) => text.startsWith(`/${name} `)));
    const exact = named && !entries.some((entry) => entry !== named && entry.name.startsWith(`${named.name} `));
    if (exact) {
      const name = [named.name, named.plainName].find((one) => text.startsWith(`/${one} `));
      this.startCommand(named, text.slice(name.length + 2));
    } else if (!this.#dismissed) {
      this.#listCommands(entries, text.slice(1));
    }
  }

  #listCommands(entries, typed) {
    const { store } = this;
    const found = matching(entries, typed);
    const title = typed ? store.t("commandsMatching", { text: typed }) : store.t("commandsFor");
    let hint = null;
    if (entries.length === 0) hint = store.t("noCommands");
    else if (found.length === 0) hint = store.t("nothingMatches");
    this.listing.show(
      found.map((entry) => ({ node: commandEntry(entry, store), choose: () => this.startCommand(entry) })),
      {
        heading: [el("span", {}, title), hint && el("p", { class: "listing-hint" }, hint)],
        label: store.t("commandsFor"),
        onActive: (id) => activeDescendant(this.box, id),
      },
    );
  }

  #keyed(event) {
    // Enter also ends the writing of Japanese: that one belongs to the input method.
    if (event.isComposing || event.keyCode === 229) return;
    if (this.listing.isOpen && ["ArrowDown", "ArrowUp"].includes(event.key)) {
      event.preventDefault();
      this.listing.move(event.key === "ArrowDown" ? 1 : -1);
    } else if (this.listing.hasActive && ["Enter", "Tab"].includes(event.key) && !event.shiftKey) {
      event.preventDefault();
      this.listing.choose();
    } else if (this.listing.isOpen && event.key === "Escape") {
      event.stopPropagation();
      this.#dismissed = true;
      this.listing.hide();
    } else if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      this.submit();
    }
  }

  /** Takes the focus for what is being typed: into the option being written, else into the box. */
  focus() {
    if (this.#form) this.#form.focus();
    else this.box.focus();
  }

  /** Puts a slash into an empty box, which lists the commands. */
  openCommands() {
    this.leaveCommand();
    this.#dismissed = false;
    this.box.value = "/";
    this.box.focus();
    this.#typed();
  }

  // --- a command ---

  /** Begins a command; `text` goes into its first option. */
  startCommand(entry, text = "") {
    this.listing.hide();
    this.problem.textContent = "";
    this.#form = new CommandForm(entry, {
      store: this.store,
      actions: this.actions,
      listing: this.listing,
      leave: () => this.leaveCommand(),
      submit: () => this.submit(),
      told: (problem) => (this.problem.textContent = problem),
    });
    fill(this.field, this.#form.element);
    this.element.classList.add("in-command");
    this.#form.begin(text);
  }

  /** Begins a registered command by itself, as the welcome's buttons do. */
  startRegistered(command) {
    const entry = callable([command], this.store.locale)[0];
    this.startCommand(entry);
  }

  leaveCommand({ focus = true } = {}) {
    this.#form = null;
    this.listing.hide();
    this.problem.textContent = "";
    this.box.value = "";
    this.box.style.height = "";
    this.element.classList.remove("in-command");
    fill(this.field, this.box);
    if (focus) this.box.focus();
  }

  async submit() {
    if (this.#form) {
      const form = this.#form;
      if (form.check() && (await form.send()) && this.#form === form) this.leaveCommand();
      return;
    }
    const text = this.box.value.trim();
    if (text === "" && this.files.isEmpty) return;
    const sent = await this.actions.say(text, this.files.all);
    if (sent) {
      this.files.clear();
      this.box.value = "";
      this.#typed();
    }
  }
}

function commandEntry(entry, store) {
  return [
    avatar(store.world.bot, 28),
    el(
      "div",
      { class: "entry-texts" },
      el(
        "div",
        { class: "entry-name" },
        el("strong", {}, `/${entry.name}`),
        entry.options
          .filter((option) => option.required)
          .map((option) => el("span", { class: "entry-option" }, option.name_localizations?.[store.locale] ?? option.name)),
      ),
      el("div", { class: "entry-description" }, entry.description),
    ),
    el("span", { class: "entry-app" }, store.world.bot.username),
  ];
}
