from __future__ import annotations

import io
import socket

import pytest

from dev.console import Console
from dev.errors import StackError
from dev.ports import HOST, TRIES, free_port_near, listen_near, port_of


def test_a_taken_port_is_named_and_the_next_one_used(console: Console, output: io.StringIO) -> None:
    with listen_near(0, name="the first", console=console) as first:
        taken = port_of(first)
        with listen_near(taken, name="the playground", console=console) as second:
            assert taken < port_of(second) < taken + TRIES
            assert output.getvalue() == (
                f"  ! Port {taken} is taken; the playground uses {port_of(second)}.\n"
            )


def test_only_this_machine_can_connect(console: Console) -> None:
    with listen_near(0, name="it", console=console) as listener:
        assert listener.getsockname()[0] == HOST


def test_a_free_port_can_be_bound_by_whoever_asked(console: Console) -> None:
    port = free_port_near(0, name="PostgreSQL", console=console)
    with socket.create_server((HOST, port)) as server:
        assert server.getsockname()[1] == port


def test_no_free_port_is_told_in_one_line(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    with listen_near(0, name="the first", console=console) as first:
        taken = port_of(first)
        monkeypatch.setattr("dev.ports.TRIES", 1)
        with pytest.raises(StackError, match=f"No port for the playground: {taken}"):
            listen_near(taken, name="the playground", console=console)
