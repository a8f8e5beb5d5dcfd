// Buttons, menus and the newer layout components of a message.

import { el } from "../dom.js";
import { icon } from "../icons.js";
import { markdown } from "../markdown/render.js";
import { selectMenu } from "../select-menu.js";

const STYLES = { 1: "primary", 2: "secondary", 3: "success", 4: "danger", 5: "link", 6: "premium" };
const SAFE = /^https?:\/\//i;

/** Every component of a message, and below them what became of the last press. */
export function componentRows(message, context) {
  const failed = context.actions.failedPress(message.id);
  return el(
    "div",
    { class: context.v2 ? "layout" : "rows" },
    message.components.map((one) => component(one, { ...context, message })),
    failed && el("div", { class: "failure", role: "status" }, icon("warning", 16), context.store.t("interactionFailed")),
  );
}

function component(one, context) {
  switch (one.type) {
    case 1:
      return el("div", { class: "row" }, one.components.map((child) => component(child, context)));
    case 2:
      return button(one, context);
    case 3:
    case 5:
    case 6:
    case 7:
    case 8:
      return menu(one, context);
    case 9:
      return el(
        "div",
        { class: "section" },
        el("div", { class: "section-texts" }, one.components.map((child) => component(child, context))),
        component(one.accessory, context),
      );
    case 10:
      return markdown(one.content, context.store);
    case 11:
      return picture(one.media, one.description, "section-thumbnail");
    case 12:
      return el("div", { class: "gallery" }, one.items.map((item) => picture(item.media, item.description, "gallery-image")));
    case 14:
      return el("hr", { class: `separator ${one.divider === false ? "blank" : ""} ${one.spacing === 2 ? "wide" : ""}` });
    case 17:
      return el(
        "div",
        {
          class: "container",
          style: Number.isInteger(one.accent_color) ? { "--accent": `#${one.accent_color.toString(16).padStart(6, "0")}` } : {},
        },
        one.components.map((child) => component(child, context)),
      );
    default:
      return null;
  }
}

function picture(media, description, name) {
  if (!SAFE.test(media?.url ?? "")) return null;
  return el("img", { class: name, src: media.url, alt: description ?? "", loading: "lazy" });
}

function button(one, { message, actions }) {
  const label = [one.emoji?.name && el("span", { class: "emoji" }, one.emoji.name), one.label && el("span", {}, one.label)];
  const name = `button ${STYLES[one.style]}`;
  if (one.style === 5) {
    return el(
      "a",
      { class: name, href: SAFE.test(one.url) ? one.url : null, target: "_blank", rel: "noopener noreferrer" },
      label,
      icon("link", 14),
    );
  }
  const waiting = actions.isWaiting(message.id, one.custom_id);
  return el(
    "button",
    {
      type: "button",
      class: waiting ? `${name} waiting` : name,
      disabled: one.disabled || one.style === 6,
      "aria-busy": waiting ? "true" : null,
      data: { customId: one.custom_id },
      on: { click: () => actions.press(message, one) },
    },
    label,
  );
}

function menu(one, { message, store, actions }) {
  return selectMenu(one, {
    store,
    busy: actions.isWaiting(message.id, one.custom_id),
    choose: (values) => actions.press(message, one, values),
  });
}
