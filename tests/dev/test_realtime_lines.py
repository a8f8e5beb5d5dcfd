"""The local Realtime over lines that are idle, cut or slow."""

from __future__ import annotations

import json
import socket
import struct
from collections.abc import Mapping
from typing import Any

import psycopg
import pytest

from dev.local_supabase import LocalSupabase
from tests.dev.channels import COMES_BACK, LISTEN, until_subscribed
from tests.dev.supabase_js import run_js, running_js

pytestmark = pytest.mark.stack


def test_a_heartbeat_is_answered(at: LocalSupabase) -> None:
    told = run_js(
        LISTEN
        + """
        const c = client();
        await signIn(c, "admin");
        await listen(c, everything);
        const beats = [];
        c.realtime.onHeartbeat(status => {
          beats.push(status);
          if (status === "ok") told({beats});
        });
        await c.realtime.sendHeartbeat();
        await heard();
        """,
        at,
    )
    assert told == {"beats": ["sent", "ok"]}


def test_a_page_whose_line_was_cut_comes_back_by_itself(
    at: LocalSupabase, database: psycopg.Connection[Any]
) -> None:
    with running_js(COMES_BACK, at) as page:
        assert page.hear() == {"status": "SUBSCRIBED"}
        at.realtime.go_away()
        assert page.hear() == {"status": "CHANNEL_ERROR"}
        database.execute("insert into bot_logs (message) values ('while it was away')")
        at.realtime.come_back()
        until_subscribed(page)
        database.execute("insert into bot_logs (message) values ('afterwards')")
        assert page.hear()["new"]["message"] == "afterwards"


def _frame(message: Mapping[str, object]) -> bytes:
    """A WebSocket's text frame, masked as a client's must be (RFC 6455, section 5.2)."""
    text = json.dumps(message).encode()
    return struct.pack("!BBH4x", 0x81, 0x80 | 126, len(text)) + text


def _joined_line(at: LocalSupabase) -> socket.socket:
    """A line that has joined a channel for everything, and takes little at a time."""
    host, port = at.url.removeprefix("http://").split(":")
    line = socket.socket()
    line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    line.settimeout(30)
    line.connect((host, int(port)))
    line.sendall(
        f"GET /realtime/v1/websocket?apikey={at.keys.secret_key} HTTP/1.1\r\nHost: {host}\r\n"
        "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n".encode()
    )
    config = {"postgres_changes": [{"event": "*", "schema": "public"}]}
    join = {"topic": "realtime:x", "event": "phx_join", "payload": {"config": config}, "ref": "1"}
    line.sendall(_frame(join))
    seen = b""
    while b"Subscribed to PostgreSQL" not in seen:
        got = line.recv(4096)
        assert got, seen
        seen += got
    return line


def _is_let_go(line: socket.socket) -> bool:
    """Whether the line ends once all is taken that is on its way."""
    try:
        while line.recv(1 << 20):
            pass
    except TimeoutError:
        return False
    except ConnectionError:
        pass
    return True


def test_who_reads_slowly_is_let_go_and_holds_up_nobody(
    at: LocalSupabase, database: psycopg.Connection[Any]
) -> None:
    script = """
        const c = client();
        await signIn(c, "admin");
        let count = 0;
        await listen(c, everything, () => ++count % 50 || told({count}));
        told({});
        await heard();
    """
    with running_js(LISTEN + script, at) as page, _joined_line(at) as slow:
        page.hear()
        for number in range(1, 31):  # a megabyte each
            database.execute(
                "insert into bot_logs (message) select repeat('x', 20000)"
                " from generate_series(1, 50)"
            )
            assert page.hear() == {"count": number * 50}
        assert _is_let_go(slow)
