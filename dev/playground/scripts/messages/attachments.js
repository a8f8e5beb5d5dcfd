// Files that came with a message.

import { el } from "../dom.js";
import { icon } from "../icons.js";

export function attachments(files) {
  return files.length > 0 && el("div", { class: "attachments" }, files.map(attachment));
}

/** A file's local address: the simulator may be reached by another name than it knows itself by. */
function address(file) {
  return new URL(file.url, location.href).pathname;
}

function attachment(file) {
  if (/^image\/(png|jpeg|gif|webp)$/.test(file.content_type)) {
    return picture(file);
  }
  return el(
    "div",
    { class: "attachment-file" },
    icon("file", 28),
    el(
      "div",
      {},
      el("a", { href: address(file), download: file.filename }, file.filename),
      el("div", { class: "file-size" }, size(file.size)),
    ),
  );
}

/** A picture, which opens in full; its alternative text can be read by those who see it, too. */
function picture(file) {
  const { width, height, description } = file;
  return el(
    "div",
    { class: "attachment-picture" },
    el(
      "a",
      { href: address(file), target: "_blank", rel: "noopener noreferrer" },
      el("img", { class: "attachment-image", src: address(file), alt: description ?? file.filename, width, height, loading: "lazy" }),
    ),
    description && el("details", { class: "attachment-alt" }, el("summary", {}, "ALT"), el("p", {}, description)),
  );
}

function size(bytes) {
  if (bytes < 1024) return `${bytes} bytes`;
  if (bytes < 1024 * 1024) return `${(bytes / 1024).toFixed(1)} KB`;
  return `${(bytes / 1024 / 1024).toFixed(1)} MB`;
}
