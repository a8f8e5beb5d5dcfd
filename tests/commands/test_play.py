"""/play: what is ordered, who is told at once, and what is proposed while somebody types."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lib.music.orders import Order
from lib.music.sounds import PREFIX, SOUNDS
from lib.ports import CommandStatus, Track
from tests.bot import Bot
from tests.commands.playing import (
    RUN,
    TRACK,
    VOICE,
    bot_with_worker,
    order_of,
    played,
    playing_bot,
    refused,
)
from tests.fakes.discord import CallKind, discord_error
from tests.payloads import CHANNEL, GUILD, slash, typing
from worker.lookups.bundled import NAMES

PLAY = slash("play", query="comet")


def proposed(bot: Bot, typed: str, *, language: str = "en-US") -> list[tuple[str, str]]:
    asked = typing("play", focused="query", query=typed).in_language(language)
    return [
        (choice["name"], choice["value"])
        for choice in bot.client.send(asked).json["data"]["choices"]
    ]


def test_what_shall_be_played_is_ordered_for_the_channel_of_who_asks() -> None:
    bot = bot_with_worker()
    assert bot.client.send(slash("play", query="  halley's comet ")).json == {"type": 5}
    given = order_of(bot)
    assert given.payload["guild_id"] == GUILD
    order = Order.from_payload(given.command, given.payload)
    assert (order.command, order.query, order.next) == ("play", "halley's comet", False)
    assert (order.channel_id, order.text_channel_id) == (VOICE, CHANNEL)


def test_it_can_come_before_everything_that_waits() -> None:
    bot = playing_bot("Tail")
    bot.client.send(slash("play", query="comet", next=True))
    assert order_of(bot).payload["next"] is True


def test_the_answer_is_left_to_the_worker() -> None:
    bot = bot_with_worker()
    bot.client.send(PLAY)
    assert bot.discord.kinds() == [CallKind.FIND_VOICE_CHANNEL]
    (row,) = bot.store.rows.values()
    assert row.status is CommandStatus.COMPLETED


def test_whoever_is_in_no_voice_channel_is_told_so_and_nobody_else() -> None:
    bot = bot_with_worker()
    bot.discord.voice_channels.clear()
    assert refused(bot, PLAY) == "You are in no voice channel. Join one, and I'll come along."
    assert bot.player.orders == {}


@pytest.mark.parametrize(
    ("status", "code", "told"),
    [
        (401, 0, "DISCORD_BOT_TOKEN"),
        (403, 50001, "I'm not a member of this server"),
        (404, 10004, "I'm not a member of this server"),
        (503, 0, "Please try again in a moment."),
        (0, 0, "Please try again in a moment."),
    ],
)
def test_each_reason_why_the_voice_channel_stays_unknown_has_its_own_words(
    status: int, code: int, told: str
) -> None:
    bot = bot_with_worker()
    bot.discord.refuse(CallKind.FIND_VOICE_CHANNEL, discord_error(status, code))
    assert told in refused(bot, PLAY)
    assert bot.player.orders == {}


def test_without_a_worker_that_is_told_before_anything_is_asked_of_discord() -> None:
    bot = Bot()
    assert "No player is running right now" in refused(bot, PLAY)
    assert CallKind.FIND_VOICE_CHANNEL not in bot.discord.kinds()
    assert "起動していない" in refused(bot, PLAY.in_japanese().numbered(2).at(bot.clock.now()))


def test_whoever_has_many_wishes_before_the_player_waits_for_those() -> None:
    bot = bot_with_worker()
    for number in range(1, 6):
        bot.client.send(PLAY.numbered(number).at(bot.clock.now()))
        bot.clock.advance(2)
    bot.player.beat_worker(name="one", run=RUN)
    sixth = PLAY.numbered(6).at(bot.clock.now())
    assert refused(bot, sixth).startswith("I am still looking for what you asked for before.")
    assert len(bot.player.orders) == 5


def test_blanks_are_nothing_to_play() -> None:
    bot = bot_with_worker()
    assert "What shall I play?" in refused(bot, slash("play", query="   "))
    assert bot.player.orders == {}


def test_who_was_told_why_not_may_ask_again_at_once() -> None:
    bot = bot_with_worker()
    refused(bot, slash("play", query=" "))
    bot.client.send(PLAY.numbered(2))
    assert order_of(bot).payload["query"] == "comet"


# --- proposals ------------------------------------------------------------------------------------


def test_what_was_played_here_is_proposed_the_newest_first_and_then_our_own_sounds() -> None:
    bot = bot_with_worker()
    played(bot, replace(TRACK, title="Old", url="https://example.com/old"), TRACK, TRACK)
    assert proposed(bot, "") == [
        ("Comet", "https://example.com/comet"),
        ("Old", "https://example.com/old"),
        ("♪ Comet", "sound:comet"),
        ("♪ Tide", "sound:tide"),
        ("♪ Orbit", "sound:orbit"),
    ]


def test_only_what_fits_is_proposed() -> None:
    bot = bot_with_worker()
    played(bot, replace(TRACK, title="Old", url="https://example.com/old"), TRACK)
    assert proposed(bot, "OLD") == [("Old", "https://example.com/old")]
    assert proposed(bot, "nothing like it") == []


def test_our_own_sounds_have_names_in_the_users_language() -> None:
    bot = bot_with_worker()
    assert proposed(bot, "彗", language="ja") == [("♪ 彗星", "sound:comet")]
    assert proposed(bot, "sound:c", language="ja") == [("♪ 彗星", "sound:comet")]


def test_the_sounds_that_are_proposed_are_those_that_the_worker_has() -> None:
    assert set(SOUNDS) == set(NAMES)


def test_where_much_was_played_there_are_no_sounds_of_our_own() -> None:
    bot = bot_with_worker()
    played(bot, *(Track(title=f"{n}", url=f"https://example.com/{n}") for n in range(40)))
    values = [value for _, value in proposed(bot, "")]
    assert len(values) == 25
    assert not any(value.startswith(PREFIX) for value in values)


def test_an_address_that_no_proposal_holds_is_searched_for_by_its_title() -> None:
    bot = bot_with_worker()
    played(bot, replace(TRACK, url="https://example.com/" + "a" * 100))
    assert proposed(bot, "")[0] == ("Comet", "Comet")


@pytest.mark.parametrize("title", ["Comet " * 40, "☄️" * 80])
def test_a_long_title_is_cut_to_what_a_proposal_holds(title: str) -> None:
    bot = bot_with_worker()
    played(bot, replace(TRACK, title=title))
    name, _ = proposed(bot, "")[0]
    assert name.endswith("…")


def test_what_was_played_without_a_title_is_proposed_by_its_address() -> None:
    bot = bot_with_worker()
    played(bot, replace(TRACK, title=""))
    assert proposed(bot, "")[0] == ("https://example.com/comet", "https://example.com/comet")


def test_nothing_of_other_servers_is_proposed() -> None:
    bot = bot_with_worker()
    played(bot, TRACK)
    asked = typing("play", focused="query", query="").in_guild("1180000000000000101")
    choices = bot.client.send(asked).json["data"]["choices"]
    assert {choice["value"].partition(":")[0] for choice in choices} == {"sound"}


def test_where_the_tables_do_not_answer_our_own_sounds_are_still_proposed() -> None:
    bot = bot_with_worker()
    bot.player.is_down = True
    assert ("♪ Tide", "sound:tide") in proposed(bot, "")


@pytest.mark.parametrize("title", ["   ", "\n\u202e\t", "\u2066\u2069"])
def test_what_has_no_title_to_be_seen_is_proposed_by_its_address(title: str) -> None:
    bot = bot_with_worker()
    played(bot, replace(TRACK, title=title))
    assert proposed(bot, "")[0] == ("https://example.com/comet", "https://example.com/comet")


def test_a_proposals_name_turns_no_direction_and_has_one_line() -> None:
    bot = bot_with_worker()
    played(bot, replace(TRACK, title="Comet\n\u202eteliaH"))
    assert proposed(bot, "comet")[0][0] == "Comet teliaH"


def test_what_nothing_finds_again_is_not_proposed() -> None:
    bot = bot_with_worker()
    played(bot, replace(TRACK, title=" ", url=" "))
    assert [value for _, value in proposed(bot, "")] == ["sound:comet", "sound:tide", "sound:orbit"]
