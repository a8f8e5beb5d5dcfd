"""What playing takes of the machine, and how evenly packets come: beside plain discord.py."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Final

import psutil

from bench.orders import RunningOrders
from bench.voice.guilds import (
    MusicGuild,
    have_played,
    open_guilds,
    order,
    start_worker,
    until_heard,
)
from bench.voice.sounds import LOUD
from dev.checkout import Checkout
from dev.errors import StackError
from dev.voice.listener import AUDIBLE
from dev.voice.rtp import PACKET_SECONDS
from tests.voice.concert import BOT_TOKEN, Concert

FEW: Final = 2
MANY: Final = 20
MB: Final = 1024 * 1024
SETTLED_SECONDS: Final = 2.0
HALF: Final = 50
FULL: Final = 100
FLOOR: Final = "bench.voice.floor"
SOFTER: Final = LOUD * 0.75
JOIN_TRIES: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """Some seconds of playing in some servers.

    `cores` is what the sending process took of the processors, `rss_mb` what it had of the memory
    at the end. `off_ms`: by how much each packet's distance to the one before was not 20 ms.
    """

    guilds: int
    seconds: float
    cores: float
    rss_mb: float
    packets: int
    faults: int
    off_ms: Sequence[float]
    longest_ms: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """One program's: with nothing to play, in few servers as it is and with another volume, and
    in many.
    """

    idle: Stretch
    passed: Stretch
    softened: Stretch
    many: Stretch


@dataclass(frozen=True, slots=True, kw_only=True)
class Spans:
    """For how many seconds each is watched, and how many servers are many."""

    idle: float = 10.0
    few: float = 20.0
    many: float = 60.0
    guilds: int = MANY


def measure_worker(concert: Concert, sounds_url: str, spans: Spans) -> Costs:
    """A worker's of its own, with servers of their own, that it has left at the end."""
    worker = start_worker(concert, "costs")
    pid = worker.process.pid
    time.sleep(SETTLED_SECONDS)
    idle = watch(pid, [], spans.idle)
    few = open_guilds(concert, FEW)
    query = f"{sounds_url}/loud.ogg"
    have_played(concert, few, query)
    passed = _watched(pid, few, spans.few)
    _set_volume(concert, few, HALF)
    softened = _watched(pid, few, spans.few)
    _set_volume(concert, few, FULL)
    others = open_guilds(concert, spans.guilds - FEW)
    have_played(concert, others, query)
    many = _watched(pid, [*few, *others], spans.many)
    for guild in (*few, *others):
        order(concert, guild, "stop")
    concert.until(lambda: not any(_has_bot(concert, guild) for guild in (*few, *others)))
    worker.end()
    return Costs(idle=idle, passed=passed, softened=softened, many=many)


def measure_floor(concert: Concert, folder: Path, spans: Spans) -> Costs:
    """Plain discord.py's, with the same file's packets, and with raw samples where it encodes."""
    loud, samples = str(folder / "loud.ogg"), str(folder / "tone.pcm")
    discord = concert.voice.discord
    command: list[str | Path] = [concert.python, "-m", FLOOR]
    command += [discord.api_url, concert.voice.gateway_url, BOT_TOKEN]
    environment = {"PATH": concert.environ["PATH"], **concert.voice.environment}
    guilds = open_guilds(concert, spans.guilds)
    few, others = guilds[:FEW], guilds[FEW:]
    root = Checkout.here().root
    with RunningOrders(command, cwd=root, environment=environment) as bot:
        pid = int(bot.ask("open"))
        time.sleep(SETTLED_SECONDS)
        idle = watch(pid, [], spans.idle)
        _join(bot, few)
        _play(concert, bot, "opus", few, loud)
        passed = _watched(pid, few, spans.few)
        _play(concert, bot, "samples", few, samples)
        softened = _watched(pid, few, spans.few)
        _join(bot, others)
        _play(concert, bot, "opus", guilds, loud)
        many = _watched(pid, guilds, spans.many)
    for guild in guilds:
        concert.voice.disconnect_bot(guild.id)
    return Costs(idle=idle, passed=passed, softened=softened, many=many)


def watch(pid: int, guilds: Sequence[MusicGuild], seconds: float) -> Stretch:
    """What a process does for so long, while it plays in these servers."""
    process = psutil.Process(pid)
    marks = [guild.heard.mark() for guild in guilds]
    before, began = _processor_seconds(process), time.monotonic()
    time.sleep(seconds)
    used, took = _processor_seconds(process) - before, time.monotonic() - began
    gaps: list[float] = []
    packets = faults = 0
    for guild, mark in zip(guilds, marks, strict=True):
        came = guild.heard.packets(since=mark)
        packets += len(came)
        faults += len(guild.heard.faults(since=mark))
        gaps += [after.arrived - one.arrived for one, after in pairwise(came)]
    return Stretch(
        guilds=len(guilds),
        seconds=took,
        cores=used / took,
        rss_mb=process.memory_info().rss / MB,
        packets=packets,
        faults=faults,
        off_ms=[abs(gap - PACKET_SECONDS) * 1e3 for gap in gaps],
        longest_ms=max(gaps, default=0.0) * 1e3,
    )


def _watched(pid: int, guilds: Sequence[MusicGuild], seconds: float) -> Stretch:
    time.sleep(SETTLED_SECONDS)
    stretch = watch(pid, guilds, seconds)
    if silent := [guild.id for guild in guilds if not _is_heard(guild, AUDIBLE)]:
        raise StackError(f"In {len(silent)} of {len(guilds)} servers nothing is heard any more.")
    return stretch


def _set_volume(concert: Concert, guilds: Sequence[MusicGuild], percent: int) -> None:
    for guild in guilds:
        order(concert, guild, "volume", volume=percent)
    concert.until(lambda: all(_is_heard(guild, SOFTER) is (percent == FULL) for guild in guilds))


def _is_heard(guild: MusicGuild, level: float) -> bool:
    return guild.heard.sound(last_seconds=0.2).level >= level


def _has_bot(concert: Concert, guild: MusicGuild) -> bool:
    return concert.voice.bot_state(guild.id) is not None


def _join(bot: RunningOrders, guilds: Sequence[MusicGuild]) -> None:
    for guild in guilds:
        if not any(bot.ask("join", guild.channel_id) for _ in range(JOIN_TRIES)):
            raise StackError("Plain discord.py does not come into a voice channel.")


def _play(
    concert: Concert, bot: RunningOrders, kind: str, guilds: Sequence[MusicGuild], path: str
) -> None:
    marks = [guild.heard.mark() for guild in guilds]
    for guild in guilds:
        bot.ask(kind, guild.id, path)
    for guild, mark in zip(guilds, marks, strict=True):
        until_heard(concert, guild, since=mark)


def _processor_seconds(process: psutil.Process) -> float:
    times = process.cpu_times()
    return times.user + times.system
