"""Servers in which music plays, ordered by rows as whoever owns the database may insert them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from dev.simulator.world import OWNER_ID
from dev.voice.listener import Listener
from tests.voice.concert import Concert, WorkerProcess

_INSERT = """
insert into public.command_queue (command, payload, order_key) values (%s, %s, %s) returning id
"""


@dataclass(frozen=True, slots=True)
class MusicGuild:
    """A server with somebody in its voice channel, and what they hear."""

    id: str
    channel_id: str
    heard: Listener


def start_worker(concert: Concert, name: str, **environ: str) -> WorkerProcess:
    """A worker that is ready, and logs no more than a deployed one."""
    return concert.worker(name, LOG_LEVEL="INFO", **environ)


def open_guilds(concert: Concert, count: int) -> list[MusicGuild]:
    """So many servers more."""
    made = []
    for _ in range(count):
        guild = concert.voice.add_guild()
        channel_id = guild.voice_channel().id
        concert.voice.join(OWNER_ID, channel_id)
        made.append(MusicGuild(guild.id, channel_id, concert.voice.heard(guild.id)))
    return made


def order(concert: Concert, guild: MusicGuild, command: str, **payload: object) -> UUID:
    """Insert an order; its row's id."""
    order_key = f"{'plays' if command == 'play' else 'player'}:{guild.id}"
    row = concert.database.execute(
        _INSERT, (command, json.dumps({"guild_id": guild.id, **payload}), order_key)
    ).fetchone()
    assert row is not None  # noqa: S101 - it was inserted
    return UUID(str(row[0]))


def have_played(concert: Concert, guilds: Sequence[MusicGuild], query: str) -> None:
    """Have it played in all of them, again and again; returns when it is heard in each."""
    marks = [guild.heard.mark() for guild in guilds]
    for guild in guilds:
        order(concert, guild, "play", query=query, channel_id=guild.channel_id)
    for guild, mark in zip(guilds, marks, strict=True):
        until_heard(concert, guild, since=mark)
        order(concert, guild, "loop", loop_mode="track")


def until_heard(concert: Concert, guild: MusicGuild, *, since: int) -> None:
    """Wait for a sound; AssertionError with the worker's last words if none comes."""
    concert.until(lambda: guild.heard.wait_for_sound(since=since, timeout_seconds=5) is not None)
