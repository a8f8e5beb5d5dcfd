"""The assistant: from a request to an answer that is shown, counted and remembered."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import closing
from dataclasses import replace
from functools import partial
from typing import Final
from uuid import UUID

from lib.chat.account import NO_COST, Account
from lib.chat.answer_messages import as_messages
from lib.chat.buttons import buttons, is_in_place
from lib.chat.calling import SET_UP_WRONGLY, Calling
from lib.chat.failures import as_user_facing
from lib.chat.footer import footer
from lib.chat.guard import Guard
from lib.chat.material import Gathering
from lib.chat.places import place_of, require_allowed_place
from lib.chat.planning import Plan, Request, plan_of
from lib.interactions.command import Progress, WorkContext
from lib.interactions.errors import UserFacingError
from lib.interactions.response import Message
from lib.locales import Text
from lib.logs import get_logger
from lib.ports import (
    ChatModelError,
    ChatModelFailure,
    ChatPlace,
    ConversationKind,
    Exchange,
    FinishReason,
    GuildSettings,
    ModelCard,
    OpenedChat,
    StoreError,
)
from lib.recording import log_unrecorded

log = get_logger(__name__)

SETTLED_WITHIN_SECONDS: Final = 1.0
"""So soon after an answer is seen it is kept as well; its buttons are there before that."""

STOPPED: Final = Text(
    en="(The answer broke off here. {reason})", ja="（回答はここで途切れました。{reason}）"
)
LENGTH_LIMIT: Final = Text(
    en="(The model's length limit ends the answer here.)",
    ja="（モデルの長さの上限に達したため、回答はここまでです。）",
)
NOT_ANEW: Final = Text(
    en="(There is no new answer, so the one before stays. {reason})",
    ja="（新しい回答を作成できなかったため、元の回答を表示しています。{reason}）",
)
ANOTHER_MODEL: Final = Text(
    en="({wanted} is busy at the moment; {answered} answered.)",
    ja="（{wanted}が混雑しているため、{answered}が回答しました。）",
)
MODEL_AWAY: Final = Text(
    en="({wanted} isn't available at the moment; {answered} answered.)",
    ja="（{wanted}は現在利用できないため、{answered}が回答しました。）",
)
UNREMEMBERED: Final = Text(
    en="(The database didn't answer, so I don't remember what was said before.)",
    ja="（データベースから応答がないため、これまでの会話は反映されていません。）",
)
GUARDED: Final = Text(
    en="I don't tell how I was set up, nor any keys. Ask me something else.",
    ja="設定内容やキーについてはお答えできません。別のご質問をどうぞ。",
)


class Assistant:
    """Answers one command."""

    def __init__(self, context: WorkContext) -> None:
        self._context = context
        self._locale = context.locale

    def answer(self, request: Request) -> Generator[Progress]:
        """Yield the answer as it grows; the last that comes is the whole of it, as it stays.

        Raises UserFacingError where there is none to give. What it cost is noted in any case.
        """
        try:
            yield from self._answer(request)
        except UserFacingError as error:
            error.language = self._locale
            raise

    def _answer(self, request: Request) -> Generator[Progress]:
        place = place_of(self._context.interaction, private=request.private)
        opened = self._open(place, request)
        if opened is not None and opened.settled is not None:
            yield self._shown(opened.settled.answer, opened.settled.id, is_kept=True)
            return
        account = Account(self._context, place)
        gathering = Gathering(self._context.services)
        try:
            plan = self._plan(request, opened, gathering)
            if opened is not None:
                plan = account.reserve(plan, plan.chosen.cards[0])
        except UserFacingError as error:
            error.came_late = gathering.has_fetched
            raise
        calling = Calling(
            self._context.services,
            plan.chosen.cards,
            purpose=plan.purpose,
            ends_at=self._context.ends_at,
            reserve=lambda card: opened is None or account.can_reserve(plan, card),
        )
        answers: list[str] = []
        try:
            yield from self._growing(plan, calling)
            answers.append(calling.text)
            yield self._whole(plan, calling, is_kept=account.is_reserved)
        except UserFacingError as error:
            error.came_late = True
            pressed = self._context.interaction.custom_id
            if plan.replaced is not None and is_in_place(pressed):
                error.instead = self._unchanged(plan.replaced, error)
            raise
        finally:
            # Once it is seen: a slow database must not hold up the last words.
            self._context.background.submit(
                lambda: account.settle(plan, calling, answers[0] if answers else None)
            )

    def _open(self, place: ChatPlace, request: Request) -> OpenedChat | None:
        """What is known; None where the database does not answer. A question is answered all the
        same, but not what is about an answer that stands in there.
        """
        try:
            opened = self._opened(place, request)
            if request.about is not None and opened.about is None:
                self._context.clock.sleep(SETTLED_WITHIN_SECONDS)
                opened = self._opened(place, request)
        except StoreError as error:
            if request.about is not None:
                raise
            log_unrecorded("the conversation", error)
            return None
        self._locale = opened.settings.language or self._locale
        return opened

    def _opened(self, place: ChatPlace, request: Request) -> OpenedChat:
        return self._context.services.chat.open_chat(
            place, command_id=self._context.command_id, about=request.about
        )

    def _plan(self, request: Request, opened: OpenedChat | None, gathering: Gathering) -> Plan:
        if opened is None:
            unknown = OpenedChat(
                settings=GuildSettings(), kind=ConversationKind.PERSONAL, cooling={}
            )
            plan = plan_of(request, unknown, self._context, gathering)
            plan.notes.append(UNREMEMBERED.in_(self._locale))
            return plan
        require_allowed_place(opened.settings, self._context.interaction)
        return plan_of(request, opened, self._context, gathering)

    def _growing(self, plan: Plan, calling: Calling) -> Generator[Progress]:
        """The answer until it is whole, or as whole as it gets."""
        guard = Guard(
            plan.prompt.instruction,
            self._context.settings.secrets(),
            guild_instruction=plan.opened.settings.system_instruction,
        )
        growing = calling.stream(
            plan.prompt.turns,
            instruction=plan.prompt.instruction,
            prompt_tokens=plan.prompt.tokens,
        )
        try:
            with closing(growing):
                for text in growing:
                    if guard.leaks(text, goes_on=True):
                        raise _withheld(calling)
                    if text.strip() and not guard.is_unsure:
                        yield partial(as_messages, text, locale=self._locale, final=False)
        except ChatModelError as error:
            reason = as_user_facing(error, for_owner_of=self._mended_by_asker(calling.card))
            is_blocked = error.failure is ChatModelFailure.BLOCKED
            if not calling.text.strip() or is_blocked or plan.replaced is not None:
                # What was shown of a blocked answer goes as well, and half of one is no better than
                # the whole one that it was to replace.
                raise reason from error
            plan.notes.append(STOPPED.in_(self._locale, reason=reason.in_(self._locale)))
        if guard.leaks(calling.text):
            raise _withheld(calling)
        if not as_messages(calling.text, locale=self._locale):
            raise as_user_facing(ChatModelError(ChatModelFailure.EMPTY, "nothing that shows"))

    def _whole(self, plan: Plan, calling: Calling, *, is_kept: bool) -> list[Message]:
        notes = list(plan.notes)
        if calling.finish is FinishReason.MAX_TOKENS:
            notes.append(LENGTH_LIMIT.in_(self._locale))
        if calling.card != plan.chosen.wanted:
            wanted, answered = plan.chosen.wanted.name, calling.card.name
            text = MODEL_AWAY if _is_set_up_wrongly(wanted, plan, calling) else ANOTHER_MODEL
            notes.append(text.in_(self._locale, wanted=wanted, answered=answered))
        return self._shown(
            calling.text,
            plan.replaced.id if plan.replaced else self._context.command_id,
            is_kept=is_kept and (plan.replaced is not None or plan.question is not None),
            note="\n".join(f"-# {note}" for note in notes),
            last_line=self._footer(calling) if plan.opened.settings.footer else "",
        )

    def _unchanged(self, exchange: Exchange, error: UserFacingError) -> list[Message]:
        """The answer that was there, and why there is no other in its place."""
        note = NOT_ANEW.in_(self._locale, reason=error.in_(self._locale))
        return self._shown(exchange.answer, exchange.id, is_kept=True, note=f"-# {note}")

    def _shown(
        self, text: str, exchange_id: UUID, *, is_kept: bool, note: str = "", last_line: str = ""
    ) -> list[Message]:
        messages = as_messages(text, locale=self._locale, note=note, footer=last_line)
        rows = buttons(
            self._locale,
            asker_id=self._context.interaction.user.id,
            exchange_id=exchange_id,
            messages=len(messages),
            is_kept=is_kept and self._context.settings.has_database,
        )
        return [*messages[:-1], replace(messages[-1], rows=rows)]

    def _mended_by_asker(self, card: ModelCard) -> ModelCard | None:
        """The model, where it is the bot's owner who asks."""
        is_owner = self._context.interaction.user.id in self._context.settings.owner_ids
        return card if is_owner else None

    def _footer(self, calling: Calling) -> str:
        costs = [call.cost_usd for call in calling.calls if call.usage.total_tokens]
        known = [cost for cost in costs if cost is not None]
        return footer(
            self._locale,
            model=calling.card.name,
            tokens=sum(call.usage.total_tokens for call in calling.calls),
            cost_usd=sum(known, NO_COST) if len(known) == len(costs) else None,
            seconds=self._context.clock.monotonic() - self._context.begun_at,
            estimated=any(call.estimated for call in calling.calls),
        )


def _withheld(calling: Calling) -> UserFacingError:
    log.warning("answer_withheld", model=calling.card.name)
    return UserFacingError(GUARDED)


def _is_set_up_wrongly(model: str, plan: Plan, calling: Calling) -> bool:
    """Whether this is why that model did not answer: just now, or when it last was asked."""
    reason = calling.failures.get(model) or plan.opened.cooling_reasons.get(model)
    return reason in SET_UP_WRONGLY
