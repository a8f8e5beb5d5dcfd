// Markdown trees as nodes of the page.

import { el } from "../dom.js";
import { icon } from "../icons.js";
import { displayName } from "../people.js";
import { styled } from "../times.js";
import { parseBlocks } from "./blocks.js";
import { highlighted } from "./highlight.js";
import { parseInline } from "./inline.js";

/** A whole text with its blocks. */
export function markdown(source, store) {
  return el("div", { class: "markdown" }, parseBlocks(source).map((block) => blockNode(block, store)));
}

/** One line of text, for titles and labels. */
export function inlineMarkdown(source, store) {
  return inlineNodes(parseInline(source), store);
}

/** One line of text without any markup, spoilers hidden. */
export function plainText(source, store) {
  return inlineMarkdown(source, store).map((node) => (node.textContent ?? node)).join("").trim();
}

function blockNode(block, store) {
  switch (block.type) {
    case "fence":
      return fence(block, store);
    case "heading":
      // All of one level under the author's name, which is a heading itself: a reply that begins
      // with a small heading would otherwise leave a level out.
      return el("h4", { class: `heading-${block.level}` }, inlineNodes(block.children, store));
    case "small":
      return el("p", { class: "small" }, inlineNodes(block.children, store));
    case "quote":
      return el("blockquote", {}, block.children.map((inner) => blockNode(inner, store)));
    case "list":
      return el(
        block.ordered ? "ol" : "ul",
        { start: block.ordered ? block.start : null },
        block.items.map((item) => el("li", {}, item.children.map((inner) => blockNode(inner, store)))),
      );
    default:
      return el("p", {}, inlineNodes(block.children, store));
  }
}

function fence(block, store) {
  const copy = el("button", { type: "button", class: "fence-copy", "aria-label": store.t("copy") }, icon("copy", 16));
  copy.addEventListener("click", async () => {
    await navigator.clipboard.writeText(block.text);
    copy.replaceChildren(icon("check", 16));
  });
  return el(
    "div",
    { class: "fence" },
    el("div", { class: "fence-head" }, el("span", {}, block.language), copy),
    // Reachable by keyboard, for it may be wider than the page.
    el("pre", {}, el("code", {}, highlighted(block.text, block.language))),
  );
}

function inlineNodes(tree, store) {
  return tree.map((node) => inlineNode(node, store));
}

const TAGS = { strong: "strong", underline: "u", emphasis: "em", strike: "s" };

function inlineNode(node, store) {
  switch (node.type) {
    case "text":
      return node.text;
    case "code":
      return el("code", { class: "inline-code" }, node.text);
    case "link":
      return link(node, store);
    case "spoiler":
      return spoiler(node, store);
    case "time": {
      const date = new Date(node.seconds * 1000);
      const full = styled(node.seconds, "F", store.locale);
      const machine = Number.isNaN(date.getTime()) ? null : date.toISOString();
      return el("time", { class: "time-stamp", datetime: machine, title: full }, styled(node.seconds, node.style, store.locale));
    }
    case "user": {
      const user = store.user(node.id);
      return el("span", { class: "mention" }, `@${user ? displayName(user) : "unknown-user"}`);
    }
    case "role": {
      const role = store.role(node.id);
      return el("span", { class: "mention" }, `@${role?.name ?? "unknown-role"}`);
    }
    case "channel": {
      const channel = store.world.channels.find((one) => one.id === node.id);
      return el("span", { class: "mention" }, `#${channel?.name ?? "unknown"}`);
    }
    case "command":
      return el("span", { class: "mention" }, `/${node.name}`);
    case "everyone":
      return el("span", { class: "mention" }, node.text);
    case "emoji":
      return `:${node.name}:`;
    default:
      return el(TAGS[node.type], {}, inlineNodes(node.children, store));
  }
}

function link(node, store) {
  return el(
    "a",
    { href: node.url, title: node.title, target: "_blank", rel: "noopener noreferrer" },
    inlineNodes(node.children, store),
  );
}

function spoiler(node, store) {
  const inner = el("span", { class: "spoiler-text", "aria-hidden": "true", inert: true }, inlineNodes(node.children, store));
  const cover = el("button", { type: "button", class: "spoiler-cover", "aria-label": store.t("spoiler") });
  const whole = el("span", { class: "spoiler" }, inner, cover);
  cover.addEventListener("click", () => {
    inner.removeAttribute("aria-hidden");
    inner.removeAttribute("inert");
    whole.classList.add("revealed");
    cover.remove();
  });
  return whole;
}
