// @ts-check
// What a view is narrowed down with.

import { fill, h, uniqueId } from "../dom.js";
import { icon } from "./icon.js";

/**
 * One of a few choices, as radio buttons side by side.
 * @template {string} V
 * @param {{label: string, options: {value: V, label: string}[], value: V, on: (value: V) => void}} options
 * @returns the element; `element.choose(value)` shows another choice without telling
 */
export function segmented({ label, options, value, on }) {
  const name = uniqueId("choice");
  const inputs = options.map((option) =>
    h("input", {
      type: "radio",
      name,
      value: option.value,
      class: "for-readers",
      checked: option.value === value,
      on: { change: () => on(option.value) },
    }),
  );
  const element = h(
    "fieldset",
    { class: "segmented" },
    h("legend", { class: "for-readers" }, label),
    options.map((option, index) => h("label", { class: "segment" }, inputs[index], h("span", {}, option.label))),
  );
  return Object.assign(element, {
    choose: (chosen) => inputs.forEach((input) => (input.checked = input.value === chosen)),
  });
}

/**
 * A field to search in; tells a moment after the last key, and at once on Enter.
 * @param {{label: string, value?: string, placeholder?: string, on: (value: string) => void, wait?: number}} options
 * @returns the element; `element.write(value)` shows another text without telling
 */
export function search({ label, value = "", placeholder = label, on, wait = 250 }) {
  let timer;
  let told = value;
  const tell = () => {
    clearTimeout(timer);
    // Its view may have gone meanwhile; the address is another's by now.
    if (!input.isConnected || input.value === told) return;
    told = input.value;
    on(told);
  };
  const input = h("input", {
    type: "search",
    class: "field",
    "aria-label": label,
    placeholder,
    autocomplete: "off",
    spellcheck: "false",
    on: {
      input: () => {
        clearTimeout(timer);
        timer = setTimeout(tell, input.value ? wait : 0);
      },
      keydown: (event) => event.key === "Enter" && tell(),
    },
  });
  input.value = value;
  return Object.assign(h("span", { class: "search" }, icon("search", 16), input), {
    write(text) {
      told = text;
      if (input.value !== text) input.value = text;
    },
  });
}

/**
 * One of many choices.
 * @param {{label: string, options: {value: string, label: string}[], value: string, on: (value: string) => void}} options
 * @returns the element; `element.offer(options, value)` replaces the choices without telling
 */
export function select({ label, options, value, on }) {
  const input = h("select", { class: "field", "aria-label": label, on: { change: () => on(input.value) } });
  const offer = (offered, chosen) => {
    fill(input, offered.map((option) => h("option", { value: option.value }, option.label)));
    input.value = chosen;
  };
  offer(options, value);
  return Object.assign(h("span", { class: "select" }, input, icon("down", 14)), { offer });
}
