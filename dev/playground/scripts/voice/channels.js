// The voice channels in the list, each with whoever is in it. What changes is changed in place: a
// mark that comes and goes must take nobody's focus away.

import { el, fill } from "../dom.js";
import { icon } from "../icons.js";
import { avatar, displayName } from "../people.js";

export class VoiceChannels {
  #rooms = new Map();

  constructor(store, actions) {
    this.store = store;
    this.actions = actions;
    this.element = el("ul", { class: "voice-channels" });
    for (const channel of store.voiceChannels) this.#rooms.set(channel.id, this.#room(channel));
    this.element.append(...[...this.#rooms.values()].map((room) => room.element));
    store.on("voice", () => this.redraw());
  }

  redraw() {
    for (const [id, room] of this.#rooms) this.#update(id, room);
  }

  #room(channel) {
    const count = el("small", { class: "voice-count", "aria-hidden": "true" });
    const button = el(
      "button",
      { type: "button", class: "channel", on: { click: () => this.actions.enterVoice(channel) } },
      icon("voice", 20),
      el("span", { class: "channel-name" }, channel.name),
      count,
    );
    const people = el("ul", { class: "voice-people" });
    return { channel, button, count, people, shown: new Map(), element: el("li", {}, button, people) };
  }

  #update(id, room) {
    const { store } = this;
    const { channel } = room;
    const inside = store.peopleIn(id);
    const joined = store.myVoice?.id === id;
    room.button.setAttribute("aria-pressed", String(joined));
    room.button.title = store.t(joined ? "leaveVoice" : "joinVoice", { name: channel.name });
    room.count.textContent = channel.user_limit ? `${inside.length}/${channel.user_limit}` : "";
    room.people.setAttribute("aria-label", store.t("peopleIn", { name: channel.name }));
    room.people.hidden = inside.length === 0;
    for (const userId of [...room.shown.keys()]) {
      if (!inside.some((one) => one.user_id === userId)) room.shown.delete(userId);
    }
    for (const one of inside) {
      const person = room.shown.get(one.user_id) ?? this.#person(one.user_id);
      room.shown.set(one.user_id, person);
      person.element.classList.toggle("speaking", one.is_speaking);
      person.mark.textContent = one.is_speaking ? store.t("speaking") : "";
    }
    const wanted = [...room.shown.values()].map((person) => person.element);
    if (wanted.length !== room.people.children.length || wanted.some((one, index) => room.people.children[index] !== one)) {
      fill(room.people, wanted);
    }
  }

  #person(userId) {
    const user = this.store.user(userId);
    const mark = el("span", { class: "visually-hidden" });
    return { mark, element: el("li", { class: "voice-person" }, avatar(user, 24), el("span", { class: "voice-name" }, displayName(user)), mark) };
  }
}
