// The channel's messages, kept in step with the store without redrawing what has not changed.

import { el, fill } from "../dom.js";
import { icon, comet } from "../icons.js";
import { localised } from "../texts.js";
import { dayOf } from "../times.js";
import { messageElement, pendingElement } from "./message.js";

const GROUPED_MS = 7 * 60 * 1000;
const NEAR_BOTTOM = 40;
/** Of many commands these are a good beginning. */
const WELCOMING = ["ask", "play", "ping", "help", "about"];
const QUIET_MS = 1200;

export class MessageList {
  #drawn = new Map();
  #view = 0;
  #announcing = null;

  constructor(store, { actions, startCommand }) {
    this.store = store;
    this.actions = actions;
    this.startCommand = startCommand;
    this.list = el("ol", { class: "messages" });
    this.welcome = el("div", { class: "welcome" });
    // Edits come every second: they are read out once they have come to rest.
    this.announcer = el("div", { class: "visually-hidden", "aria-live": "polite" });
    this.element = el("div", { class: "scroller", tabindex: "0", role: "region" }, this.welcome, this.list, this.announcer);
    // Whoever reads the latest keeps seeing it, whatever grows: a message, the box, the window.
    this.following = true;
    this.lastTop = 0;
    this.element.addEventListener("scroll", () => this.#noteScroll());
    const follow = new ResizeObserver(() => this.#follow());
    [this.element, this.list].forEach((one) => follow.observe(one));
    store.on("view", () => this.redraw());
    store.on("commands", () => this.redraw());
    store.on("messages", (message) => this.update(message));
    setInterval(() => this.#refreshRelativeTimes(), 30_000);
    this.redraw();
  }

  /** Draws everything anew, for another channel, user or language. */
  redraw() {
    this.#view += 1;
    this.element.setAttribute("aria-label", this.store.t("messages", { place: this.store.place }));
    this.#drawWelcome();
    this.update();
    this.following = true;
    this.#follow();
  }

  /** Only who scrolls up stops following: what grew meanwhile is no wish of the reader's. */
  #noteScroll() {
    const { scrollTop, scrollHeight, clientHeight } = this.element;
    if (scrollHeight - scrollTop - clientHeight < NEAR_BOTTOM) this.following = true;
    else if (scrollTop < this.lastTop) this.following = false;
    this.lastTop = scrollTop;
  }

  #follow() {
    if (this.following) this.element.scrollTop = this.element.scrollHeight;
  }

  update(changed) {
    const focused = this.#focus();
    const wanted = this.#wanted();
    for (const [key, drawn] of this.#drawn) {
      if (wanted.some((entry) => entry.key === key && entry.state === drawn.state)) continue;
      drawn.element.remove();
      this.#drawn.delete(key);
    }
    wanted.forEach((entry, index) => {
      let drawn = this.#drawn.get(entry.key);
      if (!drawn) {
        drawn = { state: entry.state, element: entry.draw() };
        this.#drawn.set(entry.key, drawn);
      }
      if (this.list.children[index] !== drawn.element) this.list.insertBefore(drawn.element, this.list.children[index] ?? null);
    });
    this.#refocus(focused);
    this.#follow();
    if (changed?.content && changed.author.id !== this.store.me.id) this.#announce(changed);
  }

  /** What has to stand in the list: day marks, messages, and interactions still unanswered. */
  #wanted() {
    const { store, actions } = this;
    const entries = [];
    let before = null;
    let dayBefore = null;
    for (const message of this.#inOrder()) {
      const day = dayOf(message.timestamp, store.locale);
      if (day !== dayBefore) {
        entries.push({ key: `day ${day}`, state: this.#state(), draw: () => el("li", { class: "day" }, el("span", {}, day)) });
        dayBefore = day;
        before = null;
      }
      if (store.pending.has(message.id)) {
        const pending = message;
        entries.push({
          key: pending.id,
          state: `${this.#view} ${pending.failed}`,
          draw: () => pendingElement(pending, { store, actions }),
        });
        before = null;
        continue;
      }
      const grouped = follows(message, before);
      entries.push({
        key: message.id,
        state: this.#state(message, grouped),
        draw: () => messageElement(message, { store, actions, grouped }),
      });
      before = message;
    }
    return entries;
  }

  /** Messages and unanswered interactions alike, by their ids, which grow with time. */
  #inOrder() {
    const { store, actions } = this;
    const messages = store.shownMessages.filter((one) => !actions.dismissed.has(one.id));
    return [...messages, ...store.shownPending].sort((one, other) => (BigInt(one.id) < BigInt(other.id) ? -1 : 1));
  }

  #revisions = new WeakMap();
  #lastRevision = 0;

  /** Differs whenever the element would look different. */
  #state(message, grouped) {
    if (!message) return String(this.#view);
    if (!this.#revisions.has(message)) {
      this.#lastRevision += 1;
      this.#revisions.set(message, this.#lastRevision);
    }
    const waiting = customIds(message.components).filter((id) => this.actions.isWaiting(message.id, id));
    const original = this.store.messages.get(message.message_reference?.message_id);
    const parts = [this.#revisions.get(message), grouped, waiting, this.actions.failedPress(message.id), original?.content, this.store.unanswered.has(message.id)];
    return `${this.#view} ${parts.join(" ")}`;
  }

  #focus() {
    const element = document.activeElement;
    const message = element?.closest?.(".message");
    if (!message || !this.list.contains(message)) return null;
    return { id: message.dataset.id, customId: element.dataset.customId, element };
  }

  /** A message that was redrawn gives the focus back to the same button, or to itself. */
  #refocus(focused) {
    if (!focused?.id || focused.element.isConnected) return;
    const message = this.list.querySelector(`[data-id="${focused.id}"]`);
    const control = [...(message?.querySelectorAll("[data-custom-id]") ?? [])].find(
      (one) => one.dataset.customId === focused.customId && !one.disabled,
    );
    (control ?? message)?.focus({ preventScroll: true });
  }

  #announce(message) {
    clearTimeout(this.#announcing);
    this.#announcing = setTimeout(() => {
      this.announcer.textContent = `${message.author.global_name ?? message.author.username}: ${message.content}`;
    }, QUIET_MS);
  }

  #drawWelcome() {
    const { store } = this;
    const commands = store.usableCommands(1);
    fill(
      this.welcome,
      el("div", { class: "welcome-mark" }, store.inGuild ? icon("hash", 40) : comet()),
      el("h2", {}, store.inGuild ? store.t("welcome", { place: store.place }) : store.world.bot.username),
      !store.inGuild && el("p", {}, store.t("welcomeDm", { name: store.world.bot.username })),
      commands.length > 0 && el("p", {}, store.t("welcomeHint")),
      el(
        "div",
        { class: "starters" },
        forEverybody(commands).slice(0, 5).map((command) =>
          el(
            "button",
            { type: "button", class: "starter", on: { click: () => this.startCommand(command) } },
            el("strong", {}, `/${localised(command, "name", store.locale)}`),
            el("span", {}, localised(command, "description", store.locale)),
          ),
        ),
      ),
      commands.length === 0 && el("p", {}, el("strong", {}, store.t("noCommands")), el("br"), store.t("noCommandsHint")),
    );
  }

  #refreshRelativeTimes() {
    if (this.store.shownMessages.some((message) => /<t:-?\d+:R>/.test(message.content))) {
      this.#view += 1;
      this.update();
    }
  }
}

/** Commands to begin with: those that are for administrators come last. */
function forEverybody(commands) {
  const isOpen = (command) => command.default_member_permissions === null;
  const rank = (command) => (isOpen(command) ? 0 : 100) + (WELCOMING.indexOf(command.name) + 1 || 50);
  return [...commands].sort((one, other) => rank(one) - rank(other));
}

/** Whether a message stands under the one before without a head of its own. */
function follows(message, before) {
  if (!before || message.interaction_metadata?.name || message.message_reference) return false;
  // What somebody else's form or press brought about begins anew.
  if (message.interaction_metadata?.id !== before.interaction_metadata?.id) return false;
  const near = Date.parse(message.timestamp) - Date.parse(before.timestamp) < GROUPED_MS;
  return near && before.author.id === message.author.id && before.flags === message.flags;
}

function customIds(components) {
  return components.flatMap((one) => [
    ...(one.custom_id ? [one.custom_id] : []),
    ...customIds(one.components ?? []),
    ...customIds(one.accessory ? [one.accessory] : []),
  ]);
}
