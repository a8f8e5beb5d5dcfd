"""An end for a streamed HTTP answer that no slow server can put off.

An HTTP client's time-outs hold for each single read, so a server that sends a byte now and then
is never too late for them. Here the connection itself is cut when the time is up; whoever waits
for the next byte then gets an error at once.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Mapping, MutableMapping
from types import TracebackType
from typing import Protocol, Self


class TracedRequest(Protocol):
    """A request of httpx or httpx2, as far as it matters here."""

    @property
    def extensions(self) -> MutableMapping[str, object]: ...


class HardDeadline:
    """Cuts the connections it watches once `seconds` of real time have passed.

    A context manager: leaving it stops the clock and the thread behind it. `watch` goes into the
    client's `event_hooks["request"]`. `passed` tells afterwards whether it was the deadline that
    ended the answer.
    """

    def __init__(self, seconds: float) -> None:
        self._timer = threading.Timer(seconds, self._cut)
        self._timer.daemon = True
        self._lock = threading.Lock()
        self._connection: socket.socket | None = None
        self._passed = False

    @property
    def passed(self) -> bool:
        return self._passed

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._timer.cancel()
        self._timer.join()

    def watch(self, request: TracedRequest) -> None:
        """Learn of the connections made for `request`.

        By httpcore's trace extension, the documented way to its sockets:
        https://www.encode.io/httpcore/extensions/
        """
        request.extensions["trace"] = self._on_event

    def _on_event(self, name: str, info: Mapping[str, object]) -> None:
        # TLS wraps the TCP socket in a new one, so the last of the two is the one in use.
        if not name.endswith(("connect_tcp.complete", "start_tls.complete")):
            return
        get_extra_info = getattr(info.get("return_value"), "get_extra_info", None)
        connection = get_extra_info("socket") if get_extra_info else None
        with self._lock:
            self._connection = connection if isinstance(connection, socket.socket) else None
            if self._passed:
                self._shut()

    def _cut(self) -> None:
        with self._lock:
            self._passed = True
            self._shut()

    def _shut(self) -> None:
        if self._connection is None:
            return
        try:
            # Closing would not wake a thread that is reading; shutting down does. The plain
            # socket's method, because an SSLSocket's own forgets its TLS state under the reader.
            socket.socket.shutdown(self._connection, socket.SHUT_RDWR)
        except OSError:
            # It was closed already, which is as good.
            return
