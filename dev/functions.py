"""Serves the functions of `api/` as Vercel does: each file at its path, `public/` beside them.

`python -m dev.functions ROOT FD`: run by the supervisor, on a socket that it has bound. Threads
serve requests at the same time, and a response's `close()` (where deferred work is done) runs in
the thread that answered, after the answer has gone out.
"""

from __future__ import annotations

import importlib.util
import logging
import mimetypes
import signal
import socket
import sys
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from pathlib import Path
from types import FrameType
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

import waitress

THREADS = 16
NOT_LOADED = "X-Function-Not-Loaded"
"""A header of every answer in the place of a function that could not be loaded."""
log = logging.getLogger("functions")


class FunctionHost:
    """A WSGI application made of others: one for each file of a folder."""

    def __init__(self, functions: Mapping[str, WSGIApplication], *, public: Path) -> None:
        self._functions = functions
        self._public = public

    @classmethod
    def of(cls, root: Path) -> FunctionHost:
        """The functions and the public folder of one checkout."""
        functions = {f"/api/{file.stem}": load_function(file) for file in function_files(root)}
        return cls(functions, public=root / "public")

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer by the function at the path, else by the file there, else 404."""
        path = str(environ["PATH_INFO"])
        function = self._functions.get(path.rstrip("/"))
        if function is not None:
            return function(environ, start_response)
        return self._file(path, start_response)

    def _file(self, path: str, start_response: StartResponse) -> Iterable[bytes]:
        public = self._public.resolve()
        file = (public / path.lstrip("/")).resolve()
        if file.is_dir():
            file = file / "index.html"
        if not file.is_relative_to(public) or not file.is_file():
            return _plain(HTTPStatus.NOT_FOUND, "There is nothing at this path.", start_response)
        kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
        body = file.read_bytes()
        start_response("200 OK", [("Content-Type", kind), ("Content-Length", str(len(body)))])
        return [body]


def function_files(root: Path) -> list[Path]:
    """The files of `api/` that Vercel would serve."""
    return [file for file in sorted((root / "api").glob("*.py")) if file.name[0] not in "_."]


def load_function(file: Path) -> WSGIApplication:
    """The `app` of a file. One that cannot be loaded answers 500, and leaves the others alone."""
    try:
        spec = importlib.util.spec_from_file_location(f"function_{file.stem}", file)
        if spec is None or spec.loader is None:
            raise ImportError(f"{file.name} is no Python file")  # noqa: TRY301
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        app: WSGIApplication = module.app
    except Exception:  # the boundary of one function: whatever is wrong with it
        log.exception("api/%s cannot be loaded", file.name)
        return _broken(file.name)
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


def _stop(_signal: int, _frame: FrameType | None) -> None:
    raise SystemExit(0)  # which the server takes as: finish what is running, then end


def main(root: Path, descriptor: int) -> None:
    """Serve until SIGTERM."""
    logging.basicConfig(
        level=logging.WARNING, format="%(asctime)s %(levelname)-7s  %(message)s", datefmt="%H:%M:%S"
    )
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # a full thread pool is no fault
    signal.signal(signal.SIGTERM, _stop)
    listener = socket.socket(fileno=descriptor)
    waitress.serve(
        FunctionHost.of(root), sockets=[listener], threads=THREADS, ident=None, _quiet=True
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
