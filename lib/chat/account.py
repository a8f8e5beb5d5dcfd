"""What one command may cost, what it cost, and what of it is remembered."""

from __future__ import annotations

from decimal import Decimal
from typing import Final
from uuid import UUID, uuid5

from lib.chat import quota
from lib.chat.calling import Calling, whole_text
from lib.chat.history import to_summarise
from lib.chat.planning import Plan
from lib.chat.prompting import Prompt
from lib.chat.summary import SUMMARY_TOKENS, summary_prompt
from lib.chat.tokens import estimate_tokens
from lib.interactions.command import WorkContext
from lib.interactions.errors import UserFacingError
from lib.logs import get_logger
from lib.ports import (
    Answer,
    CallPurpose,
    ChatModelError,
    ChatPlace,
    ConversationKind,
    ModelCard,
    Question,
    QuotaExceeded,
    Reservation,
    Reserved,
    Settlement,
    Usage,
)
from lib.recording import recording

log = get_logger(__name__)

RESERVED_SECONDS: Final = 180.0
"""Longer than any answer may take with its summary; what is not settled by then is free again."""
LEAST_SUMMARY_SECONDS: Final = 8.0
NO_COST: Final = Decimal(0)
_SUMMARY: Final = "summary"


class Account:
    """That of one command. `is_reserved`: the database knows of it, and keeps the question."""

    def __init__(self, context: WorkContext, place: ChatPlace) -> None:
        self._context = context
        self._place = place
        self._chat = context.services.chat
        self._zone = context.services.zone.key
        self.is_reserved = False

    def reserve(self, plan: Plan, card: ModelCard) -> None:
        """Reserve the worst case with this model. Raises UserFacingError at a limit. A database
        that is away limits nothing: no reply is lost to it.
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
                raise quota.as_user_facing(reserved)
            self.is_reserved = True

    def can_reserve(self, plan: Plan, card: ModelCard) -> bool:
        """Whether there is budget for this model, too; if so, it is reserved."""
        try:
            self.reserve(plan, card)
        except UserFacingError:
            return False
        return True

    def settle(self, plan: Plan, calling: Calling, text: str | None) -> None:
        """Note every call, keep the answer (None: there is none), end the reservation. Raises
        StoreError, and may be called again then. A conversation that has outgrown its budget is
        summed up after that.
        """
        self._settle(self._context.command_id, calling, self._answer(plan, calling, text))
        if text is not None and plan.question is not None and plan.opened.about is None:
            with recording("a conversation's summary"):
                self._summarise(plan, calling.card)

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

    def _summarise(self, plan: Plan, card: ModelCard) -> None:
        opened = plan.opened
        outgrown = to_summarise(opened.exchanges, budget=plan.history_tokens)
        now = self._context.clock.monotonic()
        seconds_left = self._context.ends_at - now
        if not outgrown or opened.conversation_id is None or seconds_left < LEAST_SUMMARY_SECONDS:
            return
        prompt = summary_prompt(opened.summary, outgrown)
        command_id = uuid5(self._context.command_id, _SUMMARY)
        reserved = self._reserve(
            command_id, prompt, card, kind=opened.kind, output_tokens=SUMMARY_TOKENS, answers=0
        )
        if isinstance(reserved, QuotaExceeded):
            return
        calling = Calling(
            self._context.services,
            (card,),
            purpose=CallPurpose.SUMMARY,
            ends_at=now + seconds_left,
        )
        try:
            summary = whole_text(
                calling,
                prompt.turns,
                instruction=prompt.instruction,
                prompt_tokens=prompt.tokens,
                most_output_tokens=SUMMARY_TOKENS,
            )
            self._chat.save_summary(
                conversation_id=opened.conversation_id,
                summary=summary.strip(),
                since=opened.summarised_through,
                through=outgrown[-1].place,
            )
        except ChatModelError as error:
            log.warning("summary_failed", failure=error.failure.value)
        finally:
            self._settle(command_id, calling, None)

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
    ) -> Reserved | QuotaExceeded:
        worst = Usage(prompt.tokens, output_tokens, prompt.tokens + output_tokens)
        cost = self._context.services.prices.cost_usd(card, worst, at=self._context.clock.now())
        return self._chat.reserve(
            Reservation(
                command_id=command_id,
                place=self._place,
                kind=kind,
                zone=self._zone,
                tokens=worst.total_tokens,
                cost_usd=cost or NO_COST,
                expires_seconds=RESERVED_SECONDS,
                answers=answers,
                question=question,
            )
        )

    def _settle(self, command_id: UUID, calling: Calling, answer: Answer | None) -> None:
        self._chat.settle(
            Settlement(
                command_id=command_id,
                place=self._place,
                zone=self._zone,
                calls=tuple(calling.calls),
                answer=answer,
            )
        )
