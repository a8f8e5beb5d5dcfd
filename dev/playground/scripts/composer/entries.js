// The slash commands as one picks them: subcommands stand as commands of their own.

import { localised } from "../texts.js";
import { OPTION } from "./candidates.js";

/** Every command a user can call: {command, path, options, name, plainName, description}. */
export function callable(commands, locale) {
  return commands.flatMap((command) => opened(command, { command, path: [], names: [], plainNames: [] }, locale));
}

function opened(thing, { command, path, names, plainNames }, locale) {
  const here = {
    command,
    path,
    names: [...names, localised(thing, "name", locale)],
    plainNames: [...plainNames, thing.name],
  };
  const nested = (thing.options ?? []).filter((option) => option.type <= OPTION.SUB_COMMAND_GROUP);
  if (nested.length > 0) {
    return nested.flatMap((option) => opened(option, { ...here, path: [...path, option.name] }, locale));
  }
  return [
    {
      command,
      path,
      options: thing.options ?? [],
      name: here.names.join(" "),
      plainName: here.plainNames.join(" "),
      description: localised(thing, "description", locale),
    },
  ];
}

/** The entry of that very name, then those whose name begins so, then those that hold it elsewhere. */
export function matching(entries, typed) {
  const wanted = typed.trim().toLowerCase();
  const rank = (entry) => {
    const names = [entry.name, entry.plainName];
    if (names.includes(wanted)) return 0;
    if (names.some((name) => name.startsWith(wanted))) return 1;
    return names.some((name) => name.includes(wanted)) ? 2 : 3;
  };
  return entries.filter((entry) => rank(entry) < 3).sort((one, other) => rank(one) - rank(other));
}

/** The options whose name, or the one in a language, holds what was typed; all for nothing. */
export function matchingOptions(options, typed, locale) {
  const wanted = typed.toLowerCase();
  return options.filter((option) => [option.name, localised(option, "name", locale)].some((name) => name.includes(wanted)));
}

/**
 * The first option that a text names, as in "hello private: true", by its name or the one in a
 * language: {before, option, after}, or null.
 */
export function namedOption(text, options, locale) {
  const names = new Map(options.flatMap((option) => [[option.name, option], [localised(option, "name", locale), option]]));
  for (const found of text.matchAll(/(?<=^|\s)([^\s:：]+)[:：]/gu)) {
    const option = names.get(found[1].toLowerCase());
    if (option) {
      return { before: text.slice(0, found.index).trimEnd(), option, after: text.slice(found.index + found[0].length).trimStart() };
    }
  }
  return null;
}

/** Option values put under the subcommand they belong to. */
export function nested(path, values) {
  return path.reduceRight((inner, name) => ({ [name]: inner }), values);
}
