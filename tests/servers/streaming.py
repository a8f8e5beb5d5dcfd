"""A local server that streams what a chat model's provider would: well, badly, or never to the end.

What the providers have in common. `gemini` and `openai` make one of it each; what they may answer
stands in `gemini_answers` and `openai_answers`.
"""

from __future__ import annotations

import json
import socket
import ssl
import struct
import threading
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self

JsonObject = Mapping[str, object]


class Ending(Enum):
    """How the server leaves an answer."""

    ORDERLY = auto()
    CUT = auto()  # closes the connection in the middle of the body
    RESET = auto()  # the same with a TCP reset
    STALLED = auto()  # keeps the connection open and says nothing more


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server sends: the pieces of the body, with a pause before each of them."""

    status: int
    content_type: str
    pieces: Sequence[bytes]
    pause_seconds: float = 0.0
    ending: Ending = Ending.ORDERLY
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Request:
    """What the server received. Never printed as a whole: the headers hold the key."""

    path: str
    headers: Mapping[str, str] = field(repr=False)  # names in lower case
    body: JsonObject


# --- answers of any provider -----------------------------------------------------------------


def event(body: object) -> bytes:
    """One server-sent event."""
    return f"data: {json.dumps(body)}\r\n\r\n".encode()


def raw(*pieces: bytes, pause_seconds: float = 0.0, ending: Ending = Ending.ORDERLY) -> Answer:
    """A 200 that claims to be a stream of events and may be anything."""
    return Answer(HTTPStatus.OK, "text/event-stream", pieces, pause_seconds, ending)


def refused(body: object, *, code: int, headers: Mapping[str, str] | None = None) -> Answer:
    """An error status with a JSON body."""
    content = json.dumps(body).encode()
    return Answer(code, "application/json; charset=UTF-8", [content], headers=headers or {})


def page(html: str, *, code: int) -> Answer:
    """What a proxy or a load balancer says."""
    return Answer(code, "text/html; charset=UTF-8", [html.encode()])


def moved_to(url: str) -> Answer:
    """A redirect that keeps method and body."""
    return Answer(
        HTTPStatus.TEMPORARY_REDIRECT, "text/html; charset=UTF-8", [], headers={"Location": url}
    )


def dripping(beginning: bytes = b"") -> Answer:
    """A stream that never gets anywhere: a blank now and then, for as long as anyone listens.

    Each comes well within the time that a single read may take.
    """
    blanks = [b" "] * 1000
    return raw(beginning + b"data: ", *blanks, pause_seconds=0.02)


# --- the server ------------------------------------------------------------------------------


class StreamingServer(ABC):
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

    @abstractmethod
    def greeting(self) -> Answer:
        """What a request gets that nothing is scripted for."""

    @abstractmethod
    def model_of(self, request: Request) -> str | None:
        """The model that is asked for; None: nothing is there where it was asked."""

    @abstractmethod
    def refusal(self, request: Request) -> Answer | None:
        """What the provider says to requests that it does not even look into."""

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
        if refusal := self.refusal(request):
            return refusal
        if self._queue:
            return self._queue.popleft()
        return self.by_model.get(self.model_of(request) or "") or self.greeting()

    def wait(self, seconds: float | None) -> bool:
        """Let time pass, all of it if None. True: the server closes, say no more."""
        return self._closing.wait(seconds)


class _HTTPServer(ThreadingHTTPServer):
    # Closing waits for the threads that still answer, so that a test leaves none behind.
    daemon_threads = False

    def __init__(self, provider: StreamingServer) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.provider = provider

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
        answer = self.server.provider.answer_to(Request(self.path, headers, body))
        try:
            self._play(answer)
        except OSError:
            self.server.provider.hung_up.set()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
        """Nothing is printed."""

    def _play(self, answer: Answer) -> None:
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.content_type)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Transfer-Encoding", "chunked")
        self.send_header("Connection", "close")
        self.end_headers()
        for piece in answer.pieces:
            if answer.pause_seconds and self.server.provider.wait(answer.pause_seconds):
                return
            self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
        match answer.ending:
            case Ending.ORDERLY:
                self.wfile.write(b"0\r\n\r\n")
            case Ending.STALLED:
                self.server.provider.wait(None)
            case Ending.RESET:
                # To linger for no time at all is how a socket is told to reset.
                no_time = struct.pack("ii", 1, 0)
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, no_time)
            case Ending.CUT:
                pass
