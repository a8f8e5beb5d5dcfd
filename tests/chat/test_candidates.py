"""Which models may answer: who is wanted, who may stand in, and when nobody is there."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import pytest

from lib.chat.candidates import MOST_CANDIDATES, SHORT_REST_SECONDS, Candidates, candidates
from lib.interactions.errors import UserFacingError
from lib.locales import Locale
from lib.ports import GuildSettings, MediaKind
from tests.fakes.chat_models import card

IMAGE, PDF, AUDIO = MediaKind.IMAGE, MediaKind.PDF, MediaKind.AUDIO
BLIND = card("blind", reads=frozenset())
SEEING = card("seeing", reads=frozenset({IMAGE}))
READING = card("reading", reads=frozenset({IMAGE, PDF}))
CARDS = [BLIND, SEEING, READING]


def found(
    *,
    settings: GuildSettings | None = None,
    chosen: str | None = None,
    cooling: Mapping[str, float] | None = None,
    kinds: Collection[MediaKind] = (),
) -> Candidates:
    return candidates(
        CARDS, settings or GuildSettings(), chosen=chosen, cooling=cooling or {}, kinds=kinds
    )


def names(candidates: Candidates) -> list[str]:
    return [card.name for card in candidates.cards]


def test_the_first_is_wanted_and_the_others_follow_in_their_order() -> None:
    assert names(found()) == ["blind", "seeing", "reading"]
    assert found().wanted == BLIND


def test_the_users_own_stands_before_the_guilds() -> None:
    settings = GuildSettings(model="seeing")
    assert names(found(settings=settings)) == ["seeing", "blind", "reading"]
    assert names(found(settings=settings, chosen="reading")) == ["reading", "blind", "seeing"]
    assert names(found(settings=settings, chosen="gone")) == ["seeing", "blind", "reading"]


def test_only_those_that_the_guild_allows_are_asked() -> None:
    settings = GuildSettings(models=("reading", "seeing"))
    assert names(found(settings=settings, chosen="blind")) == ["seeing", "reading"]


def test_one_that_rests_is_left_out_but_stays_the_one_that_was_wanted() -> None:
    resting = found(cooling={"blind": 3.0, "seeing": 0.0})
    assert names(resting) == ["seeing", "reading"]
    assert resting.wanted == BLIND


def test_one_that_cannot_read_it_was_never_wanted() -> None:
    for_pictures = found(kinds={IMAGE})
    assert names(for_pictures) == ["seeing", "reading"]
    assert for_pictures.wanted == SEEING
    assert names(found(kinds={IMAGE, PDF})) == ["reading"]


@pytest.mark.parametrize(
    ("kinds", "what"),
    [({AUDIO}, "sound"), ({IMAGE, AUDIO}, "pictures"), ({PDF, AUDIO}, "PDF files")],
    ids=["sound", "picture and sound", "PDF and sound"],
)
def test_where_none_reads_it_the_user_is_told_what_it_is(
    kinds: Collection[MediaKind], what: str
) -> None:
    with pytest.raises(UserFacingError, match=f"None of the models .* can read {what}"):
        found(kinds=kinds)


def test_where_all_that_may_answer_rest_the_soonest_is_told() -> None:
    with pytest.raises(UserFacingError) as caught:
        found(cooling={"blind": 1.0, "seeing": 50.0, "reading": 21.0}, kinds={IMAGE})
    assert "in 21 s" in caught.value.in_(Locale.ENGLISH)
    assert "21秒後" in caught.value.in_(Locale.JAPANESE)


def test_where_all_rest_those_that_are_nearly_back_are_asked_the_soonest_first() -> None:
    resting = found(cooling={"blind": SHORT_REST_SECONDS, "seeing": 21.0, "reading": 3.0})
    assert names(resting) == ["reading", "blind"]
    assert resting.wanted == BLIND


def test_while_one_is_free_none_that_rests_is_asked() -> None:
    assert names(found(cooling={"blind": 1.0, "reading": 1.0})) == ["seeing"]


def test_no_more_are_tried_than_a_user_would_wait_for() -> None:
    many = [card(f"model {number}") for number in range(9)]
    chosen = candidates(many, GuildSettings(), chosen=None, cooling={})
    assert len(chosen.cards) == MOST_CANDIDATES
