// A modal: the form an application opens over the channel.

import { el, fill, uniqueId } from "./dom.js";
import { icon } from "./icons.js";
import { markdown } from "./markdown/render.js";
import { avatar } from "./people.js";
import { selectMenu } from "./select-menu.js";

const PARAGRAPH = 2;

/** Opens a modal. `submit(values)` gives whether the application took it. */
export function openModal(data, { store, submit }) {
  const fields = data.components.map((component) => field(component, store));
  const titleId = uniqueId("modal");
  const failure = el("p", { class: "failure", role: "alert" });
  const submitButton = el("button", { type: "submit", class: "button primary" }, store.t("submit"));
  const form = el(
    "form",
    { class: "modal-form", novalidate: true },
    el(
      "header",
      { class: "modal-head" },
      avatar(store.world.bot, 24),
      el("h2", { id: titleId }, data.title),
      el("button", { type: "button", class: "tool", "aria-label": store.t("close"), on: { click: () => dialog.close() } }, icon("close")),
    ),
    el(
      "div",
      { class: "modal-body" },
      el("p", { class: "modal-notice" }, store.t("modalNotice", { name: store.world.bot.username })),
      fields.map((one) => one.element),
      failure,
    ),
    el(
      "footer",
      { class: "modal-foot" },
      el("button", { type: "button", class: "button plain", on: { click: () => dialog.close() } }, store.t("cancel")),
      submitButton,
    ),
  );
  const dialog = el("dialog", { class: "modal", "aria-labelledby": titleId }, form);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const wrong = fields.filter((one) => !one.check());
    if (wrong.length > 0) {
      wrong[0].focus();
      return;
    }
    submitButton.disabled = true;
    submitButton.classList.add("waiting");
    fill(failure);
    const values = Object.fromEntries(fields.filter((one) => one.name).map((one) => [one.name, one.value()]));
    const taken = await submit(values).catch(() => false);
    submitButton.disabled = false;
    submitButton.classList.remove("waiting");
    if (taken) dialog.close();
    else fill(failure, icon("warning", 16), store.t("modalFailed"));
  });
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  fields.find((one) => one.name)?.focus();
}

/** A component of the form: {element, name, value(), check(), focus()}; texts have no name. */
function field(component, store) {
  if (component.type === 10) return { element: markdown(component.content, store), check: () => true };
  const inner = component.type === 18 ? component.component : component.components[0];
  const label = component.type === 18 ? component.label : inner.label;
  return inner.type === 4
    ? textField(inner, { label, description: component.description, store })
    : choiceField(inner, { label, description: component.description, store });
}

function framed({ control, controlId, labelId, label, description, required, error }) {
  return el(
    "div",
    { class: "field" },
    el("label", { for: controlId, id: labelId }, label, required && el("span", { class: "required", "aria-hidden": "true" }, "*")),
    description && el("p", { class: "field-description" }, description),
    control,
    error,
  );
}

function textField(input, { label, description, store }) {
  const controlId = uniqueId("input");
  const errorId = uniqueId("error");
  const required = input.required ?? true;
  const most = input.max_length ?? 4000;
  const least = Math.max(input.min_length ?? 0, required ? 1 : 0);
  const long = input.style === PARAGRAPH;
  const control = el(long ? "textarea" : "input", {
    id: controlId,
    type: long ? null : "text",
    rows: long ? 4 : null,
    maxlength: most,
    placeholder: input.placeholder,
    required,
    "aria-describedby": errorId,
    autocomplete: "off",
  });
  control.value = input.value ?? "";
  const error = el("p", { class: "field-error", id: errorId });
  const check = () => {
    const { length } = [...control.value];
    let problem = "";
    if (required && length === 0) problem = store.t("requiredField");
    else if (length > 0 && length < least) problem = store.t("tooShort", { least });
    error.textContent = problem;
    control.setAttribute("aria-invalid", String(problem !== ""));
    return problem === "";
  };
  control.addEventListener("input", () => error.textContent && check());
  return {
    name: input.custom_id,
    element: framed({ control, controlId, label, description, required, error }),
    value: () => control.value,
    check,
    focus: () => control.focus(),
  };
}

function choiceField(select, { label, description, store }) {
  const labelId = uniqueId("label");
  const required = select.required ?? true;
  let chosen = select.options?.filter((option) => option.default).map((option) => option.value) ?? [];
  const error = el("p", { class: "field-error" });
  const control = selectMenu(select, {
    store,
    labelledBy: labelId,
    choose: (values) => {
      chosen = values;
      error.textContent = "";
    },
  });
  return {
    name: select.custom_id,
    element: framed({ control, labelId, label, description, required, error }),
    value: () => chosen,
    check: () => {
      error.textContent = required && chosen.length === 0 ? store.t("requiredField") : "";
      return error.textContent === "";
    },
    focus: () => control.querySelector("button").focus(),
  };
}
