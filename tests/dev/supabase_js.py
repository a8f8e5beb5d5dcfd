"""The unmodified supabase-js that the page loads, under Node.js."""

from __future__ import annotations

import json
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from dev.checkout import Checkout
from dev.local_supabase import LocalSupabase
from tests.node_packages import installed, node_program

LONGEST_WAIT_SECONDS = 60.0  # for a line that does not come: the test fails then, and ends
LIBRARY = Checkout.here().root / "public" / "vendor" / "supabase.js"

# `told` writes an object for the test; `heard` waits for one of the test's.
_BEFORE = """
globalThis.WebSocket ??= require(given.websocket);
require("node:vm").runInThisContext(require("node:fs").readFileSync(given.library, "utf-8"));
const told = value => process.stdout.write(JSON.stringify(value) + "\\n");
const lines = require("node:readline").createInterface({input: process.stdin});
const waiting = [], said = [];
lines.on("line", line => waiting.length ? waiting.shift()(line) : said.push(line));
const heard = () => said.length ? said.shift() : new Promise(resolve => waiting.push(resolve));
const storage = () => {
  const kept = new Map();
  return {
    kept,
    getItem: name => kept.get(name) ?? null,
    setItem: (name, value) => { kept.set(name, value); },
    removeItem: name => { kept.delete(name); },
  };
};
const client = (options = {}) => supabase.createClient(given.url, given.key, {
  ...options,
  auth: {flowType: "pkce", autoRefreshToken: false, detectSessionInUrl: false, storage: storage(),
         ...options.auth},
});
// What the browser does: begin, follow the redirect, come back with the code.
const begin = async (c, account) => {
  const {data, error} = await c.auth.signInWithOAuth({provider: "discord", options: {
    redirectTo: "http://127.0.0.1:7610/?view=logs", skipBrowserRedirect: true,
    queryParams: account ? {local_account: account} : {}}});
  if (error) throw error;
  const answer = await fetch(data.url, {redirect: "manual"});
  const target = new URL(answer.headers.get("location"));
  return {code: target.searchParams.get("code"), target: target.href};
};
const signIn = async (c, account) => {
  const {code} = await begin(c, account);
  const {data, error} = await c.auth.exchangeCodeForSession(code);
  if (error) throw error;
  return data.session;
};
"""


class RunningScript:
    """A script under way: what it tells line by line, and what it is told."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def hear(self) -> dict[str, Any]:
        """The next object that the script tells."""
        assert self._process.stdout is not None
        giving_up = threading.Timer(LONGEST_WAIT_SECONDS, self._process.kill)
        giving_up.start()
        try:
            line = self._process.stdout.readline()
        finally:
            giving_up.cancel()
            giving_up.join()
        if not line:
            assert self._process.stderr is not None
            raise AssertionError(f"The script has ended: {self._process.stderr.read()}")
        told: dict[str, Any] = json.loads(line)
        return told

    def tell(self, line: str = "") -> None:
        """A line for the script's `heard`."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()


@contextmanager
def running_js(script: str, at: LocalSupabase, **given: str) -> Iterator[RunningScript]:
    """Run `script`, the body of an async function, while the block does.

    It finds what is given in `given`, and `client`, `begin`, `signIn`, `told` and `heard`.
    """
    values = {
        "url": at.url,
        "key": at.keys.publishable_key,
        "library": str(LIBRARY),
        "websocket": str(installed("websocket") / "ws"),
        **given,
    }
    text = f"const given = {json.dumps(values)};\n{_BEFORE}\n"
    text += f"(async () => {{\n{script}\nprocess.exit(0);\n}})()"
    text += ".catch(error => { console.error(error); process.exit(1); });"
    process = subprocess.Popen(
        [node_program(), "-e", text],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield RunningScript(process)
    finally:
        process.kill()
        process.communicate()


def run_js(script: str, at: LocalSupabase, **given: str) -> dict[str, Any]:
    """What `script` tells first."""
    with running_js(script, at, **given) as running:
        return running.hear()
