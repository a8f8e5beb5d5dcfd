// The icons, drawn for this page on a 24 by 24 grid.

import { svg } from "./dom.js";

const STROKES = {
  hash: ["M9.500 3 7 21", "M17 3l-2.500 18", "M4 8.500h17", "M3 15.500h17"],
  headphones: ["M4 14v-2a8 8 0 0 1 16 0v2", "M4 14h2.500a1 1 0 0 1 1 1v4a1 1 0 0 1-1 1H5.500A1.500 1.500 0 0 1 4 18.500z", "M20 14h-2.500a1 1 0 0 0-1 1v4a1 1 0 0 0 1 1h1a1.500 1.500 0 0 0 1.500-1.500z"],
  hangUp: ["M2.500 14.500c0-3.500 4-6 9.500-6s9.500 2.500 9.500 6c0 1.500-.7 2-1.700 1.800l-3-.6c-.8-.2-1.200-.7-1.200-1.400v-1.600c-2.300-.7-4.900-.7-7.200 0v1.600c0 .7-.4 1.200-1.200 1.400l-3 .6c-1 .2-1.700-.3-1.700-1.800z"],
  voice: ["M4 9.500v5h3.500L12 19V5L7.500 9.500z", "M15.500 8.500a5 5 0 0 1 0 7", "M18 5.500a9 9 0 0 1 0 13"],
  menu: ["M4 6h16", "M4 12h16", "M4 18h16"],
  close: ["M6 6l12 12", "M18 6 6 18"],
  people: ["M9 11.500a3.500 3.500 0 1 0 0-7 3.500 3.500 0 0 0 0 7z", "M2.500 20c.3-3.800 2.800-6 6.500-6s6.200 2.200 6.500 6", "M16 5a3.300 3.300 0 0 1 0 6.300", "M18 14.300c2.100.7 3.300 2.600 3.500 5.200"],
  code: ["M8 7l-5 5 5 5", "M16 7l5 5-5 5", "M13.500 4.500l-3 15"],
  settings: ["M4 7h9", "M17 7h3", "M4 17h3", "M11 17h9", "M15 9.200a2.200 2.200 0 1 0 0-4.400 2.200 2.200 0 0 0 0 4.400z", "M9 19.200a2.200 2.200 0 1 0 0-4.400 2.200 2.200 0 0 0 0 4.400z"],
  send: ["M4 4.500 20.500 12 4 19.500l2-7.500z", "M6 12h7"],
  slash: ["M7.500 3.500h9a4 4 0 0 1 4 4v9a4 4 0 0 1-4 4h-9a4 4 0 0 1-4-4v-9a4 4 0 0 1 4-4z", "M14 8l-4 8"],
  eye: ["M2.500 12S6 5.500 12 5.500 21.500 12 21.500 12 18 18.500 12 18.500 2.500 12 2.500 12z", "M12 15a3 3 0 1 0 0-6 3 3 0 0 0 0 6z"],
  link: ["M13 5h6v6", "M19 5l-9 9", "M17 14v5H5V7h5"],
  check: ["M4.500 12.500l5 5L20 7"],
  chevron: ["M6 9l6 6 6-6"],
  more: ["M5 12h.01", "M12 12h.01", "M19 12h.01"],
  copy: ["M9 9h11v11H9z", "M5 15H4V4h11v1"],
  file: ["M6 3h8l4 4v14H6z", "M14 3v4h4"],
  warning: ["M12 3.500 22 20.500H2z", "M12 10v4.500", "M12 17.500h.01"],
  user: ["M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8z", "M4.500 20.500c.5-4 3.400-6.500 7.500-6.500s7 2.500 7.500 6.500"],
  at: ["M16 12a4 4 0 1 1-8 0 4 4 0 0 1 8 0z", "M16 8v5.500a2.500 2.500 0 0 0 5 0V12a9 9 0 1 0-3.500 7.100"],
  clock: ["M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18z", "M12 7v5l3.500 2"],
  plus: ["M12 5v14", "M5 12h14"],
  sun: ["M12 16a4 4 0 1 0 0-8 4 4 0 0 0 0 8z", "M12 2.500v2M12 19.500v2M2.500 12h2M19.500 12h2M5.300 5.300l1.400 1.400M17.300 17.300l1.400 1.400M18.700 5.300l-1.400 1.400M6.700 17.300l-1.400 1.400"],
};

/** An icon by name; it says nothing to a screen reader, its button does. */
export function icon(name, size = 20) {
  return svg(
    "svg",
    {
      viewBox: "0 0 24 24",
      width: size,
      height: size,
      fill: "none",
      stroke: "currentColor",
      "stroke-width": name === "more" ? 3 : 2,
      "stroke-linecap": "round",
      "stroke-linejoin": "round",
      "aria-hidden": "true",
      class: `icon icon-${name}`,
    },
    ...STROKES[name].map((d) => svg("path", { d })),
  );
}

/** The comet that is Halley's face, filling its box. */
export function comet() {
  const id = `tail-${Math.random().toString(36).slice(2)}`;
  const tail = svg("linearGradient", { id, x1: 0, y1: 1, x2: 1, y2: 0 });
  tail.append(
    svg("stop", { offset: 0, "stop-color": "#5865f2", "stop-opacity": 0 }),
    svg("stop", { offset: 1, "stop-color": "#a5b4fc" }),
  );
  return svg(
    "svg",
    { viewBox: "0 0 32 32", "aria-hidden": "true", class: "comet" },
    svg("defs", {}, tail),
    svg("rect", { width: 32, height: 32, fill: "#23265a" }),
    svg("path", { d: "M4.500 28.500 19.300 8.800a5 5 0 1 1 4.200 6.800z", fill: `url(#${id})` }),
    svg("circle", { cx: 22.5, cy: 10.5, r: 4.6, fill: "#fff" }),
  );
}
