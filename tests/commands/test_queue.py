"""/queue: what plays and what waits, in pages that anybody may turn."""

from __future__ import annotations

import pytest

from lib.ports import StoreError
from tests.bot import Bot
from tests.commands.playing import card, playing_bot
from tests.payloads import press, slash

MANY = [f"Track {number}" for number in range(1, 26)]


def test_what_plays_and_what_waits_is_shown_for_all_to_see() -> None:
    bot = playing_bot("Tail", "Dust")
    asked = slash("queue")
    assert bot.client.send(asked).json == {"type": 5}
    (body,) = bot.discord.bodies(asked.token)
    said = body["embeds"][0]["description"]
    assert "[Comet](https://example.com/comet)" in said
    assert said.index("`1` [Tail]") < said.index("`2` [Dust]")


def test_no_worker_is_needed_to_look() -> None:
    bot = playing_bot("Tail")
    bot.clock.advance(600)
    assert "Tail" in card(bot, slash("queue"))["description"]


def test_where_nothing_plays_it_says_how_to_begin() -> None:
    said = card(Bot(), slash("queue").in_japanese())
    assert said["title"] == "キュー"
    assert "`/再生` で曲を流せます" in said["description"]


@pytest.mark.parametrize(
    ("page", "first", "shown"), [(1, "Track 1]", 1), (3, "Track 21]", 3), (99, "Track 21]", 3)]
)
def test_a_page_is_chosen_and_beyond_the_last_there_is_the_last(
    page: int, first: str, shown: int
) -> None:
    embed = card(playing_bot(*MANY), slash("queue", page=page))
    assert first in embed["description"]
    assert f"page {shown} of 3" in embed["footer"]["text"]


def test_anybody_turns_the_page_where_it_is() -> None:
    bot = playing_bot(*MANY)
    pressed = press("queue:page:2", ephemeral=False).by("1180000000000000305")
    assert bot.client.send(pressed).json == {"type": 6}
    (body,) = bot.discord.bodies(pressed.token)
    assert "Track 11]" in body["embeds"][0]["description"]
    (row,) = body["components"]
    assert [button["custom_id"] for button in row["components"]] == ["queue:page:1", "queue:page:3"]


def test_a_page_that_is_gone_when_it_is_turned_to_is_the_last_one() -> None:
    embed = card(playing_bot("Tail"), press("queue:page:2", ephemeral=False))
    assert "`1` [Tail]" in embed["description"]


def test_a_database_that_is_away_is_told_beside_the_page() -> None:
    bot = playing_bot(*MANY)
    bot.player.refuse("read_player", StoreError("read_player", "timed_out", "late"))
    pressed = press("queue:page:2", ephemeral=False)
    bot.client.send(pressed)
    (body,) = bot.discord.bodies(pressed.token)
    assert body["flags"] == 64
    assert "The database didn't answer" in body["content"]


@pytest.mark.parametrize("page", ["0", "-3", "", "x", "9" * 5000, "99999999999"])
def test_a_button_with_whatever_page_shows_one_there_is(page: str) -> None:
    embed = card(playing_bot(*MANY), press(f"queue:page:{page}", ephemeral=False))
    assert embed["title"] == "Queue"
    assert " of 3" in embed["footer"]["text"]
