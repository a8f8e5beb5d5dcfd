// Embeds: the framed cards that applications send.

import { el } from "../dom.js";
import { inlineMarkdown, markdown } from "../markdown/render.js";
import { sentAt } from "../times.js";

const SAFE = /^https?:\/\//i;

export function embed(data, store) {
  const colour = Number.isInteger(data.color) ? `#${data.color.toString(16).padStart(6, "0")}` : null;
  const footer = [data.footer?.text, data.timestamp && sentAt(data.timestamp, store)].filter(Boolean);
  return el(
    "article",
    { class: "embed", style: colour ? { "--accent": colour } : {} },
    el(
      "div",
      { class: "embed-main" },
      data.author && el("div", { class: "embed-author" }, linked(data.author.name, data.author.url)),
      data.title && el("div", { class: "embed-title" }, linked(inlineMarkdown(data.title, store), data.url)),
      data.description && el("div", { class: "embed-description" }, markdown(data.description, store)),
      data.fields?.length > 0 && el("div", { class: "embed-fields" }, embedFields(data.fields, store)),
      picture(data.image, "embed-image"),
      footer.length > 0 && el("div", { class: "embed-footer" }, footer.join(" • ")),
    ),
    picture(data.thumbnail, "embed-thumbnail"),
  );
}

const COLUMNS = 6;
const MOST_IN_A_ROW = 3;

/** Fields that stand in line share a row by threes; two have half of it each. */
function embedFields(fields, store) {
  const rows = [];
  for (const field of fields) {
    const row = rows.at(-1);
    if (field.inline && row?.[0].inline && row.length < MOST_IN_A_ROW) row.push(field);
    else rows.push([field]);
  }
  return rows.flatMap((row) => row.map((field) => embedField(field, { span: COLUMNS / row.length, store })));
}

function embedField(field, { span, store }) {
  return el(
    "div",
    { class: field.inline ? "embed-field inline" : "embed-field", style: { "--span": String(span) } },
    el("div", { class: "embed-field-name" }, inlineMarkdown(field.name, store)),
    markdown(field.value, store),
  );
}

function linked(content, url) {
  if (!url || !SAFE.test(url)) return content;
  return el("a", { href: url, target: "_blank", rel: "noopener noreferrer" }, content);
}

function picture(image, name) {
  if (!image?.url || !SAFE.test(image.url)) return null;
  return el("img", { class: name, src: image.url, alt: image.description ?? "", loading: "lazy" });
}
