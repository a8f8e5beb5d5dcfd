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
    return el("img", { class: "attachment-image", src: address(file), alt: file.description ?? file.filename, loading: "lazy" });
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

function size(bytes) {
  if (bytes < 1024) return `${bytes} bytes`;
  if (bytes < 1024 * 1024) return `${(bytes / 1024).toFixed(1)} KB`;
  return `${(bytes / 1024 / 1024).toFixed(1)} MB`;
}
