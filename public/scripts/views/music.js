// @ts-check
// Music: what plays now and can be told what to do, what was played, and what is played most.

import { h } from "../dom.js";
import texts from "../texts/music.js";
import { createPlaying } from "./music/playing.js";
import { createPlays } from "./music/plays.js";

/** @type {import("../main.js").View} */
export default {
  name: "music",
  mount(root, context) {
    const t = context.texts(texts);
    const playing = createPlaying(context, t);
    const plays = createPlays(context, t);
    root.append(playing.element, h("div", { class: "music-past" }, plays.elements));
    return {
      update: () => plays.update(),
      destroy() {
        playing.destroy();
        plays.destroy();
      },
    };
  },
};
