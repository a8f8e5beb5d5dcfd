"""A local HTTP server that answers as told: well, badly, late, or not at all."""

from __future__ import annotations

import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BufferedIOBase
from typing import Any

PATIENCE_SECONDS = 20.0  # for what is on its way; nobody waits for it otherwise


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:  # noqa: ANN401 - whatever was sent
        return json.loads(self.body)


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer. `body` is sent as it is, or as JSON if it is no bytes.

    `silent`: none at all, until the test ends; `dropped`: the connection closes instead;
    `stale`: the connection seems to stay, but whatever is asked on it next gets no answer;
    `raw_headers` are lines as they stand. `meanwhile` is called before anything is answered,
    `before_each_byte` makes the answer come byte by byte.
    """

    status: int = 200
    body: object = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    raw_headers: bytes = b""
    silent: bool = False
    dropped: bool = False
    stale: bool = False
    meanwhile: Callable[[], None] | None = None
    before_each_byte: Callable[[], None] | None = None

    def encoded(self) -> bytes:
        body = self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()
        is_json = not isinstance(self.body, bytes)
        headers = {
            "Content-Type": "application/json" if is_json else "text/html",
            "Content-Length": str(len(body)),
            "Connection": "keep-alive" if self.stale else "close",
            **self.headers,
        }
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items()).encode()
        return b"HTTP/1.1 %d Scripted\r\n%s%s\r\n%s" % (self.status, lines, self.raw_headers, body)


class ScriptedServer:
    """Gives its answers one after the other, the last of them for ever; `requests` keeps count."""

    def __init__(self, url: str, answers: list[Answer]) -> None:
        self.url = url
        self.requests: list[Request] = []
        self._answers = answers
        self._ended = threading.Event()
        self._read = threading.Condition()

    def next_answer(self, request: Request) -> Answer:
        with self._read:
            self.requests.append(request)
            self._read.notify_all()
            position = min(len(self.requests), len(self._answers)) - 1
        return self._answers[position]

    def has_read(self, count: int) -> bool:
        """Whether it read exactly that many requests; waits for those that are under way.

        A client that gives up soon may be ahead of it.
        """
        with self._read:
            self._read.wait_for(lambda: len(self.requests) >= count, PATIENCE_SECONDS)
            return len(self.requests) == count

    def wait_for_the_end(self) -> None:
        self._ended.wait()

    def end(self) -> None:
        self._ended.set()


def _send(answer: Answer, to: BufferedIOBase) -> None:
    if answer.before_each_byte is None:
        to.write(answer.encoded())
        return
    with suppress(ConnectionError):  # who waited has gone
        for byte in answer.encoded():
            answer.before_each_byte()
            to.write(bytes([byte]))


@contextmanager
def scripted_server(
    *answers: Answer, tls: ssl.SSLContext | None = None
) -> Iterator[ScriptedServer]:
    """A server on a free port of 127.0.0.1 while the block runs."""

    class Handler(BaseHTTPRequestHandler):
        is_stale = False

        def answer(self) -> None:
            self.close_connection = True
            if self.is_stale:
                return
            length = int(self.headers.get("Content-Length") or 0)
            headers = {name.lower(): value for name, value in self.headers.items()}
            request = Request(self.command, self.path, headers, self.rfile.read(length))
            answer = scripted.next_answer(request)
            if answer.meanwhile is not None:
                answer.meanwhile()
            if answer.silent:
                scripted.wait_for_the_end()
            elif not answer.dropped:
                _send(answer, self.wfile)
                self.is_stale = answer.stale
                self.close_connection = not answer.stale

        do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = answer  # noqa: N815 - http.server's names

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if tls is not None:
        server.socket = tls.wrap_socket(
            server.socket, server_side=True, do_handshake_on_connect=False
        )
    scheme = "http" if tls is None else "https"
    scripted = ScriptedServer(f"{scheme}://127.0.0.1:{server.server_port}", list(answers))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield scripted
    finally:
        scripted.end()
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def nobody() -> Iterator[str]:
    """An address where nothing listens: the port is bound, so that nobody else takes it."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{bound.getsockname()[1]}"
