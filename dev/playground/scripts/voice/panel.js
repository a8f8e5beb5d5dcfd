// What stands above one's own name while one is in a voice channel: where, and whether one listens.

import { el } from "../dom.js";
import { icon } from "../icons.js";
import { Ear } from "./ear.js";

const DRAWN_EACH_MS = 80;

export class VoicePanel {
  constructor(store, actions) {
    this.store = store;
    this.ear = new Ear({ changed: () => this.redraw() });
    this.state = el("strong", {});
    this.place = el("small", {});
    this.meter = el("span", { class: "voice-meter", "aria-hidden": "true" });
    this.listenText = el("span", {});
    this.listen = el(
      "button",
      { type: "button", class: "voice-listen", on: { click: () => this.ear.toggle(store.me.id) } },
      icon("headphones", 18),
      this.listenText,
      this.meter,
    );
    this.leave = el("button", { type: "button", class: "tool voice-leave", on: { click: () => actions.leaveVoice() } }, icon("hangUp", 20));
    this.problem = el("p", { class: "voice-problem", role: "status" });
    this.element = el(
      "section",
      { class: "voice-panel", hidden: true },
      el("div", { class: "voice-where" }, el("span", { class: "voice-texts" }, this.state, this.place), this.leave),
      this.listen,
      this.problem,
    );
    store.on("voice", () => this.redraw());
    setInterval(() => this.#drawLevel(), DRAWN_EACH_MS);
  }

  redraw() {
    const { store, ear } = this;
    const channel = store.myVoice;
    // Who listens is who is in the channel: somebody else hears from where they are.
    ear.follow(channel && store.voice.is_heard ? store.me.id : null);
    this.element.hidden = !channel;
    if (!channel) return;
    this.element.setAttribute("aria-label", store.t("voice"));
    this.state.textContent = store.t("voiceConnected");
    this.place.textContent = `${channel.name} · ${store.world.guild.name}`;
    this.leave.setAttribute("aria-label", store.t("leaveVoice", { name: channel.name }));
    this.leave.title = store.t("leaveVoice", { name: channel.name });
    this.listen.hidden = !store.voice.is_heard;
    this.listen.classList.toggle("on", ear.isOn);
    this.listenText.textContent = store.t(ear.isOn ? "stopListening" : "listen");
    this.problem.textContent = ear.isRefused ? store.t("cannotListen") : "";
  }

  #drawLevel() {
    if (this.ear.isOn) this.meter.style.setProperty("--level", this.ear.level.toFixed(3));
  }
}
