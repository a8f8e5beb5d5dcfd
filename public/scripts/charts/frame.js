// @ts-check
// What every chart has around its canvas: the readout beneath the cursor, keys, a table of its
// numbers, and a canvas that follows the page's width and theme.

import { fill, h, uniqueId } from "../dom.js";
import { look } from "../look.js";
import { table } from "../parts/table.js";

/**
 * @typedef {{label: string, colour: string, text: (index: number) => string}} Reading one line of the readout
 * @param {{
 *   caption: string, height: number, texts: import("../texts.js").Translate, zoom?: any,
 *   options: () => any, data: () => any[], when: (index: number) => string,
 *   readings: () => Reading[], numbers: () => {columns: any[], rows: any[]},
 * }} given `options` are uPlot's without the size; `numbers` is asked when the table is opened
 */
export function createFrame({ caption, height, texts: t, zoom, options, data, when, readings, numbers }) {
  const hint = uniqueId("hint");
  const readout = h("div", { class: "readout", hidden: true });
  const spoken = h("p", { class: "for-readers", "aria-live": "polite" });
  const canvas = h("div", {
    class: "chart-canvas",
    role: "group",
    tabindex: 0,
    "aria-label": caption,
    "aria-describedby": hint,
    style: { "--height": `${height}px` },
    on: { keydown: press, blur: () => plot && point(null) },
  });
  const legend = h("ul", { class: "legend" });
  const rows = h("div", { class: "numbers-body" });
  const details = h(
    "details",
    { class: "numbers", on: { toggle: () => drawNumbers() } },
    h("summary", {}, t("chart.numbers"), h("span", { class: "for-readers" }, ` – ${caption}`)),
    rows,
  );
  const element = h(
    "div",
    { class: "chart" },
    legend,
    h("div", { class: "chart-plot" }, canvas, readout),
    h("p", { id: hint, class: "for-readers" }, t(zoom ? "chart.keysZoom" : "chart.keys")),
    spoken,
    details,
  );
  /** @type {any} */
  let plot = null;
  let drawnWidth = 0;
  let drawnKinds = "";

  /** What a drawing cannot change any more: which lines or bars it has, and in which colours. */
  const kinds = () => JSON.stringify(readings().map(({ label, colour }) => [label, colour]));

  function draw() {
    const width = Math.floor(canvas.clientWidth);
    if (width === 0) return;
    const { left, top } = plot?.cursor ?? { left: -10, top: -10 };
    plot?.destroy();
    drawnWidth = width;
    drawnKinds = kinds();
    const given = options();
    plot = new uPlot(
      {
        ...given,
        width,
        height,
        legend: { show: false },
        hooks: {
          setCursor: [showReadout],
          setSelect: [
            ({ select, posToVal, setSelect }) => {
              if (!zoom || select.width < 4) return;
              const since = Math.round(plot.posToVal(select.left, "x"));
              const until = Math.round(plot.posToVal(select.left + select.width, "x"));
              plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
              zoom.set({ since, until });
            },
          ],
        },
      },
      data(),
      canvas,
    );
    if (left >= 0) plot.setCursor({ left, top });
    legend.hidden = readings().length < 2;
    fill(
      legend,
      readings().map((reading) => h("li", {}, h("span", { class: "swatch", style: { "--swatch": `var(--${reading.colour})` } }), reading.label)),
    );
  }

  function showReadout(shown) {
    const { idx, left } = shown.cursor;
    readout.hidden = idx === null || idx === undefined || left < 0;
    if (readout.hidden) return;
    fill(
      readout,
      h("p", { class: "readout-when" }, when(idx)),
      readings().map((reading) =>
        h("p", {}, h("span", { class: "swatch", style: { "--swatch": `var(--${reading.colour})` } }), `${reading.label} `, h("b", {}, reading.text(idx))),
      ),
    );
    const box = shown.over.getBoundingClientRect();
    const frame = element.querySelector(".chart-plot").getBoundingClientRect();
    const x = box.left - frame.left + left;
    const isRight = left > box.width / 2;
    readout.style.setProperty("left", isRight ? "auto" : `${x + 12}px`);
    readout.style.setProperty("right", isRight ? `${frame.width - x + 12}px` : "auto");
  }

  /** Puts the cursor on a point, or away. */
  function point(index) {
    if (index === null) return plot.setCursor({ left: -10, top: -10 });
    return plot.setCursor({ left: plot.valToPos(plot.data[0][index], "x"), top: height / 3 });
  }

  function press(event) {
    if (!plot || event.altKey || event.ctrlKey || event.metaKey) return;
    const last = plot.data[0].length - 1;
    const at = plot.cursor.left >= 0 ? plot.cursor.idx : null;
    const act = {
      ArrowLeft: () => step(at === null ? last : Math.max(0, at - 1)),
      ArrowRight: () => step(at === null ? 0 : Math.min(last, at + 1)),
      PageUp: () => zoom?.move(-0.5),
      PageDown: () => zoom?.move(0.5),
      Home: () => step(0),
      End: () => step(last),
      "+": () => zoom?.scale(0.5, at === null ? undefined : plot.data[0][at]),
      "-": () => zoom?.scale(2, at === null ? undefined : plot.data[0][at]),
      Escape: () => (zoom?.range ? zoom.reset() : point(null)),
    }[event.key === ";" || event.key === "=" ? "+" : event.key];
    if (!act || last < 0) return;
    event.preventDefault();
    act();
  }

  function step(index) {
    point(index);
    spoken.textContent = `${when(index)}: ${readings().map((reading) => `${reading.label} ${reading.text(index)}`).join(", ")}`;
  }

  function drawNumbers() {
    if (!details.open) return void fill(rows);
    const { columns, rows: shown } = numbers();
    fill(rows, table({ caption, columns, rows: shown }));
  }

  const sizes = new ResizeObserver(() => {
    const width = Math.floor(canvas.clientWidth);
    if (width === 0 || width === drawnWidth) return;
    if (!plot) return draw();
    drawnWidth = width;
    plot.setSize({ width, height });
  });
  sizes.observe(canvas);
  const looks = look.on(() => requestAnimationFrame(draw));

  return {
    element,
    /** Shows new data; the cursor and a drag that has begun stay where they are. */
    redraw() {
      if (plot && kinds() === drawnKinds) plot.setData(data());
      else draw();
      drawNumbers();
    },
    destroy() {
      sizes.disconnect();
      looks();
      plot?.destroy();
      plot = null;
    },
  };
}

/** An axis without clutter: short labels, hairlines across. `values` says each split. */
export function axis({ stroke, grid, font, ...rest }) {
  return { stroke, font, grid: grid ? { stroke: grid, width: 1 } : { show: false }, ticks: { show: false }, ...rest };
}

/** As wide as the longest of an axis' values needs. */
export function roomFor(plot, values) {
  return values ? Math.max(28, ...values.map((value) => value.length * 6.5 + 14)) : 40;
}

/** The page's font for a canvas. */
export function canvasFont() {
  return `11px ${getComputedStyle(document.body).fontFamily}`;
}
