"""Ports of the local servers: the usual ones where they are free, the next ones where not."""

from __future__ import annotations

import errno
import socket
from enum import IntEnum

from dev.console import Console
from dev.errors import StackError

HOST = "127.0.0.1"
TRIES = 10


class Port(IntEnum):
    """Where each server is looked for first. Comet Halley comes back every 76 years."""

    PLAYGROUND = 7600
    FUNCTIONS = 7610
    SUPABASE = 7620
    POSTGRES = 7630


def listen_near(preferred: int, *, name: str, console: Console) -> socket.socket:
    """A socket bound to `preferred`, or to the next free port; 0 takes any.

    A port that is taken is named in a line.
    """
    for port in range(preferred, preferred + TRIES) if preferred else (0,):
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((HOST, port))
            listener.listen(128)  # only now does a port that another shares show itself
        except OSError as error:
            listener.close()
            if error.errno not in {errno.EADDRINUSE, errno.EACCES}:
                raise StackError(f"No port of {HOST} for {name}: {error.strerror}.") from error
            continue
        if port != preferred:
            console.warn(f"Port {preferred} is taken; {name} uses {port}.")
        listener.setblocking(False)  # noqa: FBT003 - its only form
        return listener
    raise StackError(f"No port for {name}: {preferred} to {preferred + TRIES - 1} are all taken.")


def port_of(listener: socket.socket) -> int:
    """The port that a bound socket has."""
    return int(listener.getsockname()[1])


def free_port_near(preferred: int, *, name: str, console: Console) -> int:
    """As `listen_near`, for a program that binds the port itself."""
    with listen_near(preferred, name=name, console=console) as listener:
        return port_of(listener)
