"""What somebody in a call hears of the bot, packet by packet and as sound.

heard = discord.heard(guild_id)
mark = heard.mark()
...
assert heard.wait_for_sound(since=mark) is not None
assert heard.sound(last_seconds=0.5).frequency == pytest.approx(440, abs=2)
assert heard.faults(since=mark) == []
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Final

from dev.voice.rtp import PACKET_SECONDS, SAMPLES_PER_PACKET
from dev.voice.sound import OpusDecoder, Sound, write_wav

KEPT_PACKETS: Final = 50 * 60 * 12
"""Twelve minutes of packets: they are kept as Opus, some 10 kB a second."""
KEPT_SOUND_SECONDS: Final = 90.0
AUDIBLE: Final = 50.0
"""The level from which on a packet is taken for sound. Opus makes some noise of silence."""
_KEPT_SOUNDS: Final = round(KEPT_SOUND_SECONDS / PACKET_SECONDS)
_SEQUENCES: Final = 1 << 16
_TIMESTAMPS: Final = 1 << 32


@dataclass(frozen=True, slots=True)
class HeardPacket:
    """One voice packet as it came.

    `number` counts all packets of the server from 0, `connection` the bot's voice connections to
    it. `arrived` is by time.monotonic(), from the kernel where that tells. `opus` is None where
    nobody in the call had the key.
    """

    number: int
    connection: int
    sequence: int
    timestamp: int
    arrived: float
    opus: bytes | None
    was_encrypted: bool


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that should not be: `what` is lost, doubled, misdated or unreadable."""

    what: str
    packet: HeardPacket


class Listener:
    """The ear in one server's call. Its methods may be called from any thread."""

    def __init__(self) -> None:
        self._packets: deque[HeardPacket] = deque(maxlen=KEPT_PACKETS)
        self._count = 0
        self._changed = threading.Condition()
        self._ear = _Ear()
        self._ear_lock = threading.Lock()
        self._subscribers: list[Callable[[HeardPacket], None]] = []

    # --- while it happens ----------------------------------------------------------------------

    def take(
        self,
        *,
        connection: int,
        sequence: int,
        timestamp: int,
        arrived: float,
        opus: bytes | None,
        was_encrypted: bool,
    ) -> None:
        """A packet has come; the voice server calls it."""
        with self._changed:
            packet = HeardPacket(
                self._count, connection, sequence, timestamp, arrived, opus, was_encrypted
            )
            self._count += 1
            self._packets.append(packet)
            self._changed.notify_all()
        for subscriber in tuple(self._subscribers):
            subscriber(packet)

    def subscribe(self, subscriber: Callable[[HeardPacket], None]) -> Callable[[], None]:
        """Have each packet told as it comes, in the server's thread; gives what ends that."""
        self._subscribers.append(subscriber)
        return lambda: self._subscribers.remove(subscriber)

    # --- packets -------------------------------------------------------------------------------

    def mark(self) -> int:
        """Now, as `since` takes it: the number of the next packet."""
        with self._changed:
            return self._count

    def packets(self, *, since: int = 0) -> list[HeardPacket]:
        """What has come since a mark and is still kept, oldest first."""
        with self._changed:
            oldest = self._count - len(self._packets)
            kept = len(self._packets) - max(since - oldest, 0)
            return [self._packets[index] for index in range(-kept, 0)] if kept > 0 else []

    def wait_for_packets(self, count: int, *, since: int = 0, timeout_seconds: float = 20) -> bool:
        """Wait until so many have come since a mark; whether they did in time."""
        with self._changed:
            return self._changed.wait_for(lambda: self._count - since >= count, timeout_seconds)

    def faults(self, *, since: int = 0) -> list[Fault]:
        """Packets lost, doubled or misdated within each connection, and those nobody could read."""
        packets = self.packets(since=since)
        found = [Fault("unreadable", packet) for packet in packets if packet.opus is None]
        for before, packet in pairwise(packets):
            if before.connection == packet.connection:
                what = _fault_between(before, packet)
                found += [Fault(what, packet)] if what else []
        return found

    def gaps(self, *, since: int = 0) -> list[float]:
        """Seconds from each packet to the next, which should be 0.02."""
        packets = self.packets(since=since)
        return [after.arrived - before.arrived for before, after in pairwise(packets)]

    # --- sound ---------------------------------------------------------------------------------

    def level_of(self, packet: HeardPacket) -> float:
        """How loud a packet is, 0 to 32767."""
        with self._listening() as ear:
            return ear.level(packet.number)

    def sound(self, *, since: int = 0, last_seconds: float | None = None) -> Sound:
        """What was heard since a mark, or in the last seconds of it. What is lost is left out."""
        return Sound.of(self.stereo(since=since, last_seconds=last_seconds))

    def stereo(self, *, since: int = 0, last_seconds: float | None = None) -> bytes:
        """The same as 48 kHz stereo of 16 bit; at most the last 90 seconds are kept."""
        if last_seconds is not None:
            since = max(since, self.mark() - round(last_seconds / PACKET_SECONDS))
        with self._listening() as ear:
            return ear.stereo(since)

    def wait_for_sound(self, *, since: int = 0, timeout_seconds: float = 20) -> HeardPacket | None:
        """The first packet since a mark that can be heard, or None when none comes in time."""
        return self._wait_for_packet(
            lambda level: level >= AUDIBLE, since=since, timeout_seconds=timeout_seconds
        )

    def wait_for_silence(
        self, *, seconds: float = 0.5, timeout_seconds: float = 20
    ) -> HeardPacket | None:
        """Wait until nothing has been heard for so long: the last packet with sound in it, if any.

        AssertionError when sound does not end in time.
        """
        deadline = time.monotonic() + timeout_seconds
        while time.monotonic() < deadline:
            last = self.last_sound()
            if last is None or time.monotonic() - last.arrived >= seconds:
                return last
            time.sleep(PACKET_SECONDS)
        raise AssertionError(f"it was not silent within {timeout_seconds} s")

    def last_sound(self) -> HeardPacket | None:
        """The latest packet that can be heard."""
        with self._listening() as ear:
            number = ear.last_audible()
        return None if number is None else next(iter(self.packets(since=number)), None)

    def write_wav(self, path: Path) -> None:
        """Keep what was heard, at most the last 90 seconds, in a WAV file."""
        write_wav(path, self.stereo())

    @contextmanager
    def _listening(self) -> Iterator[_Ear]:
        """The ear, having heard everything until now."""
        with self._ear_lock:
            self._ear.listen(self.packets(since=self._ear.next))
            yield self._ear

    def _wait_for_packet(
        self, holds: Callable[[float], bool], *, since: int, timeout_seconds: float
    ) -> HeardPacket | None:
        deadline = time.monotonic() + timeout_seconds
        while True:
            for packet in self.packets(since=since):
                if packet.opus is not None and holds(self.level_of(packet)):
                    return packet
                since = packet.number + 1
            remaining = deadline - time.monotonic()
            if remaining <= 0 or not self.wait_for_packets(
                1, since=since, timeout_seconds=remaining
            ):
                return None


class _Ear:
    """Decodes what has come, once and in order: a decoder remembers what it heard before."""

    def __init__(self) -> None:
        self._decoder = OpusDecoder()
        self._connection = -1
        self._heard: dict[int, bytes] = {}
        self._levels: dict[int, float] = {}
        self.next = 0

    def listen(self, packets: Sequence[HeardPacket]) -> None:
        """Take in the packets from `next` on."""
        for packet in packets[-_KEPT_SOUNDS:]:
            if packet.connection != self._connection:
                self._connection, self._decoder = packet.connection, OpusDecoder()
            if packet.opus is not None:
                self._heard[packet.number] = self._decoded(packet.opus)
        while len(self._heard) > _KEPT_SOUNDS:
            oldest = next(iter(self._heard))
            del self._heard[oldest]
            self._levels.pop(oldest, None)
        if packets:
            self.next = packets[-1].number + 1

    def stereo(self, since: int) -> bytes:
        return b"".join(sound for number, sound in self._heard.items() if number >= since)

    def level(self, number: int) -> float:
        """The level of one packet; 0 for one that is unreadable, or no longer kept."""
        if number not in self._levels:
            self._levels[number] = Sound.of(self._heard.get(number, b"")).level
        return self._levels[number]

    def last_audible(self) -> int | None:
        """The number of the latest packet that can be heard."""
        return next((one for one in reversed(self._heard) if self.level(one) >= AUDIBLE), None)

    def _decoded(self, opus: bytes) -> bytes:
        try:
            return self._decoder.decode(opus)
        except ValueError:
            return b""


def _fault_between(before: HeardPacket, packet: HeardPacket) -> str:
    steps = (packet.sequence - before.sequence) % _SEQUENCES
    if steps == 0 or steps > _SEQUENCES // 2:
        return "doubled"
    if steps > 1:
        return "lost"
    passed = (packet.timestamp - before.timestamp) % _TIMESTAMPS
    return "" if passed == SAMPLES_PER_PACKET else "misdated"
