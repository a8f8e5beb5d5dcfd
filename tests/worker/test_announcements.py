"""What a guild's text channel reads of the music without having asked."""

from __future__ import annotations

import asyncio
import threading
from typing import cast

import pytest

from lib.ports import DiscordError, JsonObject
from lib.ports.discord import DiscordAPI
from lib.ports.player import Session, Track
from tests.worker.fakes.orders import QuietDiscord
from tests.worker.fakes.scene import GUILD, LOUNGE, run, until
from worker import texts
from worker.announcements import ChannelAnnouncer
from worker.threads import Threads

CHANNEL = "5"


def session(title: str, *, locale: str = "en-US", channel_id: str = CHANNEL) -> Session:
    return Session(
        guild_id=GUILD,
        track=Track(title=title, url="https://sounds.example/a", duration_ms=60_000),
        play_id=f"play-of-{title}",
        position_ms=0,
        is_playing=True,
        is_paused=False,
        channel_id=LOUNGE,
        text_channel_id=channel_id,
        locale=locale,
    )


class Channel:
    """An announcer and what its channel has heard."""

    def __init__(self) -> None:
        self.discord = QuietDiscord()
        self.threads = Threads("test", count=1)
        self.announcer = ChannelAnnouncer(cast("DiscordAPI", self.discord), self.threads)

    @property
    def kinds(self) -> list[str]:
        return [said.kind for said in self.discord.said]

    async def heard(self, *kinds: str) -> None:
        await until(lambda: len(self.kinds) >= len(kinds))
        await asyncio.sleep(0.01)
        assert self.kinds == list(kinds)


def test_each_tracks_card_takes_the_place_of_the_one_before() -> None:
    async def act() -> None:
        channel = Channel()
        channel.announcer.show(session("a"), waiting=2)
        await channel.heard("in 5")
        channel.announcer.show(session("b", locale="ja"), waiting=0)
        channel.announcer.take_away()
        await channel.heard("in 5", "deleted 1", "in 5", "deleted 3")
        first, _, second, _ = channel.discord.said
        assert "2 more tracks wait" in str(first.body)
        assert "再生中" in str(second.body)

    run(act())


def test_a_card_that_became_an_answer_stays() -> None:
    async def act() -> None:
        channel = Channel()
        channel.announcer.show(session("a"), waiting=0)
        await channel.heard("in 5")
        channel.announcer.leave_card("1")
        channel.announcer.take_away()
        channel.announcer.say(texts.LEFT_AT_END, channel_id=CHANNEL, locale="ja")
        await channel.heard("in 5", "in 5")
        assert channel.discord.said[-1].text == texts.LEFT_AT_END.ja

    run(act())


def test_an_answer_that_shows_what_plays_says_once_it_is_over() -> None:
    async def act() -> None:
        channel = Channel()
        channel.announcer.adopt("77", session("a", locale="ja"), has_ended=False)
        await channel.heard()
        channel.announcer.show(session("b"), waiting=0)
        channel.announcer.take_away()
        await channel.heard("edited 77", "in 5", "deleted 2")
        body = channel.discord.said[0].body
        assert "再生済み" in str(body)
        assert "[a]" in str(body)
        assert body["components"] == []

    run(act())


def test_an_answer_that_is_late_is_of_the_past_and_leaves_the_newer_card() -> None:
    async def act() -> None:
        channel = Channel()
        channel.announcer.show(session("b"), waiting=0)
        channel.announcer.adopt("77", session("a"), has_ended=True)
        await channel.heard("in 5", "edited 77")
        channel.announcer.take_away()
        await channel.heard("in 5", "edited 77", "deleted 1")

    run(act())


def test_an_answer_takes_the_place_of_the_card_before() -> None:
    async def act() -> None:
        channel = Channel()
        channel.announcer.show(session("a"), waiting=0)
        channel.announcer.adopt("77", session("b"), has_ended=False)
        await channel.heard("in 5", "deleted 1")
        channel.announcer.leave_card("77")  # it says that the track was skipped
        channel.announcer.take_away()
        await channel.heard("in 5", "deleted 1")

    run(act())


def test_where_the_bot_may_not_write_it_plays_without_words() -> None:
    async def act() -> None:
        channel = Channel()
        channel.discord.error = DiscordError(
            "create_message", status=403, code=50013, detail="Missing Permissions"
        )
        channel.announcer.show(session("a"), waiting=0)
        channel.announcer.show(session("b"), waiting=0)
        await channel.heard("in 5", "in 5")
        channel.discord.error = None
        channel.announcer.say(texts.LEFT_ALONE, channel_id=CHANNEL, locale="en-US")
        await channel.heard("in 5", "in 5", "in 5")

    run(act())


def test_where_discord_is_slow_the_newest_is_what_the_channel_reads() -> None:
    async def act() -> None:
        channel = Channel()
        may_write = threading.Event()
        create = channel.discord.create_message

        def slow(*, channel_id: str, body: JsonObject, nonce: str) -> str:
            may_write.wait(5)
            return create(channel_id=channel_id, body=body, nonce=nonce)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(channel.discord, "create_message", slow)
            for number in range(20):
                channel.announcer.show(session(f"track {number}"), waiting=0)
                await asyncio.sleep(0)
            channel.announcer.say(texts.LEFT_AT_END, channel_id=CHANNEL, locale="en-US")
            may_write.set()
            await until(
                lambda: any(said.text == texts.LEFT_AT_END.en for said in channel.discord.said)
            )
        cards = [str(said.body) for said in channel.discord.said if said.is_card]
        assert len(cards) < 10
        assert "track 19" in cards[-1]

    run(act())


def test_a_card_that_cannot_be_taken_away_keeps_none_from_coming() -> None:
    async def act() -> None:
        channel = Channel()
        channel.announcer.show(session("a"), waiting=0)
        await channel.heard("in 5")
        delete = channel.discord.delete_message

        def refuse(*, channel_id: str, message_id: str) -> None:
            delete(channel_id=channel_id, message_id=message_id)
            raise DiscordError("delete_message", status=429, code=0, detail="slow down")

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(channel.discord, "delete_message", refuse)
            channel.announcer.show(session("b"), waiting=0)
            await channel.heard("in 5", "deleted 1", "in 5")

    run(act())


def test_a_fault_of_ours_silences_nobody_for_good() -> None:
    async def act() -> None:
        channel = Channel()
        create = channel.discord.create_message

        def fail(*, channel_id: str, body: JsonObject, nonce: str) -> str:
            create(channel_id=channel_id, body=body, nonce=nonce)
            raise KeyError("id")

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(channel.discord, "create_message", fail)
            channel.announcer.show(session("a"), waiting=0)
            await channel.heard("in 5")
        channel.announcer.say(texts.LEFT_ALONE, channel_id=CHANNEL, locale="en-US")
        await channel.heard("in 5", "in 5")

    run(act())


def test_nothing_is_said_where_no_channel_is_known() -> None:
    async def act() -> None:
        channel = Channel()
        channel.announcer.show(session("a", channel_id=""), waiting=0)
        channel.announcer.say(texts.LEFT_ALONE, channel_id="", locale="en-US")
        await asyncio.sleep(0.02)
        assert channel.kinds == []

    run(act())
