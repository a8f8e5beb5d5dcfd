"""Deferred answers: run the handler after Discord was told to wait, and record it durably.

The first step is one insert of a `command_queue` row that is already under a lease, the last is
completing it. If the process dies in between, another one claims the row when the lease ends and
runs it again while the interaction's token lives. A database fault only costs that safety net.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from math import ceil
from typing import Final, Protocol, TypeVar
from uuid import UUID, uuid4

from lib.background import PutOff
from lib.interactions.command import Deferred, Reply, WorkContext
from lib.interactions.course import Course
from lib.interactions.dispatch import UNKNOWN_COMMAND, Dispatcher, explain, new_error_id
from lib.interactions.errors import InteractionError, PayloadError, UserFacingError
from lib.interactions.interaction import Interaction
from lib.interactions.response import Message
from lib.interactions.snowflake import created_at
from lib.jobs.delivery import Delivery
from lib.jobs.heartbeat import LEASE_SECONDS, Heartbeat
from lib.locales import Text
from lib.logs import get_logger
from lib.monitor import monitor
from lib.ports import (
    ClaimedCommand,
    CommandStatus,
    CoolingDown,
    DeferredCommand,
    DiscordError,
    FailureReason,
    InteractionWebhook,
    Lease,
    Services,
    StoreError,
)
from lib.recording import log_unrecorded, recording

log = get_logger(__name__)

T = TypeVar("T")

KIND: Final = "answer"
"""The `command_queue.command` of deferred answers."""
TOKEN_LIFE: Final = timedelta(minutes=15)
MOST_KEPT_ENDS: Final = 50
PAUSES_SECONDS: Final = (0.5, 2.0)
DEADLINE_SECONDS: Final = 50.0
"""What a handler may take, so that the invocation still has time to deliver and record."""

GONE = UserFacingError(UNKNOWN_COMMAND)
COOLING_DOWN = Text(
    en="A moment, please: you can ask again in {seconds} s.",
    ja="少しお待ちください。あと{seconds}秒で再度ご利用いただけます。",
)


@dataclass(frozen=True, slots=True)
class _Run:
    """One attempt at one answer."""

    interaction: Interaction
    deferred: Deferred
    lease: Lease | None
    follow_ups: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class _Ending:
    """How an attempt went: what kept the answer from the user, and whether another may follow."""

    error: Exception | None = None
    is_last: bool = True


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
        self._kept_ends: deque[tuple[str, Callable[[], object]]] = deque(maxlen=MOST_KEPT_ENDS)

    def answer(self, interaction: Interaction, deferred: Deferred, raw: bytes) -> Exception | None:
        """Answer an interaction that Discord was just told to wait for. `raw` is its body.

        Returns what the user was told instead of an answer, or why nothing reached them.
        """
        begun = self._begin(interaction, deferred, raw)
        if isinstance(begun, CoolingDown):
            refusal = UserFacingError(COOLING_DOWN, seconds=max(1, ceil(begun.retry_after_seconds)))
            text = refusal.in_(interaction.locale)
            self._tell(self._delivery(_Run(interaction, deferred, None)), text)
            return refusal
        leases = [] if begun is None else [begun]
        with Heartbeat(self._services.store, self._services.clock, leases):
            return self._run(_Run(interaction, deferred, begun)).error

    def end_kept(self) -> None:
        """End the rows whose answers were given while the database was away, now that it is back
        and before somebody takes them for left over. What this instance forgets is answered twice.
        """
        for _ in range(len(self._kept_ends)):
            what, end = self._kept_ends.popleft()
            try:
                end()
            except StoreError as error:
                log_unrecorded(what, error)
                self._kept_ends.append((what, end))
                return

    def answer_again(self, command: ClaimedCommand) -> bool:
        """Run a claimed row's handler anew; whether the answer was delivered.

        Raises PayloadError if the row holds no interaction.
        """
        clock = self._services.clock
        begun, begun_at = clock.monotonic(), clock.now()
        lease = Lease(command.id, command.lease_id)
        if command.secret is None:
            raise PayloadError("the row holds no interaction")
        interaction = Interaction.from_payload(command.secret)
        handler = self._handler_of(interaction)
        follow_ups = command.progress.get("follow_ups")
        ids = [str(entry) for entry in follow_ups] if isinstance(follow_ups, list) else []
        log.info("answer_resumed", command=interaction.called, attempt=command.attempts)
        ending = self._run(_Run(interaction, handler, lease, ids))
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
            cooldown_key=interaction.called,
            cooldown_seconds=deferred.cooldown_seconds,
        )
        try:
            return self._services.store.begin_command(command)
        except StoreError as error:
            log_unrecorded("the answer's row", error)
            # The row may be there although its database did not say so. Unless this run ends it,
            # another would answer a second time.
            return Lease(command.id, command.lease_id) if error.may_be_done else None

    def _run(self, run: _Run) -> _Ending:
        delivery = self._delivery(run)
        context = self._dispatcher.context(run.interaction)
        afterwards = PutOff()
        work = WorkContext(
            context.interaction,
            context.settings,
            context.clock,
            context.registry,
            self._services,
            DEADLINE_SECONDS,
            afterwards,
        )
        try:
            with monitor(f"command.{run.interaction.called}", context.clock):
                delivery.show(self._last_reply(run.deferred.run(work), delivery))
        except DiscordError as error:
            log.error("answer_not_delivered", status=error.status, code=error.code)
            status = self._fail(run, str(error), retry=not error.is_final)
            return _Ending(error, is_last=status is not CommandStatus.PENDING)
        except Exception as error:  # noqa: BLE001 - the boundary where errors become replies
            self._tell(delivery, explain(error, run.interaction.locale, error_id=self._error_id))
            self._fail(run, summary(error), retry=False)
            return _Ending(error)
        else:
            self._complete(run)
            log.info(
                "answer_sent",
                command=run.interaction.called,
                messages=delivery.message_count,
            )
            return _Ending()
        finally:
            afterwards.run()

    @staticmethod
    def _last_reply(result: Reply | Generator[Reply], delivery: Delivery) -> Reply:
        if not isinstance(result, Generator):
            return result
        last: Reply | None = None
        with closing(result):
            for reply in result:
                delivery.show_progress(reply)
                last = reply
        if last is None:
            raise RuntimeError("the handler gave no reply")
        return last

    def _delivery(self, run: _Run) -> Delivery:
        def remember(ids: Sequence[str]) -> None:
            if run.lease is not None:
                with recording("the follow-ups' ids"):
                    self._services.store.renew_command(
                        run.lease, lease_seconds=LEASE_SECONDS, progress={"follow_ups": list(ids)}
                    )

        return Delivery(
            self._services.discord,
            self._services.clock,
            InteractionWebhook(run.interaction.application_id, run.interaction.token),
            follow_ups=run.follow_ups,
            remember=remember,
            ephemeral=run.deferred.ephemeral(self._dispatcher.context(run.interaction)),
        )

    @staticmethod
    def _tell(delivery: Delivery, text: str) -> None:
        try:
            delivery.show(Message(content=text))
        except DiscordError as error:
            log.error("user_not_told", status=error.status, code=error.code)

    def _complete(self, run: _Run) -> None:
        if (lease := run.lease) is None:
            return
        tries = 0

        def complete() -> bool:
            nonlocal tries
            tries += 1
            # A second try finds what the first one did, though its answer was lost.
            return self._services.store.complete_command(lease) or tries > 1

        if self._end("the answer's completion", complete) is False:
            log.warning("lease_lost", command=KIND, id=lease.command_id)

    def _fail(self, run: _Run, error: str, *, retry: bool) -> CommandStatus | None:
        """The state of the row now; None where nobody can tell."""
        if (lease := run.lease) is None:
            return None
        return self._end(
            "the answer's failure",
            lambda: self._services.store.fail_command(
                lease, error=error, reason=FailureReason.ERROR, retry=retry
            ),
        )

    def _end(self, what: str, end: Callable[[], T]) -> T | None:
        """End the row, trying again: one that is left open is answered a second time. If the
        database does not come back meanwhile, `end_kept` has another try.
        """
        for pause_seconds in PAUSES_SECONDS:
            with recording(what):
                return end()
            self._services.clock.sleep(pause_seconds)
        with recording(what):
            return end()
        self._kept_ends.append((what, end))
        return None


def _tell_of(error: UserFacingError, _context: WorkContext) -> Reply:
    raise error


def summary(error: Exception) -> str:
    """What the row says of an error: the text of those meant to be read, the type of others."""
    return str(error) if isinstance(error, InteractionError | StoreError) else type(error).__name__
