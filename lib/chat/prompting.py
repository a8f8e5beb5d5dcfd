"""What a model is sent: the instruction, the conversation so far, the question and its files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from lib.chat.quoting import quoted, said_by
from lib.chat.tokens import MEDIA_TOKENS, estimate_media, estimate_tokens
from lib.locales import Text
from lib.ports import Exchange, Media, MediaKind, Role, Turn

# They say in which language, since "that of the question" would make it that of the button.
SHORTER: Final = Text(
    en="Give your last answer again in its own language, but in far fewer words, with only what"
    " matters most.",
    ja="直前の回答を、同じ言語のまま、特に大切なことだけに絞ってずっと短く書き直してください。",
)
CONTINUE: Final = Text(
    en="Go on from where your last answer ended, in its own language. Don't repeat any of it.",
    ja="直前の回答の続きを、途切れたところから同じ言語で書いてください。"
    "すでに書いた内容は繰り返さないでください。",
)


class Action(StrEnum):
    """What is asked for: an answer to something new, or something about an answer that is there."""

    ASK = "ask"
    AGAIN = "again"
    SHORTER = "shorter"
    CONTINUE = "continue"


@dataclass(frozen=True, slots=True)
class Material:
    """What came with a question: texts that are quoted, and files that the model reads itself."""

    texts: tuple[str, ...] = ()
    media: tuple[Media, ...] = ()

    @property
    def kinds(self) -> frozenset[MediaKind]:
        """What the model has to be able to read."""
        return frozenset(media.kind for media in self.media)


@dataclass(frozen=True, slots=True)
class Prompt:
    """A request to a model."""

    instruction: str
    turns: tuple[Turn, ...]
    tokens: int = field(init=False)
    """An estimate of what it comes to at worst."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "tokens", _tokens(self.instruction, self.turns))

    @property
    def least_tokens(self) -> int:
        """The same with as little as its files may come to."""
        media = [media for turn in self.turns for media in turn.media]
        worst = sum(estimate_media(each.kind, len(each.content)) for each in media)
        return self.tokens - worst + sum(MEDIA_TOKENS[each.kind] for each in media)


def told(
    exchanges: Sequence[Exchange],
    *,
    by_name: bool,
    material: dict[int, Material] | None = None,
) -> list[Turn]:
    """The turns of earlier exchanges; `material` is that of some of their questions, by place."""
    turns: list[Turn] = []
    for exchange in exchanges:
        found = (material or {}).get(exchange.place, Material())
        turns += [
            question_turn(
                exchange.question,
                name=exchange.author_name if by_name else None,
                material=found,
            ),
            Turn(Role.MODEL, exchange.answer),
        ]
    return turns


def question_turn(text: str, *, name: str | None, material: Material) -> Turn:
    """A user's turn: what they say, their name before it where several talk, and what it is about
    after it.
    """
    said = text if name is None else said_by(name, text)
    return Turn(Role.USER, "\n\n".join([said, *material.texts]), material.media)


def quoted_message(author_name: str, text: str) -> str:
    """Somebody's message that a question is about."""
    return quoted("message", author_name, text)


def _tokens(instruction: str, turns: Sequence[Turn]) -> int:
    texts = estimate_tokens(instruction) + sum(estimate_tokens(turn.text) for turn in turns)
    media = sum(
        estimate_media(media.kind, len(media.content)) for turn in turns for media in turn.media
    )
    return texts + media
