"""The front: a plain WSGI callable that answers Discord itself and leaves the rest to Flask.

Discord gives a function three seconds, cold start included, and importing Flask takes most of a
bare cold start. So the signed POST passes through here with nothing loaded but PyNaCl and the
command's own module; every other request is worth a Flask app.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from functools import cached_property, partial
from http import HTTPStatus
from threading import Lock
from typing import TYPE_CHECKING, Any, Final, Protocol

from discord_interactions import InteractionType

from lib.interactions.course import Course
from lib.interactions.dispatch import Dispatcher
from lib.interactions.endpoint import Answer, InteractionEndpoint
from lib.interactions.registry import CommandRegistry
from lib.interactions.signature import SignatureVerifier
from lib.logs import LogOutput, configure_logs, get_logger
from lib.monitor import tell_time
from lib.services.clock import SYSTEM_CLOCK
from lib.settings import Environment, Settings
from lib.web.after_response import AfterResponse

if TYPE_CHECKING:
    from flask import Flask

    from lib.bootstrap import Assembly
    from lib.ports import Clock

    class Assemble(Protocol):
        """Makes the services."""

        def __call__(
            self, settings: Settings, clock: Clock, *, dispatcher: Dispatcher, output: LogOutput
        ) -> Assembly: ...


log = get_logger(__name__)

INTERACTIONS_PATH: Final = "/api/interactions"
PROPOSAL: Final = InteractionType.APPLICATION_COMMAND_AUTOCOMPLETE
LARGEST_BODY: Final = 1024 * 1024
CHUNK: Final = 65536
SWITCH_SECONDS: Final = 0.0005
"""How long one thread may hold the interpreter while another wants it; Python's own is 5 ms. An
instance acknowledges one command while it streams the answers of others, and between two waits of
its own each of them may take its whole turn. With 20 answers under way the slowest hundredth of the
acknowledgements came after 268 ms with 5 ms, and after 27 ms with this and shared certificates.
"""

Environ = dict[str, Any]
StartResponse = Callable[..., Any]


def _assemble(
    settings: Settings, clock: Clock, *, dispatcher: Dispatcher, output: LogOutput
) -> Assembly:
    from lib.bootstrap import assemble

    return assemble(settings, clock, dispatcher=dispatcher, output=output)


class Front:
    """The WSGI application. Everything heavier than a signature is made when first needed.

    `assemble` makes the services; tests give one that makes others.
    """

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        output: LogOutput,
        *,
        assemble: Assemble = _assemble,
    ) -> None:
        self._settings = settings
        self._output = output
        self._assemble = assemble
        key = settings.discord_public_key
        registry = CommandRegistry("lib.commands")
        self._dispatcher = Dispatcher(
            registry, settings, clock, assemble=lambda: self._assembly.services
        )
        self._endpoint = InteractionEndpoint(
            None if key is None else SignatureVerifier(key), self._dispatcher, clock
        )
        self._clock = clock
        self._assembling = Lock()
        self._is_cold = True

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        if environ["REQUEST_METHOD"] == "POST" and environ.get("PATH_INFO") == INTERACTIONS_PATH:
            return self._interaction(environ, start_response)
        return self._pages(environ, start_response)

    def _interaction(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        arrived = self._clock.monotonic()
        body = read_body(environ)
        if body is None:
            answer = Answer(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, b'{"error":"too large"}')
        else:
            answer = self._endpoint.answer(
                body,
                signature=environ.get("HTTP_X_SIGNATURE_ED25519"),
                timestamp=environ.get("HTTP_X_SIGNATURE_TIMESTAMP"),
            )
        if answer.interaction is not None and answer.deferred is None:
            waited = self._clock.monotonic() - arrived  # deferred work is timed where it is done
            tell_time(f"command.{answer.interaction.called}", waited)
        response = AfterResponse(answer.body)
        if body is not None and self._has_work_after(answer):
            response.submit(partial(self._work_after, answer, body, arrived))
        start_response(
            f"{answer.status.value} {answer.status.phrase}",
            [
                ("Content-Type", "application/json"),
                ("Content-Length", str(len(answer.body))),
            ],
        )
        return response

    def _has_work_after(self, answer: Answer) -> bool:
        if answer.interaction is None:
            return False
        has_work = answer.deferred is not None or answer.afterwards is not None
        return has_work or self._settings.has_database

    def _work_after(self, answer: Answer, body: bytes, arrived: float) -> None:
        assert answer.interaction is not None  # noqa: S101 - there is work only for one
        acknowledged, answered_at = self._clock.monotonic(), self._clock.now()
        is_cold, self._is_cold = self._is_cold, False
        assembly, error, anonymous = self._assembly, answer.error, False
        if answer.deferred is not None:
            anonymous = answer.deferred.anonymous
            error = assembly.answers.answer(answer.interaction, answer.deferred, body)
        if answer.afterwards is not None:
            assembly.answers.follow(answer.interaction, answer.afterwards)
        assembly.ledger.note_interaction(
            answer.interaction,
            Course(
                arrived=arrived,
                acknowledged=acknowledged,
                finished=self._clock.monotonic(),
                answered_at=answered_at,
                is_deferred=answer.deferred is not None,
                is_cold=is_cold,
            ),
            error=error,
            anonymous=anonymous,
        )
        if answer.interaction.type == PROPOSAL:  # which comes with every key that somebody presses
            return
        if not assembly.ledger.write():
            return
        assembly.answers.end_kept()
        if assembly.queue.recover_one():
            assembly.ledger.write_rest()

    @property
    def _assembly(self) -> Assembly:
        with self._assembling:  # two first requests at once get the same
            return self._assembled

    @cached_property
    def _assembled(self) -> Assembly:
        return self._assemble(
            self._settings, self._clock, dispatcher=self._dispatcher, output=self._output
        )

    @cached_property
    def _pages(self) -> Flask:
        from lib.web.pages import create_pages

        return create_pages(self._settings, lambda: self._assembly)


def read_body(environ: Environ) -> bytes | None:
    """The request's body, or None if it is larger than any interaction can be."""
    try:
        length = int(environ.get("CONTENT_LENGTH") or 0)
    except ValueError:
        length = 0
    if length > LARGEST_BODY:
        return None
    if length > 0:
        body: bytes = environ["wsgi.input"].read(length)
        return body
    if not environ.get("wsgi.input_terminated"):
        return b""
    # Sent in chunks, without a length: read on until it is too much.
    chunks: list[bytes] = []
    while chunk := environ["wsgi.input"].read(CHUNK):
        chunks.append(chunk)
        if sum(map(len, chunks)) > LARGEST_BODY:
            return None
    return b"".join(chunks)


def create_app(settings: Settings | None = None, clock: Clock | None = None) -> Front:
    """The application of every function in api/. Raises SettingsError if a value is wrong."""
    sys.setswitchinterval(SWITCH_SECONDS)
    settings = Settings.from_env() if settings is None else settings
    is_production = settings.environment is Environment.PRODUCTION
    output = configure_logs(
        level=settings.log_level,
        as_json=is_production,
        secrets=settings.secrets(),
        file=None if is_production else settings.log_file,
    )
    return Front(settings, SYSTEM_CLOCK if clock is None else clock, output)
