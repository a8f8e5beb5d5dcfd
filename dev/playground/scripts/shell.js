// The frame around the channel: servers, channels, the header, the members.

import { el, fill } from "./dom.js";
import { comet, icon } from "./icons.js";
import { openMenu } from "./menus.js";
import { appBadge } from "./messages/message.js";
import { avatar, displayName, nameColour } from "./people.js";
import { VOICE } from "./store.js";
import { LANGUAGES } from "./texts.js";
import { VoiceChannels } from "./voice/channels.js";
import { VoicePanel } from "./voice/panel.js";

const THEMES = { system: "themeSystem", light: "themeLight", dark: "themeDark" };

export class Shell {
  constructor(store, actions) {
    this.store = store;
    this.actions = actions;
    this.rail = el("nav", { class: "rail" });
    this.channels = el("nav", { class: "channels" });
    this.voiceChannels = new VoiceChannels(store, actions);
    this.voicePanel = new VoicePanel(store, actions);
    this.userPanel = el("section", { class: "user-panel" });
    this.sidebar = el("div", { class: "sidebar", id: "sidebar" }, this.rail, el("div", { class: "sidebar-main" }, this.channels, this.voicePanel.element, this.userPanel));
    this.header = el("header", { class: "header" });
    this.members = el("aside", { class: "members", id: "members" });
    this.notice = el("div", { class: "notice", role: "status" });
    this.scrim = el("div", { class: "scrim", on: { click: () => this.showSidebar(false) } });
    store.on("view", () => this.redraw());
    store.on("connection", () => this.#drawNotice());
    store.on("notice", (text) => this.#tell(text));
    this.redraw();
  }

  redraw() {
    this.#drawRail();
    this.voiceChannels.redraw();
    this.voicePanel.redraw();
    this.#drawChannels();
    this.#drawUserPanel();
    this.#drawHeader();
    this.#drawMembers();
    this.#drawNotice();
  }

  showSidebar(shown) {
    document.body.classList.toggle("sidebar-open", shown);
    if (shown) this.channels.querySelector("[aria-current]")?.focus();
  }

  #go(channel) {
    this.showSidebar(false);
    this.store.set({ channelId: channel.id });
  }

  #drawRail() {
    const { store } = this;
    const dm = store.world.channels.find((channel) => channel.recipient_id === store.me.id);
    const firstChannel = store.world.channels.find((channel) => channel.recipient_id === null);
    this.rail.setAttribute("aria-label", store.t("servers"));
    const place = (name, current, target, face) =>
      el(
        "button",
        {
          type: "button",
          class: "server",
          "aria-label": name,
          title: name,
          "aria-current": current ? "true" : null,
          on: { click: () => this.#go(target) },
        },
        face,
      );
    const initials = store.world.guild.name.split(" ").map((word) => word[0]).join("");
    fill(
      this.rail,
      place(store.t("directMessages"), !store.inGuild, dm, comet()),
      el("hr", { class: "rail-line" }),
      place(store.world.guild.name, store.inGuild, firstChannel, el("span", { "aria-hidden": "true" }, initials)),
    );
  }

  #drawChannels() {
    const { store } = this;
    this.channels.setAttribute("aria-label", store.inGuild ? store.t("channels") : store.t("directMessages"));
    const entry = (channel, face, name) =>
      el(
        "li",
        {},
        el(
          "button",
          {
            type: "button",
            class: "channel",
            "aria-current": channel.id === store.channel.id ? "page" : null,
            on: { click: () => this.#go(channel) },
          },
          face,
          el("span", { class: "channel-name" }, name),
        ),
      );
    const guild = store.world.channels.filter((channel) => channel.recipient_id === null && channel.type !== VOICE);
    const mine = store.world.channels.filter((channel) => channel.recipient_id === store.me.id);
    fill(
      this.channels,
      el("div", { class: "guild-name" }, store.inGuild ? store.world.guild.name : store.t("directMessages")),
      el(
        "div",
        { class: "channel-list" },
        store.inGuild
          ? [
              el("h2", { class: "channel-group" }, store.t("textChannels")),
              el("ul", {}, guild.map((channel) => entry(channel, icon("hash", 20), channel.name))),
              el("h2", { class: "channel-group" }, store.t("voiceChannels")),
              this.voiceChannels.element,
            ]
          : el("ul", {}, mine.map((channel) => entry(channel, avatar(store.world.bot, 32), store.world.bot.username))),
      ),
    );
  }

  #drawUserPanel() {
    const { store } = this;
    this.userPanel.setAttribute("aria-label", store.t("signedInAs", { name: displayName(store.me) }));
    fill(
      this.userPanel,
      el(
        "button",
        {
          type: "button",
          class: "user-switch",
          "aria-label": `${store.t("switchUser")}: ${displayName(store.me)}`,
          "aria-haspopup": "menu",
          on: { click: (event) => this.#openUsers(event.currentTarget) },
        },
        avatar(store.me, 32),
        el("span", { class: "user-texts" }, el("strong", {}, displayName(store.me)), el("small", {}, store.standing(store.me))),
      ),
      el(
        "button",
        {
          type: "button",
          class: "tool",
          "aria-label": store.t("settings"),
          title: store.t("settings"),
          "aria-haspopup": "menu",
          on: { click: (event) => this.#openSettings(event.currentTarget) },
        },
        icon("settings", 20),
      ),
    );
  }

  #openUsers(anchor) {
    const { store } = this;
    openMenu(
      anchor,
      [
        { heading: store.t("switchUser") },
        ...store.world.users.map((user) => ({
          label: displayName(user),
          hint: `${store.standing(user)} · ${user.username}`,
          face: () => avatar(user, 28),
          checked: user.id === store.me.id,
          act: () => {
            const ownDm = store.world.channels.find((channel) => channel.recipient_id === user.id);
            store.set({ userId: user.id, ...(store.inGuild ? {} : { channelId: ownDm.id }) });
          },
        })),
      ],
      store.t("switchUser"),
    );
  }

  #openSettings(anchor) {
    const { store } = this;
    openMenu(
      anchor,
      [
        { heading: store.t("language") },
        ...Object.entries(LANGUAGES).map(([locale, name]) => ({
          label: name, checked: locale === store.locale, act: () => store.set({ locale }),
        })),
        { heading: store.t("theme") },
        ...Object.entries(THEMES).map(([theme, key]) => ({
          label: store.t(key), checked: theme === store.settings.theme, act: () => store.set({ theme }),
        })),
      ],
      store.t("settings"),
    );
  }

  #drawHeader() {
    const { store } = this;
    const { channel } = store;
    const tool = (name, label, pressed, act, controls) =>
      el(
        "button",
        { type: "button", class: `tool tool-${name}`, "aria-label": label, title: label, "aria-pressed": pressed, "aria-controls": controls, on: { click: act } },
        icon(name, 22),
      );
    // The drawer takes the members' place.
    const showsMembers = store.settings.members && !store.settings.drawer;
    const face = store.inGuild ? icon("hash", 24) : avatar(store.world.bot, 24);
    fill(
      this.header,
      tool("menu", store.t("showChannels"), null, () => this.showSidebar(true), "sidebar"),
      face,
      el("h1", {}, store.inGuild ? channel.name : store.world.bot.username),
      store.inGuild && channel.topic && el("p", { class: "topic" }, channel.topic),
      el(
        "div",
        { class: "header-tools" },
        tool("code", store.t("showDeveloper"), String(store.settings.drawer), () => store.set({ drawer: !store.settings.drawer }), "drawer"),
        tool("people", store.t("showMembers"), String(showsMembers), () => store.set({ members: !showsMembers, drawer: false }), "members"),
      ),
    );
  }

  #drawMembers() {
    const { store } = this;
    this.members.setAttribute("aria-label", store.t("members"));
    const people = store.inGuild ? store.world.users : [store.me];
    const groups = [
      [`${store.t("online")} — ${people.length}`, people],
      [`${store.t("apps")} — 1`, [store.world.bot]],
    ];
    fill(
      this.members,
      groups.map(([title, users]) => [
        el("h2", { class: "channel-group" }, title),
        el("ul", {}, users.map((user) => el("li", {}, this.#member(user)))),
      ]),
    );
  }

  #member(user) {
    const colour = nameColour(user, this.store);
    return el(
      "button",
      {
        type: "button",
        class: "member",
        style: colour ? { "--name": colour } : {},
        "aria-haspopup": "menu",
        on: { click: (event) => this.actions.openUserMenu(user, event.currentTarget) },
      },
      avatar(user, 32),
      el("span", { class: colour ? "member-name coloured" : "member-name" }, displayName(user)),
      user.bot && appBadge(this.store),
    );
  }

  #tell(text) {
    this.notice.textContent = text;
    clearTimeout(this.noticeEnd);
    this.noticeEnd = setTimeout(() => this.#drawNotice(), 6000);
  }

  #drawNotice() {
    this.notice.textContent = this.store.connected ? "" : this.store.t("connectionLost");
  }
}
