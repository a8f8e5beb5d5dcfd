// Discord's block Markdown: fences, headings, small text, quotes and lists around inline text.

import { parseInline } from "./inline.js";

const FENCE = /```(?:([\w+.#-]+)\n|\n?)([\s\S]*?)\n?```/y;
const HEADING = /(#{1,3})[ \t]+([^\n]+)\n?/y;
const SMALL = /-#[ \t]+([^\n]+)\n?/y;
const LONG_QUOTE = />>> ?([\s\S]*)/y;
const QUOTE = /(?:> [^\n]*(?:\n|$)|>(?:\n|$))+/y;
const LIST = /(?: *(?:[-*]|\d{1,4}\.) +[^\n]+(?:\n {2,}(?![-*] |\d{1,4}\. )[^\n]+)*(?:\n|$))+/y;
const ITEM = /^( *)([-*]|\d{1,4}\.) +([\s\S]+)$/;
const LINE = /[^\n]*\n?/y;

function at(pattern, source, position) {
  pattern.lastIndex = position;
  const match = pattern.exec(source);
  return match && match[0] ? match : null;
}

/** The blocks of a text. `nested` is set inside a quote, where no other quote can stand. */
export function parseBlocks(source, nested = false) {
  const blocks = [];
  let position = 0;
  let loose = "";
  const settle = () => {
    if (loose) blocks.push({ type: "paragraph", children: parseInline(loose) });
    loose = "";
  };
  while (position < source.length) {
    const found = blockAt(source, position, nested);
    if (found) {
      // A block brings its own line break; the one that ended the text before it is not shown.
      loose = loose.replace(/\n$/, "");
      settle();
      blocks.push(...found.blocks);
      position += found.length;
      if (found.blocks[0].type === "fence" && source[position] === "\n") position += 1;
      continue;
    }
    const { text, length } = lineAt(source, position);
    loose += text;
    position += length;
  }
  loose = loose.replace(/\n$/, "");
  settle();
  return blocks;
}

/** The rest of a line, up to a fence that begins within it. */
function lineAt(source, position) {
  const line = at(LINE, source, position)[0];
  const fence = line.indexOf("```", 1);
  if (fence > 0 && at(FENCE, source, position + fence)) return { text: line.slice(0, fence), length: fence };
  return { text: line, length: line.length };
}

function blockAt(source, position, nested) {
  const fence = at(FENCE, source, position);
  if (fence && fence[2].trim()) {
    return { blocks: [{ type: "fence", language: fence[1] ?? "", text: fence[2] }], length: fence[0].length };
  }
  if (position > 0 && source[position - 1] !== "\n" && !endsWithFence(source, position)) return null;
  const heading = at(HEADING, source, position);
  if (heading) {
    const block = { type: "heading", level: heading[1].length, children: parseInline(heading[2].trim()) };
    return { blocks: [block], length: heading[0].length };
  }
  const small = at(SMALL, source, position);
  if (small) return { blocks: [{ type: "small", children: parseInline(small[1]) }], length: small[0].length };
  if (!nested) {
    const long = at(LONG_QUOTE, source, position);
    if (long) return { blocks: [{ type: "quote", children: parseBlocks(long[1], true) }], length: long[0].length };
    const quote = at(QUOTE, source, position);
    if (quote) {
      const inner = quote[0].replace(/\n$/, "").replace(/^> ?/gm, "");
      return { blocks: [{ type: "quote", children: parseBlocks(inner, true) }], length: quote[0].length };
    }
  }
  const list = at(LIST, source, position);
  if (list) return { blocks: parseLists(list[0]), length: list[0].length };
  return null;
}

function endsWithFence(source, position) {
  return source.slice(Math.max(0, position - 3), position) === "```";
}

/** The lists in some lines, by their indentation; an item without a mark continues the one before. */
function parseLists(source) {
  const items = [];
  for (const line of source.replace(/\n$/, "").split("\n")) {
    const match = ITEM.exec(line);
    if (match) items.push({ indent: match[1].length, mark: match[2], text: match[3] });
    else items.at(-1).text += `\n${line.trim()}`;
  }
  return nest(items, 0, -1).lists;
}

/** The lists that begin at an item and stand deeper than `outside`; a change of mark begins anew. */
function nest(items, start, outside) {
  const lists = [];
  const { indent } = items[start];
  let index = start;
  while (index < items.length && (outside < 0 || items[index].indent > outside + 1)) {
    const item = items[index];
    if (item.indent > indent + 1 && lists.length > 0) {
      const inner = nest(items, index, indent);
      lists.at(-1).items.at(-1).children.push(...inner.lists);
      index = inner.next;
      continue;
    }
    const ordered = /\d/.test(item.mark);
    if (lists.at(-1)?.ordered !== ordered) {
      lists.push({ type: "list", ordered, start: ordered ? Number.parseInt(item.mark, 10) : 1, items: [] });
    }
    lists.at(-1).items.push({ children: [{ type: "paragraph", children: parseInline(item.text) }] });
    index += 1;
  }
  return { lists, next: index };
}
