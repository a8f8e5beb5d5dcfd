"""One run of everything that is measured of the voice worker."""

from __future__ import annotations

import asyncio
import os
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Final

import psycopg

from bench.queues.stage import own_supabase
from bench.voice.costs import Spans, Stretch, measure_floor, measure_worker
from bench.voice.guilds import have_played, open_guilds, start_worker
from bench.voice.report import Effects, Measured
from bench.voice.sounds import make_sounds
from bench.voice.timing import measure_effects, measure_starts
from bench.voice.trials import Deaths, Storm, endure, kill_at_random, storm
from dev.checkout import Checkout
from dev.console import Console
from dev.local_supabase import LocalSupabase
from dev.worker_environment import worker_python
from tests.voice.concert import Concert, concert
from tests.voice.tones import file_server, rising

SEED: Final = 20260
RISING_SECONDS: Final = 200
BUNDLED: Final = "sound:tide"


@dataclass(frozen=True, slots=True, kw_only=True)
class Extent:
    """How much is measured of each part. `enduring` and `dying` are seconds; 0 leaves them out."""

    rounds: int = 15
    starts: int = 20
    spans: Spans = field(default_factory=Spans)
    orders: int = 200
    storm_seconds: float = 10.0
    enduring: float = 0.0
    dying: float = 0.0


LONG: Final = Extent(enduring=600.0, dying=300.0)
SHORT: Final = Extent(
    rounds=1,
    starts=1,
    spans=Spans(idle=1.0, few=2.0, many=3.0, guilds=4),
    orders=12,
    storm_seconds=1.0,
)


async def measure_all(checkout: Checkout, extent: Extent, *, console: Console) -> Measured:
    """Raises StackError or AssertionError if something does not start, or is not heard at all."""
    python = worker_python(checkout, console=console)
    async with own_supabase(checkout, console=console) as supabase:
        # The gateways run in this thread's loop.
        return await asyncio.to_thread(_measure, supabase, python, extent, console)


def _measure(supabase: LocalSupabase, python: Path, extent: Extent, console: Console) -> Measured:
    busy = os.getloadavg()[0]
    url = supabase.postgres.url
    with (
        tempfile.TemporaryDirectory(prefix="halley-voice-") as name,
        psycopg.connect(url, autocommit=True) as database,
        file_server(Path(name)) as sounds_url,
        concert(
            database=database,
            database_url=url,
            supabase_url=supabase.url,
            secret_key=supabase.keys.secret_key,
            python=python,
            folder=Path(name),
        ) as playing,
    ):
        folder = Path(name)
        with console.step("Sounds", "some minutes of tones"):
            make_sounds(folder)
            rising(folder / "rising.wav", seconds=RISING_SECONDS)
        return _measure_at(playing, sounds_url, folder, extent, console, busy)


def _measure_at(
    playing: Concert,
    sounds_url: str,
    folder: Path,
    extent: Extent,
    console: Console,
    busy: float,
) -> Measured:
    with console.step("Orders", f"{extent.rounds} rounds with LISTEN, {extent.starts} starts"):
        worker = start_worker(playing, "hearing")
        listening = measure_effects(playing, sounds_url, rounds=extent.rounds)
        starts = {
            query: measure_starts(playing, query.format(url=sounds_url), rounds=extent.starts)
            for query in (BUNDLED, "{url}/loud.ogg")
        }
        worker.end()
    with console.step("Orders", f"{extent.rounds} rounds with the poll alone"):
        worker = start_worker(playing, "polling", DATABASE_URL="")
        polling = measure_effects(playing, sounds_url, rounds=extent.rounds)
        worker.end()
    with console.step("Costs", f"up to {extent.spans.guilds} servers, beside plain discord.py"):
        costs = measure_worker(playing, sounds_url, extent.spans)
        floor = measure_floor(playing, folder, extent.spans)
    with console.step("Storm", f"{extent.orders} orders in {extent.storm_seconds:.0f} s"):
        stormed = _storm(playing, sounds_url, extent)
    endured, died = _last(playing, sounds_url, extent, console)
    return Measured(
        busy=busy,
        effects=Effects(listening=listening, polling=polling),
        bundled_starts=starts[BUNDLED],
        remote_starts=starts["{url}/loud.ogg"],
        costs=costs,
        floor=floor,
        storm=stormed,
        endured=endured,
        deaths=died,
    )


def _storm(playing: Concert, sounds_url: str, extent: Extent) -> Storm:
    worker = start_worker(playing, "storm")
    guilds = open_guilds(playing, extent.spans.guilds)
    have_played(playing, guilds, f"{sounds_url}/loud.ogg")
    stormed = storm(playing, guilds, orders=extent.orders, seconds=extent.storm_seconds)
    worker.end()
    return stormed


def _last(
    playing: Concert, sounds_url: str, extent: Extent, console: Console
) -> tuple[Stretch | None, Deaths | None]:
    endured = died = None
    if extent.enduring:
        with console.step("Endurance", f"{extent.enduring:.0f} s, one core busy"):
            endured = endure(playing, f"{sounds_url}/loud.ogg", seconds=extent.enduring)
    if extent.dying:
        with console.step("Deaths", f"for {extent.dying:.0f} s, at random"):
            died = kill_at_random(
                playing,
                f"{sounds_url}/rising.wav",
                seconds=extent.dying,
                random=Random(SEED),  # noqa: S311 - whom it hits need not be a secret
            )
    return endured, died
