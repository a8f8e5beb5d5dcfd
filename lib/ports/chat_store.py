"""What the assistant keeps: conversations, settings, what was used and what may be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from lib.ports.base import JsonObject

if TYPE_CHECKING:
    from datetime import date, datetime
    from decimal import Decimal
    from uuid import UUID

    from lib.locales import Locale
    from lib.ports.chat_model import Usage


class ConversationKind(StrEnum):
    """Whose a channel's conversation is: everybody's, one user's, or one user's alone to see."""

    SHARED = "shared"
    PERSONAL = "personal"
    PRIVATE = "private"


@dataclass(frozen=True, slots=True, kw_only=True)
class GuildSettings:
    """What a guild's administrators decided; each default is what holds where they did not.

    `language` None: each user's own. `model` None: the default one. `models`: those that users may
    choose; empty: all. `channel_ids` and `role_ids`: where and by whom the assistant may be asked;
    empty: everywhere, by everybody.
    """

    language: Locale | None = None
    model: str | None = None
    models: tuple[str, ...] = ()
    system_instruction: str = ""
    footer: bool = True
    shared: bool = False
    channel_ids: frozenset[str] = frozenset()
    role_ids: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """A question and its answer, which stand and go together.

    `attachments` are Discord's own attachment objects, `tokens` an estimate of both texts, `place`
    the number that orders a conversation's exchanges. `message_ids` are the messages that show the
    answer, the first one first.
    """

    id: UUID
    place: int
    author_id: str
    author_name: str
    question: str
    answer: str
    tokens: int
    asked_at: datetime
    model: str | None = None
    attachments: tuple[JsonObject, ...] = ()
    channel_id: str = ""
    message_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatPlace:
    """Where somebody asks. `private`: the answer is for them alone to see, and so what they say
    stays out of what others read.
    """

    guild_id: str | None
    channel_id: str
    user_id: str
    private: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedChat:
    """What one needs to know before an answer, in one reading.

    `exchanges` are the conversation's that have an answer and are not in `summary`, oldest first:
    the newest of them, with 60,000 tokens together at most, and 200 in number, but one in any case.
    `summarised_through` is the place of the last one in the summary (0 or less: none). `about` is
    the exchange that was asked for, `settled` the one that an earlier run of this command left
    behind: its answer has only to be shown. `cooling` says for how many seconds which model rests,
    and `cooling_reasons` why: the reason that `cool_model` was given.
    """

    settings: GuildSettings
    kind: ConversationKind
    conversation_id: UUID | None = None
    summary: str = ""
    summarised_through: int = 0
    exchanges: tuple[Exchange, ...] = ()
    about: Exchange | None = None
    settled: Exchange | None = None
    chosen_model: str | None = None
    cooling: Mapping[str, float]
    cooling_reasons: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A user's turn, kept when it is reserved for. `quoted_author_id`: whose words it quotes; it
    goes when they have all that is theirs deleted.
    """

    exchange_id: UUID
    author_name: str
    text: str
    tokens: int
    attachments: Sequence[JsonObject] = ()
    quoted_author_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reservation:
    """What a command may use at worst, from now until it is settled or `expires_seconds` passed.

    `command_id` and `run_id` (None: the command's own) name it: reserving again replaces it. What
    an earlier run of the command reserved and never settled is taken for a call that failed after
    its prompt was read: `model`, `prompt_tokens` and `prompt_cost_usd` (None: nobody knows) say of
    what. `answers` is 1, or 0 for what nobody asked for (a summary). `for_place`: it counts for the
    place's month and not for the user's day. `zone` is the owner's time zone, by which days and
    months begin.
    """

    command_id: UUID
    place: ChatPlace
    kind: ConversationKind
    zone: str
    tokens: int
    cost_usd: Decimal
    expires_seconds: float
    answers: int = 1
    question: Question | None = None
    run_id: UUID | None = None
    model: str = ""
    prompt_tokens: int = 0
    prompt_cost_usd: Decimal | None = None
    for_place: bool = False


@dataclass(frozen=True, slots=True)
class Reserved:
    """Go ahead."""


class QuotaLimit(StrEnum):
    """Which limit is reached."""

    ANSWERS = "answers"
    TOKENS = "tokens"
    BUDGET = "budget"


@dataclass(frozen=True, slots=True)
class QuotaExceeded:
    """Nothing was reserved or kept; `opens_at` is when the limit is counted anew. Where several are
    reached, it is the one that is closed the longest.
    """

    limit: QuotaLimit
    opens_at: datetime


class CallPurpose(StrEnum):
    """What a model was called for."""

    ANSWER = "answer"
    SUMMARY = "summary"
    TRANSLATION = "translation"


class CallOutcome(StrEnum):
    """How a call ended: whole, broken off with text, or without any."""

    COMPLETE = "complete"
    BROKEN_OFF = "broken_off"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelCall:
    """One request to a model: a row of `gemini_usage`. `estimated`: the provider did not count.

    `cost_usd` None: nobody knows the price.
    """

    model: str
    purpose: CallPurpose
    outcome: CallOutcome
    usage: Usage
    cost_usd: Decimal | None
    estimated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A model's turn: that of an exchange whose question was kept, or in the place of the one that
    stands there. `message_ids` are added to those that show the exchange already.
    """

    exchange_id: UUID
    text: str
    tokens: int
    model: str
    message_ids: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """What became of a reservation. `run_id` is that of the reservation: each run of a command
    settles what it called for itself.
    """

    command_id: UUID
    place: ChatPlace
    zone: str
    calls: Sequence[ModelCall]
    answer: Answer | None = None
    run_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """A conversation to look at: its newest exchanges, oldest of them first."""

    kind: ConversationKind
    summary: str
    exchanges: tuple[Exchange, ...]
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a user may use a day, and a guild (or all direct messages together) a month; None: no
    limit.
    """

    answers_a_day: int | None
    tokens_a_day: int | None
    budget_usd_a_month: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotaReading:
    """How far the limits are used, what is reserved included."""

    limits: Limits
    answers_today: int
    tokens_today: int
    cost_usd_this_month: Decimal
    day_ends_at: datetime
    month_ends_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageDay:
    """What one model was used on one day of the owner's time zone. `unpriced_calls` are those that
    used tokens at a price that nobody knows: `cost_usd` is without them.
    """

    day: date
    model: str
    calls: int
    prompt_tokens: int
    completion_tokens: int
    total_tokens: int
    cost_usd: Decimal
    unpriced_calls: int = 0


class ChatStore(Protocol):
    """The assistant's tables. Every method raises StoreError and nothing else."""

    def open_chat(
        self, place: ChatPlace, *, command_id: UUID, about: UUID | None = None
    ) -> OpenedChat:
        """What is known where somebody asks. With `about`, of the conversation that this exchange
        is in, with only the exchanges before it.
        """

    def reserve(self, reservation: Reservation) -> Reserved | QuotaExceeded:
        """Reserve, and keep the question, or neither."""

    def settle(self, settlement: Settlement) -> bool:
        """Note the calls, keep the answer, end the reservation: all of it or nothing. False: this
        run was settled before, and nothing is done. A command costs one answer, however often it
        runs.
        """

    def cool_model(self, *, model: str, seconds: float, reason: str) -> None:
        """Have everybody leave the model alone for a while; a longer rest is not shortened."""

    def begin_summary(
        self, *, conversation_id: UUID, since: int, through: int
    ) -> tuple[Exchange, ...]:
        """Take it upon oneself, for ten minutes, to sum up what is after the place `since`, up to
        `through`. Returns it: the oldest exchanges, with 12,000 tokens together at most, and 200 in
        number, but one in any case. None: somebody else has, or did, or a question in it is still
        under way.
        """

    def save_summary(
        self, *, conversation_id: UUID, summary: str, since: int, through: int
    ) -> bool:
        """Keep the summary of the exchanges up to the place `through` (that of the last one that
        it tells of, which may be before where it was begun through), in that of one up to
        `since`; another one may begin. False: somebody else was faster, and theirs stands, or
        something in it was deleted or answered anew since it was begun.
        """

    def forget(self, place: ChatPlace, *, everybody: bool) -> int:
        """Delete the user's own conversations in the channel, and their own turns in the shared
        one; `everybody`: all conversations of the channel but the private ones of others. Returns
        how many exchanges went.
        """

    def read_history(self, place: ChatPlace, *, limit: int) -> History:
        """The conversation that a question there would continue."""

    def delete_exchange(self, *, exchange_id: UUID, user_id: str) -> Exchange | None:
        """Delete what this user asked, with its answer; None: there is no such exchange."""

    def read_guild_settings(self, *, guild_id: str) -> GuildSettings:
        """What holds in a guild."""

    def change_guild_settings(
        self, *, guild_id: str, changes: JsonObject, user_id: str
    ) -> GuildSettings:
        """Change the columns of `guild_settings` that `changes` names (null: the default again). A
        list may be changed by one of its own: {"add": x} or {"remove": x}; the last one stays
        (StoreError `is_restricted`), since an empty list means all. Returns what holds now.
        """

    def read_chosen_model(self, *, user_id: str) -> str | None:
        """The model that a user chose for themselves."""

    def choose_model(self, *, user_id: str, model: str | None) -> None:
        """Keep a user's choice; None: none any more."""

    def read_quota(self, place: ChatPlace, *, zone: str) -> QuotaReading:
        """What holds for a user there, and how far it is used."""

    def change_limits(self, *, scope: str, limits: Limits | None) -> None:
        """Set the limits of a guild (its id), of every guild that has none of its own
        (`guilds`), or of direct messages (`direct`). None: a guild has none of its own any more.
        """

    def read_usage(
        self, *, user_id: str | None, guild_id: str | None, zone: str, days: int
    ) -> tuple[UsageDay, ...]:
        """What was used in the last `days` days, today included: by a user, in a guild, or by a
        user in a guild. Oldest first.
        """

    def keep_source(self, *, key: str, user_id: str, source: JsonObject, seconds: float) -> None:
        """Keep what a form that the user fills in is about."""

    def read_source(self, *, key: str, user_id: str) -> JsonObject | None:
        """What was kept so; None: nothing, or its time is over."""
