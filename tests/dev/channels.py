"""Pages that hear of changes, as scripts for tests/dev/supabase_js.py."""

from __future__ import annotations

from tests.dev.supabase_js import RunningScript

# A channel that tells of everything; `listen` comes back once it is told of changes.
LISTEN = """
const listen = async (c, changes, tell = told) => {
  const channel = c.channel("page");
  for (const change of changes)
    channel.on("postgres_changes", {schema: "public", ...change}, payload => tell(payload));
  await new Promise((resolve, reject) => {
    channel.on("system", {}, payload => payload.status === "ok" ? resolve() : reject(payload));
    channel.subscribe((status, error) => error && reject(error));
  });
  return channel;
};
const everything = [{event: "*"}];
"""

# An admin's page that comes back by itself; it tells of new rows and of what becomes of its line.
COMES_BACK = """
const c = client({realtime: {reconnectAfterMs: () => 100}});
await signIn(c, "admin");
c.channel("page").on("postgres_changes", {event: "INSERT", schema: "public"}, told)
  .subscribe(status => told({status}));
await heard();
"""


def until_subscribed(page: RunningScript) -> None:
    """Until a page that runs `COMES_BACK` hears of changes; a change before that is a fault."""
    while page.hear()["status"] != "SUBSCRIBED":
        pass
