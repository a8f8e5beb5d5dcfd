"""How an unmodified discord.py client answers what can go wrong: what the worker stands on."""

from __future__ import annotations

from typing import Final

import pytest

from dev.simulator.guilds import Guild
from dev.simulator.world import GUILD_ID, LOUNGE_ID, OWNER_ID
from dev.voice.gateway_session import GatewayClose
from dev.voice.voice_socket import VoiceClose
from tests.voice.stage import JOIN_ATTEMPTS, Stage

TIMEOUT_SECONDS: Final = 8.0
GIVES_UP: Final = {
    # With these it waits for a new voice server until its time is up, and leaves then.
    VoiceClose.DISCONNECTED,
    VoiceClose.CALL_TERMINATED,
    # It sends RESUME only after it has asked for a voice server again, and never gets so far.
    VoiceClose.SERVER_CRASHED,
    # With this one it leaves at once.
    VoiceClose.RATE_LIMITED,
}


def test_each_code_of_the_voice_server_is_answered_by_coming_back_or_by_leaving(
    stage: Stage,
) -> None:
    guilds: dict[VoiceClose, Guild] = {code: stage.voice.add_guild() for code in VoiceClose}
    client = stage.client()
    client.wait_for("ready")
    for guild in guilds.values():
        stage.voice.join(OWNER_ID, guild.voice_channel().id)
        client.ask(
            "join", guild.voice_channel().id, TIMEOUT_SECONDS, JOIN_ATTEMPTS, answer="joined"
        )
    for guild in guilds.values():
        # What is never sent anything cannot come back: its reader waits at the old socket.
        client.order("play", guild.id, 440, 8000, 0.1)
    for _ in guilds:
        client.wait_for("played")
    first = {code: stage.voice.connection(guild.id) for code, guild in guilds.items()}

    for code, guild in guilds.items():
        stage.voice.close_voice(code, guild_id=guild.id)

    stage.until(lambda: all(stage.voice.bot_state(guilds[code].id) is None for code in GIVES_UP))
    for code in set(guilds) - GIVES_UP:
        stage.until_another_connection(guilds[code].id, first[code])
    for code, guild in guilds.items():
        stage.until_connected(client, guild.id, connected=code not in GIVES_UP)


def test_after_a_cut_of_the_network_it_comes_back_and_can_be_heard(stage: Stage) -> None:
    stage.voice.join(OWNER_ID, LOUNGE_ID)
    client = stage.joined(LOUNGE_ID)
    client.ask("play", GUILD_ID, 440, 8000, 0.2, answer="played")
    first = stage.voice.connection()
    session = stage.voice.bot_state()

    stage.voice.drop_network()
    stage.voice.restore_network()

    client.wait_for("resumed")
    stage.until_another_connection(GUILD_ID, first)
    stage.until_encrypted(client)
    heard = stage.voice.heard()
    mark = heard.mark()
    client.ask("play", GUILD_ID, 660, 8000, 0.5, answer="played")
    assert heard.wait_for_packets(25, since=mark)
    assert heard.sound(since=mark).frequency == pytest.approx(660, abs=2)
    after = stage.voice.bot_state()
    assert after is not None
    assert session is not None
    assert after.session_id == session.session_id


def test_a_channel_deleted_under_it_ends_its_call(stage: Stage) -> None:
    client = stage.joined(LOUNGE_ID)
    stage.voice.delete_channel(LOUNGE_ID)
    assert client.wait_for("voice state", stage.voice.bot_id)[2] is None
    assert client.wait_for("no channel") == ["no channel", LOUNGE_ID]
    stage.until_connected(client, GUILD_ID, connected=False)
    assert stage.voice.bot_state() is None
    assert stage.voice.connection() is None


def test_a_server_that_throws_it_out_is_gone(stage: Stage) -> None:
    guild = stage.voice.add_guild()
    client = stage.joined(guild.voice_channel().id)
    stage.voice.remove_guild(guild.id)
    assert client.wait_for("no guild") == ["no guild", guild.id]
    assert stage.voice.connection(guild.id) is None


def test_somebody_who_disconnects_it_makes_it_leave(stage: Stage) -> None:
    client = stage.joined(LOUNGE_ID)
    stage.voice.disconnect_bot()
    stage.until_connected(client, GUILD_ID, connected=False)
    assert stage.voice.bot_state() is None


def test_a_wrong_token_is_refused_for_good(stage: Stage) -> None:
    client = stage.client(token="somebody.elses.token")
    assert client.wait_for("refused")[1] == "LoginFailure"
    client.wait_for("closed")


def test_a_token_that_was_reset_is_refused_by_the_gateway(stage: Stage) -> None:
    client = stage.joined(LOUNGE_ID)
    stage.voice.close_gateway(GatewayClose.AUTHENTICATION_FAILED)
    assert client.wait_for("refused") == ["refused", "ConnectionClosed", 4004]


@pytest.mark.parametrize("code", [GatewayClose.UNKNOWN_ERROR, GatewayClose.SESSION_TIMEOUT, 1001])
def test_the_main_gateway_can_go_without_the_call(stage: Stage, code: int) -> None:
    client = stage.joined(LOUNGE_ID)
    connection = stage.voice.connection()
    stage.voice.close_gateway(code)
    client.wait_for("resumed")
    assert stage.voice.connection() == connection
    assert stage.voice.bot_state() is not None


def test_asked_to_reconnect_it_resumes(stage: Stage) -> None:
    client = stage.joined(LOUNGE_ID)
    stage.voice.ask_to_reconnect()
    client.wait_for("resumed")
    other = stage.voice.add_guild()
    assert client.wait_for("guild") == ["guild", other.id]


def test_an_invalid_session_begins_anew_without_its_voice(stage: Stage) -> None:
    client = stage.joined(LOUNGE_ID)
    stage.voice.invalidate_sessions()
    client.wait_for("ready")
    stage.until(lambda: stage.voice.bot_state() is None)
    assert client.ask("join", LOUNGE_ID, answer="joined")[0] == "joined"
