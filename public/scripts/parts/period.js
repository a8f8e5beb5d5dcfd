// @ts-check
// How many days a view looks back on; its address says so (?days=7).

import { segmented } from "./filters.js";

const PERIODS = ["7", "30", "90"];
const USUAL = "30";

/**
 * @param {{texts: import("../texts.js").Translate, route: any, onChange: () => void}} options `texts`
 *     have "period" and "period.days"; `onChange` hears that other days are wanted
 */
export function createPeriod({ texts: t, route, onChange }) {
  const asked = (params) => (PERIODS.includes(params.days) ? params.days : USUAL);
  let chosen = asked(route.current.params);

  function choose(days) {
    if (days === chosen) return;
    chosen = days;
    onChange();
  }

  const control = segmented({
    label: t("period"),
    options: PERIODS.map((days) => ({ value: days, label: t("period.days", { count: days }) })),
    value: chosen,
    on: (days) => {
      route.set({ days: days === USUAL ? null : days }, { replace: false });
      choose(days);
    },
  });

  return {
    element: control,
    get days() {
      return Number(chosen);
    },
    /** Follows the address, after a link or "back". */
    follow(params) {
      control.choose(asked(params));
      choose(asked(params));
    },
  };
}
