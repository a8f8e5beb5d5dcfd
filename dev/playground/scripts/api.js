// What the page asks of the simulator, and the stream of what happens there.

/** The simulator refused a request; the message is for people. */
export class RequestRefused extends Error {}

async function answered(response) {
  if (response.status === 204) return null;
  const body = await response.json().catch(() => ({}));
  if (!response.ok) throw new RequestRefused(body.message ?? `${response.status} ${response.statusText}`);
  return body;
}

async function post(path, body) {
  return answered(
    await fetch(path, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    }),
  );
}

export const api = {
  state: async () => answered(await fetch("playground/state")),
  interact: (body) => post("playground/interactions", body),
  say: (body) => post("playground/messages", body),
  move: (body) => post("playground/voice", body),
  setSwitches: (positions) => post("playground/switches", positions),
  upload: async (file) => {
    const form = new FormData();
    form.append("file", file);
    return answered(await fetch("playground/attachments", { method: "POST", body: form }));
  },
};

const PAUSE_MS = 2000;
const KINDS = ["message", "acknowledged", "failed", "deleted", "commands", "trace", "switches", "voice"];

/**
 * Calls `listener(kind, data)` with every event after a number; `connected(bool)` with the state;
 * `run(name)` at each beginning of the stream, with the name of the run that it comes from.
 */
export function listen(after, { listener, connected, run }) {
  const source = new EventSource(`playground/events?after=${after}`);
  source.addEventListener("run", (event) => run(JSON.parse(event.data).run));
  for (const kind of KINDS) {
    source.addEventListener(kind, (event) => listener(kind, JSON.parse(event.data)));
  }
  source.addEventListener("open", () => connected(true));
  source.addEventListener("error", () => {
    connected(false);
    // It tries again by itself, unless somebody else has answered meanwhile.
    if (source.readyState === EventSource.CLOSED) setTimeout(() => listen(after, { listener, connected, run }), PAUSE_MS);
  });
}
