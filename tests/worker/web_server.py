"""A web server on this machine, as well or as badly behaved as a test wants it."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple


class Asked(NamedTuple):
    """A request that came."""

    path: str
    headers: Mapping[str, str]

    @property
    def offset(self) -> int:
        """Where the range that was asked for begins."""
        return int(self.headers.get("Range", "bytes=0-").removeprefix("bytes=").split("-")[0])


class Exchange(BaseHTTPRequestHandler):
    """One request, to be answered by a `Page`."""

    server: _Server

    def do_GET(self) -> None:
        asked = Asked(self.path, {name.title(): value for name, value in self.headers.items()})
        self.server.web.asked.append(asked)
        self.close_connection = True
        try:
            self.server.web.pages[self.path.partition("?")[0]](self, asked)
        except KeyError:
            self.send_error(404)
        except OSError:
            pass  # whoever asked has had enough

    def head(self, status: int, **headers: object) -> None:
        """Send status and headers, `Content_Type=` for Content-Type."""
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), str(value))
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing."""


Page = Callable[[Exchange, Asked], None]
PageMaker = Callable[[bytes], Page]


@dataclass
class Web:
    """The pages by their paths, and what was asked for."""

    pages: dict[str, Page] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    url: str = ""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, web: Web) -> None:
        self.web = web
        super().__init__(("127.0.0.1", 0), Exchange)

    def handle_error(self, *_: object) -> None:
        """Whoever asked did not like the certificate."""


@contextmanager
def web_server(tls: ssl.SSLContext | None = None) -> Iterator[Web]:
    """A running server without pages; by https where there is a `tls`."""
    web = Web()
    with _Server(web) as server:
        scheme = "http" if tls is None else "https"
        web.url = f"{scheme}://127.0.0.1:{server.server_port}"
        if tls is not None:
            server.socket = tls.wrap_socket(
                server.socket, server_side=True, do_handshake_on_connect=False
            )
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield web
        finally:
            server.shutdown()
            thread.join()


def file_page(content: bytes, kind: str = "audio/ogg") -> Page:
    """A file as good servers give it: with ranges."""

    def answer(exchange: Exchange, asked: Asked) -> None:
        first, _, last = (
            asked.headers.get("Range", "bytes=0-").removeprefix("bytes=").partition("-")
        )
        if int(first) >= len(content):
            exchange.head(416, Content_Range=f"bytes */{len(content)}")
            return
        end = min(int(last or len(content)) + 1, len(content))
        piece = content[int(first) : end]
        said = f"bytes {first}-{end - 1}/{len(content)}"
        exchange.head(206, Content_Type=kind, Content_Range=said, Content_Length=len(piece))
        exchange.wfile.write(piece)

    return answer


def plain_page(content: bytes, kind: str = "audio/ogg", status: int = 200) -> Page:
    """Whole, whatever range was asked for."""

    def answer(exchange: Exchange, _asked: Asked) -> None:
        exchange.head(status, Content_Type=kind, Content_Length=len(content))
        exchange.wfile.write(content)

    return answer


def redirect_page(location: str, status: int = 302) -> Page:
    """Elsewhere."""

    def answer(exchange: Exchange, _asked: Asked) -> None:
        exchange.head(status, Location=location, Content_Length=0)

    return answer
