"""What the bot learns by REST of servers, channels, and who is in voice."""

from __future__ import annotations

import pytest

from dev.simulator.voice_states import VoiceState
from dev.simulator.world import BOOTH_ID, GUILD_ID, LOUNGE_ID, OWNER_ID
from tests.simulator.conftest import Pair


def test_somebody_in_a_voice_channel_is_found_and_nobody_else(pair: Pair) -> None:
    path = f"/guilds/{GUILD_ID}/voice-states/{OWNER_ID}"
    status, refusal = pair.rest.call("GET", path)
    assert (status, refusal["code"]) == (404, 10065)

    states = pair.discord.simulator.voice_states
    state = VoiceState(GUILD_ID, LOUNGE_ID, OWNER_ID, "session", self_mute=True)
    pair.discord.in_loop(lambda: states.put(state))
    status, found = pair.rest.call("GET", path)
    assert status == 200
    assert (found["channel_id"], found["user_id"]) == (LOUNGE_ID, OWNER_ID)
    assert found["self_mute"] is True
    assert found["member"]["user"]["username"] == "aoi.tanaka"

    pair.discord.in_loop(lambda: states.remove(GUILD_ID, OWNER_ID))
    assert pair.rest.call("GET", path)[0] == 404


@pytest.mark.parametrize("who", ["@me", "1180000000000000999"], ids=["the bot", "a stranger"])
def test_who_is_not_in_voice_is_not_found(pair: Pair, who: str) -> None:
    status, refusal = pair.rest.call("GET", f"/guilds/{GUILD_ID}/voice-states/{who}")
    assert (status, refusal["code"]) == (404, 10065)


def test_a_server_made_on_demand_is_like_any_other(pair: Pair) -> None:
    guild = pair.discord.in_loop(pair.discord.simulator.guilds.make)
    status, found = pair.rest.call("GET", f"/guilds/{guild.id}")
    assert (status, found["name"]) == (200, guild.name)
    status, channel = pair.rest.call("GET", f"/channels/{guild.voice_channel().id}")
    assert (status, channel["type"], channel["guild_id"]) == (200, 2, guild.id)
    assert pair.rest.call("GET", "/guilds/1")[1]["code"] == 10004
    assert pair.rest.call("GET", "/channels/1")[1]["code"] == 10003


def test_a_channel_tells_how_many_it_holds(pair: Pair) -> None:
    assert pair.rest.call("GET", f"/channels/{BOOTH_ID}")[1]["user_limit"] == 1


def test_without_a_gateway_of_its_own_it_names_discord_s(pair: Pair) -> None:
    assert pair.rest.call("GET", "/gateway")[1] == {"url": "wss://gateway.discord.gg"}
    pair.discord.simulator.gateway_url = "ws://127.0.0.1:1/gateway/"
    status, told = pair.rest.call("GET", "/gateway/bot")
    assert (status, told["url"], told["shards"]) == (200, "ws://127.0.0.1:1/gateway/", 1)
