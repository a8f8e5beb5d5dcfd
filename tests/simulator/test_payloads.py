"""The interactions a bot receives are as Discord's own."""

from __future__ import annotations

import pytest

from dev.simulator import Simulator, SimulatorConfig
from dev.simulator.commands import CommandType
from dev.simulator.invocations import CommandCall
from dev.simulator.options import InvalidInputError
from dev.simulator.snowflakes import SnowflakeSource, time_of, utc_now
from dev.simulator.world import OWNER_ID, Permission
from tests.simulator.standin_commands import COMMANDS


@pytest.fixture
def simulator(config: SimulatorConfig) -> Simulator:
    simulator = Simulator(config)
    simulator.set_commands(COMMANDS, guild_id=None)
    return simulator


def test_a_command_in_a_guild_tells_everything(simulator: Simulator) -> None:
    invoker = simulator.invocations.invoker(locale="en-GB")
    call = CommandCall("ask", {"prompt": "hi", "private": True})
    payload = simulator.invocations.command(call, invoker=invoker).payload
    assert set(payload) == {
        "app_permissions", "application_id", "attachment_size_limit",
        "authorizing_integration_owners", "channel", "channel_id", "context", "data",
        "entitlements", "guild", "guild_id", "guild_locale", "id", "locale", "member", "token",
        "type", "version",
    }  # fmt: skip
    assert payload["type"] == 2
    assert payload["version"] == 1
    assert payload["locale"] == "en-GB"
    assert payload["data"]["options"] == [
        {"name": "prompt", "type": 3, "value": "hi"},
        {"name": "private", "type": 5, "value": True},
    ]
    assert payload["member"]["user"]["username"] == "aoi.tanaka"
    assert int(payload["member"]["permissions"]) & 8
    assert payload["authorizing_integration_owners"] == {"0": payload["guild_id"]}


def test_one_administers_the_guild_and_yet_does_not_own_the_bot(simulator: Simulator) -> None:
    world = simulator.world
    administrators = [
        person.id
        for person in world.people
        if Permission.ADMINISTRATOR in world.permissions(person)
    ]
    assert OWNER_ID in administrators
    assert len(administrators) == 2


def test_a_command_in_a_direct_message_has_a_user_only(simulator: Simulator) -> None:
    invoker = simulator.invocations.invoker(dm=True)
    payload = simulator.invocations.command(CommandCall("ping"), invoker=invoker).payload
    assert "user" in payload
    assert not {"member", "guild", "guild_id", "guild_locale"} & set(payload)
    assert payload["context"] == 1
    assert payload["authorizing_integration_owners"] == {"0": "0"}
    assert payload["channel"]["type"] == 1


def test_a_message_command_carries_its_message(simulator: Simulator) -> None:
    channel = simulator.world.channels[0].id
    message = simulator.create_channel_message(channel, {"content": "look"})
    call = CommandCall("Explain this", kind=CommandType.MESSAGE, target_id=message["id"])
    invoker = simulator.invocations.invoker()
    data = simulator.invocations.command(call, invoker=invoker).payload["data"]
    assert data["target_id"] == message["id"]
    assert data["resolved"]["messages"][message["id"]]["content"] == "look"


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("unknown", {}),
        ("ask", {}),
        ("ask", {"prompt": ""}),
        ("ask", {"prompt": "x" * 2001}),
        ("ask", {"prompt": 5}),
        ("ask", {"prompt": "x", "other": 1}),
        ("ask", {"prompt": "x", "private": "yes"}),
        ("find", {"star": "x", "magnitude": 7}),
        ("find", {"star": "x", "magnitude": 1.5}),
        ("find", {"star": "x", "angle": True}),
        ("find", {"star": "x", "season": "autumn"}),
        ("find", {"star": "x", "who": "1"}),
        ("find", {"star": "x", "photo": "1"}),
    ],
)
def test_what_discords_client_would_not_send_is_not_sent(
    simulator: Simulator, name: str, options: dict[str, object]
) -> None:
    invoker = simulator.invocations.invoker()
    with pytest.raises(InvalidInputError):
        simulator.invocations.command(CommandCall(name, options), invoker=invoker)


def test_subcommands_hold_their_options(simulator: Simulator) -> None:
    inner = {"type": 3, "name": "text", "description": "d", "required": True}
    sub = {"type": 1, "name": "add", "description": "d", "options": [inner]}
    simulator.set_commands([{"name": "note", "description": "d", "options": [sub]}], guild_id=None)
    invoker = simulator.invocations.invoker()
    call = CommandCall("note", {"add": {"text": "hi"}})
    options = simulator.invocations.command(call, invoker=invoker).payload["data"]["options"]
    assert options == [
        {"name": "add", "type": 1, "options": [{"name": "text", "type": 3, "value": "hi"}]}
    ]
    with pytest.raises(InvalidInputError):
        simulator.invocations.command(CommandCall("note", {}), invoker=invoker)


def test_a_command_is_offered_only_in_its_contexts(simulator: Simulator) -> None:
    simulator.set_commands([{"name": "here", "description": "d", "contexts": [0]}], guild_id=None)
    in_guild = simulator.invocations.invoker()
    in_dm = simulator.invocations.invoker(dm=True)
    interaction = simulator.invocations.command(CommandCall("here"), invoker=in_guild)
    assert interaction.payload["data"]["name"] == "here"
    with pytest.raises(InvalidInputError):
        simulator.invocations.command(CommandCall("here"), invoker=in_dm)


def test_ids_grow_and_carry_their_time() -> None:
    next_id = SnowflakeSource(utc_now)
    before = utc_now()
    ids = [next_id() for _ in range(100)]
    assert ids == sorted(set(ids), key=int)
    assert abs((time_of(ids[0]) - before).total_seconds()) < 60
