"""Where the child process may connect to."""

from __future__ import annotations

import socket

import pytest

from worker.lookups.guarded_yt_dlp import guard


@pytest.mark.parametrize("event", ["socket.connect", "socket.sendto", "socket.sendmsg"])
@pytest.mark.parametrize(
    "place",
    [("127.0.0.1", 80), ("169.254.169.254", 80), ("::1", 80, 0, 0), ("::ffff:10.0.0.1", 80, 0, 0),
     ("localhost", 80), ("example.com", 80), "/run/docker.sock", b"\0abstract"],
)  # fmt: skip
def test_nothing_but_a_public_number_is_connected_to(event: str, place: object) -> None:
    with socket.socket() as sock, pytest.raises(ConnectionRefusedError):
        guard(event, (sock, place))


def test_a_unix_socket_is_not_connected_to_whatever_its_name() -> None:
    with socket.socket(socket.AF_UNIX) as sock, pytest.raises(ConnectionRefusedError):
        guard("socket.connect", (sock, "1.1.1.1"))


def test_the_internet_is_and_everything_else_goes_on() -> None:
    with socket.socket() as sock:
        guard("socket.connect", (sock, ("1.1.1.1", 443)))
        guard("socket.sendmsg", (sock, None))
    guard("open", ("/etc/passwd", "r", 0))
