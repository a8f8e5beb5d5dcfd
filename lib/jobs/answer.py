"""Deferred answers: run the handler after Discord was told to wait, and record it durably.

The first step is one insert of a `command_queue` row that is already under a lease. When the answer
is seen, what it left to be done is done, and completing the row is the last step. If the process
dies in between, another one claims the row when the lease ends and runs it again, all of it, while
the interaction's token lives. A database fault only costs that safety net.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from math import ceil
from typing import Final, Protocol
from uuid import UUID, uuid4

from lib.background import PutOff
from lib.interactions.command import Afterwards, Deferred, Reply, WorkContext
from lib.interactions.course import Course
from lib.interactions.dispatch import UNKNOWN_COMMAND, Dispatcher, explain, new_error_id
from lib.interactions.errors import PayloadError, UserFacingError
from lib.interactions.interaction import Interaction
from lib.interactions.response import Message
from lib.interactions.snowflake import created_at
from lib.jobs.delivery import Delivery, last_reply
from lib.jobs.endings import Endings
from lib.jobs.heartbeat import LEASE_SECONDS, Heartbeat
from lib.jobs.outcome import reason_of, summary
from lib.locales import Text
from lib.logs import get_logger
from lib.monitor import SLOW_ANSWER_SECONDS, monitor
from lib.ports import (
    Background,
    ClaimedCommand,
    CommandStatus,
    CoolingDown,
    DeferredCommand,
    DiscordError,
    FailureReason,
    InteractionWebhook,
    JsonObject,
    Lease,
    Services,
    StoreError,
)
from lib.recording import log_unrecorded, recording

log = get_logger(__name__)

KIND: Final = "answer"
"""The `command_queue.command` of deferred answers."""
TOKEN_LIFE: Final = timedelta(minutes=15)
FOLLOW_UPS: Final = "follow_ups"
"""The key of a row's progress under which stand the ids of its follow-ups."""
TOLD: Final = (FailureReason.REFUSED, FailureReason.ERROR)
"""The keys of a row's progress under one of which stands what its user was told instead."""
DEADLINE_SECONDS: Final = 50.0
"""What a handler may take, so that the invocation still has time to deliver and record."""

GONE = UserFacingError(UNKNOWN_COMMAND)
COOLING_DOWN = Text(
    en="A moment, please: you can ask again in {seconds} s.",
    ja="少しお待ちください。あと{seconds}秒で再度ご利用いただけます。",
)


@dataclass(frozen=True, slots=True)
class _Run:
    """One attempt at one answer; `is_again`: an earlier one may have shown something of it."""

    interaction: Interaction
    deferred: Deferred
    lease: Lease | None
    follow_ups: Sequence[str] = ()
    is_again: bool = False


@dataclass(frozen=True, slots=True)
class _Ending:
    """How an attempt went: what kept the answer from the user, and whether another may follow."""

    error: Exception | None = None
    is_last: bool = True


def _nothing_shown() -> tuple[str, ...]:
    """The messages of what has no answer to show."""
    return ()


class Note(Protocol):
    """Writes down how an interaction went."""

    def __call__(
        self, interaction: Interaction, course: Course, *, error: Exception | None, anonymous: bool
    ) -> None: ...


def _note_nothing(
    interaction: Interaction, course: Course, *, error: Exception | None, anonymous: bool
) -> None:
    """Where nobody keeps a ledger."""


class DeferredAnswers:
    """Runs deferred handlers, live ones and those an earlier process left over.

    `note` is told of the latter: whoever calls `answer` knows its course better.
    """

    def __init__(
        self,
        services: Services,
        dispatcher: Dispatcher,
        *,
        note: Note = _note_nothing,
        new_id: Callable[[], UUID] = uuid4,
        error_id: Callable[[], str] = new_error_id,
    ) -> None:
        self._services = services
        self._dispatcher = dispatcher
        self._note = note
        self._new_id = new_id
        self._error_id = error_id
        self._endings = Endings(services.clock)

    def answer(self, interaction: Interaction, deferred: Deferred, raw: bytes) -> Exception | None:
        """Answer an interaction that Discord was just told to wait for. `raw` is its body.

        Returns what the user was told instead of an answer, or why nothing reached them.
        """
        begun = self._begin(interaction, deferred, raw)
        if isinstance(begun, CoolingDown):
            seconds = max(1, ceil(begun.retry_after_seconds))
            refusal = UserFacingError(COOLING_DOWN, private=True, seconds=seconds)
            run = _Run(interaction, deferred, None)
            self._tell(run, self._delivery(run), refusal)
            return refusal
        leases = [] if begun is None else [begun]
        with Heartbeat(self._services.store, self._services.clock, leases):
            return self._run(_Run(interaction, deferred, begun)).error

    def follow(self, interaction: Interaction, afterwards: Afterwards) -> None:
        """Do what an answer that was given at once left to be done. What fails is logged."""
        put_off = PutOff()
        work = self._work(interaction, self._new_id(), background=put_off)
        put_off.submit(partial(afterwards, work))
        put_off.run()

    def end_kept(self) -> None:
        """End the rows whose answers were given while the database was away, now that it is back
        and before somebody takes them for left over. What this instance forgets is answered twice.
        """
        self._endings.end_kept()

    def answer_again(self, command: ClaimedCommand) -> bool:
        """Run a claimed row's handler anew; whether the answer was delivered.

        Raises PayloadError if the row holds no interaction.
        """
        clock = self._services.clock
        begun, begun_at = clock.monotonic(), clock.now()
        lease = Lease(command.id, command.lease_id)
        if command.secret is None:
            raise PayloadError("the row holds no interaction")
        for reason in TOLD:
            if isinstance(told := command.progress.get(reason.value), str):
                self._end_badly(lease, PutOff(), told, reason=reason, retry=False)
                return False
        interaction = Interaction.from_payload(command.secret)
        handler = self._handler_of(interaction)
        follow_ups = command.progress.get(FOLLOW_UPS)
        ids = [str(entry) for entry in follow_ups] if isinstance(follow_ups, list) else []
        log.info("answer_resumed", command=interaction.called, attempt=command.attempts)
        ending = self._run(_Run(interaction, handler, lease, ids, is_again=True))
        if ending.is_last:
            course = Course(
                arrived=begun,
                acknowledged=None,
                finished=clock.monotonic(),
                answered_at=begun_at,
                is_deferred=True,
                is_cold=False,
            )
            self._note(interaction, course, error=ending.error, anonymous=handler.anonymous)
        return ending.error is None

    def _handler_of(self, interaction: Interaction) -> Deferred:
        """Who answers; where the command has gone since, somebody who says so."""
        try:
            handler = self._dispatcher.route(interaction).handler
        except UserFacingError as error:
            return Deferred(run=partial(_tell_of, error))
        return handler if isinstance(handler, Deferred) else Deferred(run=partial(_tell_of, GONE))

    def _begin(
        self, interaction: Interaction, deferred: Deferred, raw: bytes
    ) -> Lease | CoolingDown | None:
        """None: the row was not written, and the answer goes on without one."""
        command = DeferredCommand(
            id=self._new_id(),
            lease_id=self._new_id(),
            command=KIND,
            # Dashboards read this: what tells who asked what stands with the token.
            payload={
                "command": interaction.called,
                "application_id": interaction.application_id,
                "guild_id": interaction.guild_id,
                # A direct message's channel has one user, and so would name them.
                "channel_id": interaction.channel_id if interaction.guild_id else None,
                "locale": interaction.locale.value,
            },
            token=interaction.token,
            interaction=json.loads(raw),
            expires_at=created_at(interaction.id) + TOKEN_LIFE,
            lease_seconds=LEASE_SECONDS,
            user_id=interaction.user.id,
            cooldown_key=_cooldown_key(interaction, deferred),
            cooldown_seconds=deferred.cooldown_seconds,
        )
        try:
            return self._services.store.begin_command(command)
        except StoreError as error:
            log_unrecorded("the answer's row", error)
            # The row may be there although its database did not say so. Unless this run ends it,
            # another would answer a second time.
            return Lease(command.id, command.lease_id) if error.may_be_done else None

    def _work(
        self,
        interaction: Interaction,
        command_id: UUID,
        *,
        background: Background,
        message_ids: Callable[[], tuple[str, ...]] = _nothing_shown,
        is_again: bool = False,
    ) -> WorkContext:
        context = self._dispatcher.context(interaction)
        return WorkContext(
            context.interaction,
            context.settings,
            context.clock,
            context.registry,
            self._services,
            DEADLINE_SECONDS,
            background,
            self._services.clock.monotonic(),
            command_id,
            message_ids,
            is_again=is_again,
        )

    def _run(self, run: _Run) -> _Ending:
        delivery = self._delivery(run)
        put_off = PutOff()
        work = self._work(
            run.interaction,
            self._new_id() if run.lease is None else run.lease.command_id,
            background=put_off,
            message_ids=lambda: delivery.message_ids,
            is_again=run.is_again,
        )
        try:
            called = f"command.{run.interaction.called}"
            with monitor(called, work.clock, slow_seconds=SLOW_ANSWER_SECONDS):
                last = last_reply(run.deferred.run(work), delivery)
                if last is not None:
                    delivery.show(last)
        except DiscordError as error:
            log.error("answer_not_delivered", status=error.status, code=error.code)
            status = self._end_badly(
                run.lease,
                put_off,
                str(error),
                reason=FailureReason.ERROR,
                retry=not error.is_final,
            )
            return _Ending(error, is_last=status is not CommandStatus.PENDING)
        except Exception as error:  # noqa: BLE001 - the boundary where errors become replies
            self._tell(run, delivery, error)
            self._give_pause_back(run, error)
            self._end_badly(
                run.lease, put_off, summary(error), reason=reason_of(error), retry=False
            )
            return _Ending(error)
        self._end_well(run, put_off)
        log.info("answer_sent", command=run.interaction.called, messages=delivery.message_count)
        return _Ending()

    def _delivery(self, run: _Run) -> Delivery:
        return Delivery(
            self._services.discord,
            self._services.clock,
            InteractionWebhook(run.interaction.application_id, run.interaction.token),
            original_id=(run.interaction.message_id or "") if run.deferred.replaces else "",
            follow_ups=run.follow_ups,
            remember=lambda ids: self._remember(run, {FOLLOW_UPS: list(ids)}),
            ephemeral=run.deferred.ephemeral(self._dispatcher.context(run.interaction)),
        )

    def _tell(self, run: _Run, delivery: Delivery, error: Exception) -> None:
        """Tell the user of `error`: apart, where the others need not read it or where there is an
        earlier answer that it would take the place of.
        """
        text = explain(error, run.interaction.locale, error_id=self._error_id)
        message = Message(content=text)
        instead = _instead_of(error) or message
        try:
            if not self._tells_apart(run, delivery, error):
                delivery.show(instead)
                return
            try:
                delivery.show_apart(message, keeps_original=run.deferred.replaces)
            except DiscordError as refusal:
                log.warning("not_told_apart", status=refusal.status, code=refusal.code)
                delivery.show(instead)
        except DiscordError as refusal:
            log.error("user_not_told", status=refusal.status, code=refusal.code)
        else:
            self._remember(run, {reason_of(error).value: summary(error)})

    def _tells_apart(self, run: _Run, delivery: Delivery, error: Exception) -> bool:
        if delivery.has_shown:
            return False
        is_private = isinstance(error, UserFacingError) and error.private
        if run.deferred.replaces:
            return is_private or not (run.is_again and _instead_of(error))
        return is_private and not run.deferred.ephemeral(self._dispatcher.context(run.interaction))

    def _remember(self, run: _Run, progress: JsonObject) -> None:
        """Keep with the row how far its answer is, for who may run it again."""
        if run.lease is not None:
            with recording("how far the answer is"):
                self._services.store.renew_command(
                    run.lease, lease_seconds=LEASE_SECONDS, progress=progress
                )

    def _give_pause_back(self, run: _Run, error: Exception) -> None:
        """Whoever was refused before anything was done for them need not wait for the next try."""
        seconds = run.deferred.cooldown_seconds
        if run.lease is None or not seconds:
            return
        if not isinstance(error, UserFacingError) or not error.gives_pause_back:
            return
        with recording("a pause that is given back"):
            self._services.store.end_cooldown(
                run.lease,
                user_id=run.interaction.user.id,
                cooldown_key=_cooldown_key(run.interaction, run.deferred),
                cooldown_seconds=seconds,
            )

    def _end_well(self, run: _Run, put_off: PutOff) -> None:
        lease, tries = run.lease, 0

        def complete() -> bool:
            if lease is None:
                return True
            nonlocal tries
            tries += 1
            # A second try finds what the first one did, though its answer was lost.
            return self._services.store.complete_command(lease) or tries > 1

        if self._endings.finish(put_off, "the answer's completion", complete) is False:
            log.warning("lease_lost", command=KIND, id=lease and lease.command_id)

    def _end_badly(
        self,
        lease: Lease | None,
        put_off: PutOff,
        error: str,
        *,
        reason: FailureReason,
        retry: bool,
    ) -> CommandStatus | None:
        """The state of the row now; None where nobody can tell."""

        def fail() -> CommandStatus | None:
            if lease is None:
                return None
            return self._services.store.fail_command(lease, error=error, reason=reason, retry=retry)

        return self._endings.finish(put_off, "the answer's failure", fail)


def _cooldown_key(interaction: Interaction, deferred: Deferred) -> str:
    return deferred.cooldown_name or interaction.called


def _instead_of(error: Exception) -> Sequence[Message]:
    """What comes back where a new answer had begun to take its place."""
    return error.instead if isinstance(error, UserFacingError) else ()


def _tell_of(error: UserFacingError, _context: WorkContext) -> Reply:
    raise error
