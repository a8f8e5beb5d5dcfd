// @ts-check
// Which commands fail, the most errors first.

import { h } from "../../dom.js";
import { card, meter, pill } from "../../parts/card.js";
import { createRegion } from "../../parts/region.js";
import { skeleton } from "../../parts/states.js";

const MOST = 8;

export function createErrors({ t, formats, days, list }) {
  const region = createRegion({ load: list, draw, skeleton: () => skeleton("lines", 5), texts: t });

  function draw({ commands }) {
    const failing = commands.filter(({ errors }) => errors > 0).sort((one, other) => other.errors - one.errors);
    if (failing.length === 0) return h("p", { class: "quiet-good" }, pill("good", t("errors.none", { days: days() })));
    const most = failing[0].errors;
    return h(
      "ol",
      { class: "ranking" },
      failing.slice(0, MOST).map(({ command, kind, errors, error_rate: rate }) => {
        const text = t("errors.some", { amount: errors, count: formats.number(errors) });
        return h(
          "li",
          { key: `${kind} ${command}` },
          h("code", { class: "id", dir: "auto" }, command),
          h("span", { class: "ranking-count" }, text),
          h("span", { "aria-hidden": "true" }, meter({ share: errors / most, text, tone: "bad" })),
          h("span", { class: "beneath" }, t("errors.rate", { share: formats.percent(rate) })),
        );
      }),
    );
  }

  return {
    elements: [card({ title: t("errors.title"), note: t("errors.note") }, region.element)],
    refresh: region.refresh,
    destroy: region.destroy,
  };
}
