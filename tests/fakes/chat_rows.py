"""The rows of the chat store in memory, for tests to look at."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from lib.ports import (
    CallPurpose,
    ChatPlace,
    ConversationKind,
    Exchange,
    JsonObject,
    ModelCall,
)


@dataclass(slots=True, kw_only=True)
class Conversation:
    """A row of `conversations`; `user_id` is None for a shared one."""

    id: UUID
    guild_id: str | None
    channel_id: str
    kind: ConversationKind
    user_id: str | None
    summary: str = ""
    summarised_through: int = 0
    summary_authors: set[str] = field(default_factory=set)
    summary_claimed_until: datetime | None = None
    summary_claimed_through: int | None = None


@dataclass(slots=True, kw_only=True)
class KeptExchange:
    """The two rows of `messages` that are an exchange; `answer` None: it is under way."""

    id: UUID
    conversation: Conversation
    place: int
    author_id: str
    author_name: str
    question: str
    question_tokens: int
    asked_at: datetime
    attachments: tuple[JsonObject, ...] = ()
    quoted_author_id: str | None = None
    answer: str | None = None
    answer_tokens: int = 0
    model: str | None = None
    message_ids: tuple[str, ...] = ()

    @property
    def tokens(self) -> int:
        """Those of both texts."""
        return self.question_tokens + self.answer_tokens

    def seen(self) -> Exchange:
        """As the port shows it."""
        return Exchange(
            id=self.id,
            place=self.place,
            author_id=self.author_id,
            author_name=self.author_name,
            question=self.question,
            answer=self.answer or "",
            tokens=self.tokens,
            asked_at=self.asked_at,
            model=self.model,
            attachments=self.attachments,
            channel_id=self.conversation.channel_id,
            message_ids=self.message_ids,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class NotedCall:
    """A row of `gemini_usage`."""

    command_id: UUID
    place: ChatPlace
    call: ModelCall
    created_at: datetime
    for_place: bool = False

    @property
    def user_id(self) -> str | None:
        """Nobody's where it counts for the place alone."""
        return None if self.for_place else self.place.user_id

    def columns(self) -> dict[str, object]:
        """As the table has them."""
        call, usage = self.call, self.call.usage
        return {
            "guild_id": self.place.guild_id,
            "user_id": self.user_id,
            "prompt_tokens": usage.prompt_tokens,
            "completion_tokens": usage.completion_tokens,
            "total_tokens": usage.total_tokens,
            "model": call.model,
            "cost_usd": call.cost_usd,
            "purpose": call.purpose.value,
            "outcome": call.outcome.value,
            "estimated": call.estimated,
            "command_id": self.command_id,
        }


@dataclass(slots=True, kw_only=True)
class KeptReservation:
    """A row of `reservations`; `note` is what was noted for a run that was `lost`. `user_id` is
    empty where they had all that is theirs deleted.
    """

    command_id: UUID
    run_id: UUID
    place: ChatPlace
    user_id: str
    scope: str
    day: date
    month: date
    answers: int
    tokens: int
    cost_usd: Decimal
    expires_at: datetime
    for_place: bool = False
    purpose: CallPurpose = CallPurpose.ANSWER
    model: str = ""
    prompt_tokens: int = 0
    prompt_cost_usd: Decimal | None = None
    settled_at: datetime | None = None
    counted: bool = False
    answered: bool = False
    used_tokens: int = 0
    lost: bool = False
    note: NotedCall | None = None
    exchange_id: UUID | None = None

    @property
    def key(self) -> tuple[UUID, UUID]:
        """Each run of a command has its own."""
        return self.command_id, self.run_id


@dataclass(slots=True)
class Used:
    """What was used on a day by a user, or in a month at a place."""

    answers: int = 0
    tokens: int = 0
    cost_usd: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class Rest:
    """A row of `model_cooldowns`."""

    until: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Source:
    """A row of `sources`."""

    source: JsonObject
    expires_at: datetime
