"""Which models may answer, in which order."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from lib.chat.failures import as_user_facing
from lib.chat.standing import allowed_cards, standing_model
from lib.interactions.errors import UserFacingError
from lib.locales import Text
from lib.locales.numbers import count
from lib.ports import (
    ChatModelError,
    ChatModelFailure,
    GuildSettings,
    MediaKind,
    ModelCard,
    Provider,
)

SHORT_REST_SECONDS: Final = 20.0
"""Where all rest, one that is back so soon is asked all the same: a refusal helps nobody."""
MOST_CANDIDATES: Final = 3
"""Beyond these a user has waited long enough to be told."""
NO_REASONS: Final[Mapping[str, str]] = {}

NOBODY_READS: Final = Text(
    en="`{model}` can't read {what}, and no other model here can. Ask without {it}.",
    ja="`{model}` も、ここで使えるほかのモデルも、{what}を読み取れません。"
    "{it}なしで質問してください。",
)
NOBODY_READS_ALL: Final = Text(
    en="No model here can read {what} together. Ask about one kind of file at a time.",
    ja="ここで使えるモデルは{what}をまとめて読み取れません。1種類ずつ質問してください。",
)
TOO_MUCH: Final = Text(
    en="This is too much to read at once: about {tokens} tokens, and the models here take up to"
    " {most}. Try a smaller file or a shorter question.",
    ja="一度に読み取れる量を超えています（約{tokens}トークン、上限は{most}トークン）。"
    "ファイルを小さくするか、質問を短くしてお試しください。",
)
UNREAD: Final = Text(
    en="(`{model}` can't read {what}, so another model answered.)",
    ja="（`{model}`は{what}を読み取れないため、別のモデルが回答しました。）",
)
TOO_MUCH_FOR_ONE: Final = Text(
    en="(This is too much at once for `{model}`, so another model answered.)",
    ja="（`{model}`が一度に読み取れる量を超えているため、別のモデルが回答しました。）",
)
AND: Final = Text(en=" and ", ja="と")
READS: Final[Mapping[MediaKind, Text]] = {
    MediaKind.IMAGE: Text(en="pictures", ja="画像"),
    MediaKind.PDF: Text(en="PDF files", ja="PDFファイル"),
    MediaKind.AUDIO: Text(en="recordings", ja="音声"),
}
IT: Final[Mapping[MediaKind, Text]] = {
    MediaKind.IMAGE: Text(en="the picture", ja="画像"),
    MediaKind.PDF: Text(en="the PDF", ja="PDFファイル"),
    MediaKind.AUDIO: Text(en="the recording", ja="音声"),
}


@dataclass(frozen=True, slots=True)
class Candidates:
    """The models to ask, one after the other while they are busy.

    `wanted` is the one that would be asked if all of them were free. `note` says to the user why
    that is not the one that stands for them.
    """

    wanted: ModelCard
    cards: tuple[ModelCard, ...]
    note: Text | None = None


def candidates(
    cards: Sequence[ModelCard],
    settings: GuildSettings,
    *,
    chosen: str | None,
    cooling: Mapping[str, float],
    cooling_reasons: Mapping[str, str] = NO_REASONS,
    kinds: Collection[MediaKind] = (),
    tokens: int = 0,
) -> Candidates:
    """The model that stands for the user, then the others that the guild allows, in their order: of
    all of them those that read what is to be read, that take so much at once, and that do not rest.

    `tokens` is what the question comes to at least, with its files. `cooling` says for how many
    seconds a model rests, `cooling_reasons` after which failure. Raises UserFacingError where none
    can take the question, or all that can rest for long.
    """
    ordered = _in_order(cards, settings, chosen)
    reading = [card for card in ordered if card.reads.issuperset(kinds)]
    if not reading:
        raise UserFacingError(_nobody_reads(ordered, kinds), private=True)
    able = [card for card in reading if tokens <= card.context_tokens]
    if not able:
        most = max(card.context_tokens for card in reading)
        raise UserFacingError(TOO_MUCH, private=True, tokens=count(tokens), most=count(most))
    free = [card for card in able if cooling.get(card.name, 0.0) <= 0] or sorted(
        (card for card in able if cooling[card.name] <= SHORT_REST_SECONDS),
        key=lambda card: cooling[card.name],
    )
    if not free:
        soonest = min(able, key=lambda card: cooling[card.name])
        raise as_user_facing(
            ChatModelError(
                _failure(cooling_reasons.get(soonest.name, "")),
                "every model that may answer rests",
                retry_after_seconds=cooling[soonest.name],
            )
        )
    return Candidates(able[0], _few(free), _note(ordered[0], able[0], kinds))


def host_of(card: ModelCard) -> tuple[Provider, str | None]:
    """Where a model is asked."""
    return card.provider, card.api_base


def _few(free: Sequence[ModelCard]) -> tuple[ModelCard, ...]:
    """The first of them; if all of these would be one provider's, the last gives way to one of
    another: where the key is refused or nobody is reached, all of a provider's models fail.
    """
    first, rest = tuple(free[:MOST_CANDIDATES]), free[MOST_CANDIDATES:]
    elsewhere = next((card for card in rest if host_of(card) != host_of(first[0])), None)
    if elsewhere is None or any(host_of(card) != host_of(first[0]) for card in first):
        return first
    return (*first[:-1], elsewhere)


def readable_together(
    cards: Sequence[ModelCard],
    settings: GuildSettings,
    *,
    chosen: str | None,
    kinds: Collection[MediaKind],
) -> frozenset[MediaKind]:
    """The most of `kinds` that one of the candidates reads; the earlier of them where two read as
    many.
    """
    ordered = _in_order(cards, settings, chosen)
    return max((card.reads.intersection(kinds) for card in ordered), key=len)


def _in_order(
    cards: Sequence[ModelCard], settings: GuildSettings, chosen: str | None
) -> tuple[ModelCard, ...]:
    standing = standing_model(cards, settings, chosen=chosen).card
    return standing, *(card for card in allowed_cards(cards, settings) if card != standing)


def _failure(reason: str) -> ChatModelFailure:
    """The failure after which a model rests, as far as the database says one that we know."""
    known = {failure.value: failure for failure in ChatModelFailure}
    return known.get(reason, ChatModelFailure.RATE_LIMITED)


def _nobody_reads(ordered: Sequence[ModelCard], kinds: Collection[MediaKind]) -> Text:
    asked = [kind for kind in MediaKind if kind in kinds]
    for kind in asked:
        if not any(kind in card.reads for card in ordered):
            return NOBODY_READS.filled(model=ordered[0].name, what=READS[kind], it=IT[kind])
    what = Text(
        en=AND.en.join(READS[kind].en for kind in asked),
        ja=AND.ja.join(READS[kind].ja for kind in asked),
    )
    return NOBODY_READS_ALL.filled(what=what)


def _note(standing: ModelCard, wanted: ModelCard, kinds: Collection[MediaKind]) -> Text | None:
    """Why it is not the one that stands for the user."""
    if wanted == standing:
        return None
    for kind in MediaKind:
        if kind in kinds and kind not in standing.reads:
            return UNREAD.filled(model=standing.name, what=READS[kind])
    return TOO_MUCH_FOR_ONE.filled(model=standing.name)
