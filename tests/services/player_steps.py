"""What tests of players do, and what they do it with."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from uuid import UUID, uuid4

from lib.ports.player import (
    BeatReading,
    LoopMode,
    Play,
    PlayerOrder,
    PlayerReading,
    QueuedTrack,
    Session,
    SessionPosition,
    Track,
)
from tests.services.player_worlds import PlayerWorld

GUILD, OTHER_GUILD = "1180000000000000100", "1180000000000000101"
ANNA, BEN = "1180000000000000301", "1180000000000000302"
TRACK = Track(
    title="Gymnopédie",
    url="https://example.org/1",
    duration_ms=180_000,
    requested_by="Anna",
    requester_id=ANNA,
)
SESSION = Session(
    guild_id=GUILD,
    track=TRACK,
    play_id="play-1",
    position_ms=1000,
    is_playing=False,
    is_paused=True,
    channel_id="200",
    text_channel_id="201",
    loop_mode=LoopMode.QUEUE,
    volume=55,
    autoplay=True,
    locale="ja",
)
WELL = BeatReading(replaced=False, lost=frozenset(), free=0)
UNNAMED = replace(TRACK, requested_by="", requester_id="")


def beat(
    world: PlayerWorld,
    run: str = "run-1",
    *,
    name: str | None = None,
    sessions: Iterable[SessionPosition] = (),
    begins: bool = False,
) -> BeatReading:
    return world.players.beat_worker(
        name=name or f"of {run}",
        run=run,
        every_seconds=5,
        detail={"guilds": 1},
        sessions=tuple(sessions),
        begins=begins,
    )


def at(position_ms: int, guild_id: str = GUILD, *, is_playing: bool = True) -> SessionPosition:
    return SessionPosition(guild_id=guild_id, position_ms=position_ms, is_playing=is_playing)


def save(
    world: PlayerWorld, run: str = "run-1", guild_id: str = GUILD, play: Play | None = None
) -> bool:
    session = replace(SESSION, guild_id=guild_id)
    return world.players.save_session(run=run, session=session, play=play)


def play(title: str, guild_id: str = GUILD, *, url: str = "") -> Play:
    track = replace(TRACK, title=title, url=url or f"https://example.org/{title}")
    return Play(id=str(uuid4()), guild_id=guild_id, track=track)


def played(world: PlayerWorld, *plays: Play) -> None:
    """Have a worker play these, one after the other."""
    for each in plays:
        assert save(world, guild_id=each.guild_id, play=each)
        world.let_pass(1)
        beat(world)


def waiting(title: str, requester_id: str = ANNA) -> QueuedTrack:
    track = replace(
        TRACK,
        title=title,
        requested_by="Anna" if requester_id == ANNA else "Ben",
        requester_id=requester_id,
    )
    return QueuedTrack(id=uuid4(), track=track)


def order(
    command: str = "skip",
    guild_id: str = GUILD,
    *,
    id: UUID | None = None,  # noqa: A002 - its name
    **member: object,
) -> PlayerOrder:
    return PlayerOrder(
        id=id or uuid4(),
        command=command,
        payload={"guild_id": guild_id},
        token="a-token",
        interaction={"member": {"user": {"id": ANNA}, **member}},
    )


def reading(world: PlayerWorld, guild_id: str = GUILD) -> PlayerReading:
    return world.players.read_player(guild_id=guild_id)


def titles(queue: Iterable[QueuedTrack]) -> list[str]:
    return [entry.track.title for entry in queue]
