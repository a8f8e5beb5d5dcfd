// @ts-check
// Questions that got no answer, and calls to models that did not end well.

import { h } from "../../dom.js";
import { card, figure, figures, pill } from "../../parts/card.js";
import { createRegion } from "../../parts/region.js";
import { skeleton } from "../../parts/states.js";
import { moment } from "../../parts/times.js";

const KINDS = ["blocked", "limit", "refused", "failed"];
const FIRST = 5;
const MOST = 50;
const TONES = { blocked: "warn", limit: "info", refused: "info", failed: "bad", broken_off: "warn" };

export function createProblems(given) {
  const { t, formats, whose } = given;
  const load = () => given.read("assistant_problems", { p_days: given.days(), p_limit: MOST });
  const make = (draw) => createRegion({ load, draw, skeleton: () => skeleton("lines", 4), texts: t });
  const questions = make(({ counts, answers }) => {
    const sum = KINDS.reduce((all, kind) => all + counts[kind], 0);
    if (sum === 0) return fine(t("problems.none", { days: given.days() }));
    return [
      figures(
        KINDS.map((kind) => figure({ label: t(`problems.${kind}`), value: formats.number(counts[kind]), title: t(`problems.${kind}.hint`) })),
      ),
      listed(answers.map(question)),
      sum > answers.length && h("p", { class: "beneath" }, t("problems.newest", { count: formats.number(answers.length) })),
    ];
  });
  const calls = make(({ calls: shown }) => (shown.length === 0 ? fine(t("calls.none", { days: given.days() })) : listed(shown.map(call))));

  const fine = (text) => h("p", { class: "quiet-good" }, pill("good", text));

  /** The newest, and the others behind a word. */
  function listed(items) {
    const rest = items.slice(FIRST);
    return [
      h("ul", { class: "events" }, items.slice(0, FIRST)),
      rest.length > 0 && h("details", { class: "events-more" }, h("summary", {}, t("more", { count: formats.number(rest.length) })), h("ul", { class: "events" }, rest)),
    ];
  }

  function question({ at, kind, command, error, guild_id: guild, user_id: user }) {
    return event({
      at,
      mark: pill(TONES[kind], t(`problems.${kind}`)),
      what: h("code", { dir: "auto" }, command),
      text: error ? h("p", { class: "event-text", lang: "en", dir: "auto" }, error) : h("p", { class: "event-text" }, t("problems.noReason")),
      guild,
      user,
    });
  }

  function call({ at, model, purpose, outcome, guild_id: guild, user_id: user, total_tokens: tokens }) {
    const told = purposes.has(purpose) ? t(`purpose.${purpose}`) : purpose;
    return event({
      at,
      mark: pill(TONES[outcome], t(`calls.${outcome}`)),
      what: h("code", { dir: "auto" }, model || t("model.unknown")),
      text: h("p", { class: "event-text" }, told, tokens > 0 && ` · ${t("calls.tokens", { amount: tokens, count: formats.number(tokens) })}`),
      guild,
      user,
    });
  }

  function event({ at, mark, what, text, guild, user }) {
    return h(
      "li",
      { class: "event" },
      h("div", { class: "event-head" }, mark, what, h("span", { class: "event-when" }, moment(at, formats))),
      text,
      h("p", { class: "event-whose" }, whose.place(guild), " · ", whose.person(user)),
    );
  }

  return {
    elements: [card({ title: t("problems.title") }, questions.element), card({ title: t("calls.title"), note: t("calls.note") }, calls.element)],
    refresh: () => [questions, calls].forEach((region) => region.refresh()),
    destroy: () => [questions, calls].forEach((region) => region.destroy()),
  };
}

const purposes = new Set(["answer", "summary", "translation"]);
