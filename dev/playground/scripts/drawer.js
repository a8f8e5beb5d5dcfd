// The developer's drawer: every interaction as it went over the wire, and what can go wrong.

import { el, fill, uniqueId } from "./dom.js";
import { icon } from "./icons.js";
import { jsonView } from "./json-view.js";

const MOST_SHOWN = 30;
const LONGEST_PATH = 30;
const SWITCHES = [
  { key: "switchSign", isOn: (at) => at.sign_wrongly, set: (on) => ({ sign_wrongly: on }) },
  { key: "switchDelay", isOn: (at) => at.delay_deferrals_seconds > 0, set: (on) => ({ delay_deferrals_seconds: on ? 2 : 0 }) },
  { key: "switchLimits", isOn: (at) => at.real_limits, set: (on) => ({ real_limits: on }) },
  {
    key: "switchNext",
    isOn: (at) => at.rate_limit_next > 0,
    set: (on) => ({ rate_limit_next: on ? 3 : 0, retry_after_seconds: 1.25 }),
  },
];

export class Drawer {
  #open = new Set();
  #drawn = new Map();

  constructor(store, actions) {
    this.store = store;
    this.actions = actions;
    this.head = el("div", { class: "drawer-head" });
    this.switches = el("details", { class: "hardships" });
    this.list = el("div", { class: "traces" });
    this.element = el("aside", { class: "drawer", id: "drawer" }, this.head, el("div", { class: "drawer-body" }, this.switches, this.list));
    store.on("view", () => this.redraw());
    store.on("traces", (trace) => this.#update(trace));
    store.on("switches", () => this.#drawSwitches());
    this.redraw();
  }

  redraw() {
    const { store } = this;
    this.element.setAttribute("aria-label", store.t("developer"));
    fill(
      this.head,
      el("h2", {}, icon("code", 20), store.t("wireTitle")),
      el(
        "button",
        { type: "button", class: "tool", "aria-label": store.t("close"), on: { click: () => store.set({ drawer: false }) } },
        icon("close"),
      ),
    );
    this.#drawSwitches();
    this.#drawn.clear();
    const traces = [...store.traces.values()].slice(-MOST_SHOWN).reverse();
    fill(this.list, traces.length === 0 && this.#empty(), traces.map((trace) => this.#entry(trace)));
  }

  #empty() {
    const { store } = this;
    return el(
      "div",
      { class: "wire-empty" },
      el("p", {}, store.t("wireEmpty")),
      el("p", {}, store.t("wireEndpoint"), el("br"), el("code", {}, store.world.application.interactions_url)),
    );
  }

  #update(trace) {
    const drawn = this.#drawn.get(trace.interaction_id);
    if (drawn) {
      this.#fillEntry(drawn, trace);
      return;
    }
    this.list.querySelector(".wire-empty")?.remove();
    this.list.prepend(this.#entry(trace));
    while (this.list.children.length > MOST_SHOWN) this.list.lastElementChild.remove();
  }

  // --- one interaction ---

  #entry(trace) {
    const details = el("details", { class: "trace", open: this.#open.has(trace.interaction_id) });
    details.addEventListener("toggle", () => {
      if (details.open) this.#open.add(trace.interaction_id);
      else this.#open.delete(trace.interaction_id);
    });
    this.#drawn.set(trace.interaction_id, details);
    this.#fillEntry(details, trace);
    return details;
  }

  #fillEntry(details, trace) {
    const opened = new Set([...details.querySelectorAll("details[open]")].map((one) => one.dataset.part));
    const part = (name, title, content) =>
      el("details", { class: "part", data: { part: name }, open: opened.has(name) }, el("summary", {}, title), content);
    const { store } = this;
    fill(
      details,
      el(
        "summary",
        {},
        el("span", { class: "trace-name" }, trace.name),
        trace.acknowledged_ms !== null && el("span", { class: "trace-ms" }, milliseconds(trace.acknowledged_ms, store)),
        status(trace.status),
      ),
      this.#facts(trace),
      trace.note && el("p", { class: "trace-note" }, icon("warning", 16), trace.note),
      part("payload", store.t("payload"), jsonView(trace.payload, store)),
      part("signature", store.t("signature"), jsonView({ url: trace.url, headers: trace.request_headers }, store)),
      part("response", store.t("response"), jsonView({ status: trace.status, headers: trace.response_headers, body: trace.response }, store)),
      el("h3", {}, `${store.t("restCalls")} — ${trace.calls.length}`),
      trace.calls.map((call, index) => {
        const title = [status(call.status), el("span", { class: "call-method" }, call.method), el("span", { class: "call-path" }, shortPath(call.path)), el("span", { class: "trace-ms" }, milliseconds(call.milliseconds, store))];
        return part(`call-${index}`, title, [
          call.request !== null && [el("h4", {}, store.t("request")), jsonView(call.request, store)],
          el("h4", {}, store.t("response")),
          jsonView(call.response, store),
        ]);
      }),
    );
  }

  #facts(trace) {
    const { store } = this;
    const by = trace.acknowledged_by === "rest" ? store.t("byRest") : store.t("byHttp");
    const acknowledged = trace.acknowledged_ms === null ? store.t("notYet") : `${milliseconds(trace.acknowledged_ms, store)} · ${by}`;
    const facts = [
      [store.t("factStatus"), trace.status ?? store.t("none")],
      [store.t("factAcknowledged"), acknowledged],
      [store.t("factEdits"), trace.edits],
      [store.t("factLastEdit"), trace.last_edit_ms === null ? store.t("none") : milliseconds(trace.last_edit_ms, store)],
    ];
    return el("dl", { class: "facts" }, facts.map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, String(value)))));
  }

  // --- what can go wrong ---

  #drawSwitches() {
    const { store } = this;
    const focused = document.activeElement?.dataset?.switch;
    const on = SWITCHES.filter((one) => one.isOn(store.switches)).length;
    fill(
      this.switches,
      el("summary", {}, el("span", {}, store.t("hardships")), on > 0 && el("span", { class: "count" }, on)),
      SWITCHES.map((one) => {
        const id = uniqueId("switch");
        const isOn = one.isOn(store.switches);
        return el(
          "div",
          { class: "switch-row" },
          el("div", {}, el("span", { id }, store.t(one.key)), el("small", {}, store.t(`${one.key}Hint`))),
          el(
            "button",
            {
              type: "button",
              class: "switch",
              role: "switch",
              "aria-checked": String(isOn),
              "aria-labelledby": id,
              data: { switch: one.key },
              on: { click: () => this.actions.setSwitch(one.set(!isOn)) },
            },
            el("span", { class: "knob" }),
          ),
        );
      }),
    );
    if (focused) this.switches.querySelector(`[data-switch="${focused}"]`)?.focus();
  }
}

function milliseconds(count, store) {
  return store.t("milliseconds", { count: count < 10 ? count.toFixed(1) : Math.round(count) });
}

function status(code) {
  if (code === null) return el("span", { class: "status pending" }, "···");
  const kind = code < 300 ? "good" : code === 429 ? "slow" : "bad";
  return el("span", { class: `status ${kind}` }, String(code));
}

function shortPath(path) {
  const short = path.replace("/api/v10", "").replace(/\d{17,}/g, (id) => `…${id.slice(-4)}`);
  return short.length > LONGEST_PATH ? `…${short.slice(1 - LONGEST_PATH)}` : short;
}
