// Puts the page together.

import { Actions } from "./actions.js";
import { api, listen } from "./api.js";
import { Composer } from "./composer/composer.js";
import { el, fill } from "./dom.js";
import { Drawer } from "./drawer.js";
import { openMenu } from "./menus.js";
import { MessageList } from "./messages/list.js";
import { displayName } from "./people.js";
import { Shell } from "./shell.js";
import { rememberedSettings, Store } from "./store.js";
import { localised } from "./texts.js";
import { catchTyping, hasKeyboard } from "./typing.js";

const USER_COMMAND = 2;
const MESSAGE_COMMAND = 3;

/** What the whole document shows of the settings. */
function applySettings(store) {
  const { documentElement: root, body } = document;
  root.lang = store.locale === "ja" ? "ja" : "en";
  root.dataset.theme = store.settings.theme;
  document.title = `${store.inGuild ? `#${store.channel.name}` : store.world.bot.username} · ${store.t("title")}`;
  body.classList.toggle("drawer-open", store.settings.drawer);
  body.classList.toggle("members-open", store.settings.members);
}

/** The app's commands for a message or a user, as menu items. */
function contextItems(store, actions, type, targetId) {
  const commands = store.usableCommands(type);
  if (commands.length === 0) return [{ label: store.t("noActions") }];
  return commands.map((command) => ({
    label: localised(command, "name", store.locale),
    hint: store.world.bot.username,
    act: () => actions.runCommand(command, { targetId }),
  }));
}

async function start() {
  const world = await api.state();
  const store = new Store(world, rememberedSettings(world));
  store.on("view", () => applySettings(store));
  applySettings(store);

  const actions = new Actions(store);
  actions.openMenu = (message, anchor) =>
    openMenu(
      anchor,
      [
        { heading: store.t("apps") },
        ...contextItems(store, actions, MESSAGE_COMMAND, message.id),
        { label: store.t("copyText"), icon: "copy", act: () => navigator.clipboard.writeText(message.content) },
      ],
      store.t("messageActions"),
    );
  actions.openUserMenu = (user, anchor) =>
    openMenu(
      anchor,
      [{ heading: store.t("apps") }, ...contextItems(store, actions, USER_COMMAND, user.id)],
      store.t("userActions", { name: displayName(user) }),
    );

  const shell = new Shell(store, actions);
  const composer = new Composer(store, actions);
  const list = new MessageList(store, { actions, startCommand: (command) => composer.startRegistered(command) });
  const drawer = new Drawer(store, actions);
  const skip = el("a", { class: "skip", href: "#channel" });
  const drawSkip = () => fill(skip, store.t("skip"));
  store.on("view", drawSkip);
  drawSkip();
  document.querySelector("#app").append(
    skip,
    shell.sidebar,
    shell.scrim,
    el(
      "div",
      { class: "stage" },
      shell.header,
      el("div", { class: "content" }, el("main", { class: "chat", id: "channel", tabindex: "-1" }, shell.notice, list.element, composer.element), shell.members, drawer.element),
    ),
  );
  list.redraw();
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") shell.showSidebar(false);
  });
  catchTyping(() => composer.focus());
  const whoAndWhere = () => `${store.me.id} ${store.channel.id}`;
  let entered = null;
  const enter = () => {
    if (entered === whoAndWhere()) return;
    entered = whoAndWhere();
    if (hasKeyboard()) composer.focus();
  };
  store.on("view", enter);
  enter();
  listen(world.last_event, {
    listener: (kind, data) => store.take(kind, data),
    connected: (connected) => {
      if (store.connected === connected) return;
      store.connected = connected;
      store.tell("connection");
    },
    // Another run knows none of these messages, and may have another page.
    run: (name) => name === world.run || location.reload(),
  });
}

start();
