"""The smallest host that ends an invocation as Vercel's runtime does. Run by any Python.

It takes the same environment and tells the same messages over the same kind of socket, and two
more, so that the order inside one process shows: `body-flushed` and `response-closed`.
Source of the order: PEP 3333, and the runtime itself, which runs the same tests.
"""

from __future__ import annotations

import importlib
import io
import json
import os
import socket
import sys
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


def tell(kind: str, **payload: object) -> None:
    """One message: JSON, ended by a zero byte."""
    ipc.sendall(json.dumps({"type": kind, "payload": payload}).encode() + b"\0")


class Handler(BaseHTTPRequestHandler):
    """Answers by calling the function's `app`."""

    def answer(self) -> None:
        context = {"requestId": int(self.headers["x-vercel-internal-request-id"])}
        response = app(self._environ(), self._start_response)
        try:
            for data in response:
                self.wfile.write(data)
                self.wfile.flush()
        finally:
            tell("body-flushed", context=context)
            if hasattr(response, "close"):
                response.close()
            tell("response-closed", context=context)
            tell("end", context=context)

    do_GET = do_POST = answer  # noqa: N815 - http.server's names

    def _environ(self) -> dict[str, Any]:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        environ: dict[str, Any] = {
            "REQUEST_METHOD": self.command,
            "SCRIPT_NAME": "",
            "PATH_INFO": self.path,
            "QUERY_STRING": "",
            "CONTENT_LENGTH": str(len(body)),
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "SERVER_NAME": "127.0.0.1",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(body),
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
        }
        for name, value in self.headers.items():
            environ[f"HTTP_{name.replace('-', '_').upper()}"] = value
        return environ

    def _start_response(
        self, status: str, headers: list[tuple[str, str]], _error: object = None, /
    ) -> Callable[[bytes], object]:
        self.send_response(int(status[:3]))
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        return self.wfile.write

    def log_message(self, *_: object) -> None:
        """Say nothing."""


if __name__ == "__main__":
    ipc = socket.socket(socket.AF_UNIX)
    ipc.connect(os.environ["VERCEL_IPC_PATH"])
    app = importlib.import_module(os.environ["__VC_HANDLER_MODULE_NAME"]).app
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    tell("server-started", httpPort=server.server_port)
    server.serve_forever()
