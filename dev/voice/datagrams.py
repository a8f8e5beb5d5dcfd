"""The voice server's UDP socket. Each datagram comes with the time at which it arrived.

On Linux the kernel tells that time, so that a busy event loop does not blur what is measured.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import sys
import time
from collections.abc import Callable
from typing import Final

from dev.voice.certificate import HOST
from dev.voice.rtp import discovered, is_discovery

_SO_TIMESTAMPNS: Final = 35  # asm-generic/socket.h; the socket module has no name for it
_TIMESPEC: Final = struct.Struct("@ll")
_LARGEST_DATAGRAM: Final = 4096
_RECEIVE_BUFFER: Final = 4 * 1024 * 1024
_AT_A_TIME: Final = 256
_NANOSECONDS: Final = 1_000_000_000


class DatagramDoor:
    """Receives while it is open. It answers IP discovery itself, and sends what `hear` gives."""

    def __init__(self, hear: Callable[[bytes, float], bytes | None]) -> None:
        self._hear = hear
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setblocking(False)  # noqa: FBT003 - the socket's own signature
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER)
        self._is_stamped = sys.platform == "linux"
        if self._is_stamped:
            self._socket.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
        self.is_cut = False
        """While true, whatever comes is lost."""

    @property
    def port(self) -> int:
        return int(self._socket.getsockname()[1])

    def open(self, loop: asyncio.AbstractEventLoop) -> None:
        self._socket.bind((HOST, 0))
        loop.add_reader(self._socket, self._receive)

    def close(self, loop: asyncio.AbstractEventLoop) -> None:
        loop.remove_reader(self._socket)
        self._socket.close()

    def _receive(self) -> None:
        for _ in range(_AT_A_TIME):
            try:
                datagram, control, _, address = self._socket.recvmsg(_LARGEST_DATAGRAM, 64)
            except (BlockingIOError, InterruptedError):
                return
            except ConnectionError:  # a client's port is closed: told of here, of no interest
                continue
            if self.is_cut:
                continue
            if is_discovery(datagram):
                self._send(discovered(datagram, address), address)
            else:
                answer = self._hear(datagram, _arrival(control))
                if answer is not None:
                    self._send(answer, address)

    def _send(self, datagram: bytes, address: tuple[str, int]) -> None:
        with contextlib.suppress(OSError):  # a full buffer loses it, as the network may
            self._socket.sendto(datagram, address)


def _arrival(control: list[tuple[int, int, bytes]]) -> float:
    """When a datagram arrived, by time.monotonic()."""
    now = time.monotonic()
    for level, kind, content in control:
        if level == socket.SOL_SOCKET and kind == _SO_TIMESTAMPNS:
            stamp: tuple[int, int] = _TIMESPEC.unpack(content[: _TIMESPEC.size])
            age = time.time_ns() - (stamp[0] * _NANOSECONDS + stamp[1])
            return now - age / _NANOSECONDS
    return now
