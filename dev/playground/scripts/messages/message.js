// One message as Discord shows it.

import { callable } from "../composer/entries.js";
import { el } from "../dom.js";
import { icon } from "../icons.js";
import { markdown, plainText } from "../markdown/render.js";
import { avatar, displayName, nameColour } from "../people.js";
import { COMPONENTS_V2, EPHEMERAL, LOADING } from "../store.js";
import { sentAt } from "../times.js";
import { attachments } from "./attachments.js";
import { componentRows } from "./components.js";
import { embed } from "./embed.js";

/**
 * A message's element. `actions` are what can be done with it: `press`, `dismiss`, `openMenu`,
 * `openUserMenu`. With `grouped` its author's face and name are left out.
 */
export function messageElement(message, { store, actions, grouped }) {
  const author = store.user(message.author.id) ?? message.author;
  const ephemeral = (message.flags & EPHEMERAL) !== 0;
  const metadata = message.interaction_metadata;
  const invoker = metadata?.name && !message.message_reference ? usedLine(usedCommand(metadata, store), store) : null;
  const reply = message.message_reference ? replyLine(message, store) : null;
  const pinged = message.mentions.some((user) => user.id === store.me.id);
  const headed = !grouped || invoker || reply;
  const classes = ["message", headed && "headed", ephemeral && "ephemeral", pinged && "pinged"];
  return el(
    "li",
    { class: classes.filter(Boolean).join(" "), data: { id: message.id }, tabindex: "-1" },
    invoker ?? reply,
    headed ? face(author, actions) : el("time", { class: "hover-time", datetime: message.timestamp }, shortTime(message, store)),
    headed && head(author, message, { store, actions }),
    el("div", { class: "body" }, body(message, { store, actions })),
    ephemeral && footNote(store, () => actions.dismiss(message)),
    el("div", { class: "toolbar" }, el(
      "button",
      {
        type: "button",
        class: "tool",
        "aria-label": store.t("messageActions"),
        "aria-haspopup": "menu",
        on: { click: (event) => actions.openMenu(message, event.currentTarget) },
      },
      icon("more", 18),
    )),
  );
}

function face(author, actions) {
  return el(
    "button",
    {
      type: "button",
      class: "face",
      "aria-label": displayName(author),
      "aria-haspopup": "menu",
      on: { click: (event) => actions.openUserMenu(author, event.currentTarget) },
    },
    avatar(author),
  );
}

function shortTime(message, store) {
  return new Intl.DateTimeFormat(store.locale, { timeStyle: "short" }).format(new Date(message.timestamp));
}

function head(author, message, { store, actions }) {
  const colour = nameColour(author, store);
  return el(
    "h3",
    { class: "head" },
    el(
      "button",
      {
        type: "button",
        class: colour ? "author coloured" : "author",
        style: colour ? { "--name": colour } : {},
        "aria-haspopup": "menu",
        on: { click: (event) => actions.openUserMenu(author, event.currentTarget) },
      },
      displayName(author),
    ),
    author.bot && appBadge(store),
    el("time", { class: "time", datetime: message.timestamp }, sentAt(message.timestamp, store)),
  );
}

/** The little mark beside the name of an app. */
export function appBadge(store) {
  return el("span", { class: "badge" }, icon("check", 10), store.t("app"));
}

/** "Aoi used /ask" above a command's reply. */
function usedLine({ user, command }, store) {
  return el(
    "div",
    { class: "context" },
    avatar(user, 16),
    el("span", { class: "context-name" }, displayName(user)),
    el("span", {}, ` ${store.t("usedBefore")} `),
    el("span", { class: "context-command" }, command),
    el("span", {}, ` ${store.t("usedAfter")}`),
  );
}

/** Who used which command, under its name in the reader's language. */
function usedCommand({ user, name, command_type: kind }, store) {
  const known = [...store.commands.guild, ...store.commands.dm].filter((one) => one.type === kind);
  const local = callable(known, store.locale).find((entry) => entry.plainName === name)?.name ?? name;
  return { user, command: kind === 1 ? `/${local}` : local };
}

function replyLine(message, store) {
  const original = store.messages.get(message.message_reference.message_id);
  if (!original) return el("div", { class: "context" }, el("em", {}, store.t("replyGone")));
  const author = store.user(original.author.id) ?? original.author;
  return el(
    "div",
    { class: "context" },
    avatar(author, 16),
    el("span", { class: "context-name" }, displayName(author)),
    author.bot && appBadge(store),
    el("span", { class: "context-text" }, firstLine(original, store)),
  );
}

function firstLine(message, store) {
  return plainText(message.content.split("\n")[0].replace(/^(#{1,3}|-#|>) /, ""), store) || "…";
}

function body(message, { store, actions }) {
  if ((message.flags & LOADING) !== 0) return store.unanswered.has(message.id) ? failure(store) : thinking(message, store);
  const v2 = (message.flags & COMPONENTS_V2) !== 0;
  const edited = message.edited_timestamp
    && el("span", { class: "edited", title: sentAt(message.edited_timestamp, store) }, store.t("edited"));
  const text = message.content ? markdown(message.content, store) : null;
  // The mark stands at the end of the text, as a part of its last line.
  if (text && edited) (text.lastElementChild?.tagName === "P" ? text.lastElementChild : text).append(" ", edited);
  return [
    text,
    message.embeds.map((one) => embed(one, store)),
    attachments(message.attachments),
    message.components.length > 0 && componentRows(message, { store, actions, v2 }),
    !text && edited && el("div", {}, edited),
  ];
}

function thinking(message, store) {
  return el(
    "div",
    { class: "thinking" },
    el("span", { class: "dots", "aria-hidden": "true" }, el("i"), el("i"), el("i")),
    store.t("thinking", { name: displayName(message.author) }),
  );
}

function failure(store) {
  return el("div", { class: "failure" }, icon("warning", 16), store.t("noResponse"));
}

function footNote(store, dismiss) {
  return el(
    "div",
    { class: "foot" },
    icon("eye", 14),
    el("span", {}, store.t("onlyYou")),
    el("span", { "aria-hidden": "true" }, "·"),
    el("button", { type: "button", class: "text-link", on: { click: dismiss } }, store.t("dismiss")),
  );
}

/** What stands in the channel until an interaction is answered, or says that it never was. */
export function pendingElement(pending, { store, actions }) {
  const failed = pending.failed !== null;
  return el(
    "li",
    { class: `message headed pending ${failed ? "failed ephemeral" : ""}`, data: { interaction: pending.id } },
    usedLine({ user: pending.user, command: pending.label }, store),
    el("span", { class: "face" }, avatar(store.world.bot)),
    el("h3", { class: "head" }, el("span", { class: "author" }, displayName(store.world.bot)), appBadge(store)),
    el(
      "div",
      { class: "body" },
      failed ? failure(store) : el("div", { class: "thinking" }, store.t("sending")),
    ),
    failed && footNote(store, () => actions.dismissPending(pending)),
  );
}
