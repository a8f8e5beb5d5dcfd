// @ts-check
// Servers and people: the tables know their ids alone.

import { h } from "../../dom.js";

const id = (text) => h("code", { class: "id", dir: "auto" }, text);

export const whose = {
  /** A server, or direct messages. */
  place: (guild, t) => (guild === null ? t("directMessages") : id(guild)),
  /** A person, or nobody known: who had their records deleted, say. */
  person: (user, t) => (user === null ? t("person.unknown") : id(user)),
};
