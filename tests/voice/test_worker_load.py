"""A worker that has much to do, with a database that is slow about it."""

from __future__ import annotations

import json
import time
from pathlib import Path

import psycopg
import pytest

from dev.simulator.world import GUILD_ID, LOUNGE_ID, OWNER_ID
from tests.voice.concert import TEXT_CHANNEL_ID, Concert

pytestmark = pytest.mark.stack

LOW = 440.0
GONE_SECONDS = 15.0
"""Without a beat for so long a worker is taken for dead."""


def order(playing: Concert, command: str, *, key: str | None = None, **payload: object) -> None:
    """Give an order by its row, as a dashboard does."""
    playing.database.execute(
        "insert into command_queue (command, payload, order_key) values (%s, %s, %s)",
        (command, json.dumps({"guild_id": GUILD_ID, **payload}), key),
    )


def test_a_slow_database_keeps_neither_the_beat_nor_the_sound_waiting(
    playing: Concert, tones: str, database_url: str
) -> None:
    playing.worker()
    playing.play(f"{tones}/low.wav")
    playing.until(lambda: playing.hears(LOW))
    heard = playing.voice.heard()
    mark = heard.mark()
    with psycopg.connect(database_url) as other:
        # What every change of the volume has to write stays locked.
        other.execute("lock table music_settings in access exclusive mode")
        for percent in range(60, 100):
            order(playing, "volume", volume=percent)
        oldest = 0.0
        until = time.monotonic() + GONE_SECONDS + 5
        while time.monotonic() < until:
            age = playing.database.execute(
                "select extract(epoch from clock_timestamp() - last_beat_at)::float8 "
                "from heartbeats where name = 'worker one'"
            ).fetchone()
            assert age is not None
            oldest = max(oldest, age[0])
            time.sleep(0.2)
    assert oldest < GONE_SECONDS
    assert playing.hears(LOW)
    assert heard.faults(since=mark) == []


def test_nothing_is_left_of_what_was_played_and_skipped(playing: Concert) -> None:
    worker = playing.worker()
    playing.voice.join(OWNER_ID, LOUNGE_ID)
    place = {"channel_id": LOUNGE_ID, "text_channel_id": TEXT_CHANNEL_ID}

    def used() -> tuple[int, int, list[str]]:
        process = Path(f"/proc/{worker.process.pid}")
        threads = [(task / "comm").read_text() for task in process.glob("task/*")]
        children = (process / f"task/{worker.process.pid}/children").read_text().split()
        return len(threads), len(list((process / "fd").iterdir())), children

    def play_and_skip(times: int) -> None:
        for _ in range(times):
            for sound in ("comet", "tide"):
                order(playing, "play", key=f"plays:{GUILD_ID}", query=f"sound:{sound}", **place)
        for _ in range(times * 2):
            order(playing, "skip", key=f"player:{GUILD_ID}")
            playing.until(lambda: playing.ended("skip")[0] in {"completed", "failed"})
        playing.until(lambda: playing.ended("play")[0] in {"completed", "failed"})

    def come_to_rest() -> None:
        if playing.session() is not None:
            order(playing, "stop", key=f"player:{GUILD_ID}")
        playing.until(lambda: playing.session() is None)
        playing.until(lambda: playing.voice.bot_state() is None)
        time.sleep(2)

    play_and_skip(5)
    come_to_rest()
    before = used()
    rounds = 25
    play_and_skip(rounds)
    come_to_rest()
    threads, files, children = used()
    # Every track has a thread of its own, which must end; a pool's come with work, and stay.
    assert threads - before[0] < rounds
    assert files <= before[1] + 2
    assert children == []


def test_what_a_worker_measures_stands_where_a_dashboard_looks(
    playing: Concert, tones: str
) -> None:
    playing.worker(LAVALINK_URL=tones)

    def pings(query: str) -> list[tuple[int | None, int | None]]:
        return playing.database.execute(query.encode()).fetchall()

    stats = "select ping_gateway, ping_lavalink from system_stats where source = 'worker'"
    playing.until(lambda: bool(pings(stats)))
    ((gateway, lavalink),) = pings(stats)
    assert gateway is not None
    assert lavalink is not None
    beat = (
        "select (detail ->> 'ping_gateway')::integer, (detail ->> 'ping_lavalink')::integer"
        " from heartbeats where name = 'worker one' and detail ->> 'ping_lavalink' is not null"
    )
    playing.until(lambda: bool(pings(beat)))
    assert pings(beat)[0][0] is not None
