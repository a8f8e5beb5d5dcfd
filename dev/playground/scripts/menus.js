// Menus that open beside a button: for a message, a user, the settings.

import { el, uniqueId } from "./dom.js";
import { icon } from "./icons.js";

let closeOpen = null;

/**
 * Opens a menu at an element. Items: {label, act, icon, checked, hint} or {heading}. With `checked`
 * given, an item is one of a group to choose from.
 */
export function openMenu(anchor, items, label) {
  closeOpen?.();
  const entries = items.map(menuItem);
  const menu = el("div", { class: "menu", role: "menu", "aria-label": label, id: uniqueId("menu") }, entries);
  const buttons = entries.filter((entry) => entry.matches("button"));
  document.body.append(menu);
  place(menu, anchor);
  anchor.setAttribute("aria-expanded", "true");
  (buttons.find((button) => button.getAttribute("aria-checked") === "true") ?? buttons[0])?.focus();

  const close = (refocus = true) => {
    menu.remove();
    anchor.setAttribute("aria-expanded", "false");
    document.removeEventListener("pointerdown", outside, true);
    closeOpen = null;
    if (refocus) anchor.focus();
  };
  const outside = (event) => {
    if (!menu.contains(event.target)) close(false);
  };
  closeOpen = () => close(false);
  document.addEventListener("pointerdown", outside, true);
  menu.addEventListener("click", (event) => {
    if (event.target.closest("button")) close();
  });
  menu.addEventListener("keydown", (event) => {
    const index = buttons.indexOf(document.activeElement);
    const moves = { ArrowDown: index + 1, ArrowUp: index - 1, Home: 0, End: -1 };
    if (event.key in moves) {
      event.preventDefault();
      buttons.at(moves[event.key] % buttons.length).focus();
    } else if (event.key === "Escape" || event.key === "Tab") {
      event.preventDefault();
      event.stopPropagation();
      close();
    }
  });
}

function menuItem(item) {
  if (item.heading) return el("div", { class: "menu-heading", role: "presentation" }, item.heading);
  const choosing = item.checked !== undefined;
  return el(
    "button",
    {
      type: "button",
      class: "menu-item",
      role: choosing ? "menuitemradio" : "menuitem",
      "aria-checked": choosing ? String(item.checked) : null,
      "aria-disabled": item.act ? null : "true",
      on: { click: () => item.act?.() },
    },
    item.face?.(),
    el("span", { class: "menu-label" }, item.label, item.hint && el("small", {}, item.hint)),
    choosing ? el("span", { class: "menu-check" }, item.checked && icon("check", 16)) : item.icon && icon(item.icon, 18),
  );
}

function place(menu, anchor) {
  const from = anchor.getBoundingClientRect();
  const size = menu.getBoundingClientRect();
  const left = Math.min(Math.max(8, from.left), innerWidth - size.width - 8);
  const below = from.bottom + 6;
  const top = below + size.height > innerHeight - 8 ? Math.max(8, from.top - size.height - 6) : below;
  menu.style.setProperty("--left", `${left}px`);
  menu.style.setProperty("--top", `${top}px`);
}
