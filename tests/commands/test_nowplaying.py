"""/nowplaying: the card of what plays, and what its buttons order."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lib.music.orders import Order
from tests.bot import Bot
from tests.commands.playing import (
    PLAY_ID,
    SESSION,
    bot_with_worker,
    card,
    order_of,
    playing_bot,
    refused,
)
from tests.fakes.discord import CallKind
from tests.payloads import InteractionBuilder, press, slash

OLD = "99999999-1111-4222-8333-444455556666"


def pressing(custom_id: str) -> InteractionBuilder:
    """On a card in a channel."""
    return press(custom_id, ephemeral=False)


def test_the_card_is_shown_with_where_the_track_is_now() -> None:
    bot = playing_bot("Tail", session=replace(SESSION, is_playing=True, is_paused=False))
    bot.clock.advance(7)
    embed = card(bot, slash("nowplaying"))
    assert embed["title"] == "Now playing"
    assert "1:30 / 3:45" in embed["description"]
    assert "One more track waits." in embed["description"]


def test_it_is_told_in_the_askers_language() -> None:
    assert card(playing_bot(), slash("nowplaying").in_japanese())["title"] == "一時停止中"


def test_where_nothing_plays_the_asker_alone_is_told() -> None:
    assert "Nothing is playing here." in refused(Bot(), slash("nowplaying"))


@pytest.mark.parametrize("action", ["pause", "resume", "skip", "stop"])
def test_a_button_orders_it_for_the_track_that_the_card_shows(action: str) -> None:
    bot = playing_bot()
    pressed = pressing(f"nowplaying:{action}:{OLD}")
    assert bot.client.send(pressed).json == {"type": 6}
    given = order_of(bot)
    order = Order.from_payload(given.command, given.payload)
    assert (order.command, order.play_id) == (action, OLD)


def test_the_loops_button_orders_the_mode_that_it_bears() -> None:
    bot = playing_bot()
    bot.client.send(pressing(f"nowplaying:loop:{PLAY_ID}:queue"))
    order = Order.from_payload(order_of(bot).command, order_of(bot).payload)
    assert (order.command, order.loop_mode, order.play_id) == ("loop", "queue", PLAY_ID)


def test_the_worker_learns_which_card_it_was_and_changes_it_itself() -> None:
    bot = playing_bot()
    pressed = pressing(f"nowplaying:pause:{PLAY_ID}")
    bot.client.send(pressed)
    told = order_of(bot).interaction
    assert told["type"] == 3
    assert told["message"] == {"id": pressed.build()["message"]["id"]}
    assert bot.discord.calls == []


def test_where_nothing_plays_any_more_the_presser_is_told_and_the_card_stays() -> None:
    bot = bot_with_worker()
    pressed = pressing(f"nowplaying:skip:{PLAY_ID}")
    assert bot.client.send(pressed).json == {"type": 6}
    (body,) = bot.discord.bodies(pressed.token)
    assert body["flags"] == 64
    assert "Nothing is playing here." in body["content"]
    assert CallKind.DELETE_ORIGINAL not in bot.discord.kinds()


def test_the_queues_button_shows_it_to_the_presser_alone() -> None:
    bot = playing_bot("Tail")
    pressed = pressing("nowplaying:queue")
    assert bot.client.send(pressed).json == {"type": 5, "data": {"flags": 64}}
    (body,) = bot.discord.bodies(pressed.token)
    assert "`1` [Tail]" in body["embeds"][0]["description"]


def test_each_button_of_the_card_has_somebody_who_answers() -> None:
    bot = playing_bot("Tail")
    asked = slash("nowplaying")
    bot.client.send(asked)
    (body,) = bot.discord.bodies(asked.token)
    for number, button in enumerate(body["components"][0]["components"], 2):
        reply = bot.client.send(pressing(button["custom_id"]).numbered(number))
        assert reply.json["type"] in {5, 6}
    assert len(bot.player.orders) == 4


@pytest.mark.parametrize("play_id", ["other:bots:play", "", PLAY_ID])
def test_a_button_bears_the_whole_name_of_its_play_whatever_is_in_it(play_id: str) -> None:
    bot = playing_bot(session=replace(SESSION, play_id=play_id))
    asked = slash("nowplaying")
    bot.client.send(asked)
    (body,) = bot.discord.bodies(asked.token)
    for number, button in enumerate(body["components"][0]["components"][:4], 2):
        bot.client.send(pressing(button["custom_id"]).numbered(number))
    assert {order.payload.get("play_id", "") for order in bot.player.orders.values()} == {play_id}
    assert len(bot.player.orders) == 4


def test_what_a_lost_worker_played_stands_still_and_is_told_as_such() -> None:
    bot = playing_bot("Tail", session=replace(SESSION, is_playing=True, is_paused=False))
    bot.clock.advance(60)
    asked = slash("nowplaying").at(bot.clock.now())
    embed = card(bot, asked)
    assert embed["title"] == "Interrupted"
    assert "1:23 / 3:45" in embed["description"]
    assert "My player isn't running right now" in embed["description"]
    assert bot.discord.bodies(asked.token)[-1]["components"] == []
