// @ts-check
// Whose limits are near their end, and when they open again.

import { h } from "../../dom.js";
import { card, meter, pill } from "../../parts/card.js";
import { createRegion } from "../../parts/region.js";
import { skeleton } from "../../parts/states.js";

const NEAR = 0.8;

export function createLimits(given) {
  const { t, formats, whose, zone } = given;
  const region = createRegion({
    load: () => given.read("assistant_limits", { p_zone: zone, p_share: NEAR }),
    draw,
    skeleton: () => skeleton("lines", 1),
    texts: t,
  });

  function draw(limits) {
    if (limits.length === 0) return h("p", { class: "quiet-good" }, pill("good", t("limits.none")));
    return h(
      "ul",
      { class: "limits" },
      limits.map((limit) => h("li", { class: "limit", key: [limit.scope, limit.user_id, limit.guild_id, limit.what].join() }, parts(limit))),
    );
  }

  function parts(limit) {
    const isOut = limit.share >= 1;
    const share = formats.percent(limit.share);
    return [
      h("p", { class: "limit-head" }, h("span", {}, t(`limits.${limit.what}`)), pill(isOut ? "bad" : "warn", isOut ? t("limits.out") : share)),
      h("p", { class: "limit-who" }, who(limit)),
      meter({ share: limit.share, text: share, tone: isOut ? "bad" : "warn" }),
      h("p", { class: "limit-foot" }, h("span", {}, used(limit)), h("span", { title: formats.full(limit.opens_at) }, t("limits.opens", { time: formats.dateTime(limit.opens_at) }))),
    ];
  }

  function who({ scope, user_id: user, guild_id: guild }) {
    if (scope !== "user") return guild ? t("limits.guild", { id: guild }) : t("directMessages");
    return [whose.person(user), h("span", { class: "beneath" }, guild ? t("limits.guild", { id: guild }) : t("directMessages"))];
  }

  function used({ what, used: amount, limit }) {
    const write = what === "budget" ? formats.money : formats.number;
    return t("limits.of", { used: write(amount), limit: write(limit) });
  }

  return {
    elements: [card({ title: t("limits.title"), note: t("limits.note", { share: formats.percent(NEAR) }), class: "plate-whole" }, region.element)],
    refresh: region.refresh,
    destroy: region.destroy,
  };
}
