"""The chat model: turns in, an answer piece by piece."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from lib.ports.base import PortError


class Role(StrEnum):
    """Who spoke a turn."""

    USER = "user"
    MODEL = "model"


@dataclass(frozen=True, slots=True)
class Turn:
    """One utterance of a conversation."""

    role: Role
    text: str


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one call, as the provider counts them; thinking counts as completion."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int


class FinishReason(StrEnum):
    """Why an answer that has text ended."""

    STOP = "stop"
    MAX_TOKENS = "max_tokens"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class CompletionChunk:
    """A piece of an answer. `usage` is the call's total so far; `finish` stands on the last one."""

    text: str = ""
    usage: Usage | None = None
    finish: FinishReason | None = None


class ChatModelFailure(StrEnum):
    """Why there is no whole answer: each of them has a sentence of its own for the user."""

    BLOCKED = "blocked"
    EMPTY = "empty"
    CUT_OFF = "cut_off"
    RATE_LIMITED = "rate_limited"
    OVERLOADED = "overloaded"
    BAD_KEY = "bad_key"
    UNKNOWN_MODEL = "unknown_model"
    REFUSED_REQUEST = "refused_request"
    TIMED_OUT = "timed_out"
    UNREACHABLE = "unreachable"


class ChatModelError(PortError):
    """The model gave no whole answer.

    `detail` is the provider's own word for it, safe to log: no key, no prompt.
    `retry_after_seconds` is the provider's advice, `usage` what the failed call still cost.
    """

    def __init__(
        self,
        failure: ChatModelFailure,
        detail: str,
        *,
        retry_after_seconds: float | None = None,
        usage: Usage | None = None,
    ) -> None:
        super().__init__(f"{failure}: {detail}")
        self.failure = failure
        self.detail = detail
        self.retry_after_seconds = retry_after_seconds
        self.usage = usage


class ChatModel(Protocol):
    """A model one can talk to."""

    @property
    def model(self) -> str:
        """The name it is logged under in `gemini_usage.model`."""

    def measure_ping_ms(self) -> int:
        """The round trip to the provider in ms; it costs no tokens. Raises ChatModelError."""

    def stream(
        self, turns: Sequence[Turn], *, system_instruction: str, deadline_seconds: float
    ) -> Iterator[CompletionChunk]:
        """The answer to `turns` (the last is the user's), piece by piece.

        Retries what is worth retrying, before the first piece only, while the deadline allows.
        Ends with a chunk whose `finish` is set. Raises ChatModelError, also in mid-stream.
        """
