"""Gemini through Google's own SDK, google-genai (docs/adr/0001-google-genai.md)."""

from __future__ import annotations

import logging
import math
import re
import warnings
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

from lib.monitor import monitor
from lib.ports import (
    ChatModelError,
    ChatModelFailure,
    Clock,
    CompletionChunk,
    Role,
    Turn,
)
from lib.services.gemini_answer import GeminiAnswer
from lib.services.gemini_errors import timed_out, translate
from lib.services.gemini_ping import measure_ping_ms
from lib.services.hard_deadline import HardDeadline
from lib.services.turns import require_users_last_turn

if TYPE_CHECKING:
    from google.genai import Client
    from google.genai.types import (
        Content,
        GenerateContentConfig,
        GenerateContentResponse,
        HttpOptions,
    )

MOST_OUTPUT_TOKENS: Final = 4096
"""Some eight messages, thinking included, so that nobody floods a channel or the owner's bill."""
_WORTH_RETRYING: Final = frozenset(
    {ChatModelFailure.RATE_LIMITED, ChatModelFailure.OVERLOADED, ChatModelFailure.UNREACHABLE}
)
# One wait between two attempts; a longer one that the provider advises goes before it.
_BACKOFF_SECONDS: Final = (0.5, 1.5)
# With less time than this no attempt is worth a wait.
_LEAST_ATTEMPT_SECONDS: Final = 1.0
# A request that gives the server less is refused: "Minimum allowed deadline is 10s".
_LEAST_SERVER_TIMEOUT_SECONDS: Final = 10
_HEADER_VALUE: Final = re.compile(r"[!-~]+")
_MODEL_NAME: Final = re.compile(r"[\w-]+([./][\w-]+)*", re.ASCII)


class GeminiChatModel:
    """A `ChatModel` that asks Gemini.

    `base_url` is another address than Google's, without the API version. Nothing is loaded and
    nothing sent before `stream` is read from.
    """

    def __init__(
        self, *, api_key: str, model: str, clock: Clock, base_url: str | None = None
    ) -> None:
        self._api_key = api_key.strip()
        self._model = model
        self._clock = clock
        self._base_url = base_url

    @property
    def model(self) -> str:
        return self._model

    def stream(
        self, turns: Sequence[Turn], *, system_instruction: str, deadline_seconds: float
    ) -> Iterator[CompletionChunk]:
        require_users_last_turn(turns)
        self._require_usable_settings()
        if deadline_seconds <= 0:
            raise timed_out("none was left to begin with", usage=None)
        ends_at = self._clock.monotonic() + deadline_seconds
        _quieten_sdk()
        with HardDeadline(deadline_seconds) as deadline:
            for backoff_seconds in (*_BACKOFF_SECONDS, None):
                answer = GeminiAnswer()
                config = _config(system_instruction, self._seconds_until(ends_at))
                try:
                    for response in self._responses(turns, config, answer, deadline):
                        text = answer.take(response)
                        if text:
                            yield CompletionChunk(text=text, usage=answer.usage)
                    yield answer.closing_chunk()
                except ChatModelError as error:
                    wait_seconds = self._wait_before_retry(error, answer, backoff_seconds, ends_at)
                    if wait_seconds is None:
                        raise
                else:
                    return
                self._clock.sleep(wait_seconds)

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
                with monitor("gemini.first_response", self._clock):
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

    def _wait_before_retry(
        self,
        error: ChatModelError,
        answer: GeminiAnswer,
        backoff_seconds: float | None,
        ends_at: float,
    ) -> float | None:
        """Seconds to wait before the next attempt; None: there is none."""
        if backoff_seconds is None or answer.begun or error.failure not in _WORTH_RETRYING:
            return None
        wait_seconds = max(backoff_seconds, error.retry_after_seconds or 0.0)
        in_time = wait_seconds + _LEAST_ATTEMPT_SECONDS <= self._seconds_until(ends_at)
        return wait_seconds if in_time else None

    def _seconds_until(self, moment: float) -> float:
        return moment - self._clock.monotonic()

    def _require_usable_settings(self) -> None:
        """Refuse what can never work, and what the HTTP client would quote in its error."""
        if not _HEADER_VALUE.fullmatch(self._api_key):
            raise ChatModelError(
                ChatModelFailure.BAD_KEY, "the key is empty or no header can carry it"
            )
        if not _MODEL_NAME.fullmatch(self._model):
            raise ChatModelError(
                ChatModelFailure.UNKNOWN_MODEL, "the model's name is none; nothing was sent"
            )

    def _client(self, deadline: HardDeadline) -> Client:
        from google.genai import Client
        from google.genai.types import HttpOptions

        # Both are given so that the environment has no say: GOOGLE_API_KEY would go before
        # GEMINI_API_KEY, and GOOGLE_GENAI_USE_VERTEXAI would lead to another service.
        return Client(
            api_key=self._api_key,
            vertexai=False,
            http_options=HttpOptions(
                api_version="v1beta",
                base_url=self._base_url,
                client_args={"event_hooks": {"request": [deadline.watch]}},
            ),
        )


def _config(system_instruction: str, seconds_left: float) -> GenerateContentConfig:
    from google.genai.types import AutomaticFunctionCallingConfig, GenerateContentConfig

    # No temperature, top_p or top_k: newer models deprecate or refuse them.
    return GenerateContentConfig(
        system_instruction=_well_formed(system_instruction) or None,
        max_output_tokens=MOST_OUTPUT_TOKENS,
        automatic_function_calling=AutomaticFunctionCallingConfig(disable=True),
        automatic_continuation=False,
        http_options=_time_limits(seconds_left),
    )


def _time_limits(seconds_left: float) -> HttpOptions:
    from google.genai.types import HttpOptions

    server_seconds = max(_LEAST_SERVER_TIMEOUT_SECONDS, math.ceil(seconds_left))
    return HttpOptions(
        timeout=max(1, math.ceil(seconds_left * 1000)),  # in ms; zero would mean for ever
        headers={"X-Server-Timeout": str(server_seconds)},
    )


def _content(turn: Turn) -> Content:
    from google.genai.types import Content, Part

    role = {Role.USER: "user", Role.MODEL: "model"}[turn.role]
    return Content(role=role, parts=[Part(text=_well_formed(turn.text))])


def _well_formed(text: str) -> str:
    """`text` with half a surrogate pair, which JSON allows and UTF-8 does not, shown as "?"."""
    return text.encode(errors="replace").decode()


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
