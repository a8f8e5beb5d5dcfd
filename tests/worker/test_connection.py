"""What the worker does when Discord does not want it, or is not there."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

import aiohttp
import discord
import pytest

from lib.settings import Secret
from tests.worker.fakes.scene import run
from worker import connection
from worker.connection import Status, connect

TOKEN = Secret("a-bots-token")


class Client:
    """A discord.Client as far as a connection needs it: what its calls meet is a script."""

    def __init__(
        self, *, logins: list[Exception | None], connections: list[Exception | None]
    ) -> None:
        self._scripts = {"login": logins, "connect": connections}
        self.calls: list[str] = []

    async def login(self, token: str) -> None:
        assert token == TOKEN.reveal()
        self._meet("login")

    async def connect(self, *, reconnect: bool) -> None:
        assert reconnect
        self._meet("connect")

    def _meet(self, name: str) -> None:
        self.calls.append(name)
        error = self._scripts[name].pop(0)
        if error is not None:
            raise error


def closed(code: int) -> discord.ConnectionClosed:
    socket = cast("aiohttp.ClientWebSocketResponse", SimpleNamespace(close_code=code))
    return discord.ConnectionClosed(socket, shard_id=None, code=code)


def ended(client: Client) -> Status:
    return run(connect(client, TOKEN))


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "PAUSES_SECONDS", (0.001,))


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (closed(4004), Status.CONFIG),
        (closed(4011), Status.CONFIG),
        (closed(4013), Status.CONFIG),
        (closed(4014), Status.CONFIG),
        (discord.PrivilegedIntentsRequired(None), Status.CONFIG),
        (closed(4999), Status.FAILED),
        (None, Status.ENDED),
    ],
)
def test_the_status_tells_whether_another_start_makes_sense(
    error: Exception | None, status: Status
) -> None:
    assert ended(Client(logins=[None], connections=[error])) is status


def test_a_wrong_token_is_not_tried_again() -> None:
    client = Client(logins=[discord.LoginFailure("improper token")], connections=[])
    assert ended(client) is Status.CONFIG
    assert client.calls == ["login"]


def test_discord_is_sought_until_it_is_there() -> None:
    client = Client(
        logins=[aiohttp.ClientConnectionError(), OSError(), TimeoutError(), None],
        connections=[AttributeError("'NoneType' object has no attribute 'sequence'"), None],
    )
    assert ended(client) is Status.ENDED
    assert client.calls == ["login"] * 4 + ["connect"] * 2


@pytest.mark.parametrize(
    "fault", [AttributeError("x", name="x", obj=object()), KeyError("guild_id")]
)
def test_a_fault_of_ours_is_no_missing_discord_and_ends_the_worker_in_order(
    fault: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    client = Client(logins=[None], connections=[fault])
    assert ended(client) is Status.FAILED
    assert client.calls == ["login", "connect"]
    (record,) = [record for record in caplog.records if record.message == "gateway_failed"]
    assert record.exc_info is not None
    assert record.exc_info[1] is fault
