// @ts-check
// Puts the page together: settings, who is looking, the frame, and the view that the address names.

import { loadConfig } from "./config.js";
import { createData } from "./data.js";
import { fill, h } from "./dom.js";
import { createFormats, localeOf } from "./formats.js";
import { createGate } from "./gate.js";
import { createLive } from "./live.js";
import { applyLook, look } from "./look.js";
import { askOverview, createOverview } from "./overview.js";
import { errorState, skeleton } from "./parts/states.js";
import { keepTime } from "./parts/times.js";
import { createRoute } from "./routing.js";
import { createSession } from "./session.js";
import { createShell } from "./shell.js";
import { translator } from "./texts.js";

const VIEWS = {
  overview: () => import("./views/overview.js"),
  system: () => import("./views/system.js"),
  assistant: () => import("./views/assistant.js"),
  commands: () => import("./views/commands.js"),
  music: () => import("./views/music.js"),
  queue: () => import("./views/queue.js"),
  logs: () => import("./views/logs.js"),
};

/** By then a view has usually fetched what it shows. */
const SETTLED_MS = 3_000;

const root = /** @type {HTMLElement} */ (document.querySelector("#app"));

/**
 * What a view is given.
 * @typedef {{
 *   data: ReturnType<typeof createData>, live: ReturnType<typeof createLive>, route: ReturnType<typeof createRoute>,
 *   overview: ReturnType<typeof createOverview>, formats: ReturnType<typeof createFormats>,
 *   texts: (dictionary: import("./texts.js").Dictionary) => import("./texts.js").Translate,
 *   announce: (text: string) => void, now: () => number, config: import("./config.js").Config, language: "en" | "ja",
 *   person: import("./session.js").Person, kept: Record<string, any> | null,
 * }} Context now: the database's clock, in milliseconds; kept: what `keep` gave before the page was
 *     drawn anew in another language
 * @typedef {{update?: (params: Record<string, string>) => void, keep?: () => Record<string, any>, destroy: () => void}} Mounted
 * @typedef {{name: string, mount: (root: HTMLElement, context: Context) => Mounted}} View
 */

async function start() {
  applyLook();
  /** @type {() => void} */
  let showGate = () => {};
  const gate = () => createGate(root, translator(look.language));
  look.on((what) => what === "language" && showGate());
  fetchView();
  if (!("supabase" in globalThis && "uPlot" in globalThis)) {
    showGate = () => gate().broken({ incomplete: true });
    return showGate();
  }
  let config;
  try {
    config = await loadConfig();
  } catch {
    showGate = () => gate().broken();
    return showGate();
  }
  if (!config.supabase_url || !config.publishable_key) {
    showGate = () => gate().noDatabase();
    return showGate();
  }
  const client = supabase.createClient(config.supabase_url, config.publishable_key, { auth: { flowType: "pkce" } });
  const session = createSession(client, { known: begin });
  /** @type {{end: () => void, redraw: () => void} | null} */
  let dashboard = null;
  /** @type {{data: ReturnType<typeof createData>, overview: ReturnType<typeof askOverview>} | null} */
  let begun = null;
  let told = "";

  session.on((standing) => {
    // Asked again and again, it would take the focus each time.
    const isSame = standing.kind === "unreachable" && told === "unreachable";
    told = standing.kind;
    if (isSame) return;
    if (standing.kind === "admin" && dashboard) return;
    dashboard?.end();
    dashboard = null;
    if (standing.kind === "admin") session.restorePlace();
    const show = {
      admin: () => (dashboard ? dashboard.redraw() : (dashboard = openDashboard({ client, session, config, person: standing.person, begun }))),
      refused: () => gate().refused({ session, person: standing.person }),
      unreachable: () => gate().unreachable({ session, detail: standing.detail }),
      expired: () => gate().signIn({ session, config, ended: true }),
      "signed-out": () => gate().signIn({ session, config, detail: standing.detail, isServers: standing.isServers }),
    };
    showGate = show[standing.kind];
    showGate();
  });
  session.ask();

  /** Asks how the bot is while it is still asked who is looking; a stranger is told nothing. */
  function begin() {
    if (dashboard) return;
    const data = createData(client, session);
    begun = { data, overview: askOverview(data, config.timezone) };
    begun.overview.catch(() => {}); // told by whoever shows it
  }
}

/** Has the view of the address come meanwhile. What is wrong with it is told when it is shown. */
function fetchView() {
  const [, name = ""] = location.hash.match(/^#\/(\w+)/) ?? [];
  const view = Object.hasOwn(VIEWS, name) ? VIEWS[name] : VIEWS.overview;
  view().catch(() => {});
}

/** Has the other views come as well, for the time that there is no network. */
async function fetchViews() {
  // One after the other, so that whatever the reader does meanwhile goes first.
  for (const view of Object.values(VIEWS)) await view().catch(() => {});
}

/** Everything that an admin sees, until `end`. */
function openDashboard({ client, session, config, person, begun }) {
  const { data } = begun;
  const live = createLive(client, data.reached);
  const route = createRoute(Object.keys(VIEWS));
  const overview = createOverview({ data, live, zone: config.timezone, begun: begun.overview, refused: () => session.ask() });
  // The database's clock: a reader's may be minutes wrong, and what is shown was written by the other.
  const now = () => Date.now() + overview.aheadMs;
  let drawn = draw();
  overview.refresh();

  /** @param {Record<string, any> | null} [kept] */
  function draw(kept = null) {
    const { language } = look;
    const t = translator(language);
    const formats = createFormats(localeOf(language), { now });
    const shell = createShell(root, { views: Object.keys(VIEWS), texts: t, formats, route, live, overview, session, person, config });
    /** @type {Context} */
    const context = {
      data, live, route, overview, formats, config, language, person, now, kept,
      announce: shell.announce,
      texts: (dictionary) => translator(language, dictionary),
    };
    const stopTime = keepTime(formats);
    const views = showViews({ shell, context, texts: t });
    return {
      keep: views.keep,
      end() {
        views.end();
        stopTime();
        shell.destroy();
      },
    };
  }

  return {
    redraw() {
      const kept = drawn.keep();
      drawn.end();
      drawn = draw(kept);
    },
    end() {
      drawn.end();
      overview.end();
      live.end();
      route.end();
    },
  };
}

/** Shows the view of the address, and the next one whenever that changes. */
function showViews({ shell, context, texts: t }) {
  /** @type {{name: string, view: Mounted | null} | null} */
  let shown = null;
  let { kept } = context;

  async function show({ view: name, params }, { focus = true } = {}) {
    if (shown?.name === name) return shown.view?.update?.(params);
    shown?.view?.destroy();
    const mine = { name, view: /** @type {Mounted | null} */ (null) };
    shown = mine;
    context.data.leave();
    shell.mark(name);
    // Whoever is no admin any more would be shown empty tables.
    if (focus && name !== "overview") context.overview.refresh();
    const heading = h("h1", { class: "view-title", tabindex: -1 }, t(`view.${name}`));
    const body = h("div", { class: `view view-${name}` }, skeleton("figures", 6), skeleton("chart", 1));
    fill(shell.content, h("div", { class: "view-head" }, heading), body);
    if (focus) {
      heading.focus({ preventScroll: true });
      window.scrollTo(0, 0);
    }
    await open();

    async function open() {
      let module;
      try {
        module = await VIEWS[name]();
      } catch (error) {
        if (shown === mine) lack(error);
        return;
      }
      if (shown !== mine) return;
      mine.view?.destroy();
      fill(body);
      try {
        mine.view = module.default.mount(body, { ...context, kept });
      } catch (error) {
        shown = null;
        fill(body, errorState(Object.assign(error, { kind: "failed", detail: error.message }), () => show(context.route.current), t));
        throw error;
      }
      kept = null;
      // The address may have changed while the view was on its way.
      if (context.route.current.view === name) mine.view.update?.(context.route.current.params);
      setTimeout(fetchViews, SETTLED_MS);
    }

    /** Says that the view did not come, and opens it as soon as it does. */
    function lack(error) {
      if (mine.view) return;
      // A module that cannot be fetched is a TypeError; any other is a fault of the module.
      const kind = error instanceof TypeError ? "offline" : "failed";
      fill(body, errorState(Object.assign(error, { kind, detail: error.message }), open, t));
      mine.view = { destroy: context.live.watch({ tables: [], refetch: open }) };
    }
  }

  show(context.route.current, { focus: false });
  const unhear = context.route.on((place) => show(place));
  return {
    /** What the view that is shown wants to find again. */
    keep: () => shown?.view?.keep?.() ?? null,
    end() {
      unhear();
      shown?.view?.destroy();
      shown = null;
    },
  };
}

start();
