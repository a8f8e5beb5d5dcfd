// @ts-check
// The figures of the chosen days, beside those of as many days before if the bot was there for all of them.

import { h } from "../../dom.js";
import { card, figure, figures } from "../../parts/card.js";
import { createRegion } from "../../parts/region.js";
import { emptyState, skeleton } from "../../parts/states.js";
import { costText } from "./money.js";

/** From there on a percentage says less than "so many times". */
const TIMES = 3;

export function createTotals(given) {
  const { t, formats } = given;
  const title = h("span", {});
  const region = createRegion({ load: given.usage, draw, skeleton: () => skeleton("figures", 5), texts: t });

  function draw({ dates, total, before, outcomes, is_new: isNew }) {
    const days = dates.length;
    if (isNew) return emptyState({ icon: "assistant", title: t("empty"), text: t("empty.text") });
    const change = (name) =>
      before === null || total[name] + before[name] === 0 ? null : changeText(total[name], before[name], days, given);
    const failed = outcomes.failed ?? 0;
    const isPriced = total.unpriced_calls + (before?.unpriced_calls ?? 0) === 0;
    return figures(
      figure({ label: t("answers"), value: formats.number(total.answers), note: change("answers") }),
      figure({ label: t("tokens"), value: formats.compact(total.total_tokens), note: change("total_tokens"), title: formats.number(total.total_tokens) }),
      figure({
        label: t("cost"),
        value: costText(total, given),
        note: isPriced
          ? change("cost_usd")
          : total.unpriced_calls > 0 && t("cost.unpriced", { amount: total.unpriced_calls, count: formats.number(total.unpriced_calls) }),
      }),
      figure({ label: t("calls"), value: formats.number(total.calls), note: change("calls") }),
      figure({ label: t("failed"), value: formats.number(failed), note: total.calls > 0 && formats.percent(failed / total.calls) }),
    );
  }

  return {
    elements: [card({ title, class: "plate-whole" }, region.element)],
    refresh() {
      title.textContent = t("totals.title", { days: given.days() });
      return region.refresh();
    },
    destroy: region.destroy,
  };
}

/** How much more or less than before, in words. */
export function changeText(now, then, days, { t, formats }) {
  if (then === 0) return t("change.new", { days });
  if (now / then >= TIMES) return t("change.times", { times: formats.number(now / then), days });
  const share = now / then - 1;
  const text = formats.percent(Math.abs(share));
  if (text === formats.percent(0)) return t("change.same", { days });
  return t(share > 0 ? "change.more" : "change.less", { share: text, days });
}
