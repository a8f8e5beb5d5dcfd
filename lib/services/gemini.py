"""Gemini through Google's own SDK, google-genai (docs/adr/0001-google-genai.md)."""

from __future__ import annotations

import logging
import math
import re
import ssl
import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Final

from lib.monitor import SLOW_MODEL_SECONDS, monitor
from lib.ports import (
    ChatModelError,
    ChatModelFailure,
    Clock,
    CompletionChunk,
    Role,
    Turn,
)
from lib.services.gemini_answer import GeminiAnswer
from lib.services.gemini_errors import translate
from lib.services.gemini_ping import measure_ping_ms
from lib.services.hard_deadline import HardDeadline
from lib.services.model_failures import require_header_value, timed_out, well_formed
from lib.services.turns import require_users_last_turn

if TYPE_CHECKING:
    from google.genai import Client
    from google.genai.types import (
        Content,
        GenerateContentConfig,
        GenerateContentResponse,
        HttpOptions,
    )

# A request that gives the server less is refused: "Minimum allowed deadline is 10s".
_LEAST_SERVER_TIMEOUT_SECONDS: Final = 10
_MODEL_NAME: Final = re.compile(r"[\w-]+([./][\w-]+)*", re.ASCII)


class GeminiChatModel:
    """A `ChatModel` that asks Gemini.

    `base_url` is another address than Google's, without the API version. `tls` gives the
    certificates to trust, for each request. Nothing is loaded and nothing sent before `stream` is
    read from.
    """

    def __init__(
        self,
        *,
        api_key: str,
        model: str,
        clock: Clock,
        base_url: str | None = None,
        tls: Callable[[], ssl.SSLContext] = ssl.create_default_context,
    ) -> None:
        self._api_key = api_key.strip()
        self._model = model
        self._clock = clock
        self._base_url = base_url
        self._tls = tls

    @property
    def model(self) -> str:
        return self._model

    def stream(
        self,
        turns: Sequence[Turn],
        *,
        system_instruction: str,
        deadline_seconds: float,
        max_output_tokens: int,
    ) -> Iterator[CompletionChunk]:
        require_users_last_turn(turns)
        self._require_usable_settings()
        if deadline_seconds <= 0:
            raise timed_out("none was left to begin with", usage=None)
        _quieten_sdk()
        answer = GeminiAnswer()
        with HardDeadline(deadline_seconds) as deadline:
            config = _config(
                system_instruction,
                deadline_seconds=deadline_seconds,
                max_output_tokens=max_output_tokens,
            )
            for response in self._responses(turns, config, answer, deadline):
                text = answer.take(response)
                if text:
                    yield CompletionChunk(text=text, usage=answer.usage)
            yield answer.closing_chunk()

    def measure_ping_ms(self) -> int:
        self._require_usable_settings()
        return measure_ping_ms(
            self._base_url, api_key=self._api_key, model=self._model, clock=self._clock
        )

    def _responses(
        self,
        turns: Sequence[Turn],
        config: GenerateContentConfig,
        answer: GeminiAnswer,
        deadline: HardDeadline,
    ) -> Iterator[GenerateContentResponse]:
        """One request and what comes back, with every error in our own words."""
        contents = [_content(turn) for turn in turns]
        error = cause = None
        try:
            # A client for each request, which costs some 40 ms once Discord has its answer. One
            # that is kept would offer connections that died while a serverless instance lay
            # frozen, and its hook belongs to this call's deadline.
            with self._client(deadline) as client:
                responses = client.models.generate_content_stream(
                    model=self._model, contents=contents, config=config
                )
                with monitor("gemini.first_response", self._clock, slow_seconds=SLOW_MODEL_SECONDS):
                    first = next(responses, None)
                if first is not None:
                    yield first
                    yield from responses
        except Exception as exc:  # noqa: BLE001 - the SDK's boundary, see below
            # Besides its own errors the SDK lets through those of the HTTP client, of pydantic
            # and of plain Python where an answer has an unexpected shape.
            error, cause = translate(exc, usage=answer.usage)
        if deadline.passed:
            error, cause = timed_out("the deadline passed", usage=answer.usage), None
        # Raised out here, so that what must not be chained is not in `__context__` either.
        if error and not answer.whole:
            raise error from cause

    def _require_usable_settings(self) -> None:
        require_header_value(self._api_key)
        if not _MODEL_NAME.fullmatch(self._model):
            raise ChatModelError(
                ChatModelFailure.UNKNOWN_MODEL, "the model's name is none; nothing was sent"
            )

    def _client(self, deadline: HardDeadline) -> Client:
        from google.genai import Client
        from google.genai.types import HttpOptions

        tls = self._tls()
        # Both are given so that the environment has no say: GOOGLE_API_KEY would go before
        # GEMINI_API_KEY, and GOOGLE_GENAI_USE_VERTEXAI would lead to another service.
        return Client(
            api_key=self._api_key,
            vertexai=False,
            http_options=HttpOptions(
                api_version="v1beta",
                base_url=self._base_url,
                client_args={
                    "verify": tls,
                    "event_hooks": {"request": [deadline.watch]},
                    # Whoever answers from another address is told neither key nor prompt.
                    "follow_redirects": False,
                },
                # For the clients that the SDK makes beside it and that nobody uses: without these
                # each reads the certificates anew.
                async_client_args={"verify": tls, "ssl": tls},
            ),
        )


def _config(
    system_instruction: str, *, deadline_seconds: float, max_output_tokens: int
) -> GenerateContentConfig:
    from google.genai.types import AutomaticFunctionCallingConfig, GenerateContentConfig

    # No temperature, top_p or top_k: newer models deprecate or refuse them.
    return GenerateContentConfig(
        system_instruction=well_formed(system_instruction) or None,
        max_output_tokens=max_output_tokens,
        automatic_function_calling=AutomaticFunctionCallingConfig(disable=True),
        automatic_continuation=False,
        http_options=_time_limits(deadline_seconds),
    )


def _time_limits(seconds: float) -> HttpOptions:
    from google.genai.types import HttpOptions

    server_seconds = max(_LEAST_SERVER_TIMEOUT_SECONDS, math.ceil(seconds))
    return HttpOptions(
        timeout=max(1, math.ceil(seconds * 1000)),  # in ms; zero would mean for ever
        headers={"X-Server-Timeout": str(server_seconds)},
    )


def _content(turn: Turn) -> Content:
    from google.genai.types import Blob, Content, Part

    role = {Role.USER: "user", Role.MODEL: "model"}[turn.role]
    # What a question is about goes before it, as Google advises for pictures:
    # https://ai.google.dev/gemini-api/docs/image-understanding
    parts = [
        Part(inline_data=Blob(mime_type=media.content_type, data=media.content))
        for media in turn.media
    ]
    if turn.text or not parts:
        parts.append(Part(text=well_formed(turn.text)))
    return Content(role=role, parts=parts)


def _quieten_sdk() -> None:
    """Have the SDK say nothing of its own.

    It logs which of two keys in the environment it takes, though it takes neither here; its HTTP
    client logs each request; and it warns of each finish reason that is newer than itself. What
    matters of it is told by the chunks and the errors.
    """
    logging.getLogger("google_genai").setLevel(logging.ERROR)
    logging.getLogger("httpx2").setLevel(logging.WARNING)
    # Not catch_warnings, which is not safe while other threads answer.
    warnings.filterwarnings(
        "ignore", message=r".* is not a valid \w+", module=r"google\.genai\._common"
    )
