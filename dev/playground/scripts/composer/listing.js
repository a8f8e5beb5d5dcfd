// The list above the message box: commands, an option's values, further options.

import { el, fill, uniqueId } from "../dom.js";

export class Listing {
  #entries = [];
  #active = -1;

  constructor() {
    this.id = uniqueId("listing");
    this.heading = el("div", { class: "listing-heading" });
    this.list = el("div", { class: "listing-items", role: "listbox", id: this.id, tabindex: "0" });
    this.element = el("div", { class: "listing", hidden: true }, this.heading, this.list);
    // The box keeps the focus while the list is clicked.
    this.element.addEventListener("pointerdown", (event) => event.preventDefault());
    // The box works the list from afar; whoever steps into it by Shift+Tab finds the same keys.
    this.list.addEventListener("keydown", (event) => this.#keyed(event));
  }

  get isOpen() {
    return !this.element.hidden;
  }

  get hasActive() {
    return this.isOpen && this.#active >= 0;
  }

  /**
   * Shows entries ({node, choose}) under a heading of nodes. `active` is the one that Enter takes
   * at once, -1 for none until an arrow is pressed. `onActive(id)` tells the box which it is.
   */
  show(entries, { heading, label, active = 0, onActive }) {
    this.#entries = entries;
    this.onActive = onActive;
    fill(this.heading, heading);
    this.list.setAttribute("aria-label", label);
    this.list.hidden = entries.length === 0;
    fill(
      this.list,
      entries.map((entry, index) =>
        el(
          "div",
          {
            class: "listing-item",
            role: "option",
            id: `${this.id}-${index}`,
            on: { click: () => entry.choose(), pointermove: () => this.#point(index) },
          },
          entry.node,
        ),
      ),
    );
    this.element.hidden = false;
    this.#point(entries.length > 0 ? active : -1);
  }

  hide() {
    this.element.hidden = true;
    this.#entries = [];
    this.#active = -1;
    this.onActive?.(null);
  }

  move(step) {
    if (this.#entries.length === 0) return;
    const count = this.#entries.length;
    this.#point(this.#active < 0 ? (step > 0 ? 0 : count - 1) : (this.#active + step + count) % count);
  }

  /** Takes the active entry. */
  choose() {
    this.#entries[this.#active]?.choose();
  }

  #keyed(event) {
    if (["ArrowDown", "ArrowUp"].includes(event.key)) {
      event.preventDefault();
      this.move(event.key === "ArrowDown" ? 1 : -1);
    } else if (event.key === "Enter") {
      event.preventDefault();
      this.choose();
    }
  }

  #point(index) {
    this.#active = index;
    [...this.list.children].forEach((item, position) => {
      item.classList.toggle("active", position === index);
      item.setAttribute("aria-selected", String(position === index));
    });
    this.list.children[index]?.scrollIntoView({ block: "nearest" });
    const id = index >= 0 ? `${this.id}-${index}` : null;
    activeDescendant(this.list, id);
    this.onActive?.(id);
  }
}

/** Tells a screen reader which entry of the list the arrows have reached. */
export function activeDescendant(box, id) {
  if (id) box.setAttribute("aria-activedescendant", id);
  else box.removeAttribute("aria-activedescendant");
}
