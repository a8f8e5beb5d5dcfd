"""Registering the commands: what is shown first, what is put, and how failures are told."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from dev import register
from dev.errors import StackError
from dev.registration import CommandRegistrar, compare, declared
from dev.registration import register as register_all
from dev.simulator import SimulatorConfig
from dev.simulator.running import RunningSimulator, run_simulator
from dev.simulator.world import GUILD_ID

APPLICATION = "100000000000000001"
TOKEN = "local.token-of-the-tests"


@pytest.fixture
def discord() -> Iterator[RunningSimulator]:
    config = SimulatorConfig(
        application_id=APPLICATION,
        bot_token=TOKEN,
        signing_key="11" * 32,
        interactions_url="http://127.0.0.1:9/api/interactions",
    )
    with run_simulator(config) as running:
        yield running


@pytest.fixture
def environment(discord: RunningSimulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISCORD_API_URL", discord.api_url)
    monkeypatch.setenv("DISCORD_APPLICATION_ID", APPLICATION)
    monkeypatch.setenv("DISCORD_BOT_TOKEN", TOKEN)


@contextmanager
def answering(status: int, headers: dict[str, str], body: bytes) -> Iterator[str]:
    """A server that answers everything alike; its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
            """Stay quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


def names(discord: RunningSimulator) -> set[object]:
    registrar = CommandRegistrar(discord.api_url, APPLICATION, TOKEN)
    return {command["name"] for command in registrar.registered()}


@pytest.mark.usefixtures("environment")
def test_a_first_registration_shows_and_puts_every_command(
    discord: RunningSimulator, capsys: pytest.CaptureFixture[str]
) -> None:
    assert register.main([]) == 0
    shown = capsys.readouterr().out
    assert all(f"+ {name}" in shown for name in ("about", "ask", "help", "ping", "privacy"))
    assert names(discord) == {command["name"] for command in declared()}
    assert discord.violations == []


@pytest.mark.usefixtures("environment")
def test_a_second_registration_finds_nothing_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    register.main([])
    capsys.readouterr()
    register.main([])
    assert register.NOTHING_TO_DO in capsys.readouterr().out


@pytest.mark.usefixtures("environment")
def test_a_dry_run_sends_nothing(
    discord: RunningSimulator, capsys: pytest.CaptureFixture[str]
) -> None:
    assert register.main(["--dry-run"]) == 0
    assert "nothing was sent" in capsys.readouterr().out
    assert names(discord) == set()


@pytest.mark.usefixtures("environment")
def test_what_changed_and_what_goes_is_named(
    discord: RunningSimulator, capsys: pytest.CaptureFixture[str]
) -> None:
    wanted = [dict(command) for command in declared()]
    ping = next(command for command in wanted if command["name"] == "ping")
    ping["description"] = "An older description"
    old = {"name": "retired", "type": 1, "description": "Not there any more"}
    CommandRegistrar(discord.api_url, APPLICATION, TOKEN).put([*wanted, old])
    register.main([])
    shown = capsys.readouterr().out
    assert "~ ping  description" in shown
    assert "- retired" in shown
    assert "retired" not in names(discord)


@pytest.mark.usefixtures("environment")
def test_a_guild_gets_the_commands_without_what_only_global_ones_may_have(
    discord: RunningSimulator,
) -> None:
    assert register.main(["--guild", GUILD_ID]) == 0
    assert names(discord) == set()
    assert all("contexts" not in command for command in declared(guild_id="1"))


def test_the_local_stack_registers_in_one_call(discord: RunningSimulator) -> None:
    assert register_all(discord.api_url, APPLICATION, TOKEN) == len(declared())


def test_discords_own_additions_are_no_change() -> None:
    wanted = declared()
    returned = [
        {**command, "id": "1", "version": "2", "nsfw": False, "dm_permission": True}
        for command in wanted
    ]
    assert compare(returned, wanted).changed == {}


@pytest.mark.parametrize(
    ("status", "headers", "body", "told"),
    [
        (401, {}, b'{"message":"401: Unauthorized","code":0}', "DISCORD_BOT_TOKEN (401)"),
        (403, {}, b'{"message":"Missing Access","code":50001}', "(403)"),
        (404, {}, b'{"message":"Unknown Application","code":10002}', "(404)"),
        (429, {"Retry-After": "12.5"}, b'{"retry_after":12.5}', "wait 12.5 seconds (429)"),
        (502, {}, b"<html>bad gateway</html>", "(502)"),
        (200, {}, b"<html>hotel wifi</html>", "not Discord's API"),
    ],
)
def test_each_refusal_is_told_in_one_line_without_the_token(
    status: int, headers: dict[str, str], body: bytes, told: str
) -> None:
    with answering(status, headers, body) as url, pytest.raises(StackError) as raised:
        CommandRegistrar(url, APPLICATION, TOKEN).registered()
    assert told in raised.value.message
    assert "\n" not in raised.value.message
    assert TOKEN not in raised.value.message


def test_a_network_fault_is_told_in_one_line() -> None:
    registrar = CommandRegistrar("http://127.0.0.1:9", APPLICATION, TOKEN)
    with pytest.raises(StackError, match=r"Discord could not be reached \(\w+\)\."):
        registrar.registered()


def test_what_discord_finds_wrong_is_told_by_its_place() -> None:
    body = (
        b'{"code":50035,"message":"Invalid Form Body","errors":'
        b'{"0":{"name":{"_errors":[{"code":"X","message":"Must be lower case"}]}}}}'
    )
    with answering(400, {}, body) as url, pytest.raises(StackError) as raised:
        CommandRegistrar(url, APPLICATION, TOKEN).registered()
    assert raised.value.details == ("0.name: Must be lower case",)


def test_without_token_the_missing_settings_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DISCORD_APPLICATION_ID", raising=False)
    monkeypatch.delenv("DISCORD_BOT_TOKEN", raising=False)
    with pytest.raises(StackError, match="DISCORD_APPLICATION_ID and DISCORD_BOT_TOKEN"):
        register.main([])


@pytest.mark.parametrize("guild", ["", "abc", "1/../2"])
def test_a_guild_that_is_none_is_refused_and_nothing_is_registered_anywhere(
    guild: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        register.main(["--guild", guild])
    assert "digits only" in capsys.readouterr().err
