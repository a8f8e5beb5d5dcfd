"""What is hard on a worker: many orders at once, a busy machine for long, and sudden death."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Final
from uuid import UUID

from bench.voice.costs import Stretch, watch
from bench.voice.guilds import MusicGuild, have_played, open_guilds, order, start_worker
from dev.simulator.world import GUILD_ID, LOUNGE_ID
from dev.voice.rtp import PACKET_SECONDS
from tests.voice.concert import Concert
from tests.voice.tones import seconds_of

STORM_SECONDS: Final = 10.0
VOLUMES: Final = (40, 60, 80, 100)
ENDED_SECONDS: Final = 60.0
LATEST_SECONDS: Final = 150.0
"""Where in the rising tone it is sent back to the beginning."""
PLAYED_SECONDS: Final = (0.5, 4.0)
"""How long it may play until it is killed."""
AGAIN: Final = 0.4
"""How often it is killed once more on its way back."""
ON_ITS_WAY_SECONDS: Final = 2.5
RETURN_SECONDS: Final = 30.0
SURE_PACKETS: Final = 20
"""What is needed to tell a pitch."""
BURN: Final = "while True: pass"
_ENDS: Final = """
select status, extract(epoch from finished_at - created_at)::float8
  from public.command_queue where id = any(%s)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Storm:
    """What came of many orders: how many were given and carried out, what each took from its row
    to its end in ms, in how many servers the last one does not hold, and packets lost meanwhile.
    """

    given: int
    carried_out: int
    took_ms: Sequence[float]
    wrong: int
    faults: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Deaths:
    """Workers killed by SIGKILL. `back_seconds`: from each start that was let live to its first
    sound. `off_seconds`: by how much it went on elsewhere than where it had been killed, by each of
    the deaths between. `lost`: how often it did not come back.
    """

    killed: int
    back_seconds: Sequence[float]
    off_seconds: Sequence[float]
    lost: int


def storm(
    concert: Concert, guilds: Sequence[MusicGuild], *, orders: int, seconds: float = STORM_SECONDS
) -> Storm:
    """Give so many orders in so long, in turn to servers where music plays."""
    marks = [guild.heard.mark() for guild in guilds]
    given: list[UUID] = []
    last = dict.fromkeys((guild.id for guild in guilds), 0)

    def ended() -> list[tuple[str, float | None]]:
        return concert.database.execute(_ENDS, (given,)).fetchall()

    began = time.monotonic()
    for number in range(orders):
        guild = guilds[number % len(guilds)]
        last[guild.id] = VOLUMES[(number // len(guilds)) % len(VOLUMES)]
        given.append(order(concert, guild, "volume", volume=last[guild.id]))
        time.sleep(max(0.0, began + (number + 1) * seconds / orders - time.monotonic()))
    with contextlib.suppress(AssertionError):  # what has not ended by then is told by the figures
        concert.until(
            lambda: all(status in {"completed", "failed"} for status, _ in ended()),
            seconds=ENDED_SECONDS,
        )

    ends = ended()
    return Storm(
        given=orders,
        carried_out=sum(status == "completed" for status, _ in ends),
        took_ms=[took * 1e3 for _, took in ends if took is not None],
        wrong=sum((concert.session(one) or {}).get("volume") != last[one] for one in last),
        faults=sum(len(g.heard.faults(since=m)) for g, m in zip(guilds, marks, strict=True)),
    )


def endure(concert: Concert, query: str, *, seconds: float) -> Stretch:
    """A worker of its own that plays in one server for long, while something else wants one of
    the machine's cores for itself.
    """
    worker = start_worker(concert, "endurance")
    guilds = open_guilds(concert, 1)
    have_played(concert, guilds, query)
    with _busy_core():
        stretch = watch(worker.process.pid, guilds, seconds)
    order(concert, guilds[0], "stop")
    concert.until(lambda: concert.voice.bot_state(guilds[0].id) is None)
    worker.end()
    return stretch


def kill_at_random(concert: Concert, rising_url: str, *, seconds: float, random: Random) -> Deaths:
    """Have a rising tone played, and kill the worker whenever, also on its way back."""
    worker = start_worker(concert, "mortal")
    concert.play(rising_url)
    concert.until(lambda: concert.hears_at() > 1)
    heard = concert.voice.heard()
    home = MusicGuild(GUILD_ID, LOUNGE_ID, heard)
    killed = lost = 0
    back: list[float] = []
    off: list[float] = []
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        time.sleep(random.uniform(*PLAYED_SECONDS))
        if concert.hears_at() > LATEST_SECONDS:
            order(concert, home, "seek", position_ms=0)
            concert.until(lambda: 0 <= concert.hears_at() < LATEST_SECONDS)
            continue
        was_at, since, deaths = concert.hears_at(), heard.mark(), 0
        while True:
            worker.kill()
            deaths += 1
            began, worker = time.monotonic(), concert.start_worker("mortal")
            if random.random() > AGAIN:
                break
            time.sleep(random.uniform(0, ON_ITS_WAY_SECONDS))
        killed += deaths
        mark = heard.mark()
        sound = heard.wait_for_sound(since=mark, timeout_seconds=RETURN_SECONDS)
        if sound is None:
            lost += 1
            break
        back.append(sound.arrived - began)
        was_at += (sound.number - since) * PACKET_SECONDS  # what was heard between the deaths
        heard.wait_for_packets(SURE_PACKETS, since=sound.number)
        goes_on_at = seconds_of(heard.sound(since=sound.number).frequency)
        off.append(abs(goes_on_at - was_at) / deaths)
    order(concert, home, "stop")
    worker.end()
    return Deaths(killed=killed, back_seconds=back, off_seconds=off, lost=lost)


@contextlib.contextmanager
def _busy_core() -> Iterator[None]:
    """Something that takes the last core, and would take more if it were let."""
    process = subprocess.Popen([sys.executable, "-c", BURN])
    try:
        if hasattr(os, "sched_setaffinity"):
            os.sched_setaffinity(process.pid, {max(os.sched_getaffinity(0))})
        yield
    finally:
        process.kill()
        process.wait()
