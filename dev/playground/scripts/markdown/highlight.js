// Colours for code: comments, strings, numbers and the words most languages share.

import { el } from "../dom.js";

const WORDS = new Set(
  `and as assert async await bool break case catch char class const continue def default del delete do double
  elif else enum except export extends false False final finally float fn for from func function if impl import
  in int interface is lambda let long match mod move mut new nil None not null or package pass private protected
  public pub raise return select self static string struct super switch this throw trait true True try type
  undefined use using var void where while with yield SELECT FROM WHERE INSERT INTO VALUES UPDATE SET DELETE
  CREATE TABLE JOIN ON ORDER BY GROUP LIMIT AND OR NOT NULL echo then fi done export sudo`.split(/\s+/),
);
const HASH_COMMENTS = new Set(["py", "python", "sh", "bash", "zsh", "shell", "yaml", "yml", "toml", "rb", "ruby", "ini", "dockerfile", "r"]);
const DASH_COMMENTS = new Set(["sql", "lua", "haskell", "hs"]);

function pattern(language) {
  const comments = ["\\/\\/[^\\n]*", "\\/\\*[\\s\\S]*?\\*\\/"];
  if (HASH_COMMENTS.has(language)) comments.splice(0, 2, "#[^\\n]*");
  if (DASH_COMMENTS.has(language)) comments.splice(0, 1, "--[^\\n]*");
  return new RegExp(
    [
      `(?<comment>${comments.join("|")})`,
      `(?<string>"""[\\s\\S]*?"""|"(?:\\\\.|[^"\\\\\\n])*"|'(?:\\\\.|[^'\\\\\\n])*'|\`(?:\\\\.|[^\`\\\\])*\`)`,
      "(?<number>\\b\\d[\\w.]*\\b)",
      "(?<call>\\b[A-Za-z_]\\w*(?=\\())",
      "(?<word>\\b[A-Za-z_]\\w*\\b)",
    ].join("|"),
    "g",
  );
}

/** The nodes of a piece of code; without a language, plain text. */
export function highlighted(code, language) {
  if (!language || language === "text" || language === "txt") return [code];
  const nodes = [];
  let position = 0;
  for (const match of code.matchAll(pattern(language.toLowerCase()))) {
    const kind = Object.entries(match.groups).find(([, found]) => found !== undefined)[0];
    const shown = WORDS.has(match[0]) ? "keyword" : kind;
    if (shown === "word") continue;
    nodes.push(code.slice(position, match.index), el("span", { class: `code-${shown}` }, match[0]));
    position = match.index + match[0].length;
  }
  return [...nodes, code.slice(position)];
}
