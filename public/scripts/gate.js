// @ts-check
// What stands before the dashboard: signing in, being told that one may not, and what is missing.

import { fill, h } from "./dom.js";
import { comet, icon } from "./parts/icon.js";
import { button } from "./parts/states.js";
import { languageButton, themeButton } from "./switches.js";

const AGAIN_MS = 15_000;
const VARIABLES = ["SUPABASE_URL", "SUPABASE_SECRET_KEY", "SUPABASE_PUBLISHABLE_KEY"];

/**
 * Has `ask` called every 15 seconds, when the network comes back and when the reader does, until it
 * answers true or `element` is shown no more.
 * @param {HTMLElement} element
 * @param {() => Promise<unknown>} ask
 */
function keepAsking(element, ask) {
  const life = new AbortController();
  let isAsking = false;
  async function again() {
    if (!element.isConnected) return life.abort();
    if (isAsking || document.hidden) return;
    isAsking = true;
    const isDone = await ask();
    isAsking = false;
    if (isDone === true) life.abort();
  }
  const timer = setInterval(again, AGAIN_MS);
  life.signal.addEventListener("abort", () => clearInterval(timer));
  window.addEventListener("online", again, { signal: life.signal });
  document.addEventListener("visibilitychange", again, { signal: life.signal });
}

/**
 * @param {HTMLElement} root
 * @param {import("./texts.js").Translate} t
 */
export function createGate(root, t) {
  /** One page in the middle, with one heading that the focus goes to. */
  function show({ title, text = null, tone = null }, ...body) {
    const heading = h("h1", { class: "gate-title", tabindex: -1 }, title);
    document.title = `${title} · ${t("product")}`;
    fill(
      root,
      h(
        "div",
        { class: "gate" },
        h("div", { class: "gate-switches" }, languageButton(t), themeButton(t)),
        h(
          "main",
          { class: "gate-card", id: "content" },
          h("p", { class: "gate-brand" }, comet(40), h("span", {}, t("product"))),
          tone && h("span", { class: `gate-icon gate-${tone}` }, icon(tone, 28)),
          heading,
          text && h("p", { class: "gate-text" }, text),
          body,
        ),
      ),
    );
    heading.focus({ preventScroll: true });
  }

  const failure = () => h("p", { class: "gate-failure", role: "alert" });

  return {
    /**
     * The way in; `ended` where a sign-in has just run out, `detail` what went wrong before, and
     * `isServers` where it went wrong on the server, which may be well again in a moment.
     */
    async signIn({ session, config, ended = false, detail = null, isServers = false }) {
      const said = failure();
      if (detail) fill(said, t(isServers ? "gate.failedThere" : "gate.failed"), " ", h("span", { lang: "en" }, detail));
      const attempt = (account) => async () => {
        try {
          await session.signIn(account);
        } catch (error) {
          fill(said, `${t("gate.failed")} ${error.message}`);
        }
      };
      const ways = h("div", { class: "gate-ways", "aria-busy": "true" });
      const note = h("p", { class: "gate-text" }, t(ended ? "gate.endedText" : "gate.text"));
      show({ title: t(ended ? "gate.ended" : "gate.welcome") }, note, ways, said);
      const offer = async () => {
        try {
          const found = await session.ways(config);
          if (said.textContent === t("gate.unreachable")) fill(said);
          draw(found);
          return true;
        } catch {
          if (said.textContent === "") fill(said, t("gate.unreachable"));
          return false;
        }
      };
      if (await offer()) return;
      draw({ accounts: [], discord: true });
      keepAsking(ways, offer);

      function draw(found) {
        ways.removeAttribute("aria-busy");
        const [admin, ...others] = found.accounts;
        if (!admin) {
          fill(ways, found.discord ? button({ label: t("gate.discord"), kind: "main", on: attempt() }) : h("p", { class: "gate-failure" }, t("gate.noDiscord")));
          return;
        }
        if (!ended) fill(note, t("gate.local"));
        fill(
          ways,
          button({ label: t("gate.admin"), kind: "main", on: attempt(admin.name) }),
          others.length > 0 &&
            h(
              "details",
              { class: "gate-others" },
              h("summary", {}, t("gate.others")),
              others.map((account) => button({ label: t("gate.as", { name: account.label }), kind: "quiet", on: attempt(account.name) })),
            ),
        );
      }
    },

    refused({ session, person }) {
      const command = `python3 dev admin add ${person.id}`;
      const copy = button({
        label: t("gate.copy"),
        on: async () => {
          await navigator.clipboard.writeText(command);
          fill(copy, t("gate.copied"));
        },
      });
      show(
        { title: t("gate.refused", { name: person.name }), text: t("gate.refusedText"), tone: "info" },
        h("p", { class: "gate-command" }, h("code", {}, command), copy),
        h(
          "div",
          { class: "gate-ways" },
          button({ label: t("gate.checkAgain"), kind: "main", on: () => session.ask() }),
          button({ label: t("gate.other"), kind: "quiet", on: () => session.signOut() }),
        ),
      );
    },

    noDatabase() {
      const guide = `https://supabase.com/docs/guides/api/api-keys`;
      show(
        { title: t("gate.noDatabase"), text: t("gate.noDatabaseText"), tone: "info" },
        h("ul", { class: "gate-list" }, VARIABLES.map((name) => h("li", {}, h("code", {}, name)))),
        h("p", { class: "gate-text" }, h("a", { href: guide, target: "_blank", rel: "noopener noreferrer", hreflang: "en" }, t("gate.noDatabaseGuide"))),
      );
    },

    unreachable({ session, detail = "" }) {
      const word = h("p", { class: "gate-text", role: "status" });
      const again = async () => {
        fill(word, t("loading"));
        await session.ask();
        fill(word);
      };
      const ways = h("div", { class: "gate-ways" }, button({ label: t("tryAgain"), kind: "main", icon: "again", on: again }));
      show(
        { title: t("gate.unreachable"), text: t("gate.unreachableText"), tone: "warn" },
        detail && h("p", { class: "gate-text", lang: "en" }, detail),
        ways,
        word,
      );
      keepAsking(ways, session.ask);
    },

    /** `incomplete` where it is not the settings, but a part of the page that did not come. */
    broken({ incomplete = false } = {}) {
      show(
        { title: t("gate.broken"), text: t(incomplete ? "gate.incompleteText" : "gate.brokenText"), tone: "warn" },
        h("div", { class: "gate-ways" }, button({ label: t("tryAgain"), kind: "main", icon: "again", on: () => location.reload() })),
      );
    },
  };
}
