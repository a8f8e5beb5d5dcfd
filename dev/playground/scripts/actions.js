// What the user can do, and what the page remembers until the bot has answered.

import { api, RequestRefused } from "./api.js";
import { openModal } from "./modal.js";
import { localised } from "./texts.js";
import { madeAt } from "./times.js";

const MODAL = 9;

export class Actions {
  #waiting = new Set();
  #failedPresses = new Set();

  constructor(store) {
    this.store = store;
    this.dismissed = new Set();
  }

  /** Who acts, where and in which language: part of every request. */
  get #invoker() {
    const { me, channel, locale } = this.store;
    return { user_id: me.id, channel_id: channel.id, locale };
  }

  /** A plain message, with the files that go with it. */
  async say(content, files = []) {
    return this.#guarded(async () => {
      const uploads = await Promise.all(files.map((file) => api.upload(file)));
      return api.say({ ...this.#invoker, content, attachment_ids: uploads.map((one) => one.id) });
    });
  }

  /** Sends a command; `options` by name, a subcommand's in an object under its name. */
  async runCommand(command, { label, options = {}, targetId } = {}) {
    const sent = await this.#guarded(() =>
      api.interact({
        ...this.#invoker,
        type: 2,
        command: command.name,
        command_type: command.type,
        options,
        target_id: targetId,
      }),
    );
    if (!sent) return false;
    const pending = {
      id: sent.interaction_id,
      user: this.store.me,
      channelId: this.store.channel.id,
      timestamp: madeAt(sent.interaction_id),
      label: label ?? localised(command, "name", this.store.locale),
      failed: null,
    };
    this.store.pending.set(pending.id, pending);
    this.store.tell("messages");
    this.#settle(pending);
    return true;
  }

  async #settle(pending) {
    const outcome = await this.store.outcome(pending.id);
    if (outcome.kind === "failed") {
      pending.failed = outcome.reason;
    } else {
      this.store.pending.delete(pending.id);
      if (outcome.type === MODAL) this.#modal(pending.id, outcome.data);
    }
    this.store.tell("messages");
  }

  /** The choices a command suggests for an option while it is typed; null when it fails. */
  async complete(command, { options, focused }) {
    const sent = await api
      .interact({ ...this.#invoker, type: 4, command: command.name, options, focused })
      .catch(() => null);
    if (!sent) return null;
    const outcome = await this.store.outcome(sent.interaction_id);
    return outcome.kind === "failed" ? null : outcome.data.choices;
  }

  // --- components ---

  isWaiting(messageId, customId) {
    return this.#waiting.has(`${messageId}:${customId}`);
  }

  failedPress(messageId) {
    return this.#failedPresses.has(messageId);
  }

  /** Presses a button, or with `values` makes a selection. */
  async press(message, component, values) {
    const key = `${message.id}:${component.custom_id}`;
    this.#waiting.add(key);
    this.#failedPresses.delete(message.id);
    this.store.tell("messages", message);
    const sent = await this.#guarded(() =>
      api.interact({ ...this.#invoker, type: 3, message_id: message.id, custom_id: component.custom_id, values }),
    );
    const outcome = sent ? await this.store.outcome(sent.interaction_id) : { kind: "failed" };
    this.#waiting.delete(key);
    if (outcome.kind === "failed") this.#failedPresses.add(message.id);
    this.store.tell("messages", message);
    if (outcome.type === MODAL) this.#modal(sent.interaction_id, outcome.data);
  }

  #modal(interactionId, data) {
    openModal(data, {
      store: this.store,
      submit: async (values) => {
        const sent = await api.interact({ ...this.#invoker, type: 5, interaction_id: interactionId, values });
        const outcome = await this.store.outcome(sent.interaction_id);
        return outcome.kind !== "failed";
      },
    });
  }

  // --- voice ---

  /** Joins a voice channel, or leaves it if this user is in it. */
  async enterVoice(channel) {
    const { store } = this;
    if (store.myVoice?.id === channel.id) return this.leaveVoice();
    if (channel.user_limit && store.peopleIn(channel.id).length >= channel.user_limit) {
      store.tell("notice", store.t("voiceFull", { name: channel.name }));
      return;
    }
    await this.#guarded(() => api.move({ user_id: store.me.id, channel_id: channel.id }));
  }

  async leaveVoice() {
    await this.#guarded(() => api.move({ user_id: this.store.me.id, channel_id: null }));
  }

  // --- what only this page forgets ---

  dismiss(message) {
    this.dismissed.add(message.id);
    this.store.tell("messages");
  }

  dismissPending(pending) {
    this.store.pending.delete(pending.id);
    this.store.tell("messages");
  }

  async setSwitch(positions) {
    await this.#guarded(() => api.setSwitches(positions));
  }

  /** Tells the user when the simulator refuses something. */
  async #guarded(request) {
    try {
      return await request();
    } catch (error) {
      const reason = error instanceof RequestRefused || error instanceof TypeError ? error.message : String(error);
      this.store.tell("notice", this.store.t("notSent", { reason }));
      return null;
    }
  }
}
