// @ts-check
// Whose limits are near their end, and when they open again.

import { h } from "../../dom.js";
import { card, meter, pill } from "../../parts/card.js";
import { createRegion } from "../../parts/region.js";
import { skeleton } from "../../parts/states.js";
import { table } from "../../parts/table.js";
import { moment } from "../../parts/times.js";
import { whose } from "./whose.js";

const NEAR = 0.8;

export function createLimits(given) {
  const { t, formats, zone } = given;
  const region = createRegion({
    load: () => given.read("assistant_limits", { p_zone: zone, p_share: NEAR }),
    draw,
    skeleton: () => skeleton("lines", 1),
    texts: t,
  });

  function draw(limits) {
    if (limits.length === 0) return h("p", { class: "quiet-good" }, pill("good", t("limits.none")));
    return table({
      caption: t("limits.title"),
      rows: limits,
      key: (limit) => [limit.scope, limit.user_id, limit.guild_id, limit.what].join(),
      columns: [
        { label: t("limits.who"), main: true, cell: (limit) => who(limit) },
        { label: t("limits.what"), cell: (limit) => t(`limits.${limit.what}`) },
        { label: t("limits.used"), numeric: true, cell: (limit) => used(limit) },
        { label: t("limits.share"), cell: (limit) => share(limit) },
        { label: t("limits.opens"), cell: (limit) => moment(limit.opens_at, formats) },
      ],
    });
  }

  function who({ scope, user_id: user, guild_id: guild }) {
    if (scope !== "user") return whose.place(guild, t);
    return [whose.person(user, t), h("span", { class: "beneath" }, guild ? t("limits.in", { place: t("limits.guild", { id: guild }) }) : t("limits.inDirect"))];
  }

  function used({ what, used: amount, limit }) {
    const write = what === "budget" ? formats.money : formats.number;
    return t("limits.of", { used: write(amount), limit: write(limit) });
  }

  function share({ share: part }) {
    const isOut = part >= 1;
    const text = formats.percent(part);
    return h("span", { class: "share" }, meter({ share: part, text, tone: isOut ? "bad" : "warn" }), pill(isOut ? "bad" : "warn", isOut ? t("limits.out") : text));
  }

  return {
    elements: [card({ title: t("limits.title"), note: t("limits.note", { share: formats.percent(NEAR) }), class: "plate-whole" }, region.element)],
    refresh: region.refresh,
    destroy: region.destroy,
  };
}
