"""Which models may answer: who is wanted, who may stand in, and when nobody is there."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

import pytest

from lib.chat.candidates import (
    MOST_CANDIDATES,
    SHORT_REST_SECONDS,
    Candidates,
    candidates,
    readable_together,
)
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
    reasons: Mapping[str, str] | None = None,
    kinds: Collection[MediaKind] = (),
    tokens: int = 0,
) -> Candidates:
    return candidates(
        CARDS,
        settings or GuildSettings(),
        chosen=chosen,
        cooling=cooling or {},
        cooling_reasons=reasons or {},
        kinds=kinds,
        tokens=tokens,
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


def test_one_that_cannot_read_it_was_never_wanted_and_the_user_is_told_why() -> None:
    for_pictures = found(kinds={IMAGE})
    assert names(for_pictures) == ["seeing", "reading"]
    assert for_pictures.wanted == SEEING
    assert for_pictures.note is not None
    assert for_pictures.note.en == "(`blind` can't read pictures, so another model answered.)"
    assert for_pictures.note.ja == "（`blind`は画像を読み取れないため、別のモデルが回答しました。）"
    assert names(found(kinds={IMAGE, PDF})) == ["reading"]


def test_where_the_standing_model_can_answer_nothing_is_said() -> None:
    assert found().note is None
    assert found(chosen="seeing", kinds={IMAGE}, cooling={"seeing": 5.0}).note is None


@pytest.mark.parametrize("kinds", [{AUDIO}, {IMAGE, AUDIO}], ids=len)
def test_where_none_reads_it_the_user_alone_is_told_what_it_is(
    kinds: Collection[MediaKind],
) -> None:
    with pytest.raises(UserFacingError) as caught:
        found(kinds=kinds)
    assert caught.value.in_(Locale.ENGLISH) == (
        "`blind` can't read recordings, and no other model here can. Ask without the recording."
    )
    assert caught.value.in_(Locale.JAPANESE) == (
        "`blind` も、ここで使えるほかのモデルも、音声を読み取れません。音声なしで質問してください。"
    )
    assert caught.value.private


def test_where_each_is_read_but_by_no_model_together_that_is_told() -> None:
    listening = card("listening", reads=frozenset({AUDIO}))
    with pytest.raises(UserFacingError, match="can read pictures and recordings together"):
        candidates(
            [SEEING, listening], GuildSettings(), chosen=None, cooling={}, kinds={IMAGE, AUDIO}
        )


@pytest.mark.parametrize(
    ("kinds", "readable"),
    [({IMAGE}, {IMAGE}), ({IMAGE, PDF, AUDIO}, {IMAGE, PDF}), ({AUDIO}, set()), (set(), set())],
)
def test_the_most_that_one_of_them_reads_is_readable(
    kinds: set[MediaKind], readable: set[MediaKind]
) -> None:
    assert readable_together(CARDS, GuildSettings(), chosen=None, kinds=kinds) == readable


def test_the_guild_decides_also_whose_reading_counts() -> None:
    only = GuildSettings(models=("seeing",))
    assert readable_together(CARDS, only, chosen=None, kinds={IMAGE, PDF}) == {IMAGE}


def test_one_that_cannot_take_so_much_is_left_out_and_the_user_is_told_why() -> None:
    roomy = replace(READING, context_tokens=1_000_000)
    chosen = candidates(
        [BLIND, roomy], GuildSettings(), chosen=None, cooling={}, tokens=BLIND.context_tokens + 1
    )
    assert chosen.cards == (roomy,)
    assert chosen.note is not None
    assert chosen.note.en == "(This is too much at once for `blind`, so another model answered.)"


def test_what_none_can_take_the_user_alone_is_told() -> None:
    with pytest.raises(UserFacingError, match=r"about 90,000 tokens.* up to 32,000") as caught:
        found(tokens=90_000)
    assert "約90,000トークン" in caught.value.in_(Locale.JAPANESE)
    assert caught.value.private


def test_where_all_that_may_answer_rest_the_soonest_is_told() -> None:
    with pytest.raises(UserFacingError) as caught:
        found(cooling={"blind": 1.0, "seeing": 50.0, "reading": 21.0}, kinds={IMAGE})
    assert "in 21 s" in caught.value.in_(Locale.ENGLISH)
    assert "21秒後" in caught.value.in_(Locale.JAPANESE)


@pytest.mark.parametrize(
    ("reason", "sentence"),
    [("overloaded", "overloaded"), ("bad_key", "key"), ("of old", "in 30 s")],
)
def test_it_is_told_why_the_one_rests_that_is_back_first(reason: str, sentence: str) -> None:
    with pytest.raises(UserFacingError, match=sentence):
        found(
            cooling={"blind": 30.0, "seeing": 50.0, "reading": 50.0},
            reasons={"blind": reason, "seeing": "rate_limited", "reading": "unreachable"},
        )


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
