"""/move and /remove: places in the queue, and the very tracks that stand there."""

from __future__ import annotations

import pytest

from lib.music.orders import Order
from tests.bot import Bot
from tests.commands.playing import bot_with_worker, entry, order_of, playing_bot, refused
from tests.payloads import InteractionBuilder, slash, typing


def moving(start: int, end: int) -> InteractionBuilder:
    return slash("move", **{"from": start, "to": end})


def ordered(bot: Bot, asked: InteractionBuilder) -> Order:
    bot.client.send(asked)
    given = order_of(bot)
    return Order.from_payload(given.command, given.payload)


def proposed(bot: Bot, asked: InteractionBuilder) -> list[tuple[str, int]]:
    choices = bot.client.send(asked).json["data"]["choices"]
    return [(choice["name"], choice["value"]) for choice in choices]


def test_the_track_at_a_place_is_removed_wherever_it_moves_meanwhile() -> None:
    bot = playing_bot("Tail", "Dust", "Ice")
    assert ordered(bot, slash("remove", place=2)).track_id == entry(2)


def test_a_track_is_moved_to_a_place() -> None:
    order = ordered(playing_bot("Tail", "Dust", "Ice"), moving(3, 1))
    assert (order.track_id, order.place) == (entry(3), 1)


def test_a_place_behind_the_last_is_the_last() -> None:
    assert ordered(playing_bot("Tail", "Dust"), moving(1, 9)).place == 2


@pytest.mark.parametrize("asked", [slash("remove", place=3), moving(3, 1)])
def test_a_place_where_nothing_waits_is_told_at_once(asked: InteractionBuilder) -> None:
    bot = playing_bot("Tail", "Dust")
    assert refused(bot, asked) == "Nothing waits at place 3. `/queue` shows what does."
    assert bot.player.orders == {}


@pytest.mark.parametrize(("command", "option"), [("remove", "place"), ("move", "from")])
def test_places_are_proposed_with_what_waits_there(command: str, option: str) -> None:
    bot = playing_bot("Tail", "Dust")
    every = typing(command, focused=option, **{option: ""})
    assert proposed(bot, every) == [("1. Tail", 1), ("2. Dust", 2)]
    assert proposed(bot, typing(command, focused=option, **{option: "dus"})) == [("2. Dust", 2)]
    assert proposed(bot, typing(command, focused=option, **{option: "1"})) == [("1. Tail", 1)]


def test_of_a_long_queue_the_place_that_is_typed_is_proposed() -> None:
    bot = playing_bot(*[f"Track {number}" for number in range(1, 61)])
    assert len(proposed(bot, typing("remove", focused="place", place=""))) == 25
    assert proposed(bot, typing("remove", focused="place", place="47")) == [("47. Track 47", 47)]


def test_nothing_is_proposed_where_the_tables_do_not_answer() -> None:
    bot = playing_bot("Tail")
    bot.player.is_down = True
    assert proposed(bot, typing("remove", focused="place", place="")) == []
    assert proposed(bot_with_worker(), typing("remove", focused="place", place="")) == []


def test_a_long_title_is_cut_to_what_a_proposal_holds() -> None:
    bot = playing_bot("Tail " * 50)
    ((name, _),) = proposed(bot, typing("remove", focused="place", place=""))
    assert len(name) <= 100
