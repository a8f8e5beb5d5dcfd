// @ts-check
// The frame around a view: the rail (on a phone a bar below), and the top line.

import { fill, h, patch } from "./dom.js";
import { POLL_SECONDS } from "./live.js";
import { pill } from "./parts/card.js";
import { comet, icon } from "./parts/icon.js";
import { button } from "./parts/states.js";
import { languageButton, themeButton } from "./switches.js";

const TONES = { healthy: "good", degraded: "warn", unhealthy: "bad", unknown: "unknown" };
/** Views that a phone's bar has no room for. */
const BEHIND_MORE = ["commands", "queue"];

/**
 * @param {HTMLElement} root
 * @param {{views: string[], texts: import("./texts.js").Translate, formats: any, route: any, live: any, overview: any, session: any, person: any, config: any}} given
 */
export function createShell(root, { views, texts: t, formats, route, live, overview, session, person, config }) {
  const state = h("a", { class: "top-state", href: route.href("overview") });
  const connection = h("p", { class: "top-live", role: "status" });
  const spoken = h("div", { class: "for-readers", "aria-live": "polite" });
  const content = h("main", { class: "content", id: "content", tabindex: -1 });
  const links = new Map(views.map((view) => [view, link(view)]));
  const more = h(
    "div",
    { class: "rail-more" },
    h("button", { type: "button", class: "rail-link", popovertarget: "more-views" }, icon("more"), h("span", {}, t("view.more"))),
    h("div", { id: "more-views", class: "popover popover-more", popover: "auto" }, BEHIND_MORE.map((view) => link(view))),
  );

  function link(view) {
    return h(
      "a",
      { class: `rail-link${BEHIND_MORE.includes(view) ? " rail-extra" : ""}`, href: route.href(view), title: t(`view.${view}`), data: { view } },
      icon(view),
      h("span", {}, t(`view.${view}`)),
    );
  }

  function account() {
    return [
      h("button", { type: "button", class: "switch switch-account", popovertarget: "account", "aria-label": t("account"), title: person.name }, icon("person")),
      h(
        "div",
        { id: "account", class: "popover popover-account", popover: "auto" },
        h("p", { class: "account-name", dir: "auto" }, person.name),
        h("p", { class: "account-id" }, t("discordId", { id: person.id })),
        button({ label: t("signOut"), on: () => session.signOut() }),
        h("p", { class: "account-version" }, t("version", { version: config.version })),
      ),
    ];
  }

  function drawState() {
    const { status, value, error } = overview;
    const text = t(value || error || status !== "unknown" ? `status.${status}` : "status.asking");
    state.setAttribute("aria-label", `${t("status.label")}: ${text}`);
    patch(state, pill(TONES[status], text));
  }

  function drawLive() {
    const values = { seconds: POLL_SECONDS, time: formats.time(live.lastSeen) };
    connection.dataset.state = live.state;
    connection.title = live.state === "connecting" ? "" : t(`live.${live.state}.hint`, values);
    patch(connection, h("span", { class: "live-dot", "aria-hidden": "true" }), h("span", { class: "live-text" }, t(`live.${live.state}`, values)));
  }

  fill(
    root,
    h(
      "a",
      {
        class: "skip",
        href: "#content",
        on: {
          click: (event) => {
            event.preventDefault();
            content.focus();
          },
        },
      },
      t("skip"),
    ),
    h(
      "div",
      { class: "shell" },
      h("nav", { class: "rail", "aria-label": t("views") }, h("p", { class: "brand" }, comet(28), h("span", {}, t("product"))), h("div", { class: "rail-links" }, [...links.values()], more)),
      h(
        "header",
        { class: "top" },
        h("p", { class: "top-brand" }, comet(24), h("span", {}, t("product"))),
        state,
        connection,
        h("div", { class: "top-tools" }, languageButton(t), themeButton(t), account()),
      ),
      content,
    ),
    spoken,
  );
  drawState();
  drawLive();
  const ends = [overview.on(drawState), live.on(drawLive)];

  return {
    content,
    /** Marks the view that is shown, in the rail and in the document's title. */
    mark(view) {
      for (const each of root.querySelectorAll("[data-view]")) {
        if (each.dataset.view === view) each.setAttribute("aria-current", "page");
        else each.removeAttribute("aria-current");
      }
      more.classList.toggle("rail-more-current", BEHIND_MORE.includes(view));
      const popover = document.querySelector("#more-views");
      if (popover?.matches(":popover-open")) popover.hidePopover();
      document.title = t("pageTitle", { view: t(`view.${view}`) });
    },
    /** Has a screen reader say something when it has finished what it says. */
    announce(text) {
      fill(spoken, h("p", {}, text));
    },
    destroy() {
      ends.forEach((end) => end());
    },
  };
}
