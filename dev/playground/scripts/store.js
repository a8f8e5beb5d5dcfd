// The page's state, and who wants to know when a part of it changes.

import { text } from "./texts.js";

export const EPHEMERAL = 64;
export const LOADING = 128;
export const COMPONENTS_V2 = 1 << 15;
export const VOICE = 2;
const ADMINISTRATOR = 1n << 3n;

/** Topics: "view" (who, where, language), "messages", "commands", "traces", "switches", "voice", "connection". */
export class Store {
  #listeners = new Map();
  #outcomes = new Map();
  #waiting = new Map();

  constructor(world, settings) {
    this.world = world;
    this.settings = settings;
    this.messages = new Map(world.messages.map((message) => [message.id, message]));
    this.traces = new Map(world.traces.map((trace) => [trace.interaction_id, trace]));
    this.commands = world.commands;
    this.switches = world.switches;
    this.voice = world.voice;
    this.pending = new Map();
    this.unanswered = new Set(world.unanswered);
    this.connected = true;
  }

  on(topic, listener) {
    const listeners = this.#listeners.get(topic) ?? [];
    this.#listeners.set(topic, [...listeners, listener]);
  }

  tell(topic, detail) {
    for (const listener of this.#listeners.get(topic) ?? []) listener(detail);
  }

  // --- who, where, in which language ---

  get locale() {
    return this.settings.locale;
  }

  get me() {
    return this.user(this.settings.userId) ?? this.world.users[0];
  }

  get channel() {
    return this.world.channels.find((channel) => channel.id === this.settings.channelId && this.mayEnter(channel))
      ?? this.world.channels[0];
  }

  get inGuild() {
    return this.channel.recipient_id === null;
  }

  get voiceChannels() {
    return this.world.channels.filter((channel) => channel.type === VOICE);
  }

  /** Who is in a voice channel, in the order in which they came. */
  peopleIn(channelId) {
    return this.voice.people.filter((one) => one.channel_id === channelId);
  }

  /** The voice channel that this user is in, if any. */
  get myVoice() {
    const mine = this.voice.people.find((one) => one.user_id === this.me.id);
    return this.voiceChannels.find((channel) => channel.id === mine?.channel_id);
  }

  get isOwner() {
    return isAdministrator(this.me);
  }

  /** What somebody is in the server, in a word: the owner, a role's name, or a member. */
  standing(user) {
    if (user.id === this.world.users[0].id) return this.t("owner");
    return user.roles.length > 0 ? this.role(user.roles[0]).name : this.t("member");
  }

  t(key, gaps) {
    return text(this.locale, key, gaps);
  }

  /** How the open channel is called: "#general", or the bot's name in a direct message. */
  get place() {
    return this.inGuild ? `#${this.channel.name}` : `@${this.world.bot.username}`;
  }

  user(id) {
    return id === this.world.bot.id ? this.world.bot : this.world.users.find((user) => user.id === id);
  }

  role(id) {
    return this.world.roles.find((role) => role.id === id);
  }

  /** Whether this user can read there and write. Voice channels are for voices alone. */
  mayEnter(channel) {
    return channel.type !== VOICE && (channel.recipient_id === null || channel.recipient_id === this.me.id);
  }

  /** Changes settings and keeps them for the next visit. */
  set(changes) {
    Object.assign(this.settings, changes);
    if (!this.mayEnter(this.world.channels.find((channel) => channel.id === this.settings.channelId))) {
      this.settings.channelId = this.world.channels.find((channel) => channel.recipient_id === this.me.id).id;
    }
    try {
      localStorage.setItem("halley-playground", JSON.stringify(this.settings));
    } catch {
      // A browser that keeps nothing still shows the page.
    }
    this.tell("view");
  }

  /** The commands of a type that this user may use here. */
  usableCommands(type) {
    const here = this.inGuild ? 0 : 1;
    const permissions = BigInt(this.me.permissions);
    return this.commands[this.inGuild ? "guild" : "dm"].filter((command) => {
      if (command.type !== type) return false;
      if (command.contexts && !command.contexts.includes(here)) return false;
      const needed = command.default_member_permissions;
      if (needed === null || !this.inGuild || this.isOwner) return true;
      return needed !== "0" && (permissions & BigInt(needed)) === BigInt(needed);
    });
  }

  // --- messages ---

  maySee(message) {
    if ((message.flags & EPHEMERAL) === 0) return true;
    return message.interaction_metadata?.user.id === this.me.id;
  }

  /** The messages of the open channel that this user sees. */
  get shownMessages() {
    return [...this.messages.values()].filter((message) => message.channel_id === this.channel.id && this.maySee(message));
  }

  /** What this user has sent in the open channel and has no answer yet. */
  get shownPending() {
    return [...this.pending.values()].filter((one) => one.channelId === this.channel.id && one.user.id === this.me.id);
  }

  // --- interactions this page has sent ---

  /** Settles with the `acknowledged` or `failed` event of an interaction, also one gone by. */
  outcome(interactionId) {
    if (this.#outcomes.has(interactionId)) return Promise.resolve(this.#outcomes.get(interactionId));
    return new Promise((resolve) => this.#waiting.set(interactionId, resolve));
  }

  /** Takes in one event of the simulator. */
  take(kind, data) {
    switch (kind) {
      case "message":
        this.messages.set(data.id, data);
        this.tell("messages", data);
        break;
      case "deleted":
        this.messages.delete(data.id);
        this.tell("messages", data);
        break;
      case "acknowledged":
      case "failed":
        if (kind === "failed" && data.message_id) {
          this.unanswered.add(data.message_id);
          this.tell("messages");
        }
        this.#outcomes.set(data.interaction_id, { kind, ...data });
        this.#waiting.get(data.interaction_id)?.({ kind, ...data });
        this.#waiting.delete(data.interaction_id);
        break;
      case "commands":
        this.commands = data;
        this.tell("commands");
        break;
      case "switches":
        this.switches = data;
        this.tell("switches");
        break;
      case "voice":
        this.voice = data;
        this.tell("voice");
        break;
      case "trace":
        this.traces.set(data.interaction_id, data);
        this.tell("traces", data);
        break;
    }
  }
}

function isAdministrator(user) {
  return (BigInt(user.permissions) & ADMINISTRATOR) !== 0n;
}

/** The settings of the last visit, or what the browser suggests. */
export function rememberedSettings(world) {
  const japanese = navigator.languages.some((language) => language.startsWith("ja"))
    && !navigator.language.startsWith("en");
  const fresh = {
    locale: japanese ? "ja" : "en-US",
    theme: "system",
    userId: world.users[0].id,
    channelId: world.channels[0].id,
    drawer: false,
    members: true,
  };
  try {
    return { ...fresh, ...JSON.parse(localStorage.getItem("halley-playground") ?? "{}") };
  } catch {
    return fresh;
  }
}
