"""The ChatStore where no database is set: nothing is remembered, counted or limited."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

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
    UsageDay,
)

NO_LIMITS: Final = Limits(answers_a_day=None, tokens_a_day=None, budget_usd_a_month=None)


class UnrecordedChatStore:
    """A ChatStore (see lib.ports) that keeps nothing: every question is the first one.

    What changes something is asked of it by nobody: the commands look for a database before.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def open_chat(
        self, place: ChatPlace, *, command_id: UUID, about: UUID | None = None
    ) -> OpenedChat:
        return OpenedChat(settings=GuildSettings(), kind=_kind_at(place), cooling={})

    def reserve(self, reservation: Reservation) -> Reserved | QuotaExceeded:
        return Reserved()

    def settle(self, settlement: Settlement) -> bool:
        return True

    def cool_model(self, *, model: str, seconds: float, reason: str) -> None:
        """There is nobody to tell."""

    def begin_summary(
        self, *, conversation_id: UUID, since: int, through: int
    ) -> tuple[Exchange, ...]:
        return ()

    def save_summary(
        self, *, conversation_id: UUID, summary: str, since: int, through: int
    ) -> bool:
        return False

    def forget(self, place: ChatPlace, *, everybody: bool) -> int:
        return 0

    def read_history(self, place: ChatPlace, *, limit: int) -> History:
        return History(kind=_kind_at(place), summary="", exchanges=(), total=0)

    def delete_exchange(self, *, exchange_id: UUID, user_id: str) -> Exchange | None:
        return None

    def read_guild_settings(self, *, guild_id: str) -> GuildSettings:
        return GuildSettings()

    def change_guild_settings(
        self, *, guild_id: str, changes: JsonObject, user_id: str
    ) -> GuildSettings:
        return GuildSettings()

    def read_chosen_model(self, *, user_id: str) -> str | None:
        return None

    def choose_model(self, *, user_id: str, model: str | None) -> None:
        """There is nowhere to keep it."""

    def read_quota(self, place: ChatPlace, *, zone: str) -> QuotaReading:
        today = (
            self._clock.now()
            .astimezone(ZoneInfo(zone))
            .replace(hour=0, minute=0, second=0, microsecond=0)
        )
        return QuotaReading(
            limits=NO_LIMITS,
            answers_today=0,
            tokens_today=0,
            cost_usd_this_month=Decimal(0),
            day_ends_at=_in_utc(today + timedelta(days=1)),
            month_ends_at=_in_utc((today.replace(day=1) + timedelta(days=32)).replace(day=1)),
        )

    def change_limits(self, *, scope: str, limits: Limits | None) -> None:
        """There is nothing to count."""

    def read_usage(
        self, *, user_id: str | None, guild_id: str | None, zone: str, days: int
    ) -> tuple[UsageDay, ...]:
        return ()

    def keep_source(self, *, key: str, user_id: str, source: JsonObject, seconds: float) -> None:
        """There is nowhere to keep it."""

    def read_source(self, *, key: str, user_id: str) -> JsonObject | None:
        return None


def _kind_at(place: ChatPlace) -> ConversationKind:
    return ConversationKind.PRIVATE if place.private else ConversationKind.PERSONAL


def _in_utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC)
