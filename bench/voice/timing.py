"""How long it takes from an order until it is heard."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Final

from bench.voice.sounds import LOUD, SOFT
from dev.errors import StackError
from dev.simulator.world import LOUNGE_ID, OWNER_ID
from dev.voice.listener import AUDIBLE, HeardPacket, Listener
from tests.voice.concert import Concert, is_answered

BETWEEN: Final = (LOUD + SOFT) / 2
"""The level that tells loud.ogg from soft.ogg, and from itself at half its volume."""
SILENT_SECONDS: Final = 0.3
LONGEST_SECONDS: Final = 20.0
SETTLED_SECONDS: Final = 0.3
EFFECTS: Final = ("pause", "resume", "volume 30", "volume 100", "skip", "previous")
"""Each undoes the one before it."""
_COOL_DOWN: Final = "delete from public.cooldowns"

Test = Callable[[float], bool]
_HEARD_BY: Final[Mapping[str, Test]] = {
    "resume": lambda level: level >= AUDIBLE,
    "volume 30": lambda level: AUDIBLE <= level < BETWEEN,
    "volume 100": lambda level: level >= BETWEEN,
    "skip": lambda level: AUDIBLE <= level < BETWEEN,
    "previous": lambda level: level >= BETWEEN,
}


def measure_effects(concert: Concert, sounds_url: str, *, rounds: int) -> dict[str, list[float]]:
    """Milliseconds by order: from the moment at which somebody gives the command until the first
    packet with its effect comes (for a pause: the last one with sound). The worker runs already.
    """
    _give(concert, "play", {"query": f"{sounds_url}/loud.ogg"})
    _require(_first(concert.voice.heard(), 0, _HEARD_BY["volume 100"]), "play")
    _give(concert, "play", {"query": f"{sounds_url}/soft.ogg"})
    found: dict[str, list[float]] = {name: [] for name in EFFECTS}
    for number in range(rounds + 1):
        for name in EFFECTS:
            took = _measure(concert, name)
            if number:  # the first round warms up
                found[name].append(took)
    _stop(concert)
    return found


def measure_starts(concert: Concert, query: str, *, rounds: int) -> list[float]:
    """Milliseconds from `/play` until the first packet with sound, the channel joined anew."""
    found = []
    for number in range(rounds + 1):
        heard = concert.voice.heard()
        mark = heard.mark()
        concert.database.execute(_COOL_DOWN)
        concert.voice.join(OWNER_ID, LOUNGE_ID)
        began = time.monotonic()
        asked = concert.send("play", {"query": query})
        packet = _require(_first(heard, mark, _HEARD_BY["resume"]), "play")
        concert.voice.discord.wait_for(asked, is_answered)
        _stop(concert)
        if number:
            found.append((packet.arrived - began) * 1e3)
    return found


def _measure(concert: Concert, name: str) -> float:
    heard = concert.voice.heard()
    concert.database.execute(_COOL_DOWN)
    command, _, percent = name.partition(" ")
    mark, began = heard.mark(), time.monotonic()
    asked = concert.send(command, {"percent": int(percent)} if percent else None)
    if name == "pause":
        concert.voice.discord.wait_for(asked, is_answered)
        packet = heard.wait_for_silence(seconds=SILENT_SECONDS, timeout_seconds=LONGEST_SECONDS)
    else:
        packet = _first(heard, mark, _HEARD_BY[name])
        concert.voice.discord.wait_for(asked, is_answered)
    took = (_require(packet, name).arrived - began) * 1e3
    time.sleep(SETTLED_SECONDS)
    return took


def _first(heard: Listener, since: int, test: Test) -> HeardPacket | None:
    """The first packet since a mark whose level passes, or None if none comes in time."""
    deadline = time.monotonic() + LONGEST_SECONDS
    while time.monotonic() < deadline:
        for packet in heard.packets(since=since):
            if packet.opus is not None and test(heard.level_of(packet)):
                return packet
            since = packet.number + 1
        heard.wait_for_packets(1, since=since, timeout_seconds=1)
    return None


def _give(concert: Concert, command: str, options: Mapping[str, object] | None = None) -> None:
    concert.database.execute(_COOL_DOWN)
    concert.voice.join(OWNER_ID, LOUNGE_ID)
    concert.say(command, options)


def _stop(concert: Concert) -> None:
    _give(concert, "stop")
    concert.until(lambda: concert.voice.bot_state() is None and concert.session() is None)


def _require(packet: HeardPacket | None, name: str) -> HeardPacket:
    if packet is None:
        raise StackError(f"Nothing was heard of a {name} for {LONGEST_SECONDS:.0f} s.")
    return packet
