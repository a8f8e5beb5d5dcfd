"""Players as the tests of sql/ make them: workers that beat, their sessions, queues and orders."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID, uuid4

from psycopg.types.json import Jsonb

from tests.sql.queue_rows import Connection, Row, call

GUILD, OTHER_GUILD = "1180000000000000100", "1180000000000000101"
ANNA, BEN = "1180000000000000301", "1180000000000000302"
CONTROLS = ["pause", "resume", "skip", "stop"]
EVERYTHING = ["play", *CONTROLS]
SESSION: Row = {
    "track_title": "Gymnopédie",
    "track_url": "https://example.org/1",
    "position_ms": 1000,
    "duration_ms": 180_000,
    "is_playing": True,
    "play_id": "play-1",
    "requested_by": "Anna",
    "requester_id": ANNA,
    "channel_id": "200",
    "text_channel_id": "201",
    "is_paused": False,
    "loop_mode": "off",
    "volume": 100,
    "autoplay": False,
    "locale": "ja",
}


def beat(
    service: Connection,
    run: str = "run-1",
    *,
    name: str | None = None,
    sessions: Iterable[tuple[str, int, bool]] = (),
    begins: bool = False,
) -> Row:
    """Have a run of a worker say that it lives; what it is told. Each has a name of its own."""
    said: Row = call(
        service,
        "beat_worker",
        name or f"of {run}",
        run,
        5,
        Jsonb({"guilds": 1}),
        Jsonb(
            [
                {"guild_id": guild, "position_ms": position_ms, "is_playing": is_playing}
                for guild, position_ms, is_playing in sessions
            ]
        ),
        begins,
    )
    return said


def be_silent(service: Connection, run: str = "run-1", *, seconds: float = 16) -> None:
    """As if nobody had heard of a run for so long."""
    service.execute(
        "update heartbeats set last_beat_at = now() - make_interval(secs => %s)"
        " where detail ->> 'run' = %s",
        (seconds, run),
    )


def save(
    service: Connection,
    run: str = "run-1",
    guild: str = GUILD,
    *,
    play: Row | None = None,
    **columns: object,
) -> bool:
    """Keep a session, which differs from SESSION in these columns."""
    kept: bool = call(
        service,
        "save_session",
        run,
        Jsonb({**SESSION, "guild_id": guild, **columns}),
        None if play is None else Jsonb(play),
    )
    return kept


def play(play_id: str = "play-1", guild: str = GUILD, **columns: object) -> Row:
    """What is noted of a track's beginning."""
    return {
        "guild_id": guild,
        "play_id": play_id,
        "track_title": "Gymnopédie",
        "track_url": "https://example.org/1",
        "duration_ms": 180_000,
        "requested_by": "Anna",
        "requester_id": ANNA,
        **columns,
    }


def waiting(title: str, **columns: object) -> Row:
    """A track that waits."""
    return {
        "id": str(uuid4()),
        "track_title": title,
        "track_url": f"https://example.org/{title}",
        "duration_ms": 60_000,
        "requested_by": "Anna",
        "requester_id": ANNA,
        **columns,
    }


def save_queue(
    service: Connection, tracks: Iterable[Row], run: str = "run-1", guild: str = GUILD
) -> bool:
    kept: bool = call(service, "save_queue", run, guild, Jsonb(list(tracks)))
    return kept


def queue_of(service: Connection, guild: str = GUILD) -> list[str]:
    """The titles of what waits, the next one first."""
    rows = service.execute(
        "select track_title from music_queue where guild_id = %s order by place", (guild,)
    ).fetchall()
    return [row["track_title"] for row in rows]


def session_of(service: Connection, guild: str = GUILD) -> Row | None:
    return service.execute("select * from active_sessions where guild_id = %s", (guild,)).fetchone()


def read(service: Connection, guild: str = GUILD, *arguments: object) -> Row:
    """What anybody sees of a player."""
    said: Row = call(service, "read_player", guild, *arguments)
    return said


def adopt(
    service: Connection, run: str, *, limit: int = 10, guild: str | None = None
) -> dict[str, Row]:
    """The sessions that a run takes, by guild."""
    adopted: list[Row] = call(service, "adopt_sessions", run, limit, guild)
    return {each["session"]["guild_id"]: each for each in adopted}


def played(service: Connection, *titles: str, guild: str = GUILD) -> None:
    """Have these tracks have been played, one a minute, the last of them now."""
    for age, title in enumerate(reversed(titles)):
        service.execute(
            "insert into music_history (guild_id, track_title, track_url, created_at)"
            " values (%s, %s, %s, now() - make_interval(mins => %s))",
            (guild, title, f"https://example.org/{title}", age),
        )


def order(
    service: Connection,
    command: str = "skip",
    guild: str = GUILD,
    *,
    id: UUID | None = None,  # noqa: A002 - the column's name
    member: Row | None = None,
    **wishes: object,
) -> str:
    """Order a player; what came of it. `member` is who asks, as Discord tells of them."""
    said: str = call(
        service,
        "order_player",
        id or uuid4(),
        command,
        Jsonb({"guild_id": guild, **wishes}),
        "a-token",
        Jsonb({"member": {"user": {"id": ANNA}, **(member or {})}}),
    )
    return said


def orders(service: Connection) -> list[Row]:
    return service.execute("select * from command_queue order by seq").fetchall()


def claim_as(
    service: Connection, run: str | None, kinds: list[str] | None = None, *, limit: int = 10
) -> list[Row]:
    """Claim orders as a run of a worker does."""
    return service.execute(
        "select * from claim_commands(%s, %s, 20, %s)", (kinds or EVERYTHING, limit, run)
    ).fetchall()
