"""The chat models: turns in, an answer piece by piece."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from lib.ports.base import PortError

if TYPE_CHECKING:
    from datetime import datetime

    from lib.locales import Text


class Role(StrEnum):
    """Who spoke a turn."""

    USER = "user"
    MODEL = "model"


class MediaKind(StrEnum):
    """What a model may be able to read beside text."""

    IMAGE = "image"
    PDF = "pdf"
    AUDIO = "audio"


@dataclass(frozen=True, slots=True)
class Media:
    """A file that goes to the model as it is. `content_type` is what its bytes say it is."""

    kind: MediaKind
    name: str
    content_type: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Turn:
    """One utterance of a conversation; only a user's has `media`."""

    role: Role
    text: str
    media: tuple[Media, ...] = ()


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one call, as the provider counts them; thinking counts as completion.

    `cached_tokens` and `audio_tokens` are those of the prompt's tokens that have prices of their
    own.
    """

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int
    cached_tokens: int = 0
    audio_tokens: int = 0


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
        self,
        turns: Sequence[Turn],
        *,
        system_instruction: str,
        deadline_seconds: float,
        max_output_tokens: int,
    ) -> Iterator[CompletionChunk]:
        """The answer to `turns` (the last is the user's), piece by piece.

        One call is one request: whoever calls decides what is worth another. Ends with a chunk
        whose `finish` is set. Raises ChatModelError, also in mid-stream.
        """


class Provider(StrEnum):
    """Whose protocol a model speaks."""

    GEMINI = "gemini"
    OPENAI = "openai"
    OFFLINE = "offline"


@dataclass(frozen=True, slots=True)
class Price:
    """US dollars for a million tokens, where models.toml says them itself."""

    input: Decimal
    output: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelCard:
    """What is known of one model: an entry of models.toml.

    `api_base` is the address of an OpenAI-compatible endpoint, or None for the provider's own;
    `key` the name of the environment's variable that holds its key, or None where none is needed.
    `context_tokens` is what a request and its answer may have together, `output_tokens` what of it
    an answer may have, thinking included. `good_for` is shown beside its name.
    """

    name: str
    provider: Provider
    api_base: str | None = None
    key: str | None = None
    context_tokens: int = 32_000
    output_tokens: int = 4_096
    good_for: Text | None = None
    reads: frozenset[MediaKind] = frozenset()
    price: Price | None = None


class ChatModels(Protocol):
    """The models that this deployment can use: those whose key is set."""

    @property
    def cards(self) -> Sequence[ModelCard]:
        """Each of them, the default one first. There is always one: without any key, the offline
        model.
        """

    def open(self, name: str) -> ChatModel:
        """The model of that name. Raises KeyError for one that is not among the cards."""


class Prices(Protocol):
    """What calls cost."""

    def cost_usd(self, card: ModelCard, usage: Usage, *, at: datetime) -> Decimal | None:
        """The price of `usage` on that day; None: nobody knows it. Never raises."""
