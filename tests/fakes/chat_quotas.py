"""The counting of the chat store in memory, with the rules that the SQL keeps."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from lib.ports import (
    CallOutcome,
    CallPurpose,
    ChatPlace,
    Clock,
    Limits,
    ModelCall,
    QuotaExceeded,
    QuotaLimit,
    QuotaReading,
    Reservation,
    Settlement,
    StoreError,
    Usage,
)
from tests.fakes.chat_rows import KeptReservation, NotedCall, Used

DIRECT: Final = "direct"
GUILDS: Final = "guilds"
AS_MIGRATED: Final = Limits(answers_a_day=100, tokens_a_day=400_000, budget_usd_a_month=Decimal(5))
MOST_TOKENS: Final = 2**31 - 1
NO_LIMITS: Final = Limits(answers_a_day=None, tokens_a_day=None, budget_usd_a_month=None)


class MemoryQuotas:
    """Limits, what is used of them and what is reserved; all of it for tests to look at."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.limits: dict[str, Limits] = {GUILDS: AS_MIGRATED, DIRECT: AS_MIGRATED}
        self.reservations: dict[tuple[UUID, UUID], KeptReservation] = {}
        self.used_days: dict[tuple[str, date], Used] = defaultdict(Used)
        self.used_months: dict[tuple[str, date], Used] = defaultdict(Used)

    def is_over(self, wish: Reservation) -> bool:
        """Whether there is nothing left to reserve: the run is settled, or the command answered."""
        run_id = wish.run_id or wish.command_id
        return any(
            kept.settled_at is not None and (kept.run_id == run_id or kept.answered)
            for kept in self._runs_of(wish.command_id)
        )

    def under_way(self, command_id: UUID) -> KeptReservation | None:
        """What a run of the command has reserved and not settled."""
        runs = (kept for kept in self._runs_of(command_id) if kept.settled_at is None)
        return next(runs, None)

    def reserve(self, wish: Reservation) -> QuotaExceeded | KeptReservation:
        """Reserve; what is in the way otherwise. What adds nothing exceeds nothing."""
        today = self._today(wish.zone)
        place, month = wish.place, today.replace(day=1)
        limits = self.limits_at(place)
        day = self._day(place.user_id, today, without=wish.command_id)
        spent = self._month(scope_of(place), month, without=wish.command_id)
        answers = 0 if wish.for_place or self._is_counted(wish.command_id) else wish.answers
        tokens = 0 if wish.for_place else wish.tokens
        if _exceeds(spent.cost_usd, wish.cost_usd, limits.budget_usd_a_month):
            return QuotaExceeded(QuotaLimit.BUDGET, _midnight(_next_month(month), wish.zone))
        tomorrow = _midnight(today + timedelta(days=1), wish.zone)
        if _exceeds(day.answers, answers, limits.answers_a_day):
            return QuotaExceeded(QuotaLimit.ANSWERS, tomorrow)
        if _exceeds(day.tokens, tokens, limits.tokens_a_day):
            return QuotaExceeded(QuotaLimit.TOKENS, tomorrow)
        kept = KeptReservation(
            command_id=wish.command_id,
            run_id=wish.run_id or wish.command_id,
            place=place,
            user_id=place.user_id,
            scope=scope_of(place),
            day=today,
            month=month,
            answers=answers,
            tokens=wish.tokens,
            cost_usd=wish.cost_usd,
            expires_at=self._clock.now() + timedelta(seconds=wish.expires_seconds),
            for_place=wish.for_place,
            purpose=CallPurpose.ANSWER if wish.answers else CallPurpose.SUMMARY,
            model=wish.model,
            prompt_tokens=wish.prompt_tokens,
            prompt_cost_usd=wish.prompt_cost_usd,
        )
        self.reservations[kept.key] = kept
        return kept

    def lose(self, kept: KeptReservation) -> NotedCall | None:
        """Settle for a run that did not, as for a call that failed after its prompt was read."""
        kept.settled_at, kept.lost = self._clock.now(), True
        if kept.prompt_tokens <= 0:
            return None
        tokens = told_tokens(kept.prompt_tokens)
        kept.note = NotedCall(
            command_id=kept.command_id,
            place=kept.place,
            call=ModelCall(
                model=kept.model,
                purpose=kept.purpose,
                outcome=CallOutcome.FAILED,
                usage=Usage(tokens, 0, tokens),
                cost_usd=kept.prompt_cost_usd,
                estimated=True,
            ),
            created_at=min(self._clock.now(), kept.expires_at),
            for_place=kept.for_place,
        )
        self._count(kept, [kept.note.call], is_answered=False)
        return kept.note

    def settle(self, settlement: Settlement) -> KeptReservation | None:
        """Count what was used in the place of what was reserved. None: this run was settled."""
        now, run_id = self._clock.now(), settlement.run_id or settlement.command_id
        kept = self.reservations.get((settlement.command_id, run_id))
        if kept is not None and kept.settled_at is not None and not kept.lost:
            return None
        if kept is None:
            today = self._today(settlement.zone)
            kept = KeptReservation(
                command_id=settlement.command_id,
                run_id=run_id,
                place=settlement.place,
                user_id=settlement.place.user_id,
                scope=scope_of(settlement.place),
                day=today,
                month=today.replace(day=1),
                answers=0 if settlement.answer is None else 1,
                tokens=0,
                cost_usd=Decimal(0),
                expires_at=now,
            )
            self.reservations[kept.key] = kept
        kept.settled_at, kept.user_id = now, kept.user_id or settlement.place.user_id
        self._count(kept, settlement.calls, is_answered=settlement.answer is not None)
        if kept.note is not None:
            self.used_days[kept.user_id, kept.day].tokens -= (
                0 if kept.for_place else kept.note.call.usage.total_tokens
            )
            self.used_months[kept.scope, kept.month].cost_usd -= kept.prompt_cost_usd or Decimal(0)
        kept.answered = settlement.answer is not None
        return kept

    def uncount(self, settled: KeptReservation) -> None:
        """Take back the command's one answer where no run of it answered or cost tokens; one that
        is under way counts for itself.
        """
        runs = self._runs_of(settled.command_id)
        if any(kept.answered or kept.used_tokens > 0 for kept in runs):
            return
        for counted in [kept for kept in runs if kept.counted]:
            counted.counted = False
            self.used_days[settled.user_id, counted.day].answers -= counted.answers
            for kept in runs:
                if kept.settled_at is None and not kept.for_place:
                    kept.answers = counted.answers

    def answered(self, command_id: UUID) -> KeptReservation | None:
        """The run of a command that answered."""
        return next((kept for kept in self._runs_of(command_id) if kept.answered), None)

    def _count(
        self, kept: KeptReservation, calls: Sequence[ModelCall], *, is_answered: bool
    ) -> None:
        tokens = kept.used_tokens = sum(told_tokens(call.usage.total_tokens) for call in calls)
        counts = kept.answers > 0 and (is_answered or tokens > 0)
        if not kept.for_place:
            day = self.used_days[kept.user_id, kept.day]
            day.tokens += tokens
            if counts and not self._is_counted(kept.command_id):
                day.answers += kept.answers
                kept.counted = True
        month = self.used_months[kept.scope, kept.month]
        month.cost_usd += sum((call.cost_usd or Decimal(0) for call in calls), Decimal(0))

    def _runs_of(self, command_id: UUID) -> list[KeptReservation]:
        return [kept for kept in self.reservations.values() if kept.command_id == command_id]

    def _is_counted(self, command_id: UUID) -> bool:
        return any(kept.counted for kept in self._runs_of(command_id))

    def read(self, place: ChatPlace, zone: str) -> QuotaReading:
        """How far the limits are used there."""
        today = self._today(zone)
        month = today.replace(day=1)
        day = self._day(place.user_id, today)
        return QuotaReading(
            limits=self.limits_at(place),
            answers_today=day.answers,
            tokens_today=day.tokens,
            cost_usd_this_month=self._month(scope_of(place), month).cost_usd,
            day_ends_at=_midnight(today + timedelta(days=1), zone),
            month_ends_at=_midnight(_next_month(month), zone),
        )

    def change_limits(self, scope: str, limits: Limits | None) -> None:
        """Set them, or have those hold again that hold without a word of anybody."""
        is_common = scope in {GUILDS, DIRECT}
        if not is_common and not (scope.isascii() and scope.isdigit()):
            raise StoreError("change_limits", "23514", "not a scope")
        if limits is None and not is_common:
            self.limits.pop(scope, None)
            return
        chosen = limits or AS_MIGRATED
        values = (chosen.answers_a_day, chosen.tokens_a_day, chosen.budget_usd_a_month)
        if any(value is not None and value < 0 for value in values):
            raise StoreError("change_limits", "23514", "less than nothing")
        self.limits[scope] = chosen

    def limits_at(self, place: ChatPlace) -> Limits:
        """What holds there."""
        common = DIRECT if place.guild_id is None else GUILDS
        return self.limits.get(scope_of(place)) or self.limits.get(common) or NO_LIMITS

    def is_live(self, reservation: KeptReservation) -> bool:
        """Whether it is neither settled nor expired."""
        return reservation.settled_at is None and reservation.expires_at > self._clock.now()

    def _day(self, user_id: str, day: date, *, without: UUID | None = None) -> Used:
        live = [
            each
            for each in self._live(without)
            if (each.user_id, each.day, each.for_place) == (user_id, day, False)
        ]
        used = self.used_days.get((user_id, day), Used())
        return Used(
            answers=used.answers + sum(r.answers for r in live),
            tokens=used.tokens + sum(r.tokens for r in live),
        )

    def _month(self, scope: str, month: date, *, without: UUID | None = None) -> Used:
        live = (r.cost_usd for r in self._live(without) if (r.scope, r.month) == (scope, month))
        used = self.used_months.get((scope, month), Used())
        return Used(cost_usd=sum(live, used.cost_usd))

    def _live(self, without: UUID | None) -> Iterable[KeptReservation]:
        return (
            reservation
            for reservation in self.reservations.values()
            if reservation.command_id != without and self.is_live(reservation)
        )

    def _today(self, zone: str) -> date:
        return self._clock.now().astimezone(zone_of(zone)).date()


def scope_of(place: ChatPlace) -> str:
    """Whose budget is used there."""
    return DIRECT if place.guild_id is None else place.guild_id


def told_tokens(tokens: int) -> int:
    """As many as a row of `gemini_usage` can tell."""
    return min(max(tokens, 0), MOST_TOKENS)


def zone_of(name: str) -> ZoneInfo:
    """The zone of that name; UTC where there is none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def _exceeds(used: Decimal | int, wish: Decimal | int, limit: Decimal | int | None) -> bool:
    return limit is not None and wish > 0 and used + wish > limit


def _next_month(month: date) -> date:
    return (month + timedelta(days=32)).replace(day=1)


def _midnight(day: date, zone: str) -> datetime:
    return datetime.combine(day, time(), zone_of(zone)).astimezone(UTC)
