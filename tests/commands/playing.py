"""Bots that play: a worker that lives, a session, what waits, and what was ordered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from lib.ports import (
    LoopMode,
    Play,
    PlayerOrder,
    QueuedTrack,
    Session,
    Track,
)
from tests.bot import Bot
from tests.payloads import ASKER, CHANNEL, GUILD, InteractionBuilder

VOICE = "1180000000000000210"
RUN = "a-run"
PLAY_ID = "0b0c5f6e-1111-4222-8333-444455556666"
TRACK = Track(
    title="Comet",
    url="https://example.com/comet",
    duration_ms=225_000,
    requested_by="Ada",
    requester_id="1180000000000000302",
)
SESSION = Session(
    guild_id=GUILD,
    track=TRACK,
    play_id=PLAY_ID,
    position_ms=83_000,
    is_playing=False,
    is_paused=True,
    channel_id=VOICE,
    text_channel_id=CHANNEL,
    loop_mode=LoopMode.OFF,
)


def bot_with_worker() -> Bot:
    """Nothing plays yet; whoever asks is in a voice channel."""
    bot = Bot()
    bot.player.beat_worker(name="one", run=RUN)
    bot.discord.voice_channels[ASKER] = VOICE
    return bot


def playing_bot(*waiting: str, session: Session = SESSION) -> Bot:
    """A bot that plays, and tracks of these titles wait."""
    bot = bot_with_worker()
    bot.player.save_session(run=RUN, session=session)
    queue = [
        QueuedTrack(id=entry(place), track=replace(TRACK, title=title))
        for place, title in enumerate(waiting, 1)
    ]
    bot.player.save_queue(run=RUN, guild_id=GUILD, queue=queue)
    return bot


def entry(place: int) -> UUID:
    """The id of what was put into the queue at that place."""
    return UUID(int=place)


def played(bot: Bot, *tracks: Track) -> None:
    """Have these been played here, one after the other."""
    for track in tracks:
        number = len(bot.player.plays)
        play = Play(id=f"play-{number}", guild_id=GUILD, track=track)
        bot.player.save_session(run=RUN, session=replace(SESSION, track=track), play=play)


def order_of(bot: Bot) -> PlayerOrder:
    """The only order that was given."""
    (order,) = bot.player.orders.values()
    return order


def refused(bot: Bot, builder: InteractionBuilder) -> str:
    """What the asker alone is told, in place of a response that all would have seen."""
    assert bot.client.send(builder).json == {"type": 5}
    (body,) = bot.discord.bodies(builder.token)
    assert body["flags"] == 64
    return str(body["content"])


def card(bot: Bot, builder: InteractionBuilder) -> Mapping[str, Any]:
    """The only embed of the answer."""
    bot.client.send(builder)
    (embed,) = bot.discord.bodies(builder.token)[-1]["embeds"]
    assert isinstance(embed, dict)
    return embed
