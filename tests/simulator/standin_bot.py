"""A bot of a few lines that stands in for Halley: it answers in every way the simulator knows."""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from nacl.exceptions import BadSignatureError
from nacl.signing import VerifyKey

from tests.simulator.standin_commands import COMMANDS, REPLIES, STREAMED

Json = dict[str, Any]
MOST_TRIES = 200
USER_AGENT = "DiscordBot (https://example.org/standin, 1.0)"


@dataclass(frozen=True)
class Rest:
    """The stand-in's client of Discord's REST API."""

    url: str
    bot_token: str

    def call(self, method: str, path: str, body: object = None, **headers: str) -> tuple[int, Any]:
        """Status and parsed body of one request."""
        data = None if body is None else json.dumps(body).encode()
        request = Request(
            f"{self.url}{path}",
            method=method,
            data=data,
            headers={
                "User-Agent": USER_AGENT,
                "Content-Type": "application/json",
                "Authorization": f"Bot {self.bot_token}",
                **headers,
            },
        )
        try:
            with urlopen(request, timeout=10) as response:
                raw = response.read()
                return response.status, json.loads(raw) if raw else None
        except HTTPError as error:
            with error:
                return error.code, json.loads(error.read())


@dataclass
class StandinBot:
    """The bot's switches, and where it works on after it has answered.

    `gate` holds every streamed edit back until somebody lets it pass, so that a test can look at
    each state in turn; open by default.
    """

    rest: Rest
    public_key: str
    gate: Callable[[], None] = lambda: None
    received: list[Json] = field(default_factory=list)
    background: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(4))

    def answer(self, interaction: Json) -> tuple[int, Json | None]:
        """The HTTP answer to a verified interaction."""
        self.received.append(interaction)
        data = interaction.get("data", {})
        match interaction["type"]:
            case 1:
                return 200, {"type": 1}
            case 4:
                first = data["options"][0]
                options = first["options"] if first["type"] == 1 else data["options"]
                typed = next(o["value"] for o in options if o.get("focused"))
                stars = ["Sirius", "Vega", "Arcturus", "アルタイル", "デネブ"]
                return 200, {
                    "type": 8,
                    "data": {
                        "choices": [
                            {"name": star, "value": star}
                            for star in stars
                            if typed.lower() in star.lower()
                        ]
                    },
                }
            case 5:
                return 200, {
                    "type": 4,
                    "data": {"content": f"Thank you: {_typed(data['components'])}", "flags": 64},
                }
            case 3:
                return 200, _pressed(data)
        return self._command(interaction, data["name"])

    def _command(self, interaction: Json, name: str) -> tuple[int, Json | None]:
        if name == "ask":
            private = any(
                option["name"] == "private" and option["value"]
                for option in interaction["data"].get("options", ())
            )
            self.background.submit(self._stream, interaction)
            return 200, {"type": 5, "data": {"flags": 64}} if private else {"type": 5}
        if name == "callback":
            path = f"/interactions/{interaction['id']}/{interaction['token']}/callback"
            self.rest.call("POST", path, {"type": 4, "data": {"content": "by REST"}})
            return 202, None
        if name == "broken":
            return 500, {"error": "no"}
        if name == "silent":
            threading.Event().wait(1.5)
        return 200, REPLIES[name]

    def _stream(self, interaction: Json) -> None:
        webhook = f"/webhooks/{interaction['application_id']}/{interaction['token']}"
        for text in STREAMED:
            self.gate()
            body = {"content": text, "allowed_mentions": {"parse": []}}
            self._until_known("PATCH", f"{webhook}/messages/@original", body)
        self.gate()
        self._until_known("POST", webhook, {"content": "-# one more thing", "flags": 64})

    def _until_known(self, method: str, path: str, body: Json) -> None:
        """Repeats a request while the deferral has not reached Discord (10015)."""
        for _ in range(MOST_TRIES):
            status, _answer = self.rest.call(method, path, body)
            if status != 404:
                return
            time.sleep(0.02)


def _typed(components: list[Json]) -> str:
    fields = [inner for c in components for inner in [c.get("component"), *c.get("components", ())]]
    return " · ".join(str(f.get("value", f.get("values"))) for f in fields if f)


def _pressed(data: Json) -> Json:
    if data["custom_id"] == "write":
        return REPLIES["feedback"]
    if data["custom_id"] == "more":  # its message has the newer layout and takes no content
        return {"type": 4, "data": {"content": "You pressed **more**"}}
    if "values" in data:
        return {"type": 4, "data": {"content": f"You chose {', '.join(data['values'])}"}}
    return {
        "type": 7,
        "data": {"content": f"You pressed **{data['custom_id']}**", "components": []},
    }


class _Handler(BaseHTTPRequestHandler):
    bot: ClassVar[StandinBot]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        signed = self.headers["X-Signature-Timestamp"].encode() + body
        try:
            key = VerifyKey(bytes.fromhex(self.bot.public_key))
            key.verify(signed, bytes.fromhex(self.headers["X-Signature-Ed25519"]))
        except BadSignatureError:
            self._reply(401, {"error": "invalid request signature"})
            return
        self._reply(*self.bot.answer(json.loads(body)))

    def _reply(self, status: int, body: Json | None) -> None:
        raw = b"" if body is None else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
        """Says nothing."""


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: object, client_address: object) -> None:
        """Says nothing of a caller that hung up, as Discord does after 3 seconds."""
        if not isinstance(sys.exception(), BrokenPipeError | ConnectionResetError):
            # The base class narrows to sockets what it only passes on.
            super().handle_error(request, client_address)  # type: ignore[arg-type]


@contextmanager
def run_standin_bot(bot: StandinBot) -> Iterator[str]:
    """Serves the bot on 127.0.0.1 and gives the address of its interactions endpoint."""
    handler = type("Handler", (_Handler,), {"bot": bot})
    server = _Server(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/api/interactions"
    finally:
        bot.background.shutdown(wait=True, cancel_futures=True)
        server.shutdown()
        server.server_close()
        thread.join()


def register(rest: Rest, application_id: str) -> None:
    """Registers the stand-in's commands, as `python3 dev register` would."""
    status, body = rest.call("PUT", f"/applications/{application_id}/commands", COMMANDS)
    assert status == 200, body
