"""yt-dlp as a child process that connects to public addresses only, and ends with the worker.

Run as `python -m worker.lookups.guarded_yt_dlp --public-only …` (or `--anywhere …`); the rest is
yt-dlp's own command line. Every connection that Python makes passes the audit hook with the number
that is connected to, so neither a redirect nor a name that changes its meaning leads around it.
Not held by it: deno, which yt-dlp gives the site's scripts to and which has no network there.
"""

from __future__ import annotations

import ctypes
import os
import resource
import runpy
import signal
import socket
import sys
from contextlib import suppress
from typing import Final

from worker.audio.addresses import is_public
from worker.lookups.complaints import FORBIDDEN

PUBLIC_ONLY: Final = "--public-only"
ANYWHERE: Final = "--anywhere"
NICENESS: Final = 10
"""Sound that plays comes before a lookup."""
MOST_CPU_SECONDS: Final = 60
MOST_FILE_BYTES: Final = 64 * 1024 * 1024
_PR_SET_PDEATHSIG: Final = 1
_SENDING: Final = frozenset({"socket.connect", "socket.sendto", "socket.sendmsg"})


def guard(event: str, arguments: tuple[object, ...]) -> None:
    """An audit hook (PEP 578): raises ConnectionRefusedError for what is no public address."""
    if event not in _SENDING:
        return
    sock, place = arguments
    if isinstance(sock, socket.socket) and sock.family == socket.AF_UNIX:
        raise ConnectionRefusedError(FORBIDDEN)
    if place is not None and not (isinstance(place, tuple) and is_public(str(place[0]))):
        raise ConnectionRefusedError(FORBIDDEN)


def main(arguments: list[str]) -> None:
    """Take the first argument, and hand the rest to yt-dlp."""
    _end_with_parent()
    os.setpriority(os.PRIO_PROCESS, 0, NICENESS)  # whatever the worker's is
    resource.setrlimit(resource.RLIMIT_CPU, (MOST_CPU_SECONDS, MOST_CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (MOST_FILE_BYTES, MOST_FILE_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    reach, *rest = arguments
    if reach != ANYWHERE:
        sys.addaudithook(guard)
    sys.argv[1:] = rest
    runpy.run_module("yt_dlp", run_name="__main__")


def _end_with_parent() -> None:
    """Where the worker is killed, its lookup is too (Linux; elsewhere by the CPU's limit)."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


if __name__ == "__main__":
    main(sys.argv[1:])
