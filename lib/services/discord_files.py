"""What users attached, fetched from the hosts where Discord keeps it, and from nowhere else.

The address comes out of an interaction that Discord signed, or out of the database. It is held to
the hosts all the same: whoever could choose it would have this machine's view of its network.
"""

from __future__ import annotations

import http.client
import ssl
from collections.abc import Sequence
from functools import cached_property
from http import HTTPStatus
from typing import Final
from urllib.parse import quote

from lib.monitor import monitor
from lib.ports import AttachmentError, AttachmentFailure, Clock
from lib.services.discord_rest import USER_AGENT
from lib.services.timed_connection import Deadline, connection_to

ORIGINS: Final = ("https://cdn.discordapp.com", "https://media.discordapp.net")
KEPT: Final = "/?&=%+,;:@!$'()*~"
"""What an address may have below its host, beside letters, digits and `_.-`."""
CHUNK: Final = 65536
GONE: Final = (HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND, HTTPStatus.GONE)
"""What Discord answers where a file was deleted or the address has run out, as they do in a day."""


class DiscordFiles:
    """An AttachmentFiles (see lib.ports).

    `extra` is one more address below which files may lie, also by http: that of the local stack.
    """

    def __init__(
        self, clock: Clock, *, origins: Sequence[str] = ORIGINS, extra: str | None = None
    ) -> None:
        self._clock = clock
        self._origins = {*origins, *([] if extra is None else ["/".join(extra.split("/")[:3])])}

    def fetch(self, url: str, *, most_bytes: int, deadline_seconds: float) -> bytes:
        scheme, host, path = self._parts(url)
        deadline = Deadline(self._clock, deadline_seconds)
        try:
            with monitor("discord.fetch_attachment", self._clock):
                return self._get(scheme, host, path, most_bytes=most_bytes, deadline=deadline)
        except TimeoutError:
            raise AttachmentError(AttachmentFailure.UNREACHABLE, "no whole file in time") from None
        except (OSError, http.client.HTTPException, ValueError) as error:
            # The exception's text may hold the address, and the address a signature.
            raise AttachmentError(AttachmentFailure.UNREACHABLE, type(error).__name__) from None

    def _parts(self, url: str) -> tuple[str, str, str]:
        """Scheme, host and path with its query. Raises AttachmentError if the host is another.

        By hand and to the letter: where parsers disagree about what the host is, one of them would
        let through what another one connects to.
        """
        scheme, _, rest = url.partition("://")
        host, slash, path = rest.partition("/")
        if f"{scheme}://{host}" not in self._origins or not slash:
            raise AttachmentError(AttachmentFailure.WRONG_HOST, "not one of Discord's own hosts")
        return scheme, host, "/" + quote(path.partition("#")[0], safe=KEPT, errors="replace")

    def _get(
        self, scheme: str, host: str, path: str, *, most_bytes: int, deadline: Deadline
    ) -> bytes:
        context = self._context if scheme == "https" else None
        with connection_to(host, context=context, deadline=deadline) as connection:
            headers = {"User-Agent": USER_AGENT, "Accept-Encoding": "identity"}
            connection.request("GET", path, headers=headers)
            response = connection.getresponse()
            _require_file(response)
            return _read(response, most_bytes)

    @cached_property
    def _context(self) -> ssl.SSLContext:
        return ssl.create_default_context()


def _require_file(response: http.client.HTTPResponse) -> None:
    status = response.status
    if status == HTTPStatus.OK and response.getheader("Content-Encoding", "identity") == "identity":
        return
    failure = AttachmentFailure.UNREACHABLE
    if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
        failure = AttachmentFailure.REDIRECTED
    elif status in GONE:
        failure = AttachmentFailure.GONE
    raise AttachmentError(failure, f"status {status}")


def _read(response: http.client.HTTPResponse, most_bytes: int) -> bytes:
    """The whole file. A length that was announced is looked at first, and then held to."""
    announced = response.length
    if announced is not None and announced > most_bytes:
        raise AttachmentError(AttachmentFailure.TOO_LARGE, f"more than {most_bytes} bytes")
    content = bytearray()
    while piece := response.read(min(CHUNK, most_bytes + 1 - len(content))):
        content += piece
        if len(content) > most_bytes:
            raise AttachmentError(AttachmentFailure.TOO_LARGE, f"more than {most_bytes} bytes")
    if announced is not None and len(content) < announced:
        raise AttachmentError(AttachmentFailure.UNREACHABLE, "less than was announced")
    if not content:
        raise AttachmentError(AttachmentFailure.EMPTY, "no bytes")
    return bytes(content)
