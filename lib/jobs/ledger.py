"""The ledger: what each invocation leaves behind, written in one call after its answer."""

from __future__ import annotations

from typing import Final

from discord_interactions import InteractionType

from lib.interactions.course import Course
from lib.interactions.errors import UserFacingError
from lib.interactions.interaction import Interaction
from lib.interactions.snowflake import created_at
from lib.jobs.answer import summary
from lib.logs import LogOutput
from lib.monitor import warn_if_slow
from lib.ports import (
    BotEvent,
    ChatModelError,
    ChatModelFailure,
    InteractionEntry,
    InteractionKind,
    Outcome,
    PortError,
    Record,
    Recorded,
    Services,
    Tick,
)
from lib.recording import recording

DISCORDS_PATIENCE_MS: Final = 3000
LARGEST_MARGIN_MS: Final = 60_000
"""A clock that is further off than this tells nothing."""

_KINDS: Final = {
    InteractionType.APPLICATION_COMMAND: InteractionKind.COMMAND,
    InteractionType.MESSAGE_COMPONENT: InteractionKind.COMPONENT,
    InteractionType.MODAL_SUBMIT: InteractionKind.MODAL,
    InteractionType.APPLICATION_COMMAND_AUTOCOMPLETE: InteractionKind.AUTOCOMPLETE,
}


class Ledger:
    """Writes records. Without a database nothing comes of it, and nothing is lost by it."""

    def __init__(self, services: Services, output: LogOutput, *, deployment: str) -> None:
        self._services = services
        self._output = output
        self._deployment = deployment

    def note_interaction(
        self, interaction: Interaction, course: Course, error: Exception | None
    ) -> None:
        """Write down an interaction and what was logged meanwhile. `error` is what its user was
        told of instead of an answer.
        """
        if not course.is_deferred:  # the time of deferred work was taken where it was done
            warn_if_slow(f"command.{interaction.called}", course.acknowledged - course.arrived)
        entry = _entry(interaction, course, error)
        with recording("the interaction"):
            self._follow(self._services.watch.record(self._record(interaction=entry)))

    def note_tick(self, tick: Tick) -> Recorded:
        """Write down a tick and enqueue its slots. Raises StoreError."""
        recorded = self._services.watch.record(self._record(tick=tick))
        self._follow(recorded)
        return recorded

    def note_events(self) -> None:
        """Write down what was logged since the last record, if anything was."""
        with recording("the log's events"):
            record = self._record()
            if record.events:
                self._services.watch.record(record)

    def _record(
        self, *, interaction: InteractionEntry | None = None, tick: Tick | None = None
    ) -> Record:
        return Record(
            deployment=self._deployment,
            interactions=[] if interaction is None else [interaction],
            events=[BotEvent(*event) for event in self._output.take_events()],
            tick=tick,
        )

    def _follow(self, recorded: Recorded) -> None:
        """Log as somebody wished by /debug, for as long as they wished."""
        wish = recorded.log_level
        is_valid = wish is not None and wish.until > self._services.clock.now()
        self._output.show_from(wish.level if wish is not None and is_valid else None)


def outcome_of(error: Exception | None) -> Outcome:
    """A user who is told why not is refused; one who is told of a fault has met a failure."""
    if error is None:
        return Outcome.ANSWERED
    cause = error.__cause__
    if isinstance(cause, ChatModelError) and cause.failure is ChatModelFailure.BLOCKED:
        return Outcome.REFUSED
    if isinstance(error, UserFacingError) and not isinstance(cause, PortError):
        return Outcome.REFUSED
    return Outcome.FAILED


def _entry(interaction: Interaction, course: Course, error: Exception | None) -> InteractionEntry:
    age = course.answered_at - created_at(interaction.id)  # by Discord's clock, which numbers them
    margin_ms = DISCORDS_PATIENCE_MS - age.total_seconds() * 1000
    return InteractionEntry(
        interaction_id=interaction.id,
        command=interaction.called,
        kind=_KINDS[interaction.type],
        guild_id=interaction.guild_id,
        user_id=interaction.user.id,
        deferred=course.is_deferred,
        acknowledged_ms=(course.acknowledged - course.arrived) * 1000,
        margin_ms=round(max(-LARGEST_MARGIN_MS, min(LARGEST_MARGIN_MS, margin_ms))),
        finished_ms=(course.finished - course.arrived) * 1000,
        outcome=outcome_of(error),
        error=None if error is None else summary(error),
        cold_start=course.is_cold,
    )
