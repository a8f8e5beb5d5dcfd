"""From a request to what a model is asked: whom, with which conversation and files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final
from uuid import UUID

from lib.chat import material
from lib.chat.candidates import Candidates, candidates
from lib.chat.history import budget_for, within
from lib.chat.instruction import system_instruction
from lib.chat.prompting import (
    CONTINUE,
    SHORTER,
    Action,
    Material,
    Prompt,
    question_turn,
    told,
)
from lib.chat.tokens import estimate_tokens
from lib.interactions.command import WorkContext
from lib.interactions.errors import UserFacingError
from lib.interactions.resolved import Attachment
from lib.locales import Text
from lib.ports import (
    CallPurpose,
    ConversationKind,
    Exchange,
    ModelCard,
    OpenedChat,
    Question,
    Turn,
)

FORGOTTEN: Final = Text(
    en="I don't remember this answer any more. Please ask anew.",
    ja="この回答の記録は残っていません。もう一度質問してください。",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What somebody wants of the assistant.

    `text` is the question in the model's own terms: with what it quotes. `about` is the exchange
    that a button is on, for every `action` but ASK. `is_kept`: it belongs to the conversation, and
    the model is told what was said before; otherwise question and answer stand alone.
    """

    text: str = ""
    attachments: tuple[Attachment, ...] = ()
    private: bool = False
    action: Action = Action.ASK
    about: UUID | None = None
    is_kept: bool = True
    purpose: CallPurpose = CallPurpose.ANSWER


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """An answer about to be given.

    `question` is the user's turn that is kept with it, `replaced` the exchange whose answer it
    becomes; with neither of them nothing is kept. `history_tokens` is what of the conversation is
    told to whichever model answers. `notes` are for the user, below the answer.
    """

    opened: OpenedChat
    prompt: Prompt
    chosen: Candidates
    history_tokens: int
    purpose: CallPurpose
    question: Question | None = None
    replaced: Exchange | None = None
    notes: list[str] = field(default_factory=list)


def plan_of(request: Request, opened: OpenedChat, context: WorkContext) -> Plan:
    """What to ask which models. Raises UserFacingError for what cannot be asked."""
    about = opened.about
    if request.action is not Action.ASK and (
        about is None or about.author_id != context.interaction.user.id
    ):
        raise UserFacingError(FORGOTTEN, private=True)
    text, attached = _asked(request, about)
    found = material.fetch(context.services, attached)
    chosen = candidates(
        context.services.models.cards,
        opened.settings,
        chosen=opened.chosen_model,
        cooling=opened.cooling,
        kinds=found.kinds,
    )
    history_tokens = budget_for(min(card.context_tokens for card in chosen.cards))
    question = None
    if request.is_kept and request.action in (Action.ASK, Action.CONTINUE):
        question = Question(
            exchange_id=context.command_id,
            author_name=context.interaction.user.name,
            text=text,
            tokens=estimate_tokens(text),
            attachments=tuple(each.to_payload() for each in attached),
        )
    earlier = _before(request, opened) if request.is_kept else ()
    return Plan(
        opened=opened,
        prompt=Prompt(
            _instruction(request, opened, context),
            (
                *_earlier_turns(earlier, opened, context, chosen.cards, budget=history_tokens),
                question_turn(text, name=_name(request, opened, context), material=found),
            ),
        ),
        chosen=chosen,
        history_tokens=history_tokens,
        purpose=request.purpose,
        question=question,
        replaced=about if request.action in (Action.AGAIN, Action.SHORTER) else None,
    )


def _asked(request: Request, about: Exchange | None) -> tuple[str, tuple[Attachment, ...]]:
    """The question, and the files it is about."""
    match request.action:
        case Action.AGAIN if about is not None:
            return about.question, material.attached_to(about)
        case Action.SHORTER:
            return SHORTER, ()
        case Action.CONTINUE:
            return CONTINUE, ()
        case _:
            return request.text, request.attachments


def _before(request: Request, opened: OpenedChat) -> tuple[Exchange, ...]:
    """What was said before; the answer that a button is about is the last of it, unless it is to
    be given anew.
    """
    if opened.about is None or request.action is Action.AGAIN:
        return opened.exchanges
    return (*opened.exchanges, opened.about)


def _earlier_turns(
    exchanges: Sequence[Exchange],
    opened: OpenedChat,
    context: WorkContext,
    cards: Sequence[ModelCard],
    *,
    budget: int,
) -> list[Turn]:
    kept = within(exchanges, budget=budget)
    readable = frozenset.intersection(*(card.reads for card in cards))

    def read_by_all(found: Material) -> Material:
        return replace(found, media=tuple(each for each in found.media if each.kind in readable))

    found = material.remembered(context.services, kept)
    return told(
        kept,
        by_name=opened.kind is ConversationKind.SHARED,
        material={place: read_by_all(each) for place, each in found.items()},
    )


def _instruction(request: Request, opened: OpenedChat, context: WorkContext) -> str:
    return system_instruction(
        context.locale,
        guild_instruction=opened.settings.system_instruction,
        summary=opened.summary if request.is_kept else "",
        language=opened.settings.language,
        users_share=_name(request, opened, context) is not None,
    )


def _name(request: Request, opened: OpenedChat, context: WorkContext) -> str | None:
    """Under which name the question is told, where several talk."""
    is_shared = opened.kind is ConversationKind.SHARED and request.is_kept
    return context.interaction.user.name if is_shared else None
