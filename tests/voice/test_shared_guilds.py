"""Two workers that share many servers, and what is heard in these when one of them dies."""

from __future__ import annotations

import json
from signal import SIGCONT, SIGSTOP

import pytest

from dev.simulator.guilds import Guild
from dev.simulator.world import OWNER_ID
from tests.voice.concert import Concert

pytestmark = pytest.mark.stack

LOW = 440.0
MOVED_SECONDS = 30.0


def play_in(playing: Concert, guild: Guild, url: str) -> None:
    """Have a track be played there, by an order as a dashboard gives it."""
    channel_id = guild.voice_channel().id
    playing.voice.join(OWNER_ID, channel_id)
    payload = {"guild_id": guild.id, "channel_id": channel_id, "query": url}
    playing.database.execute(
        "insert into command_queue (command, payload, order_key) values ('play', %s, %s)",
        (json.dumps(payload), f"plays:{guild.id}"),
    )


def worker_of(playing: Concert, guild: Guild) -> str:
    """The name of the worker that holds a server."""
    session = playing.session(guild.id)
    return "" if session is None else str(session["worker_id"]).split()[0]


def connections(playing: Concert, guild: Guild) -> list[int]:
    """The connections that sound came from, each as often as another one has come between."""
    numbers = [packet.connection for packet in playing.voice.heard(guild.id).packets()]
    return [one for place, one in enumerate(numbers) if place == 0 or numbers[place - 1] != one]


def test_what_a_lost_worker_played_is_heard_again_and_nowhere_from_both(
    playing: Concert, tones: str
) -> None:
    url = f"{tones}/low.wav"
    guilds = [playing.voice.add_guild() for _ in range(4)]
    first = playing.worker("first")
    for guild in guilds[:2]:
        play_in(playing, guild, url)
    playing.until(lambda: all(playing.hears(LOW, guild_id=guild.id) for guild in guilds[:2]))
    playing.worker("second")
    first.process.send_signal(SIGSTOP)  # so that the others are the second one's
    for guild in guilds[2:]:
        play_in(playing, guild, url)
    playing.until(lambda: all(worker_of(playing, guild) for guild in guilds[2:]))
    first.process.send_signal(SIGCONT)
    playing.until(lambda: all(playing.hears(LOW, guild_id=guild.id) for guild in guilds))
    assert [worker_of(playing, guild) for guild in guilds] == ["first"] * 2 + ["second"] * 2
    marks = [playing.voice.heard(guild.id).mark() for guild in guilds]
    first.kill()
    playing.until(
        lambda: all(len(connections(playing, guild)) > 1 for guild in guilds[:2]),
        seconds=MOVED_SECONDS,
    )
    playing.until(lambda: all(playing.hears(LOW, guild_id=guild.id) for guild in guilds))
    assert {worker_of(playing, guild) for guild in guilds} == {"second"}
    # One after the other; and where nothing had to move, without a gap.
    assert [len(connections(playing, guild)) for guild in guilds] == [2, 2, 1, 1]
    for guild, mark in zip(guilds[2:], marks[2:], strict=True):
        heard = playing.voice.heard(guild.id)
        assert max(heard.gaps(since=mark)) < 1
        assert heard.faults(since=mark) == []
