"""What the local gateways answer to a client that speaks their protocols by hand."""

from __future__ import annotations

import asyncio
import socket
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from dev.simulator.errors import JsonObject
from dev.simulator.world import GUILD_ID, OWNER_ID
from dev.voice.rtp import Mode
from dev.voice.running import RunningDiscordVoice, VoiceOptions, run_discord_voice
from dev.voice.voice_socket import VoiceClose
from tests.voice.raw_client import RawClient, RawSocket, raw_client, sealed_with_aes
from tests.voice.stage import local_config

SILENCE = b"\xf8\xff\xfe"


@pytest.fixture
def voice(tmp_path: Path) -> Iterator[RunningDiscordVoice]:
    options = VoiceOptions(encrypted=False)
    with run_discord_voice(local_config(), folder=tmp_path, options=options) as running:
        yield running


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"token": "another"}, 4004),
        ({"intents": 1 << 15}, 4014),
        ({"intents": 1 << 40}, 4013),
        ({"intents": "all"}, 4002),
        ({"shard": [2, 2]}, 4010),
    ],
    ids=["token", "privileged intent", "unknown intent", "no number", "shard"],
)
def test_the_main_gateway_refuses_what_discord_refuses(
    voice: RunningDiscordVoice, changed: JsonObject, code: int
) -> None:
    async def talk() -> int:
        async with raw_client(voice) as client:
            return await (await client.identify(**changed)).closed()

    assert asyncio.run(talk()) == code


@pytest.mark.parametrize(
    ("op", "data", "code"), [(99, None, 4001), (4, {}, 4003), (2, None, 4002)], ids=str
)
def test_the_main_gateway_closes_on_what_is_out_of_order(
    voice: RunningDiscordVoice, op: int, data: object, code: int
) -> None:
    async def talk() -> int:
        async with raw_client(voice) as client:
            gateway = await client.open_gateway()
            await gateway.send(op, data)
            return await gateway.closed()

    assert asyncio.run(talk()) == code


def test_a_session_resumed_gets_what_it_missed(voice: RunningDiscordVoice) -> None:
    async def talk() -> list[str | None]:
        async with raw_client(voice) as client:
            first = await client.identify()
            ready = await first.next(0, event="READY")
            created = await first.next(0, event="GUILD_CREATE")
            await first.websocket.close(code=4000)
            voice.join(OWNER_ID, "1180000000000000304")
            second = await client.open_gateway()
            session = {"session_id": ready["d"]["session_id"], "seq": created["s"]}
            await second.send(6, {"token": voice.discord.simulator.config.bot_token} | session)
            await second.next(0, event="RESUMED")
            return [frame["t"] for frame in second.received[1:]]

    assert asyncio.run(talk()) == ["VOICE_STATE_UPDATE", "RESUMED"]


def test_a_session_that_is_over_is_invalid(voice: RunningDiscordVoice) -> None:
    async def talk() -> object:
        async with raw_client(voice) as client:
            gateway = await client.open_gateway()
            token = voice.discord.simulator.config.bot_token
            await gateway.send(6, {"token": token, "session_id": "gone", "seq": 1})
            return (await gateway.next(9))["d"]

    assert asyncio.run(talk()) is False


def test_events_come_compressed_to_whoever_asks_for_it(voice: RunningDiscordVoice) -> None:
    async def talk() -> bytes:
        async with raw_client(voice) as client:
            address = f"{voice.gateway_url}?v=10&encoding=json&compress=zlib-stream"
            gateway = await client.connect(address)
            message = await gateway.websocket.receive_bytes()
            assert message.endswith(b"\x00\x00\xff\xff")
            return zlib.decompressobj().decompress(message)

    assert b'"heartbeat_interval": 41250' in asyncio.run(talk())


def test_a_client_without_a_heartbeat_is_let_go(tmp_path: Path) -> None:
    options = VoiceOptions(heartbeat_ms=100)

    async def talk(voice: RunningDiscordVoice) -> int:
        async with raw_client(voice) as client:
            return await (await client.identify()).closed()

    with run_discord_voice(local_config(), folder=tmp_path, options=options) as voice:
        assert asyncio.run(talk(voice)) == 4009


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"token": "another"}, VoiceClose.AUTHENTICATION_FAILED),
        ({"session_id": "another"}, VoiceClose.SESSION_INVALID),
        ({"server_id": "1"}, VoiceClose.SERVER_NOT_FOUND),
        ({"server_id": []}, VoiceClose.SERVER_NOT_FOUND),
        ({"user_id": OWNER_ID}, VoiceClose.AUTHENTICATION_FAILED),
    ],
    ids=["token", "session", "server", "no server", "user"],
)
def test_the_voice_server_lets_in_nobody_without_a_ticket(
    voice: RunningDiscordVoice, changed: JsonObject, code: VoiceClose
) -> None:
    async def talk() -> int:
        async with raw_client(voice) as client:
            ticket = await client.ticket()
            server = await client.open_voice()
            await server.send(0, ticket | changed)
            return await server.closed()

    assert asyncio.run(talk()) == code


@pytest.mark.parametrize(
    ("op", "data", "code"),
    [
        (99, {}, VoiceClose.UNKNOWN_OPCODE),
        (0, {}, VoiceClose.ALREADY_AUTHENTICATED),
        (3, {}, VoiceClose.DECODE_ERROR),
        (1, {"protocol": "webrtc", "data": {}}, VoiceClose.UNKNOWN_PROTOCOL),
        (1, {"protocol": "udp", "data": {"mode": "xsalsa20"}}, VoiceClose.UNKNOWN_MODE),
    ],
    ids=["opcode", "twice", "no heartbeat", "protocol", "mode"],
)
def test_the_voice_server_closes_on_what_is_out_of_order(
    voice: RunningDiscordVoice, op: int, data: JsonObject, code: VoiceClose
) -> None:
    async def talk() -> int:
        async with raw_client(voice) as client:
            server, _ = await identified(client)
            await server.send(op, data)
            return await server.closed()

    assert asyncio.run(talk()) == code


def test_the_voice_server_wants_to_know_who_it_is_first(voice: RunningDiscordVoice) -> None:
    async def talk() -> int:
        async with raw_client(voice) as client:
            server = await client.open_voice()
            await server.send(5, {"speaking": 1})
            return await server.closed()

    assert asyncio.run(talk()) == VoiceClose.NOT_AUTHENTICATED


def test_a_client_without_end_to_end_encryption_is_refused(tmp_path: Path) -> None:
    async def talk(voice: RunningDiscordVoice) -> int:
        async with raw_client(voice) as client:
            ticket = await client.ticket()
            server = await client.open_voice()
            await server.send(0, ticket | {"max_dave_protocol_version": 0})
            return await server.closed()

    with run_discord_voice(local_config(), folder=tmp_path) as voice:
        assert asyncio.run(talk(voice)) == VoiceClose.DAVE_REQUIRED


def test_a_refusal_made_to_order_is_given_once(voice: RunningDiscordVoice) -> None:
    voice.refuse_voice(VoiceClose.BAD_REQUEST)

    async def talk() -> tuple[int, JsonObject]:
        async with raw_client(voice) as client:
            ticket = await client.ticket()
            refused = await client.open_voice()
            await refused.send(0, ticket)
            code = await refused.closed()
            server = await client.open_voice()
            await server.send(0, ticket)
            return code, await server.next(2)

    code, ready = asyncio.run(talk())
    assert code == VoiceClose.BAD_REQUEST
    assert ready["d"]["modes"] == [str(mode) for mode in Mode]


def test_a_voice_session_is_resumed_after_a_cut_with_what_it_missed(
    voice: RunningDiscordVoice,
) -> None:
    async def talk() -> list[int]:
        async with raw_client(voice) as client:
            server, ticket = await identified(client)
            voice.drop_network(gateway=False)
            await server.closed()
            voice.join(OWNER_ID, "1180000000000000304")
            voice.restore_network()
            again = await client.open_voice()
            await again.send(7, ticket | {"seq_ack": server.received[-1]["seq"]})
            await again.next(9)
            return [frame["op"] for frame in again.received[1:]]

    before = voice.connection()
    assert before is None
    assert asyncio.run(talk()) == [11, 9]  # somebody came, and: resumed


def test_a_voice_session_that_is_over_cannot_be_resumed(voice: RunningDiscordVoice) -> None:
    async def talk() -> int:
        async with raw_client(voice) as client:
            server, ticket = await identified(client)
            voice.close_voice(VoiceClose.SESSION_TIMEOUT)
            await server.closed()
            again = await client.open_voice()
            await again.send(7, ticket | {"seq_ack": 1})
            return await again.closed()

    assert asyncio.run(talk()) == VoiceClose.SESSION_INVALID


def test_after_a_crash_of_the_server_it_can(voice: RunningDiscordVoice) -> None:
    async def talk() -> JsonObject:
        async with raw_client(voice) as client:
            server, ticket = await identified(client)
            voice.close_voice(VoiceClose.SERVER_CRASHED)
            await server.closed()
            again = await client.open_voice()
            await again.send(7, ticket | {"seq_ack": 1})
            return await again.next(9)

    assert asyncio.run(talk()) == {"op": 9, "d": None}


def test_packets_sealed_with_aes_are_heard_with_what_is_wrong_with_them(
    voice: RunningDiscordVoice,
) -> None:
    async def talk() -> None:
        async with raw_client(voice) as client:
            server, _ = await identified(client)
            ready = server.received[-1]["d"]
            chosen = {"address": "127.0.0.1", "port": 1, "mode": str(Mode.AES_GCM)}
            await server.send(1, {"protocol": "udp", "data": chosen})
            key = bytes((await server.next(4))["d"]["secret_key"])
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
                sender.connect((ready["ip"], ready["port"]))
                sender.send(b"neither RTP nor anything")
                for number in (1, 2, 2, 4, 5):
                    seal = sealed_with_aes(SILENCE, key=key, ssrc=ready["ssrc"], sequence=number)
                    sender.send(seal[:-5] + b"\0\0\0\0\0")  # by somebody without the key
                    sender.send(seal)

    asyncio.run(talk())
    heard = voice.heard(GUILD_ID)
    assert heard.wait_for_packets(5)
    assert [packet.opus for packet in heard.packets()] == [SILENCE] * 5
    assert [(fault.what, fault.packet.sequence) for fault in heard.faults()] == [
        ("doubled", 2),
        ("lost", 4),
    ]
    assert heard.sound().level == 0
    assert heard.last_sound() is None


async def identified(client: RawClient) -> tuple[RawSocket, JsonObject]:
    """A voice session that is let in, and the ticket by which it was."""
    ticket = await client.ticket()
    server = await client.open_voice()
    await server.send(0, ticket)
    await server.next(2)
    return server, ticket
