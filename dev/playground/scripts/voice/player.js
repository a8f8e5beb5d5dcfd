// Runs beside the page, where the speaker asks for samples: keeps a few of them ahead, so that a
// busy page is not heard.

const AHEAD = 0.12 * sampleRate;
const MOST_AHEAD = 0.6 * sampleRate;

class Player extends AudioWorkletProcessor {
  #chunks = [];
  #at = 0;
  #held = 0;
  #isPlaying = false;

  constructor() {
    super();
    this.port.onmessage = ({ data }) => {
      this.#chunks.push(data);
      this.#held += data.length / 2;
      // Two clocks are never quite alike, and a tab may have slept: what is late is left out.
      while (this.#held > MOST_AHEAD) this.#drop();
    };
  }

  process(_inputs, [[left, right]]) {
    if (this.#held >= AHEAD) this.#isPlaying = true;
    for (let n = 0; n < left.length && this.#isPlaying; n += 1) {
      const chunk = this.#chunks[0];
      if (!chunk) {
        this.#isPlaying = false;
        break;
      }
      left[n] = chunk[this.#at] / 32768;
      right[n] = chunk[this.#at + 1] / 32768;
      this.#at += 2;
      this.#held -= 1;
      if (this.#at >= chunk.length) {
        this.#chunks.shift();
        this.#at = 0;
      }
    }
    return true;
  }

  #drop() {
    this.#held -= (this.#chunks.shift().length - this.#at) / 2;
    this.#at = 0;
  }
}

registerProcessor("player", Player);
