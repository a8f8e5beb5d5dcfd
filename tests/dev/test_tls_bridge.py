"""The bridge to a database by TLS, against a server that is in no hurry to hang up."""

from __future__ import annotations

import socket
import ssl
import struct
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from dev.tls_bridge import PORT, Remote, bridge_to
from tests.servers.certificate import certificate_for_localhost

WISH_FOR_TLS = struct.pack("!ii", 8, 80877103)


@contextmanager
def slow_to_hang_up(folder: Path) -> Iterator[tuple[Remote, Future[bool]]]:
    """A server that says hello by TLS and then only listens, and whether it heard the end."""
    pem = folder / "server.pem"
    pem.write_bytes(certificate_for_localhost())
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(pem)

    def serve(listener: socket.socket) -> bool:
        plain, _ = listener.accept()
        plain.settimeout(20.0)
        assert plain.recv(len(WISH_FOR_TLS)) == WISH_FOR_TLS
        plain.sendall(b"S")
        with context.wrap_socket(plain, server_side=True) as encrypted:
            encrypted.sendall(b"hello")
            # Beneath the TLS, where a farewell alone is not yet the end of the connection.
            with socket.socket(fileno=encrypted.detach()) as beneath:
                beneath.settimeout(5.0)
                try:
                    while beneath.recv(4096):
                        pass
                except ConnectionResetError:
                    return True
                except TimeoutError:
                    return False
        return True

    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        ThreadPoolExecutor(max_workers=1) as pool,
    ):
        host, port = listener.getsockname()
        yield Remote(host=host, port=port), pool.submit(serve, listener)


@pytest.mark.parametrize("leaves_first", [False, True], ids=["still there", "just gone"])
def test_the_database_is_let_go_of_when_the_bridge_ends(
    tmp_path: Path, *, leaves_first: bool
) -> None:
    with slow_to_hang_up(tmp_path) as (remote, heard_the_end):
        with (
            socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client,
            bridge_to(remote) as folder,
        ):
            client.connect(str(folder / f".s.PGSQL.{PORT}"))
            assert client.recv(5) == b"hello"
            if leaves_first:
                client.close()
        assert heard_the_end.result()
