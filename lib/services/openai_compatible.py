"""Any endpoint that speaks OpenAI's chat completions, through the official SDK
(docs/adr/0008-one-request-a-call.md).
"""

from __future__ import annotations

import logging
import re
import ssl
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from typing import TYPE_CHECKING, Final

from lib.monitor import SLOW_MODEL_SECONDS, monitor
from lib.ports import ChatModelError, ChatModelFailure, Clock, CompletionChunk, Turn
from lib.services.hard_deadline import HardDeadline
from lib.services.model_failures import require_header_value, timed_out, well_formed
from lib.services.model_ping import ask_for_nothing
from lib.services.openai_compatible_answer import OpenAICompatibleAnswer
from lib.services.openai_compatible_errors import refused_parameters, translate
from lib.services.openai_compatible_request import Dialect, messages_of
from lib.services.turns import require_users_last_turn

if TYPE_CHECKING:
    from httpx2 import Request
    from openai import OpenAI, Stream
    from openai.types.chat import ChatCompletionChunk, ChatCompletionMessageParam

OPENAI: Final = "https://api.openai.com/v1"
_MODEL_NAME: Final = re.compile(r"[!-~]+")
# What may leave beside the key. The SDK would also tell the machine's kind, and whatever
# OPENAI_ORG_ID, OPENAI_PROJECT_ID and OPENAI_CUSTOM_HEADERS say.
_HEADERS: Final = frozenset(
    {
        "accept",
        "accept-encoding",
        "connection",
        "content-length",
        "content-type",
        "host",
        "user-agent",
    }
)
_NO_KEY: Final = "none"  # the SDK would look for one in the environment


class OpenAICompatibleChatModel:
    """A `ChatModel` behind `base_url`, the address that ends in `/v1` with most of them.

    Without `base_url` it is OpenAI's own. `api_key` is None for an endpoint that wants none. `tls`
    gives the certificates to trust, for each request. Nothing is loaded and nothing sent before
    `stream` is read from. The environment has no say: neither its keys, addresses and headers nor
    its proxies.
    """

    def __init__(
        self,
        *,
        api_key: str | None,
        model: str,
        clock: Clock,
        base_url: str | None = None,
        tls: Callable[[], ssl.SSLContext] = ssl.create_default_context,
    ) -> None:
        self._api_key = None if api_key is None else api_key.strip()
        self._model = model
        self._clock = clock
        self._base_url = base_url or OPENAI
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
        messages = messages_of(turns, system_instruction=well_formed(system_instruction))
        if deadline_seconds <= 0:
            raise timed_out("none was left to begin with", usage=None)
        answer = OpenAICompatibleAnswer()
        with HardDeadline(deadline_seconds) as deadline:
            for text in self._texts(
                messages,
                answer,
                deadline,
                deadline_seconds=deadline_seconds,
                max_output_tokens=max_output_tokens,
            ):
                yield CompletionChunk(text=text, usage=answer.usage)
            yield answer.closing_chunk()

    def measure_ping_ms(self) -> int:
        """As the port says; any answer counts, since not every endpoint lists its models."""
        self._require_usable_settings()
        headers = {} if self._api_key is None else {"Authorization": f"Bearer {self._api_key}"}
        with monitor("openai_compatible.ping", self._clock):
            _, elapsed_ms = ask_for_nothing(
                f"{self._base_url.rstrip('/')}/models", headers=headers, clock=self._clock
            )
        return elapsed_ms

    def _texts(
        self,
        messages: Sequence[ChatCompletionMessageParam],
        answer: OpenAICompatibleAnswer,
        deadline: HardDeadline,
        *,
        deadline_seconds: float,
        max_output_tokens: int,
    ) -> Iterator[str]:
        """The pieces of the answer, with every error in our own words."""
        error = cause = None
        try:
            with (
                self._client(deadline, deadline_seconds) as client,
                closing(self._request(client, messages, max_output_tokens)) as chunks,
            ):
                for chunk in chunks:
                    # The SDK checks no shapes, so taking one may fail as well.
                    if text := answer.take(chunk):
                        yield text
        except Exception as exc:  # noqa: BLE001 - the SDK's boundary, see below
            # Besides its own errors the SDK lets through those of the HTTP client, of JSON and of
            # plain Python where an answer has an unexpected shape.
            error, cause = translate(exc, usage=answer.usage, now=self._clock.now())
        if deadline.passed:
            error, cause = timed_out("the deadline passed", usage=answer.usage), None
        # Raised out here, so that what must not be chained is not in `__context__` either.
        if error and not answer.whole:
            raise error from cause

    def _request(
        self,
        client: OpenAI,
        messages: Sequence[ChatCompletionMessageParam],
        max_output_tokens: int,
    ) -> Stream[ChatCompletionChunk]:
        """The one request; or, where a server refuses a parameter by its name, the first one that
        it does not refuse.
        """
        from openai import BadRequestError, UnprocessableEntityError, omit

        dialect = Dialect.of(self._base_url)
        while True:
            old = dialect.knows_max_tokens_only
            try:
                with monitor(
                    "openai_compatible.first_response", self._clock, slow_seconds=SLOW_MODEL_SECONDS
                ):
                    return client.chat.completions.create(
                        model=self._model,
                        messages=messages,
                        stream=True,
                        stream_options={"include_usage": True} if dialect.counts else omit,
                        max_tokens=max_output_tokens if old else omit,
                        max_completion_tokens=omit if old else max_output_tokens,
                    )
            except (BadRequestError, UnprocessableEntityError) as refusal:
                other = dialect.without(refused_parameters(refusal))
                if other is None:
                    raise
                dialect = other

    def _client(self, deadline: HardDeadline, deadline_seconds: float) -> OpenAI:
        from httpx2 import Client
        from openai import OpenAI

        _quieten_sdk()
        return OpenAI(
            api_key=self._api_key or _NO_KEY,
            base_url=self._base_url,
            max_retries=0,
            # A client for each request: a kept one would offer connections that died while a
            # serverless instance lay frozen, and its hooks belong to this call's deadline.
            http_client=Client(
                timeout=deadline_seconds,
                trust_env=False,
                # Whoever answers from another address is told neither key nor prompt.
                follow_redirects=False,
                verify=self._tls(),
                event_hooks={"request": [self._keep_to_our_headers, deadline.watch]},
            ),
        )

    def _keep_to_our_headers(self, request: Request) -> None:
        for name in set(request.headers) - _HEADERS:
            del request.headers[name]
        if self._api_key is not None:
            request.headers["Authorization"] = f"Bearer {self._api_key}"

    def _require_usable_settings(self) -> None:
        if self._api_key is not None:
            require_header_value(self._api_key)
        if not _MODEL_NAME.fullmatch(self._model):
            raise ChatModelError(
                ChatModelFailure.UNKNOWN_MODEL, "the model's name is none; nothing was sent"
            )


def _quieten_sdk() -> None:
    """Have the SDK say nothing of its own, whatever OPENAI_LOG says: what matters of it is told by
    the chunks and the errors.
    """
    logging.getLogger("openai").setLevel(logging.ERROR)
    logging.getLogger("httpx2").setLevel(logging.WARNING)
