"""Which addresses lead nowhere but to this machine or to a network of one's own."""

from __future__ import annotations

from ipaddress import ip_address, ip_network
from typing import Final

# https://www.iana.org/assignments/iana-ipv4-special-registry and its twin for IPv6
_NETWORKS: Final = tuple(
    ip_network(network)
    for network in (
        "127.0.0.0/8",
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "::1/128",
        "fc00::/7",
    )
)
# Names that no public server answers to: RFC 6761, RFC 6762 and ICANN's for private use.
_NAMES: Final = (".localhost", ".local", ".internal")


def is_private_host(address: str) -> bool:
    """Whether the host of `address`, an URL without a user in it, is such a one."""
    authority = address.partition("://")[2].partition("/")[0].lower()
    if authority.startswith("["):
        return _is_private_number(authority[1:].partition("]")[0])
    host = authority.partition(":")[0]
    return f".{host}".endswith(_NAMES) or _is_private_number(host)


def _is_private_number(host: str) -> bool:
    try:
        number = ip_address(host)
    except ValueError:
        return False
    mapped = getattr(number, "ipv4_mapped", None) or number
    return any(mapped in network for network in _NETWORKS)
