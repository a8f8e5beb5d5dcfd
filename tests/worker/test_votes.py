"""Votes: more than half of those who listen, each counted once, for one play."""

from __future__ import annotations

from lib.music.orders import PlayerCommand
from worker.votes import Count, Votes

SKIP, STOP = PlayerCommand.SKIP, PlayerCommand.STOP
FOUR = frozenset({"1", "2", "3", "4"})


def test_more_than_half_carry_it() -> None:
    votes = Votes()
    assert votes.cast("1", SKIP, play_id="a", listeners=FOUR) == Count(1, 3)
    assert votes.cast("1", SKIP, play_id="a", listeners=FOUR) == Count(1, 3)
    assert votes.cast("2", SKIP, play_id="a", listeners=FOUR) == Count(2, 3)
    assert votes.cast("3", SKIP, play_id="a", listeners=FOUR).is_carried
    assert votes.cast("4", SKIP, play_id="a", listeners=FOUR) == Count(1, 3)  # it begins anew


def test_each_wish_has_votes_of_its_own() -> None:
    votes = Votes()
    votes.cast("1", SKIP, play_id="a", listeners=FOUR)
    assert votes.cast("2", STOP, play_id="a", listeners=FOUR) == Count(1, 3)


def test_with_the_next_track_they_are_void() -> None:
    votes = Votes()
    votes.cast("1", SKIP, play_id="a", listeners=FOUR)
    votes.cast("2", SKIP, play_id="a", listeners=FOUR)
    assert votes.cast("3", SKIP, play_id="b", listeners=FOUR) == Count(1, 3)


def test_who_has_left_counts_no_more() -> None:
    votes = Votes()
    votes.cast("1", SKIP, play_id="a", listeners=FOUR)
    assert votes.cast("2", SKIP, play_id="a", listeners=frozenset({"2", "3"})) == Count(1, 2)
