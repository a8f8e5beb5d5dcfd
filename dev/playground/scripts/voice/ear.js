// What the bot plays, in the browser: a stream of samples, through a small buffer, to the speaker.

const RATE = 48_000;
const FRAME_BYTES = 4;
const PAUSE_MS = 1000;

export class Ear {
  #listener = null;
  #stream = null;
  #context = null;
  #player = null;
  #meter = null;
  #samples = new Float32Array(2048);
  #changed;

  /** `changed()` is called when it begins or ends by itself. */
  constructor({ changed }) {
    this.#changed = changed;
    this.isRefused = false;
  }

  get isOn() {
    return this.#listener !== null;
  }

  /** How loud it is now, 0 to 1. */
  get level() {
    if (!this.#meter) return 0;
    this.#meter.getFloatTimeDomainData(this.#samples);
    const power = this.#samples.reduce((sum, one) => sum + one * one, 0) / this.#samples.length;
    return Math.min(1, Math.sqrt(power) * 2);
  }

  /** Begins or ends; only what somebody pressed may begin it, or browsers keep it mute. */
  async toggle(userId) {
    if (this.isOn) return this.#stop();
    this.#listener = userId;
    this.isRefused = false;
    this.#changed();
    try {
      await this.#open();
      this.#hear(userId);
    } catch {
      this.isRefused = true;
      this.#stop();
    }
  }

  /** Goes on for this user, or ends for null, if it is on. */
  follow(userId) {
    if (!this.isOn || this.#listener === userId) return;
    if (userId === null) {
      this.#stop();
    } else {
      this.#listener = userId;
      this.#hear(userId);
    }
  }

  async #open() {
    const context = new AudioContext({ sampleRate: RATE, latencyHint: "interactive" });
    this.#context = context;
    await context.audioWorklet.addModule(new URL("player.js", import.meta.url));
    const player = new AudioWorkletNode(context, "player", { numberOfInputs: 0, outputChannelCount: [2] });
    const meter = new AnalyserNode(context, { fftSize: this.#samples.length });
    player.connect(meter).connect(context.destination);
    if (this.#context !== context) return; // stopped meanwhile
    [this.#player, this.#meter] = [player, meter];
    await context.resume();
  }

  /** Reads the stream to its end, and again where that was no wish of ours. */
  async #hear(userId) {
    this.#stream?.abort();
    const stream = new AbortController();
    this.#stream = stream;
    while (this.#stream === stream && this.isOn) {
      try {
        const answer = await fetch(`playground/sound?user_id=${userId}`, { signal: stream.signal });
        await this.#play(answer.body.getReader());
      } catch {
        // The stack may be starting anew.
      }
      if (this.#stream === stream) await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }

  async #play(reader) {
    let rest = new Uint8Array(0);
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      const bytes = new Uint8Array(rest.length + value.length);
      bytes.set(rest);
      bytes.set(value, rest.length);
      const whole = bytes.length - (bytes.length % FRAME_BYTES);
      rest = bytes.slice(whole);
      const samples = new Int16Array(bytes.buffer.slice(0, whole));
      this.#player?.port.postMessage(samples, [samples.buffer]);
    }
  }

  #stop() {
    this.#stream?.abort();
    this.#context?.close();
    this.#listener = this.#stream = this.#context = this.#player = this.#meter = null;
    this.#changed();
  }
}
