"""A local server that answers in Gemini's shapes, well or badly as it is told.

It knows `models/*:streamGenerateContent` of v1beta, and refuses on its own what Gemini refuses: a
request without a key, one that leaves the server less than ten seconds, and one that ends with
the model's own turn. What it may answer stands in `gemini_answers`.
"""

from __future__ import annotations

import json
import re
import socket
import ssl
import struct
import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Final, Self

from tests.servers.gemini_answers import Answer, Ending, JsonObject, error, greeting, refused

_PATH: Final = re.compile(r"/v1beta/models/([^/:?]+):streamGenerateContent\?alt=sse")
_LEAST_SERVER_TIMEOUT_SECONDS: Final = 10


@dataclass(frozen=True, slots=True)
class Request:
    """What the server received. Never printed as a whole: the headers hold the key."""

    path: str
    headers: Mapping[str, str] = field(repr=False)  # names in lower case
    body: JsonObject


class GeminiServer:
    """Listens on a free port of 127.0.0.1 while it is entered.

    `queue` says what the next requests get, one each; `by_model` what a model of that name
    answers when the queue is empty; every other request is greeted. `requests` keeps what came,
    and `hung_up` is set once a client has left before the end of its answer. With `tls` it speaks
    HTTPS.
    """

    def __init__(self, *, tls: ssl.SSLContext | None = None) -> None:
        self.requests: list[Request] = []
        self.hung_up = threading.Event()
        self.by_model: dict[str, Answer] = {}
        self._queue: deque[Answer] = deque()
        self._closing = threading.Event()
        self._scheme = "https" if tls else "http"
        self._http = _HTTPServer(self)
        if tls:
            self._http.socket = tls.wrap_socket(self._http.socket, server_side=True)
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,))

    @property
    def url(self) -> str:
        host, port = self._http.server_address[:2]
        return f"{self._scheme}://{host!s}:{port}"

    def queue(self, *answers: Answer) -> None:
        self._queue.extend(answers)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._closing.set()
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    def answer_to(self, request: Request) -> Answer:
        """What this request gets."""
        self.requests.append(request)
        if refusal := _refusal(request):
            return refusal
        if self._queue:
            return self._queue.popleft()
        return self.by_model.get(_model(request) or "", greeting())

    def wait(self, seconds: float | None) -> bool:
        """Let time pass, all of it if None. True: the server closes, say no more."""
        return self._closing.wait(seconds)


def _model(request: Request) -> str | None:
    found = _PATH.fullmatch(request.path)
    return found[1] if found else None


def _refusal(request: Request) -> Answer | None:
    """What Gemini says to requests that it does not even look into."""
    if _model(request) is None:
        return refused(error(404, "NOT_FOUND", "Requested entity was not found."), code=404)
    if not request.headers.get("x-goog-api-key"):
        told = error(403, "PERMISSION_DENIED", "Method doesn't allow unregistered callers.")
        return refused(told, code=403)
    server_seconds = int(request.headers.get("x-server-timeout", "600"))
    if server_seconds < _LEAST_SERVER_TIMEOUT_SECONDS:
        message = f"Manually set deadline {server_seconds}s is too short."
        return refused(error(400, "INVALID_ARGUMENT", message), code=400)
    contents = request.body.get("contents")
    last = contents[-1] if isinstance(contents, list) and contents else None
    if not isinstance(last, dict) or last.get("role") != "user":
        message = "Please ensure that multiturn requests end with a user role."
        return refused(error(400, "INVALID_ARGUMENT", message), code=400)
    return None


class _HTTPServer(ThreadingHTTPServer):
    # Closing waits for the threads that still answer, so that a test leaves none behind.
    daemon_threads = False

    def __init__(self, gemini: GeminiServer) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.gemini = gemini

    def shutdown_request(self, request: socket.socket | tuple[bytes, socket.socket]) -> None:
        # Without the orderly end that comes first elsewhere: it would hide a reset.
        self.close_request(request)

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up is part of the game, and nothing here prints."""


class _Handler(BaseHTTPRequestHandler):
    server: _HTTPServer
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length", "0"))
        body = json.loads(self.rfile.read(length))
        headers = {name.lower(): value for name, value in self.headers.items()}
        answer = self.server.gemini.answer_to(Request(self.path, headers, body))
        try:
            self._play(answer)
        except OSError:
            self.server.gemini.hung_up.set()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
        """Nothing is printed."""

    def _play(self, answer: Answer) -> None:
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Transfer-Encoding", "chunked")
        self.send_header("Connection", "close")
        self.end_headers()
        for piece in answer.pieces:
            if answer.pause_seconds and self.server.gemini.wait(answer.pause_seconds):
                return
            self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
        match answer.ending:
            case Ending.ORDERLY:
                self.wfile.write(b"0\r\n\r\n")
            case Ending.STALLED:
                self.server.gemini.wait(None)
            case Ending.RESET:
                # To linger for no time at all is how a socket is told to reset.
                no_time = struct.pack("ii", 1, 0)
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, no_time)
            case Ending.CUT:
                pass
