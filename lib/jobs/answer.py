"""Deferred answers: run the handler after Discord was told to wait, and record it durably.

The first step is one insert of a `command_queue` row that is already under a lease, the last is
completing it. If the process dies in between, another one claims the row when the lease ends and
runs it again while the interaction's token lives. A database fault only costs that safety net.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID, uuid4

from lib.interactions.command import Deferred, Reply, WorkContext
from lib.interactions.dispatch import Dispatcher, explain, new_error_id
from lib.interactions.errors import InteractionError, PayloadError
from lib.interactions.interaction import Interaction
from lib.interactions.response import Message
from lib.interactions.snowflake import created_at
from lib.jobs.delivery import Delivery
from lib.locales import Text
from lib.logs import get_logger
from lib.ports import (
    ClaimedCommand,
    CoolingDown,
    DeferredCommand,
    DiscordError,
    FailureReason,
    InteractionWebhook,
    Lease,
    Services,
    StoreError,
)
from lib.recording import recording

log = get_logger(__name__)

KIND: Final = "answer"
"""The `command_queue.command` of deferred answers."""
TOKEN_LIFE: Final = timedelta(minutes=15)
LEASE_SECONDS: Final = 75
"""Longer than one answer may take, delivery included, so that no two work on one row."""
DEADLINE_SECONDS: Final = 50.0
"""What a handler may take, so that the invocation still has time to deliver and record."""

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


class DeferredAnswers:
    """Runs deferred handlers, live ones and those an earlier process left over."""

    def __init__(
        self,
        services: Services,
        dispatcher: Dispatcher,
        *,
        new_id: Callable[[], UUID] = uuid4,
        error_id: Callable[[], str] = new_error_id,
    ) -> None:
        self._services = services
        self._dispatcher = dispatcher
        self._new_id = new_id
        self._error_id = error_id

    def answer(self, interaction: Interaction, deferred: Deferred, raw: bytes) -> None:
        """Answer an interaction that Discord was just told to wait for. `raw` is its body."""
        begun = self._begin(interaction, deferred, raw)
        if isinstance(begun, CoolingDown):
            seconds = max(1, round(begun.retry_after_seconds))
            text = COOLING_DOWN.in_(interaction.locale, seconds=seconds)
            self._tell(self._delivery(_Run(interaction, deferred, None)), text)
            return
        self._run(_Run(interaction, deferred, begun))

    def answer_again(self, command: ClaimedCommand) -> None:
        """Run a claimed row's handler anew. Raises PayloadError if the row holds no interaction."""
        lease = Lease(command.id, command.lease_id)
        if command.secret is None:
            raise PayloadError("the row holds no interaction")
        interaction = Interaction.from_payload(command.secret)
        handler = self._dispatcher.route(interaction).handler
        if not isinstance(handler, Deferred):
            raise PayloadError("the interaction is not answered later")
        follow_ups = command.progress.get("follow_ups")
        ids = [str(entry) for entry in follow_ups] if isinstance(follow_ups, list) else []
        log.info("answer_resumed", command=interaction.command_name, attempt=command.attempts)
        self._run(_Run(interaction, handler, lease, ids))

    def _begin(
        self, interaction: Interaction, deferred: Deferred, raw: bytes
    ) -> Lease | CoolingDown | None:
        """None: the row could not be written, and the answer goes on without one."""
        with recording("the answer's row"):
            return self._services.store.begin_command(
                DeferredCommand(
                    id=self._new_id(),
                    command=KIND,
                    # Dashboards read this: what tells who asked what stands with the token.
                    payload={
                        "command": interaction.command_name or interaction.custom_id,
                        "guild_id": interaction.guild_id,
                        "channel_id": interaction.channel_id,
                        "locale": interaction.locale.value,
                    },
                    token=interaction.token,
                    interaction=json.loads(raw),
                    expires_at=created_at(interaction.id) + TOKEN_LIFE,
                    lease_seconds=LEASE_SECONDS,
                    user_id=interaction.user.id,
                    cooldown_key=interaction.command_name,
                    cooldown_seconds=deferred.cooldown_seconds,
                )
            )
        return None

    def _run(self, run: _Run) -> None:
        delivery = self._delivery(run)
        context = self._dispatcher.context(run.interaction)
        work = WorkContext(
            context.interaction,
            context.settings,
            context.clock,
            context.registry,
            self._services,
            DEADLINE_SECONDS,
        )
        try:
            delivery.show(self._last_reply(run.deferred.run(work), delivery))
        except DiscordError as error:
            log.error("answer_not_delivered", status=error.status, code=error.code)
            self._fail(run, str(error), retry=not error.is_final)
        except Exception as error:  # noqa: BLE001 - the boundary where errors become replies
            self._tell(delivery, explain(error, run.interaction.locale, error_id=self._error_id))
            self._fail(run, summary(error), retry=False)
        else:
            self._complete(run)
            log.info(
                "answer_sent",
                command=run.interaction.command_name,
                messages=delivery.message_count,
            )

    @staticmethod
    def _last_reply(result: Reply | Iterator[Reply], delivery: Delivery) -> Reply:
        if not isinstance(result, Iterator):
            return result
        last: Reply | None = None
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
        if run.lease is not None:
            with recording("the answer's completion"):
                self._services.store.complete_command(run.lease)

    def _fail(self, run: _Run, error: str, *, retry: bool) -> None:
        if run.lease is not None:
            with recording("the answer's failure"):
                self._services.store.fail_command(
                    run.lease, error=error, reason=FailureReason.ERROR, retry=retry
                )


def summary(error: Exception) -> str:
    """What the row says of an error: the text of those meant to be read, the type of others."""
    return str(error) if isinstance(error, InteractionError | StoreError) else type(error).__name__
