"""The ledger: what each invocation leaves behind, written in one call after its answer."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from threading import Lock
from typing import Final

from discord_interactions import InteractionType

from lib.interactions.course import DISCORDS_PATIENCE_MS, Course
from lib.interactions.interaction import Interaction
from lib.interactions.snowflake import created_at
from lib.jobs.outcome import outcome_of, summary
from lib.logs import LogOutput, get_logger
from lib.ports import (
    BotEvent,
    InteractionEntry,
    InteractionKind,
    Record,
    Recorded,
    Services,
    StoreError,
    Tick,
)
from lib.recording import log_unrecorded

log = get_logger(__name__)

LARGEST_MARGIN_MS: Final = 60_000
"""A clock that is further off than this tells nothing."""

MOST_ENTRIES: Final = 200
SILENCE_SECONDS: Final = 10.0
"""How long a database that hung is not asked to record anything."""
WATCH_SECONDS: Final = 15.0
"""How often strangers may make us write."""
TIMED_OUT: Final = "timed_out"
UNSTORABLE: Final = ("22", "23")
"""Postgres' classes of codes for values that it will not take, now or later."""

_KINDS: Final = {
    InteractionType.APPLICATION_COMMAND: InteractionKind.COMMAND,
    InteractionType.MESSAGE_COMPONENT: InteractionKind.COMPONENT,
    InteractionType.MODAL_SUBMIT: InteractionKind.MODAL,
    InteractionType.APPLICATION_COMMAND_AUTOCOMPLETE: InteractionKind.AUTOCOMPLETE,
}


class Ledger:
    """Keeps what there is to record and writes it down, all of it in one call.

    What a call of the database could not take is put back and goes with the next: an entry is
    written once, however often it is sent. Without a database nothing comes of it. `alerts_for` is
    the application that can tell its owner of alerts.
    """

    def __init__(
        self,
        services: Services,
        output: LogOutput,
        *,
        deployment: str,
        alerts_for: str | None = None,
    ) -> None:
        self._services = services
        self._output = output
        self._deployment = deployment
        self._alerts_for = alerts_for
        self._keeping = Lock()
        self._entries: list[InteractionEntry] = []
        self._written = self._silent = -math.inf

    def note_interaction(
        self, interaction: Interaction, course: Course, *, error: Exception | None, anonymous: bool
    ) -> None:
        """Keep an interaction for the next call. `error` is what its user was told of instead of an
        answer; `anonymous`: who it was is not written down, nor for what is still kept of them.
        """
        if anonymous:
            self._forget(interaction.user.id)
        self._keep([_entry(interaction, course, error=error, anonymous=anonymous)])

    def write(self) -> bool:
        """Write down what is kept, and keep the watch. False: the database does not answer.

        One that hung is left alone for a while: this is the thread that should answer the next.
        """
        if self._services.clock.monotonic() - self._silent < SILENCE_SECONDS:
            return False
        try:
            self._send()
        except StoreError as error:
            log_unrecorded("the interaction and its events", error)
            return not error.is_away
        return True

    def write_rest(self) -> None:
        """Write down what came since, if anything did."""
        if self._entries or self._output.has_events:
            self.write()

    def keep_watch(self) -> None:
        """As `write`, for those who come as often as they like: not too often."""
        if self._services.clock.monotonic() - self._written >= WATCH_SECONDS:
            self.write()

    def note_tick(self, tick: Tick) -> Recorded:
        """Write down a tick and enqueue its slots, with all that is kept. Raises StoreError."""
        recorded = self._send(tick)
        log.debug("ticked", name=tick.name, enqueued=recorded.enqueued)
        return recorded

    def _send(self, tick: Tick | None = None) -> Recorded:
        clock = self._services.clock
        with self._keeping:
            entries, self._entries = self._entries, []
        events = self._output.take_events()
        record = Record(
            deployment=self._deployment,
            interactions=entries,
            events=[BotEvent(*event) for event in events],
            tick=tick,
            alerts_for=self._alerts_for,
        )
        try:
            recorded = self._services.watch.record(record)
        except StoreError as error:
            if not error.code.startswith(UNSTORABLE):
                self._keep(entries)
                self._output.put_events_back(events)
            if error.code == TIMED_OUT:
                self._silent = clock.monotonic()
            raise
        finally:
            self._written = clock.monotonic()
        self._follow(recorded)
        return recorded

    def _keep(self, entries: Sequence[InteractionEntry]) -> None:
        with self._keeping:
            self._entries = [*self._entries, *entries][-MOST_ENTRIES:]

    def _forget(self, user_id: str) -> None:
        """What the user had deleted must not come back with a late record."""
        with self._keeping:
            self._entries = [
                replace(entry, user_id=None) if entry.user_id == user_id else entry
                for entry in self._entries
            ]

    def _follow(self, recorded: Recorded) -> None:
        """Log as somebody wished by /debug, for as long as they wished."""
        wish = recorded.log_level
        if wish is None:
            self._output.show_from(None)
            return
        left = wish.until - self._services.clock.now()
        self._output.show_from(wish.level, seconds=left.total_seconds())


def _entry(
    interaction: Interaction, course: Course, *, error: Exception | None, anonymous: bool
) -> InteractionEntry:
    kind = _KINDS[interaction.type]
    is_typing = kind is InteractionKind.AUTOCOMPLETE  # which is each key that somebody presses
    acknowledged = course.acknowledged
    return InteractionEntry(
        interaction_id=interaction.id,
        command=interaction.called,
        kind=kind,
        guild_id=interaction.guild_id,
        user_id=None if anonymous or is_typing else interaction.user.id,
        deferred=course.is_deferred,
        acknowledged_ms=None if acknowledged is None else (acknowledged - course.arrived) * 1000,
        margin_ms=None if acknowledged is None else _margin_ms(interaction, course),
        finished_ms=(course.finished - course.arrived) * 1000,
        outcome=outcome_of(error),
        error=None if error is None else summary(error),
        cold_start=course.is_cold,
        created_at=course.answered_at,
    )


def _margin_ms(interaction: Interaction, course: Course) -> int:
    age = course.answered_at - created_at(interaction.id)  # by Discord's clock, which numbers them
    margin_ms = DISCORDS_PATIENCE_MS - age.total_seconds() * 1000
    return round(max(-LARGEST_MARGIN_MS, min(LARGEST_MARGIN_MS, margin_ms)))
