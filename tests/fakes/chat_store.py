"""The chat store in memory, with the rules that the SQL keeps."""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Final
from uuid import UUID

from lib.ports import (
    ChatPlace,
    Clock,
    ConversationKind,
    Exchange,
    GuildSettings,
    History,
    JsonObject,
    Limits,
    OpenedChat,
    QuotaExceeded,
    QuotaReading,
    Reservation,
    Reserved,
    Settlement,
    StoreError,
    Usage,
    UsageDay,
)
from tests.fakes.chat_conversations import MemoryConversations, whole_ones
from tests.fakes.chat_quotas import MemoryQuotas, told_tokens, zone_of
from tests.fakes.chat_rows import (
    Conversation,
    KeptExchange,
    KeptReservation,
    NotedCall,
    Rest,
    Source,
)
from tests.fakes.chat_settings import changed
from tests.fakes.store import MemoryStore

MOST_EXCHANGES: Final = 200
MOST_TOKENS_OPENED: Final = 60_000


class MemoryChatStore:
    """A `ChatStore` on a clock. What it keeps is there for tests to look at, and to fill.

    `refuse` scripts the faults of one method, `is_down` makes every method fail; one on the tables
    of a MemoryStore fails with it, too, and writes its calls into `tables.gemini_usage`.
    """

    def __init__(self, clock: Clock, *, store: MemoryStore | None = None) -> None:
        self._clock = clock
        self._store = store
        self._refusals: dict[str, list[StoreError | None]] = defaultdict(list)
        self.is_down = False
        self.entered: list[str] = []
        self.quotas = MemoryQuotas(clock)
        self.talk = MemoryConversations(clock)
        self.settings: dict[str, GuildSettings] = {}
        self.chosen_models: dict[str, str] = {}
        self.calls: list[NotedCall] = []
        self.cooling: dict[str, Rest] = {}
        self.sources: dict[tuple[str, str], Source] = {}
        if store is not None:
            store.also_deletes.append(self.delete_user_data)

    @property
    def conversations(self) -> dict[UUID, Conversation]:
        """By their ids."""
        return self.talk.conversations

    @property
    def exchanges(self) -> dict[UUID, KeptExchange]:
        """By their ids, in the order of asking; those under way have no answer."""
        return self.talk.exchanges

    @property
    def limits(self) -> dict[str, Limits]:
        """By scope: a guild's id, `guilds` or `direct`."""
        return self.quotas.limits

    @property
    def reservations(self) -> dict[tuple[UUID, UUID], KeptReservation]:
        """By the ids of the command and its run."""
        return self.quotas.reservations

    def refuse(self, operation: str, *errors: StoreError | None) -> None:
        """Have the next calls of that method fail so, one after the other; None lets one pass."""
        self._refusals[operation] += errors

    def enter(self, operation: str) -> None:
        """Note a call, and fail as the test wishes."""
        self.entered.append(operation)
        if self.is_down or (self._store is not None and self._store.is_down):
            raise StoreError(operation, "unreachable", "it is down")
        refusals = self._refusals[operation]
        if refusals and (refusal := refusals.pop(0)) is not None:
            raise refusal

    # --- an answer ----------------------------------------------------------------------------

    def open_chat(
        self, place: ChatPlace, *, command_id: UUID, about: UUID | None = None
    ) -> OpenedChat:
        self.enter("open_chat")
        subject = self.talk.whole(about)
        kind = self._kind_at(place) if subject is None else subject.conversation.kind
        settled = self._settled(command_id)
        chat = OpenedChat(
            settings=self.settings.get(place.guild_id or "", GuildSettings()),
            kind=kind,
            about=None if subject is None else subject.seen(),
            settled=None if settled is None else settled.seen(),
            chosen_model=self.chosen_models.get(place.user_id),
            cooling=self._cooling_seconds(),
            cooling_reasons={name: self.cooling[name].reason for name in self._cooling_seconds()},
        )
        conversation = self.talk.find(place, kind) if subject is None else subject.conversation
        return chat if conversation is None else self._continuing(chat, conversation)

    def reserve(self, reservation: Reservation) -> Reserved | QuotaExceeded:
        self.enter("reserve")
        if self.quotas.is_over(reservation):
            return Reserved()
        earlier = self.quotas.under_way(reservation.command_id)
        is_lost = earlier is not None and earlier.run_id != (
            reservation.run_id or reservation.command_id
        )
        if earlier is not None and is_lost:
            self._lose(earlier)
        reserved = self.quotas.reserve(reservation)
        if isinstance(reserved, QuotaExceeded):
            if earlier is not None and is_lost:
                self.talk.drop_question(earlier.exchange_id)
            return reserved
        question = reservation.question
        reserved.exchange_id = None if question is None else question.exchange_id
        if earlier is not None and earlier.exchange_id != reserved.exchange_id:
            self.talk.drop_question(earlier.exchange_id)
        if question is not None:
            self.talk.keep_question(reservation, question)
        return Reserved()

    def settle(self, settlement: Settlement) -> bool:
        self.enter("settle")
        other = self.quotas.answered(settlement.command_id)
        kept = self.quotas.settle(settlement)
        if kept is None:
            return False
        if kept.note is not None:
            self._unnote(kept.note)
        for call in settlement.calls:
            self._note(
                NotedCall(
                    command_id=settlement.command_id,
                    place=settlement.place,
                    call=dataclasses.replace(call, usage=_told(call.usage)),
                    created_at=self._clock.now(),
                    for_place=kept.for_place,
                )
            )
        was_lost, kept.lost, kept.note = kept.lost, False, None
        if was_lost:
            self.quotas.uncount(kept)
        if settlement.answer is not None:
            kept.exchange_id = settlement.answer.exchange_id
            if not was_lost or other is None:
                self.talk.keep_answer(settlement.answer)
        elif not was_lost:
            self.talk.drop_question(kept.exchange_id)
        return True

    def cool_model(self, *, model: str, seconds: float, reason: str) -> None:
        self.enter("cool_model")
        until = self._clock.now() + timedelta(seconds=seconds)
        if model not in self.cooling or self.cooling[model].until < until:
            self.cooling[model] = Rest(until, reason)

    def begin_summary(
        self, *, conversation_id: UUID, since: int, through: int
    ) -> tuple[Exchange, ...]:
        self.enter("begin_summary")
        begun = self.talk.begin_summary(conversation_id, (since, through), self._is_under_way)
        return tuple(each.seen() for each in begun)

    def save_summary(
        self, *, conversation_id: UUID, summary: str, since: int, through: int
    ) -> bool:
        self.enter("save_summary")
        return self.talk.save_summary(
            conversation_id, summary, (since, through), self._is_under_way
        )

    # --- what users see of it -----------------------------------------------------------------

    def forget(self, place: ChatPlace, *, everybody: bool) -> int:
        self.enter("forget")
        return self.talk.forget(place, everybody=everybody)

    def read_history(self, place: ChatPlace, *, limit: int) -> History:
        self.enter("read_history")
        kind = self._kind_at(place)
        conversation = self.talk.find(place, kind)
        whole = whole_ones(self.talk.of(conversation))
        newest = whole[max(0, len(whole) - limit) :]
        return History(
            kind=kind,
            summary="" if conversation is None else conversation.summary,
            exchanges=tuple(each.seen() for each in newest),
            total=len(whole),
        )

    def delete_exchange(self, *, exchange_id: UUID, user_id: str) -> Exchange | None:
        self.enter("delete_exchange")
        exchange = self.talk.whole(exchange_id)
        if exchange is None or exchange.author_id != user_id:
            return None
        self.talk.delete_exchange(exchange)
        return exchange.seen()

    # --- settings -----------------------------------------------------------------------------

    def read_guild_settings(self, *, guild_id: str) -> GuildSettings:
        self.enter("read_guild_settings")
        return self.settings.get(guild_id, GuildSettings())

    def change_guild_settings(
        self, *, guild_id: str, changes: JsonObject, user_id: str
    ) -> GuildSettings:
        self.enter("change_guild_settings")
        self.settings[guild_id] = changed(self.settings.get(guild_id, GuildSettings()), changes)
        return self.settings[guild_id]

    def read_chosen_model(self, *, user_id: str) -> str | None:
        self.enter("read_chosen_model")
        return self.chosen_models.get(user_id)

    def choose_model(self, *, user_id: str, model: str | None) -> None:
        self.enter("choose_model")
        if model is None:
            self.chosen_models.pop(user_id, None)
        else:
            self.chosen_models[user_id] = model

    # --- what is used, and what may be --------------------------------------------------------

    def read_quota(self, place: ChatPlace, *, zone: str) -> QuotaReading:
        self.enter("read_quota")
        return self.quotas.read(place, zone)

    def change_limits(self, *, scope: str, limits: Limits | None) -> None:
        self.enter("change_limits")
        self.quotas.change_limits(scope, limits)

    def read_usage(
        self, *, user_id: str | None, guild_id: str | None, zone: str, days: int
    ) -> tuple[UsageDay, ...]:
        self.enter("read_usage")
        today = self._clock.now().astimezone(zone_of(zone)).date()
        found: dict[tuple[date, str], list[NotedCall]] = defaultdict(list)
        for noted in self.calls:
            day = noted.created_at.astimezone(zone_of(zone)).date()
            if (
                user_id in (None, noted.user_id)
                and guild_id in (None, noted.place.guild_id)
                and today - timedelta(days=days) < day <= today
            ):
                found[day, noted.call.model].append(noted)
        return tuple(_usage_day(day, model, found[day, model]) for day, model in sorted(found))

    # --- forms --------------------------------------------------------------------------------

    def keep_source(self, *, key: str, user_id: str, source: JsonObject, seconds: float) -> None:
        self.enter("keep_source")
        expires_at = self._clock.now() + timedelta(seconds=seconds)
        self.sources[key, user_id] = Source(source, expires_at)

    def read_source(self, *, key: str, user_id: str) -> JsonObject | None:
        self.enter("read_source")
        kept = self.sources.get((key, user_id))
        return kept.source if kept is not None and kept.expires_at > self._clock.now() else None

    # --- the rules ----------------------------------------------------------------------------

    def delete_user_data(self, user_id: str) -> dict[str, int]:
        """What `Store.delete_user_data` deletes of these tables, by table."""
        now = self._clock.now()
        sources = [key for key in self.sources if key[1] == user_id]
        for key in sources:
            del self.sources[key]
        theirs = [each for each in self.reservations.values() if each.user_id == user_id]
        for each in theirs:
            if each.settled_at is None and each.expires_at <= now:
                self._lose(each)
        over = [each for each in theirs if each.settled_at is not None]
        for each in over:
            each.user_id = ""
        self.calls = [noted for noted in self.calls if noted.user_id != user_id]
        return {
            **self.talk.delete_user(user_id),
            "user_settings": int(self.chosen_models.pop(user_id, None) is not None),
            "sources": len(sources),
            "reservations": len(over),
        }

    def _kind_at(self, place: ChatPlace) -> ConversationKind:
        if place.private:
            return ConversationKind.PRIVATE
        settings = self.settings.get(place.guild_id or "")
        if settings is not None and settings.shared:
            return ConversationKind.SHARED
        return ConversationKind.PERSONAL

    def _continuing(self, chat: OpenedChat, conversation: Conversation) -> OpenedChat:
        through, summary = conversation.summarised_through, conversation.summary
        if chat.about is not None and chat.about.place <= through:
            through, summary = 0, ""  # it would tell what came after
        exchanges = [
            each
            for each in whole_ones(self.talk.of(conversation))
            if each.place > through and (chat.about is None or each.place < chat.about.place)
        ]
        return dataclasses.replace(
            chat,
            conversation_id=conversation.id,
            summary=summary,
            summarised_through=through,
            exchanges=tuple(each.seen() for each in _newest(exchanges[-MOST_EXCHANGES:])),
        )

    def _settled(self, command_id: UUID) -> KeptExchange | None:
        kept = self.quotas.answered(command_id)
        return None if kept is None else self.talk.whole(kept.exchange_id)

    def _lose(self, kept: KeptReservation) -> None:
        noted = self.quotas.lose(kept)
        if noted is not None:
            self._note(noted)

    def _note(self, noted: NotedCall) -> None:
        self.calls.append(noted)
        if self._store is not None:
            self._store.tables.gemini_usage.append(noted.columns())

    def _unnote(self, noted: NotedCall) -> None:
        self.calls = [each for each in self.calls if each is not noted]
        rows = [] if self._store is None else self._store.tables.gemini_usage
        if noted.columns() in rows:
            rows.remove(noted.columns())

    def _cooling_seconds(self) -> dict[str, float]:
        now = self._clock.now()
        return {
            model: (rest.until - now).total_seconds()
            for model, rest in self.cooling.items()
            if rest.until > now
        }

    def _is_under_way(self, exchange: KeptExchange) -> bool:
        return exchange.answer is None and any(
            each.exchange_id == exchange.id and self.quotas.is_live(each)
            for each in self.reservations.values()
        )


def _newest(exchanges: Sequence[KeptExchange]) -> Sequence[KeptExchange]:
    """As many of the newest as may have a place in a context, and one in any case."""
    tokens = 0
    for number, each in enumerate(reversed(exchanges)):
        tokens += each.tokens
        if number and tokens > MOST_TOKENS_OPENED:
            return exchanges[len(exchanges) - number :]
    return exchanges


def _told(usage: Usage) -> Usage:
    return Usage(*map(told_tokens, dataclasses.astuple(usage)))


def _usage_day(day: date, model: str, noted: Sequence[NotedCall]) -> UsageDay:
    usages = [each.call.usage for each in noted]
    return UsageDay(
        day=day,
        model=model,
        calls=len(noted),
        prompt_tokens=sum(usage.prompt_tokens for usage in usages),
        completion_tokens=sum(usage.completion_tokens for usage in usages),
        total_tokens=sum(usage.total_tokens for usage in usages),
        cost_usd=sum((each.call.cost_usd or Decimal(0) for each in noted), Decimal(0)),
        unpriced_calls=sum(
            each.call.cost_usd is None and each.call.usage.total_tokens > 0 for each in noted
        ),
    )
