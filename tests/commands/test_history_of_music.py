"""/history of: music, for the caller alone, in pages."""

from __future__ import annotations

from dataclasses import replace

from tests.bot import Bot
from tests.commands.playing import TRACK, bot_with_worker, played
from tests.commands.steering import shown, told
from tests.payloads import press, slash

MUSIC = slash("history", of="music")


def test_what_was_played_is_shown_the_newest_first() -> None:
    bot = bot_with_worker()
    played(bot, TRACK, replace(TRACK, title="Tail"))
    (embed,) = shown(bot, MUSIC)["embeds"]
    said = embed["description"]
    assert said.index("[Tail]") < said.index("[Comet]")
    assert "<t:" in said
    assert embed["footer"]["text"] == "2 tracks"


def test_where_nothing_was_played_it_says_so() -> None:
    (embed,) = shown(Bot(), MUSIC.in_japanese())["embeds"]
    assert "まだ何も再生していません" in embed["description"]


def test_pages_are_turned_in_place_and_end_at_the_last() -> None:
    bot = bot_with_worker()
    played(bot, *(replace(TRACK, title=f"Track {number}") for number in range(1, 13)))
    pressed = press("history:page:9")
    assert bot.client.send(pressed).json == {"type": 6}
    (body,) = bot.discord.bodies(pressed.token)
    (embed,) = body["embeds"]
    assert "[Track 1]" in embed["description"]
    assert "[Track 3]" not in embed["description"]
    assert embed["footer"]["text"] == "12 tracks · page 2 of 2"


def test_without_a_choice_it_is_the_conversations() -> None:
    assert "There is no conversation here yet" in told(Bot(), slash("history"))
    conversation = slash("history", of="conversation").numbered(2)
    assert "There is no conversation here yet" in told(Bot(), conversation)


def test_in_direct_messages_there_is_no_music() -> None:
    assert told(Bot(), MUSIC.in_dm()) == "That works in servers only."


def test_a_database_that_is_away_is_told_plainly() -> None:
    bot = Bot()
    bot.player.is_down = True
    assert "The database didn't answer" in told(bot, MUSIC)
