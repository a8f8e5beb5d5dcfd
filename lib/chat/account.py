"""What one command may cost, what it cost, and what of it is remembered."""

from __future__ import annotations

from decimal import Decimal
from functools import partial
from typing import Final
from uuid import UUID, uuid4, uuid5

from lib.chat import quota
from lib.chat.calling import Calling, whole_text
from lib.chat.history import portion_of, to_summarise, without_offline
from lib.chat.limits import SWITCHED_OFF, allows_nothing
from lib.chat.planning import Plan
from lib.chat.prompting import Prompt
from lib.chat.summary import is_for_place, summary_of, summary_request, summary_tokens
from lib.chat.tokens import estimate_tokens
from lib.interactions.command import WorkContext
from lib.interactions.errors import UserFacingError
from lib.logs import get_logger
from lib.ports import (
    Answer,
    CallPurpose,
    ChatModelError,
    ChatModelFailure,
    ChatPlace,
    ConversationKind,
    ModelCard,
    Question,
    QuotaExceeded,
    QuotaLimit,
    Reservation,
    Reserved,
    Settlement,
    StoreError,
    Usage,
)
from lib.recording import log_unrecorded, recording

log = get_logger(__name__)

RESERVED_SECONDS: Final = 180.0
"""Longer than any answer may take with its summary; what is not settled by then is free again."""
LEAST_SUMMARY_SECONDS: Final = 8.0
NO_COST: Final = Decimal(0)
_SUMMARY: Final = "summary"


class Account:
    """That of one run of a command: what an earlier one called and did not live to note is noted
    when this one reserves. `is_reserved`: the database knows of it, and keeps the question.
    """

    def __init__(self, context: WorkContext, place: ChatPlace) -> None:
        self._context = context
        self._place = place
        self._chat = context.services.chat
        self._zone = context.services.zone.key
        self._run_id = uuid4()
        self.is_reserved = False

    def reserve(self, plan: Plan, card: ModelCard) -> Plan:
        """Reserve the worst case with this model, of `plan` or, where nothing but the files of
        earlier questions is too much, of it without them; which of the two it is. Raises
        UserFacingError at a limit. A database that is away limits nothing: no reply is lost to it.
        """
        exceeded = self._exceeded(plan, card)
        if exceeded is None:
            return plan
        if exceeded.limit is not QuotaLimit.ANSWERS and plan.leaner is not None:
            exceeded = self._exceeded(plan.leaner, card)
            if exceeded is None:
                return plan.leaner
        raise self._refusal(exceeded)

    def can_reserve(self, plan: Plan, card: ModelCard) -> bool:
        """Whether there is budget for this model, too; if so, it is reserved."""
        return self._exceeded(plan, card) is None

    def _exceeded(self, plan: Plan, card: ModelCard) -> QuotaExceeded | None:
        """The limit that leaves no room for the worst case. None: it is reserved, or nobody can
        tell.
        """
        with recording("what an answer may cost"):
            reserved = self._reserve(
                self._context.command_id,
                plan.prompt,
                card,
                kind=plan.opened.kind,
                output_tokens=card.output_tokens,
                question=plan.question,
            )
            if isinstance(reserved, QuotaExceeded):
                return reserved
            self.is_reserved = True
        return None

    def settle(self, plan: Plan, calling: Calling, text: str | None) -> None:
        """Note every call, keep the answer (None: there is none), end the reservation. Raises
        StoreError, and may be called again then. A conversation that has outgrown its budget is
        summed up after that, in a step of its own.
        """
        self._settle(self._context.command_id, calling, self._answer(plan, calling, text))
        if text is not None and plan.question is not None and plan.opened.about is None:
            self._context.background.submit(partial(self._keep_summary, plan, calling.card))

    def _refusal(self, exceeded: QuotaExceeded) -> UserFacingError:
        """Where nothing at all is allowed, there is no time to name at which that ends."""
        try:
            limits = self._chat.read_quota(self._place, zone=self._zone).limits
        except StoreError as error:
            log_unrecorded("the limits", error)
        else:
            if allows_nothing(limits, exceeded.limit):
                return UserFacingError(SWITCHED_OFF, private=True)
        return quota.as_user_facing(exceeded)

    def _answer(self, plan: Plan, calling: Calling, text: str | None) -> Answer | None:
        if text is None or (plan.question is None and plan.replaced is None):
            return None
        return Answer(
            exchange_id=plan.replaced.id if plan.replaced else self._context.command_id,
            text=text,
            tokens=estimate_tokens(text),
            model=calling.card.name,
            message_ids=self._context.message_ids(),
        )

    def _keep_summary(self, plan: Plan, card: ModelCard) -> None:
        """Sum up what the conversation has outgrown, unless somebody else does. What is older than
        all that was told, and in no summary, goes first.
        """
        opened = plan.opened
        outgrown = to_summarise(opened.exchanges, budget=plan.history_tokens)
        seconds_left = self._context.ends_at - self._context.clock.monotonic()
        if not outgrown or opened.conversation_id is None or seconds_left < LEAST_SUMMARY_SECONDS:
            return
        since = opened.summarised_through
        with recording("a conversation's summary"):
            begun = self._chat.begin_summary(
                conversation_id=opened.conversation_id, since=since, through=outgrown[-1].place
            )
            portion = portion_of(without_offline(begun, [card]), budget=plan.history_tokens)
            if portion:
                prompt, told = summary_request(card, opened.summary, portion)
                through, summary = told[-1].place, self._summary(prompt, card, opened.kind)
            elif begun:  # of which there is nothing to tell
                through, summary = begun[-1].place, opened.summary
            else:
                return
            if summary is not None:
                self._chat.save_summary(
                    conversation_id=opened.conversation_id,
                    summary=summary,
                    since=since,
                    through=through,
                )

    def _summary(self, prompt: Prompt, card: ModelCard, kind: ConversationKind) -> str | None:
        """None: there is no budget for it, or what came is none. The earlier one stands then."""
        command_id = uuid5(self._context.command_id, _SUMMARY)
        most = summary_tokens(card)
        reserved = self._reserve(
            command_id,
            prompt,
            card,
            kind=kind,
            output_tokens=most,
            answers=0,
            for_place=is_for_place(kind),
        )
        if isinstance(reserved, QuotaExceeded):
            return None
        calling = Calling(
            self._context.services,
            (card,),
            purpose=CallPurpose.SUMMARY,
            ends_at=self._context.ends_at,
        )
        try:
            text = whole_text(
                calling,
                prompt.turns,
                instruction=prompt.instruction,
                prompt_tokens=prompt.tokens,
                most_output_tokens=most,
            )
        except ChatModelError as error:
            log.warning("summary_failed", failure=error.failure.value)
            return None
        finally:
            # A step of its own: it is tried again until the database has noted the call.
            self._context.background.submit(partial(self._settle, command_id, calling, None))
        summary = summary_of(text, calling.finish)
        if summary is None:
            log.warning("summary_failed", failure=ChatModelFailure.CUT_OFF.value)
        return summary

    def _reserve(
        self,
        command_id: UUID,
        prompt: Prompt,
        card: ModelCard,
        *,
        kind: ConversationKind,
        output_tokens: int,
        answers: int = 1,
        question: Question | None = None,
        for_place: bool = False,
    ) -> Reserved | QuotaExceeded:
        worst = Usage(prompt.tokens, output_tokens, prompt.tokens + output_tokens)
        least = Usage(prompt.tokens, 0, prompt.tokens)
        return self._chat.reserve(
            Reservation(
                command_id=command_id,
                place=self._place,
                kind=kind,
                zone=self._zone,
                tokens=worst.total_tokens,
                cost_usd=self._cost_usd(card, worst) or NO_COST,
                expires_seconds=RESERVED_SECONDS,
                answers=answers,
                question=question,
                run_id=self._run_id,
                model=card.name,
                prompt_tokens=least.prompt_tokens,
                prompt_cost_usd=self._cost_usd(card, least),
                for_place=for_place,
            )
        )

    def _cost_usd(self, card: ModelCard, usage: Usage) -> Decimal | None:
        now = self._context.clock.now()
        return self._context.services.prices.cost_usd(card, usage, at=now)

    def _settle(self, command_id: UUID, calling: Calling, answer: Answer | None) -> None:
        self._chat.settle(
            Settlement(
                command_id=command_id,
                place=self._place,
                zone=self._zone,
                calls=tuple(calling.calls),
                answer=answer,
                run_id=self._run_id,
            )
        )
