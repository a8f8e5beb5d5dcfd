"""Serves the functions of `api/` as Vercel does: each file at its path, `public/` beside them.

`python -m dev.functions ROOT FD`: run by the supervisor, on a socket that it has bound. Threads
serve requests at the same time, and a response's `close()` (where deferred work is done) runs in
the thread that answered, after the answer has gone out. Paths are rewritten and headers added as
`vercel.json` says; pages may talk to the local Supabase as well.
"""

from __future__ import annotations

import importlib.util
import logging
import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from waitress import wasyncore
from waitress.channel import HTTPChannel
from waitress.server import create_server

from dev.ports import HOST
from dev.static_files import CACHING, file_at, show_file
from dev.vercel_config import PathRules

ErrorInfo = (
    tuple[type[BaseException], BaseException, TracebackType] | tuple[None, None, None] | None
)

THREADS = 64
IDLE_SECONDS = 1.0
POLL_SECONDS = 0.05
NEW_CONNECTION_SECONDS = 1.0  # in which a connection that is made sends its first request
PATIENCE_SECONDS = 60.0
NOT_LOADED = "X-Function-Not-Loaded"
"""A header of every answer in the place of a function that could not be loaded."""
log = logging.getLogger("functions")


class FunctionHost:
    """A WSGI application made of others: one for each file of a folder."""

    def __init__(
        self,
        functions: Mapping[str, WSGIApplication],
        *,
        public: Path,
        rules: PathRules | None = None,
    ) -> None:
        self._functions = functions
        self._public = public
        self._rules = rules or PathRules()

    @classmethod
    def of(cls, root: Path, *, supabase_url: str = "") -> FunctionHost:
        """The functions, the public folder and the rules of one checkout."""
        functions = {f"/api/{file.stem}": load_function(file) for file in function_files(root)}
        return cls(functions, public=root / "public", rules=rules_of(root, supabase_url))

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer by the function at the path, by the file there, by a rewrite, or with 404."""
        path = str(environ["PATH_INFO"])
        added = self._rules.headers_for(path)
        function = self._functions.get(path.rstrip("/"))
        if function is None and (file := file_at(path, self._public)) is not None:
            return show_file(file, environ, _with_headers({**CACHING, **added}, start_response))
        start = _with_headers(added, start_response)
        if function is None:
            # A function sees the path that was asked for, not the rewrite's.
            function = self._functions.get(self._rules.destination(path) or "")
        if function is None:
            return _plain(HTTPStatus.NOT_FOUND, "There is nothing at this path.", start)
        return function(environ, start)


def _with_headers(added: Mapping[str, str], start_response: StartResponse) -> StartResponse:
    """`start_response`, with the headers that the answer does not bring itself."""

    def start(
        status: str, headers: list[tuple[str, str]], error: ErrorInfo = None, /
    ) -> Callable[[bytes], object]:
        own = {name.lower() for name, _ in headers}
        missing = [entry for entry in added.items() if entry[0].lower() not in own]
        return start_response(status, [*headers, *missing], error)

    return start


def rules_of(root: Path, supabase_url: str) -> PathRules:
    """Those of a checkout; with the address of a Supabase on this machine, where there is one."""
    rules = PathRules.of(root)
    return rules.connecting_to(supabase_url) if f"//{HOST}" in supabase_url else rules


def function_files(root: Path) -> list[Path]:
    """The files of `api/` that Vercel would serve."""
    return [file for file in sorted((root / "api").glob("*.py")) if file.name[0] not in "_."]


def load_function(file: Path) -> WSGIApplication:
    """The `app` of a file. One that cannot be loaded answers 500, and leaves the others alone."""
    try:
        return app_of(file)
    except Exception:  # the boundary of one function: whatever is wrong with it
        log.exception("api/%s cannot be loaded", file.name)
        return _broken(file.name)


def app_of(file: Path) -> WSGIApplication:
    """The `app` of a file; raises whatever its loading does."""
    spec = importlib.util.spec_from_file_location(f"function_{file.stem}", file)
    if spec is None or spec.loader is None:
        raise ImportError(f"{file.name} is no Python file")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    app: WSGIApplication = module.app
    return app


def _broken(name: str) -> WSGIApplication:
    def answer(_: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        text = f"api/{name} cannot be loaded; the log says why."
        return _plain(
            HTTPStatus.INTERNAL_SERVER_ERROR, text, start_response, headers=((NOT_LOADED, name),)
        )

    return answer


def _plain(
    status: HTTPStatus,
    text: str,
    start_response: StartResponse,
    *,
    headers: Iterable[tuple[str, str]] = (),
) -> Iterable[bytes]:
    body = f"{text}\n".encode()
    start_response(
        f"{status.value} {status.phrase}",
        [
            ("Content-Type", "text/plain; charset=utf-8"),
            ("Content-Length", str(len(body))),
            *headers,
        ],
    )
    return [body]


class Server:
    """Serves on a socket that another process may serve on next, and so ends without haste.

    Asked to stop, it takes no connection any more, answers those it has, lets the work behind its
    answers end, and returns; what takes longer than PATIENCE_SECONDS is left to the queue.
    """

    def __init__(self, app: WSGIApplication, listener: socket.socket) -> None:
        # Any: the type stubs know neither what stands in the map nor that one socket is one server.
        self._map: dict[int, Any] = {}
        self._server: Any = create_server(
            app, map=self._map, sockets=[listener], threads=THREADS, ident=None
        )
        self._is_stopping = False

    def stop(self, _signal: int, _frame: FrameType | None) -> None:
        """Hear a signal."""
        self._is_stopping = True
        self._server.pull_trigger()  # it may be waiting for requests that do not come

    def run(self) -> None:
        """Serve until `stop`."""
        while not self._is_stopping:
            wasyncore.poll(IDLE_SECONDS, self._map)
        self._server.del_channel()  # the next server's connections wait in the socket
        end = time.monotonic() + PATIENCE_SECONDS
        while self._is_busy() and time.monotonic() < end:
            wasyncore.poll(POLL_SECONDS, self._map)

    def _is_busy(self) -> bool:
        tasks = self._server.task_dispatcher
        return bool(tasks.active_count or tasks.queue) or any(
            channel.request is not None
            or channel.requests
            or channel.total_outbufs_len
            or _is_new(channel)
            for channel in self._server.active_channels.values()
        )


def _is_new(channel: HTTPChannel) -> bool:
    """Whether its first request may still be on its way."""
    has_sent = channel.last_activity > channel.creation_time
    return not has_sent and time.time() - channel.creation_time < NEW_CONNECTION_SECONDS


def main(root: Path, descriptor: int) -> None:
    """Serve until SIGTERM."""
    logging.basicConfig(
        level=logging.WARNING, format="%(asctime)s %(levelname)-7s  %(message)s", datefmt="%H:%M:%S"
    )
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # a full thread pool is no fault
    host = FunctionHost.of(root, supabase_url=os.environ.get("SUPABASE_URL", ""))
    server = Server(host, socket.socket(fileno=descriptor))
    signal.signal(signal.SIGTERM, server.stop)
    server.run()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
