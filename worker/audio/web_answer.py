"""One GET, over connections to addresses that were checked, and through redirects."""

from __future__ import annotations

import http.client
import socket
import ssl
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Final, NamedTuple
from urllib.parse import urljoin

from lib.services.timed_connection import Deadline, TimedSocket
from worker.audio.addresses import Endpoint, WebAddress, resolve
from worker.audio.failures import SourceError, SourceFailure

MOST_REDIRECTS: Final = 5
USER_AGENT: Final = "Halley (a Discord bot's music)"
_REDIRECTS: Final = (
    HTTPStatus.MOVED_PERMANENTLY,
    HTTPStatus.FOUND,
    HTTPStatus.SEE_OTHER,
    HTTPStatus.TEMPORARY_REDIRECT,
    HTTPStatus.PERMANENT_REDIRECT,
)
_OF_ONE_HOST: Final = frozenset({"authorization", "cookie"})
_OURS: Final = frozenset({"host", "range", "accept-encoding", "connection", "content-length"})
_FAILURES: Final[dict[int, SourceFailure]] = {
    HTTPStatus.NOT_FOUND: SourceFailure.NOT_FOUND,
    HTTPStatus.GONE: SourceFailure.REMOVED,
    HTTPStatus.UNAVAILABLE_FOR_LEGAL_REASONS: SourceFailure.REGION,
    HTTPStatus.TOO_MANY_REQUESTS: SourceFailure.TOO_MANY_REQUESTS,
}
_SERVER_ERRORS: Final = 500


class Lines(NamedTuple):
    """How to connect: `register` is given each socket, for whoever would end the waiting."""

    tls: Callable[[], ssl.SSLContext]
    deadline: Deadline
    register: Callable[[socket.socket], None]
    allow_private: bool


class WebAnswer:
    """The answer to a GET, to be read piece by piece. Reading raises what http.client raises."""

    def __init__(self, sock: socket.socket, response: http.client.HTTPResponse) -> None:
        self._socket = sock
        self._response = response
        self.status = response.status

    @property
    def headers(self) -> http.client.HTTPMessage:
        return self._response.headers

    @property
    def length(self) -> int | None:
        """The bytes that are still to come, where that was said."""
        return self._response.length

    def read(self, size: int) -> bytes:
        """Up to `size` bytes, as soon as there are any; none at the end."""
        return self._response.read1(size)

    def close(self) -> None:
        self._response.close()
        self._socket.close()


def get(url: str, *, headers: Mapping[str, str], wanted: str, lines: Lines) -> WebAnswer:
    """Ask for the `wanted` range of `url`, or of what it redirects to, checked like the first.

    Raises SourceError for an address that is not connected to and for an answer without success
    (416 is left to the caller); OSError and http.client.HTTPException where the network fails.
    """
    first = WebAddress.of(url)
    for _ in range(MOST_REDIRECTS + 1):
        address = WebAddress.of(url)
        said = _headers(headers, is_same_host=address[:3] == first[:3])
        answer = _ask(address, said | {"Range": wanted}, lines)
        if answer.status not in _REDIRECTS:
            return _successful(answer)
        location = answer.headers.get("Location", "")
        answer.close()
        url = urljoin(url, location.strip())
    raise SourceError(SourceFailure.UNREACHABLE, "too many redirects")


def _headers(asked: Mapping[str, str], *, is_same_host: bool) -> dict[str, str]:
    """What is said to a host; what was meant for another one is not."""
    headers = {"user-agent": USER_AGENT, "accept": "*/*"}
    for name, value in asked.items():
        lower = name.lower()
        is_kept = lower not in _OURS and (is_same_host or lower not in _OF_ONE_HOST)
        if is_kept and _is_one_line(name + value):
            headers[lower] = value
    return headers | {"accept-encoding": "identity", "connection": "close"}


def _is_one_line(text: str) -> bool:
    return text.isascii() and text.isprintable()


def _ask(address: WebAddress, headers: Mapping[str, str], lines: Lines) -> WebAnswer:
    sock = _connected(resolve(address, allow_private=lines.allow_private), lines)
    try:
        connection = http.client.HTTPConnection(address.host, address.port)
        if address.scheme == "https":
            context = lines.tls()
            sock.settimeout(lines.deadline.left())
            secure = context.wrap_socket(
                sock, server_hostname=address.host, do_handshake_on_connect=False
            )
            sock = secure
            lines.register(sock)
            secure.do_handshake()
            connection = http.client.HTTPSConnection(address.host, address.port, context=context)
        # As much of a socket as http.client uses; it has no type for that.
        connection.sock = TimedSocket(sock, lines.deadline)
        connection.request("GET", address.target, headers=dict(headers))
        return WebAnswer(sock, connection.getresponse())
    except BaseException:
        sock.close()
        raise


def _connected(endpoints: list[Endpoint], lines: Lines) -> socket.socket:
    """Connected to the first that answers; each gets its share of the time."""
    for position, (family, address) in enumerate(endpoints, start=1):
        sock = socket.socket(family, socket.SOCK_STREAM)
        try:
            lines.register(sock)
            sock.settimeout(lines.deadline.left() / (len(endpoints) - position + 1))
            sock.connect(address)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except OSError:
            sock.close()
            if position == len(endpoints):
                raise
        except BaseException:
            sock.close()
            raise
        else:
            return sock
    raise OSError("the name has no address")


def _successful(answer: WebAnswer) -> WebAnswer:
    good = (HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT, HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE)
    if answer.status in good:
        return answer
    answer.close()
    otherwise = SourceFailure.REFUSED
    if answer.status >= _SERVER_ERRORS or answer.status < HTTPStatus.BAD_REQUEST:
        otherwise = SourceFailure.UNREACHABLE
    raise SourceError(_FAILURES.get(answer.status, otherwise), f"status {answer.status}")
