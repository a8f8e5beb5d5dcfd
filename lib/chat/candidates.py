"""Which models may answer, in which order."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from lib.chat.failures import NOBODY_READS, READS, as_user_facing
from lib.chat.standing import allowed_cards, standing_model
from lib.interactions.errors import UserFacingError
from lib.ports import (
    ChatModelError,
    ChatModelFailure,
    GuildSettings,
    MediaKind,
    ModelCard,
)

SHORT_REST_SECONDS: Final = 20.0
"""Where all rest, one that is back so soon is asked all the same: a refusal helps nobody."""
MOST_CANDIDATES: Final = 3
"""Beyond these a user has waited long enough to be told."""


@dataclass(frozen=True, slots=True)
class Candidates:
    """The models to ask, one after the other while they are busy.

    `wanted` is the one that would be asked if all of them were free.
    """

    wanted: ModelCard
    cards: tuple[ModelCard, ...]


def candidates(
    cards: Sequence[ModelCard],
    settings: GuildSettings,
    *,
    chosen: str | None,
    cooling: Mapping[str, float],
    kinds: Collection[MediaKind] = (),
) -> Candidates:
    """The model that stands for the user, then the others that the guild allows, in their order: of
    all of them those that read what is to be read, and that do not rest.

    `cooling` says for how many seconds a model rests. Raises UserFacingError where none reads it,
    or all rest for long.
    """
    standing = standing_model(cards, settings, chosen=chosen).card
    others = (card for card in allowed_cards(cards, settings) if card != standing)
    ordered = (standing, *others)
    able = [card for card in ordered if card.reads.issuperset(kinds)]
    if not able:
        unread = next(kind for kind in MediaKind if kind in kinds and _hardly_read(kind, ordered))
        raise UserFacingError(NOBODY_READS.filled(what=READS[unread]))
    free = [card for card in able if cooling.get(card.name, 0.0) <= 0] or sorted(
        (card for card in able if cooling[card.name] <= SHORT_REST_SECONDS),
        key=lambda card: cooling[card.name],
    )
    if not free:
        rest = ChatModelError(
            ChatModelFailure.RATE_LIMITED,
            "every model that may answer rests",
            retry_after_seconds=min(cooling[card.name] for card in able),
        )
        raise as_user_facing(rest)
    return Candidates(able[0], tuple(free[:MOST_CANDIDATES]))


def _hardly_read(kind: MediaKind, cards: Sequence[ModelCard]) -> bool:
    """Whether some model does not read it: the likely reason why none reads everything."""
    return any(kind not in card.reads for card in cards)
