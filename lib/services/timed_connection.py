"""HTTP connections with one deadline for all of it: connecting, TLS, the request and the answer.

A socket's time-out holds for each single operation, so a server that sends a byte now and then is
never too late for it. Here every operation gets what is left of the time, and no more.
"""

from __future__ import annotations

import http.client
import io
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from lib.ports import Clock

if TYPE_CHECKING:
    from ssl import SSLContext

    from _typeshed import ReadableBuffer, WriteableBuffer

LARGEST_ANSWER: Final = 8 * 1024 * 1024


class TooLargeError(ValueError):
    """The answer is larger than any that is expected."""


class Deadline:
    """`seconds` from now."""

    def __init__(self, clock: Clock, seconds: float) -> None:
        self._clock = clock
        self._ends_at = clock.monotonic() + seconds

    def renew(self, seconds: float) -> None:
        """Have it be `seconds` from now."""
        self._ends_at = self._clock.monotonic() + seconds

    def left(self) -> float:
        """The seconds that are left. Raises TimeoutError if there are none."""
        seconds = self._ends_at - self._clock.monotonic()
        if seconds <= 0:
            raise TimeoutError("the time is up")
        return seconds


@contextmanager
def connection_to(
    host: str, *, context: SSLContext | None, deadline: Deadline
) -> Iterator[http.client.HTTPConnection]:
    """A connection to `host` (a name and perhaps a port), by TLS where there is a `context`.

    What is done with it raises what http.client raises, and TimeoutError when the time is up.
    """
    connection = (
        http.client.HTTPConnection(host)
        if context is None
        else http.client.HTTPSConnection(host, context=context)
    )
    with _connected(connection, deadline) as plain:
        if context is None:
            connection.sock = TimedSocket(plain, deadline)
            yield connection
            return
        plain.settimeout(deadline.left())
        with context.wrap_socket(plain, server_hostname=connection.host) as secure:
            connection.sock = TimedSocket(secure, deadline)
            yield connection


def read_body(response: http.client.HTTPResponse) -> bytes:
    """The answer's body. Raises TooLargeError."""
    body = response.read(LARGEST_ANSWER + 1)
    if len(body) > LARGEST_ANSWER:
        raise TooLargeError("the answer is too large")
    return body


def _connected(connection: http.client.HTTPConnection, deadline: Deadline) -> socket.socket:
    """Connected to the first of the host's addresses that answers; each gets its share of time."""
    addresses = socket.getaddrinfo(connection.host, connection.port, type=socket.SOCK_STREAM)
    for position, (family, kind, protocol, _, address) in enumerate(addresses, start=1):
        sock = socket.socket(family, kind, protocol)
        try:
            sock.settimeout(deadline.left() / (len(addresses) - position + 1))
            sock.connect(address)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except OSError:
            sock.close()
            if position == len(addresses):
                raise
        except BaseException:
            sock.close()
            raise
        else:
            return sock
    raise OSError("the name has no address")


class TimedSocket:
    """As much of a connected socket as http.client uses, each operation within what is left."""

    def __init__(self, sock: socket.socket, deadline: Deadline) -> None:
        self._sock = sock
        self._deadline = deadline

    def sendall(self, data: ReadableBuffer) -> None:
        rest = memoryview(data)
        while rest:
            self._sock.settimeout(self._deadline.left())
            rest = rest[self._sock.send(rest) :]

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(_TimedReader(self._sock, self._deadline))

    def close(self) -> None:
        """Not yet: http.client lets go of it while it still reads the answer."""


class _TimedReader(io.RawIOBase):
    """What comes from the socket."""

    def __init__(self, sock: socket.socket, deadline: Deadline) -> None:
        self._sock = sock
        self._deadline = deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        self._sock.settimeout(self._deadline.left())
        count = self._sock.recv_into(buffer)
        self._deadline.left()  # what comes too late counts as not come
        return count
