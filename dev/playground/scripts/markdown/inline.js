// Discord's inline Markdown: text into a tree of plain objects. Nothing here knows the page.

const SAFE_LINK = /^https?:\/\//i;
const PLAIN = /[^\\`*_~|<[h@]+/y;
const TRAILING = /[.,:;!?'"]+$/;

// Each rule is tried in this order where the text stands; the first that gives a node wins.
const RULES = [
  [/\\([^0-9A-Za-z\s])/y, (match) => ({ type: "text", text: match[1] })],
  [/(`+)([^`]|[^`][\s\S]*?[^`])\1(?!`)/y, (match) => ({ type: "code", text: match[2].trim() || match[2] })],
  [/<(https?:\/\/[^\s<>]+)>/y, (match) => link(match[1], [plain(match[1])])],
  [/\[((?:\\.|[^[\]\\])+)\]\(<?((?:[^\s()<>]|\([^\s()<>]*\))+)>?(?:\s+"([^"]*)")?\)/y, maskedLink],
  [/https?:\/\/[^\s<]+/y, bareLink],
  [/<t:(-?\d{1,13})(?::([tTdDfFRsS]))?>/y, (match) => ({ type: "time", seconds: Number(match[1]), style: match[2] ?? "f" })],
  [/<@!?(\d+)>/y, (match) => ({ type: "user", id: match[1] })],
  [/<@&(\d+)>/y, (match) => ({ type: "role", id: match[1] })],
  [/<#(\d+)>/y, (match) => ({ type: "channel", id: match[1] })],
  [/<\/([^:>\n]{1,98}):(\d+)>/y, (match) => ({ type: "command", name: match[1] })],
  [/<(a?):(\w{2,32}):(\d+)>/y, (match) => ({ type: "emoji", name: match[2] })],
  [/@(everyone|here)\b/y, (match) => ({ type: "everyone", text: match[0] })],
  [/\*\*([\s\S]+?)\*\*(?!\*)/y, wrapped("strong")],
  [/__([\s\S]+?)__(?!_)/y, wrapped("underline")],
  [/\*(?![\s*])((?:\*\*|\\[\s\S]|[^*\\])+?)(?<!\s)\*(?!\*)/y, wrapped("emphasis")],
  [/_((?:__|\\[\s\S]|[^_\\])+?)_(?!\w)/y, wrapped("emphasis")],
  [/~~([\s\S]+?)~~(?!~)/y, wrapped("strike")],
  [/\|\|([\s\S]+?)\|\|/y, wrapped("spoiler")],
];

function plain(text) {
  return { type: "text", text };
}

function link(url, children, title) {
  return { type: "link", url, children, title };
}

function wrapped(type) {
  return (match, depth) => ({ type, children: parseInline(match[1], depth + 1) });
}

/** A link with a text of its own; Discord takes http and https only. */
function maskedLink(match, depth) {
  if (!SAFE_LINK.test(match[2])) return null;
  return link(match[2], parseInline(match[1], depth + 1), match[3]);
}

/** An address in the text, without the punctuation or the bracket that ends its sentence. */
function bareLink(match) {
  let url = match[0].replace(TRAILING, "");
  while (url.endsWith(")") && url.split(")").length > url.split("(").length) url = url.slice(0, -1);
  return { ...link(url, [plain(url)]), length: url.length };
}

const DEEPEST = 12;

/** The nodes of a text: {type, text} or {type, children}, and links, mentions and times. */
export function parseInline(source, depth = 0) {
  if (depth > DEEPEST) return [plain(source)];
  const nodes = [];
  let position = 0;
  while (position < source.length) {
    const { node, length } = nodeAt(source, position, depth);
    const last = nodes.at(-1);
    if (node.type === "text" && last?.type === "text") last.text += node.text;
    else nodes.push(node);
    position += length;
  }
  return nodes;
}

function nodeAt(source, position, depth) {
  PLAIN.lastIndex = position;
  const run = PLAIN.exec(source);
  if (run) return { node: plain(run[0]), length: run[0].length };
  for (const [pattern, make] of RULES) {
    pattern.lastIndex = position;
    const match = pattern.exec(source);
    const node = match && make(match, depth);
    if (node) return { node, length: node.length ?? match[0].length };
  }
  return { node: plain(source[position]), length: 1 };
}
