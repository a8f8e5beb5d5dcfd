// A select menu: a button that opens a list to choose one or several from.

import { el, uniqueId } from "./dom.js";
import { icon } from "./icons.js";
import { avatar, displayName } from "./people.js";

/** The options of any kind of select component: {value, label, description, face}. */
export function selectOptions(component, store) {
  const users = () => [...store.world.users, store.world.bot].map((user) => ({
    value: user.id, label: displayName(user), description: user.username, face: () => avatar(user, 20),
  }));
  const roles = () => store.world.roles.map((role) => ({ value: role.id, label: role.name, face: () => icon("people", 18) }));
  switch (component.type) {
    case 5:
      return users();
    case 6:
      return roles();
    case 7:
      return [...users(), ...roles()];
    case 8:
      return store.world.channels
        .filter((channel) => channel.recipient_id === null)
        .map((channel) => ({ value: channel.id, label: channel.name, face: () => icon(channel.type === 2 ? "voice" : "hash", 18) }));
    default:
      return component.options.map((option) => ({
        value: option.value,
        label: option.label,
        description: option.description,
        selected: option.default,
        face: option.emoji?.name ? () => el("span", { class: "emoji" }, option.emoji.name) : null,
      }));
  }
}

/**
 * The menu's element. `choose(values)` is called when the list closes with another selection;
 * `labelledBy` names the element that labels it, in a form.
 */
export function selectMenu(component, { store, choose, busy = false, labelledBy = null }) {
  const options = selectOptions(component, store);
  const most = component.max_values ?? 1;
  let chosen = options.filter((option) => option.selected).map((option) => option.value);
  let before = chosen.join("\n");
  let active = 0;

  const listId = uniqueId("options");
  const valueId = uniqueId("value");
  const value = el("span", { class: "select-value", id: valueId });
  const control = el(
    "button",
    {
      type: "button",
      class: "select-control",
      role: "combobox",
      "aria-haspopup": "listbox",
      "aria-expanded": "false",
      "aria-controls": listId,
      "aria-label": labelledBy ? null : component.placeholder ?? store.t("makeSelection"),
      "aria-labelledby": labelledBy,
      "aria-describedby": valueId,
      disabled: component.disabled || busy,
      data: { customId: component.custom_id },
    },
    value,
    icon("chevron", 18),
  );
  const list = el("ul", { class: "select-list", id: listId, role: "listbox", hidden: true, "aria-multiselectable": most > 1 ? "true" : null, "aria-label": component.placeholder ?? store.t("makeSelection") });
  const items = options.map((option, index) =>
    el(
      "li",
      { role: "option", id: uniqueId("option"), on: { pointerenter: () => point(index), click: () => toggle(index) } },
      option.face?.(),
      el("span", { class: "option-texts" }, el("span", {}, option.label), option.description && el("small", {}, option.description)),
      el("span", { class: "option-check" }, icon("check", 16)),
    ),
  );
  list.append(...items);
  const whole = el("div", { class: "select" }, control, list);

  function draw() {
    const names = options.filter((option) => chosen.includes(option.value)).map((option) => option.label);
    value.textContent = names.join(", ") || component.placeholder || store.t("makeSelection");
    value.classList.toggle("empty", names.length === 0);
    items.forEach((item, index) => {
      item.setAttribute("aria-selected", String(chosen.includes(options[index].value)));
      item.classList.toggle("active", index === active);
    });
    if (!list.hidden) control.setAttribute("aria-activedescendant", items[active].id);
  }

  function point(index) {
    active = Math.max(0, Math.min(index, items.length - 1));
    draw();
    items[active].scrollIntoView({ block: "nearest" });
  }

  function open() {
    list.hidden = false;
    control.setAttribute("aria-expanded", "true");
    const room = innerHeight - control.getBoundingClientRect().bottom;
    whole.classList.toggle("upwards", room < Math.min(280, items.length * 44));
    point(Math.max(0, options.findIndex((option) => chosen.includes(option.value))));
    document.addEventListener("pointerdown", outside, true);
  }

  function close() {
    if (list.hidden) return;
    list.hidden = true;
    control.setAttribute("aria-expanded", "false");
    control.removeAttribute("aria-activedescendant");
    document.removeEventListener("pointerdown", outside, true);
    const enough = chosen.length >= Math.min(component.min_values ?? 1, 1);
    if (chosen.join("\n") !== before && enough) {
      before = chosen.join("\n");
      choose(chosen);
    }
  }

  function outside(event) {
    if (!whole.contains(event.target)) close();
  }

  function toggle(index) {
    const { value: picked } = options[index];
    if (most === 1) {
      chosen = [picked];
      draw();
      close();
      control.focus();
    } else if (chosen.includes(picked)) {
      chosen = chosen.filter((one) => one !== picked);
      draw();
    } else if (chosen.length < most) {
      chosen = [...chosen, picked];
      draw();
    }
  }

  control.addEventListener("click", () => (list.hidden ? open() : close()));
  control.addEventListener("keydown", (event) => {
    if (list.hidden) {
      if (["ArrowDown", "ArrowUp"].includes(event.key)) {
        event.preventDefault();
        open();
      }
      return;
    }
    const moves = { ArrowDown: active + 1, ArrowUp: active - 1, Home: 0, End: items.length - 1 };
    if (event.key in moves) {
      event.preventDefault();
      point(moves[event.key]);
    } else if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      toggle(active);
    } else if (event.key === "Escape" || event.key === "Tab") {
      if (event.key === "Escape") event.stopPropagation();
      close();
    }
  });
  draw();
  return whole;
}
