"""From a request to what a model is asked: whom, with which conversation and files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final
from uuid import UUID

from lib.chat.candidates import Candidates, candidates, readable_together
from lib.chat.history import budget_for, within, without_offline
from lib.chat.instruction import system_instruction
from lib.chat.material import REMEMBERED_TOKENS, Gathered, Gathering, Needed, attached_to
from lib.chat.prompting import (
    CONTINUE,
    SHORTER,
    Action,
    Prompt,
    question_turn,
    told,
)
from lib.chat.tokens import estimate_tokens
from lib.interactions.command import WorkContext
from lib.interactions.errors import UserFacingError
from lib.interactions.escaping import escape
from lib.interactions.resolved import Attachment
from lib.locales import Locale, Text
from lib.ports import (
    CallPurpose,
    ConversationKind,
    Exchange,
    ModelCard,
    OpenedChat,
    Question,
)

LEAST_HISTORY_SHARE: Final = 8
"""Beside a question that needs nearly all of a model's context, one part in so many of what the
history may have is told all the same: what fits is an estimate, which is rather too high.
"""
MOST_NAMES: Final = 5
LONGEST_NAME: Final = 60

FORGOTTEN: Final = Text(
    en="I don't remember this answer any more. Please ask anew.",
    ja="この回答の記録は残っていません。もう一度質問してください。",
)
NOTHING_ASKED: Final = Text(
    en="There is no question in this. What would you like to know?",
    ja="質問の内容が空です。聞きたいことを入力してください。",
)
ABOUT_THE_FILE: Final = Text(
    en="Tell me what is in this file.", ja="このファイルの内容を説明してください。"
)
LEFT_OUT: Final = Text(
    en="(Left out, since I couldn't read it: {names}.)",
    ja="（次のファイルは読み取れないため除外しました: {names}）",
)

WITHOUT_FILES: Final = Text(
    en="(Answered without the files of earlier questions: with them it would be more than the"
    " limits leave.)",
    ja="（利用上限の残りを超えるため、以前の質問の添付ファイルは読み取らずに回答しました。）",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What somebody wants of the assistant.

    `text` is the question in the model's own terms: with what it quotes, of whom
    `quoted_author_id` says. `needed` of its `attachments` have to be read, the others are left out
    if they cannot be. `about` is the exchange that a button is on, for every `action` but ASK.
    `is_kept`: it belongs to the conversation, and the model is told what was said before; otherwise
    question and answer stand alone.
    """

    text: str = ""
    attachments: tuple[Attachment, ...] = ()
    needed: Needed = Needed.ALL
    quoted_author_id: str | None = None
    private: bool = False
    action: Action = Action.ASK
    about: UUID | None = None
    is_kept: bool = True
    purpose: CallPurpose = CallPurpose.ANSWER


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """An answer about to be given.

    `opened` is without what the model is never told. `question` is the user's turn that is kept
    with it, `replaced` the exchange whose answer it becomes; with neither of them nothing is kept.
    `history_tokens` is what of the conversation whichever model answers may be told. `notes` are
    for the user, below the answer. `leaner` is the same without the files of earlier questions;
    None: there are none.
    """

    opened: OpenedChat
    prompt: Prompt
    chosen: Candidates
    history_tokens: int
    purpose: CallPurpose
    question: Question | None = None
    replaced: Exchange | None = None
    notes: list[str] = field(default_factory=list)
    leaner: Plan | None = None


def plan_of(
    request: Request, opened: OpenedChat, context: WorkContext, gathering: Gathering
) -> Plan:
    """What to ask which models, with the files that `gathering` fetches. Raises UserFacingError for
    what cannot be asked.
    """
    about = opened.about
    if request.action is not Action.ASK and (
        about is None or about.author_id != context.interaction.user.id
    ):
        raise UserFacingError(FORGOTTEN, private=True)
    language = opened.settings.language or context.locale
    text, attached = _asked(request, about, language)
    found = _readable(gathering.asked(attached, needed=request.needed), request, opened, context)
    asked = Prompt(
        _instruction(request, opened, context),
        (question_turn(text, name=_name(request, opened, context), material=found.material),),
    )
    chosen = candidates(
        context.services.models.cards,
        opened.settings,
        chosen=opened.chosen_model,
        cooling=opened.cooling,
        cooling_reasons=opened.cooling_reasons,
        kinds=found.material.kinds,
        tokens=asked.least_tokens,
    )
    opened = replace(opened, exchanges=without_offline(opened.exchanges, chosen.cards))
    question = None
    if request.is_kept and request.action in (Action.ASK, Action.CONTINUE):
        question = Question(
            exchange_id=context.command_id,
            author_name=context.interaction.user.name,
            text=text,
            tokens=estimate_tokens(text),
            attachments=tuple(each.attachment.to_payload() for each in found.read),
            quoted_author_id=request.quoted_author_id,
        )
    earlier = _before(request, opened) if request.is_kept else ()
    prompt, without_files = _with_history(
        asked, earlier, chosen, gathering, by_name=_is_shared(opened)
    )
    plan = Plan(
        opened=opened,
        prompt=prompt,
        chosen=chosen,
        history_tokens=budget_for(_least_context(chosen)),
        purpose=request.purpose,
        question=question,
        replaced=about if request.action in (Action.AGAIN, Action.SHORTER) else None,
        notes=_notes(found, chosen, language),
    )
    if prompt == without_files:
        return plan
    notes = [*plan.notes, WITHOUT_FILES.in_(language)]
    return replace(plan, leaner=replace(plan, prompt=without_files, notes=notes))


def _asked(
    request: Request, about: Exchange | None, language: Locale
) -> tuple[str, tuple[Attachment, ...]]:
    """The question, and the files it is about. Raises UserFacingError if there is neither."""
    match request.action:
        case Action.AGAIN if about is not None:
            return about.question, attached_to(about)
        case Action.SHORTER:
            return SHORTER.in_(language), ()
        case Action.CONTINUE:
            return CONTINUE.in_(language), ()
    if request.text.strip():
        return request.text, request.attachments
    if request.attachments:
        return ABOUT_THE_FILE.in_(language), request.attachments
    raise UserFacingError(NOTHING_ASKED, private=True)


def _readable(
    found: Gathered, request: Request, opened: OpenedChat, context: WorkContext
) -> Gathered:
    """`found` without the files that no model reads, as far as the question can do without."""
    if request.needed is Needed.ALL:
        return found
    kinds = readable_together(
        context.services.models.cards,
        opened.settings,
        chosen=opened.chosen_model,
        kinds=found.material.kinds,
    )
    fewer = found.readable(kinds)
    return fewer if fewer.read or request.needed is Needed.NONE else found


def _before(request: Request, opened: OpenedChat) -> tuple[Exchange, ...]:
    """What was said before; the answer that a button is about is the last of it, unless it is to
    be given anew.
    """
    if opened.about is None or request.action is Action.AGAIN:
        return opened.exchanges
    return (*opened.exchanges, opened.about)


def _with_history(
    asked: Prompt,
    exchanges: Sequence[Exchange],
    chosen: Candidates,
    gathering: Gathering,
    *,
    by_name: bool,
) -> tuple[Prompt, Prompt]:
    """`asked` after as much of `exchanges` and their files as all candidates have room for: what
    was said comes before what was attached. And the same without these files.
    """
    room = min(map(_room, chosen.cards))
    most = budget_for(_least_context(chosen))
    budget = max(most // LEAST_HISTORY_SHARE, min(most, room - asked.least_tokens))
    kept = within(exchanges, budget=budget)
    for_files = room - asked.tokens - sum(each.tokens for each in kept)
    material = gathering.remembered(
        kept,
        tokens=min(REMEMBERED_TOKENS, for_files),
        kinds=frozenset.intersection(*(card.reads for card in chosen.cards)),
    )
    with_files, without = (
        Prompt(asked.instruction, (*told(kept, by_name=by_name, material=files), *asked.turns))
        for files in (material, None)
    )
    return with_files, without


def _room(card: ModelCard) -> int:
    """What a request may have, so that there is room for the answer as well."""
    return card.context_tokens - min(card.output_tokens, card.context_tokens // 2)


def _least_context(chosen: Candidates) -> int:
    return min(card.context_tokens for card in chosen.cards)


def _notes(found: Gathered, chosen: Candidates, language: Locale) -> list[str]:
    notes = [] if chosen.note is None else [chosen.note.in_(language)]
    if found.left_out:
        names = [escape(each.name, most=LONGEST_NAME) for each in found.left_out[:MOST_NAMES]]
        rest = ["…"] if len(found.left_out) > MOST_NAMES else []
        notes.append(LEFT_OUT.in_(language, names=", ".join([*names, *rest])))
    return notes


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
    return context.interaction.user.name if request.is_kept and _is_shared(opened) else None


def _is_shared(opened: OpenedChat) -> bool:
    return opened.kind is ConversationKind.SHARED
