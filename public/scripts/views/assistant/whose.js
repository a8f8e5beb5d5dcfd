// @ts-check
// Servers and people. The tables know servers by their ids alone, and of some people a name.

import { h } from "../../dom.js";

const id = (text) => h("code", { class: "id", dir: "auto" }, text);

/**
 * @param {import("../../texts.js").Translate} t
 * @param {{name: (id: string) => string | null}} people
 */
export function createWhose(t, people) {
  return {
    /** A server, or direct messages. */
    place: (guild) => (guild === null ? t("directMessages") : id(guild)),
    /** A person, or nobody known: who had their records deleted, say. */
    person: (user) => (user === null ? t("person.unknown") : named(user)),
  };

  /** By their name, which others may have as well, and the id that nobody else has. */
  function named(user) {
    const name = people.name(user);
    return name === null ? id(user) : h("span", { class: "person" }, h("bdi", {}, name), " ", id(user));
  }
}
