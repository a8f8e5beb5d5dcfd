// What an option can be, for those that are chosen from a list, and whether what was typed will do.

import { icon } from "../icons.js";
import { avatar, displayName } from "../people.js";
import { localised } from "../texts.js";

export const OPTION = {
  SUB_COMMAND: 1, SUB_COMMAND_GROUP: 2, STRING: 3, INTEGER: 4, BOOLEAN: 5, USER: 6,
  CHANNEL: 7, ROLE: 8, MENTIONABLE: 9, NUMBER: 10, ATTACHMENT: 11,
};
const MOST_SHOWN = 25;

/** Whether an option's value is picked from a list that the page knows by itself. */
export function isPicked(option) {
  return option.choices?.length > 0 || [5, 6, 7, 8, 9].includes(option.type);
}

/** Whether an option takes any text that is typed. */
export function isFreeText(option) {
  return option.type === OPTION.STRING && !isPicked(option) && !option.autocomplete;
}

/** The entries of an option's list that fit what was typed: {label, value, hint, face}. */
export function candidates(option, typed, store) {
  const wanted = typed.trim().toLowerCase().replace(/^[@#]/, "");
  return everything(option, store)
    .filter((entry) => `${entry.label} ${entry.hint ?? ""}`.toLowerCase().includes(wanted))
    .slice(0, MOST_SHOWN);
}

function everything(option, store) {
  if (option.choices?.length > 0) {
    return option.choices.map((choice) => ({ label: localised(choice, "name", store.locale), value: choice.value }));
  }
  switch (option.type) {
    case OPTION.BOOLEAN:
      return [
        { label: store.t("yes"), value: true },
        { label: store.t("no"), value: false },
      ];
    case OPTION.USER:
      return users(store);
    case OPTION.ROLE:
      return roles(store);
    case OPTION.MENTIONABLE:
      return [...users(store), ...roles(store)];
    case OPTION.CHANNEL:
      return store.world.channels
        .filter((channel) => channel.recipient_id === null)
        .filter((channel) => !option.channel_types?.length || option.channel_types.includes(channel.type))
        .map((channel) => ({ label: `#${channel.name}`, value: channel.id, face: () => icon(channel.type === 2 ? "voice" : "hash", 18) }));
    default:
      return [];
  }
}

function users(store) {
  return [...store.world.users, store.world.bot].map((user) => ({
    label: `@${displayName(user)}`, value: user.id, hint: user.username, face: () => avatar(user, 22),
  }));
}

function roles(store) {
  if (!store.inGuild) return [];
  return store.world.roles.map((role) => ({
    label: role.name.startsWith("@") ? role.name : `@${role.name}`, value: role.id, face: () => icon("people", 18),
  }));
}

/** What was typed, as the value to send: {value}, {problem} in words, or {} for nothing. */
export function readTyped(option, typed, store) {
  const text = option.type === OPTION.STRING ? typed : typed.trim();
  if (text === "") return option.required ? { problem: store.t("required") } : {};
  if (isPicked(option)) return { problem: store.t("chooseOne") };
  if (option.type === OPTION.INTEGER || option.type === OPTION.NUMBER) return readNumber(option, text, store);
  const { length } = [...text];
  const least = option.min_length ?? 0;
  const most = option.max_length ?? 6000;
  if (length < least) return { problem: store.t("tooShort", { least }) };
  if (length > most) return { problem: store.t("tooLong", { most }) };
  return { value: text };
}

function readNumber(option, text, store) {
  const value = Number(text.normalize("NFKC"));
  if (option.type === OPTION.INTEGER && !Number.isInteger(value)) return { problem: store.t("notInteger") };
  if (!Number.isFinite(value)) return { problem: store.t("notNumber") };
  const { min_value: least, max_value: most } = option;
  if ((least !== undefined && value < least) || (most !== undefined && value > most)) {
    if (least !== undefined && most !== undefined) return { problem: store.t("between", { least, most }) };
    return { problem: least === undefined ? store.t("atMost", { most }) : store.t("atLeast", { least }) };
  }
  return { value };
}
