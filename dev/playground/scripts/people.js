// Names and faces.

import { el } from "./dom.js";
import { comet } from "./icons.js";

const COLOURS = ["#5865f2", "#3b7a57", "#b5523b", "#8a4fa3", "#2b7a9b"];

export function displayName(user) {
  return user.global_name ?? user.username;
}

/** A round face: the comet for the bot, the first letter of the name for people. */
export function avatar(user, size = 40) {
  const face = el("span", { class: "avatar", "aria-hidden": "true", style: { "--size": `${size}px` } });
  if (user.bot) {
    face.append(comet());
  } else {
    face.style.setProperty("--colour", COLOURS[Number(BigInt(user.id) % BigInt(COLOURS.length))]);
    face.append([...displayName(user)][0].toUpperCase());
  }
  return face;
}

/** The colour of a name, from the highest coloured role; null for none. */
export function nameColour(user, store) {
  const roles = store.world.roles.filter((role) => user.roles?.includes(role.id) && role.color);
  const highest = roles.sort((one, other) => other.position - one.position)[0];
  return highest ? `#${highest.color.toString(16).padStart(6, "0")}` : null;
}
