"""A WSGI client for the front: sends what Discord sends, and holds the answers to its limits."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from wsgiref.types import WSGIApplication, WSGIEnvironment
from wsgiref.util import setup_testing_defaults

from lib.ports import Clock
from tests.discord_bodies import assert_takes_callback
from tests.payloads import InteractionBuilder, signed

INTERACTIONS = "/api/interactions"


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def json(self) -> Any:  # noqa: ANN401 - whatever the test expects
        return json.loads(self.body)

    @property
    def content(self) -> str:
        """The text of a message that answers at once."""
        return str(self.json["data"]["content"])


class Client:
    """Requests to one WSGI application."""

    def __init__(self, app: WSGIApplication, clock: Clock) -> None:
        self._app = app
        self._clock = clock

    def send(self, interaction: InteractionBuilder) -> Reply:
        """Post an interaction, signed now. Work after the response is over when this returns."""
        with self.sending(interaction) as reply:
            return reply

    @contextmanager
    def sending(self, interaction: InteractionBuilder) -> Iterator[Reply]:
        """The same; the work after the response is done when the block ends."""
        payload = interaction.build()
        body, headers = signed(payload, at=self._clock.now())
        with self.requesting("POST", INTERACTIONS, body=body, headers=headers) as reply:
            if reply.status == 200:
                assert_takes_callback(payload, reply.json)
            yield reply

    def post_signed(self, payload: object) -> Reply:
        """Post any JSON value, or bytes, signed now."""
        body, headers = signed(payload, at=self._clock.now())
        return self.request("POST", INTERACTIONS, body=body, headers=headers)

    def get(self, path: str, **headers: str) -> Reply:
        return self.request("GET", path, headers=headers)

    def request(
        self,
        method: str,
        path: str,
        *,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
        environ: Mapping[str, object] | None = None,
    ) -> Reply:
        """Any request, closed at once. `environ` overrides what a server would set."""
        with self.requesting(method, path, body=body, headers=headers, environ=environ) as reply:
            return reply

    @contextmanager
    def requesting(
        self,
        method: str,
        path: str,
        *,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
        environ: Mapping[str, object] | None = None,
    ) -> Iterator[Reply]:
        """Any request: its whole body is there before the response is closed, as servers do it."""
        started: list[tuple[str, list[tuple[str, str]]]] = []

        def start_response(
            status: str, headers: list[tuple[str, str]], _error: object = None, /
        ) -> Callable[[bytes], object]:
            started.append((status, headers))
            return lambda _data: None

        request = _environ(method, path, body, headers or {})
        request.update(environ or {})
        response = self._app(request, start_response)
        try:
            content = b"".join(response)
            ((status, response_headers),) = started
            yield Reply(int(status.split()[0]), dict(response_headers), content)
        finally:
            close = getattr(response, "close", None)
            if close is not None:
                close()


def _environ(method: str, path: str, body: bytes, headers: Mapping[str, str]) -> WSGIEnvironment:
    environ: WSGIEnvironment = {}
    setup_testing_defaults(environ)
    environ |= {
        "REQUEST_METHOD": method,
        "PATH_INFO": path,
        "QUERY_STRING": "",
        "CONTENT_LENGTH": str(len(body)),
        "CONTENT_TYPE": "application/json",
        "wsgi.input": io.BytesIO(body),
    }
    environ |= {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers.items()}
    return environ
