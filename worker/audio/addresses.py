"""Addresses on the web, and which of them the worker may connect to.

What to play is named by anybody in any server, and the worker stands in its host's own network: so
nothing but http and https, and no address that is not the public internet's.
"""

from __future__ import annotations

import socket
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final, NamedTuple
from urllib.parse import quote, urlsplit

from worker.audio.failures import SourceError, SourceFailure

LONGEST: Final = 4096
_KEPT: Final = "/?&=%+,;:@!$'()*~"
"""What may stand in a target, beside letters, digits and `_.-`."""
_PORTS: Final = {"http": 80, "https": 443}
_NAT64: Final = ip_network("64:ff9b::/96")
_UNICAST: Final = ip_network("2000::/3")
"""All that was ever given out of the new kind."""
_IPV4_BITS: Final = 0xFFFFFFFF
_NOT_THERE: Final = frozenset({socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME)})

SocketAddress = tuple[str, int] | tuple[str, int, int, int] | tuple[int, bytes]


class WebAddress(NamedTuple):
    """An address taken apart: `target` is the path with its query."""

    scheme: str
    host: str
    port: int
    target: str

    @classmethod
    def of(cls, url: str) -> WebAddress:
        """Take `url` apart. Raises SourceError where it is none that is connected to."""
        try:
            parts = urlsplit(url)
            host, port = (parts.hostname or "").rstrip("."), parts.port
            host = host if host.isascii() else host.encode("idna").decode()
        except ValueError:
            raise _unsupported("no address") from None
        if parts.scheme not in _PORTS:
            raise _unsupported("neither http nor https")
        if not host or len(url) > LONGEST or "@" in parts.netloc or not host.isprintable():
            raise _unsupported("no host, a name in it, or too long")
        target = quote(parts.path or "/", safe=_KEPT)
        if parts.query:
            target += "?" + quote(parts.query, safe=_KEPT)
        return cls(parts.scheme, host, port or _PORTS[parts.scheme], target)


class Endpoint(NamedTuple):
    """What `socket` needs to connect."""

    family: socket.AddressFamily
    address: SocketAddress


def resolve(address: WebAddress, *, allow_private: bool) -> list[Endpoint]:
    """Where to connect to, every place checked.

    It is these that must be connected to, not the name: it may mean another place a moment later.
    Raises SourceError: also if only one of several places is forbidden.
    """
    try:
        found = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)
    except socket.gaierror as error:
        if error.errno in _NOT_THERE:
            raise SourceError(SourceFailure.NO_SUCH_HOST, "the name is not known") from None
        raise SourceError(SourceFailure.UNREACHABLE, "the name cannot be looked up") from None
    except (OSError, UnicodeError):
        raise SourceError(SourceFailure.NO_SUCH_HOST, "not a name") from None
    endpoints = [Endpoint(family, place) for family, _, _, _, place in found]
    if not allow_private and not all(is_public(str(place[0])) for _, place in endpoints):
        raise SourceError(SourceFailure.FORBIDDEN_ADDRESS, "an address that is not public")
    return endpoints


def is_public(number: str) -> bool:
    """Whether a numeric address belongs to the public internet; False for what is none."""
    try:
        address = ip_address(number)
    except ValueError:
        return False
    if isinstance(address, IPv6Address):
        inner = _inner(address)
        if inner is not None:
            return _is_public(inner)
    return _is_public(address)


def _is_public(address: IPv4Address | IPv6Address) -> bool:
    if isinstance(address, IPv6Address) and address not in _UNICAST:
        return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def _inner(address: IPv6Address) -> IPv4Address | None:
    """The address of the old kind that one of the new kind stands for."""
    if address in _NAT64:
        return IPv4Address(int(address) & _IPV4_BITS)
    return address.ipv4_mapped or address.sixtofour


def _unsupported(detail: str) -> SourceError:
    return SourceError(SourceFailure.UNSUPPORTED, detail)
