"""Discord with its gateway and voice, in a thread of its own, for tests that stay synchronous.

with run_discord_voice(config, folder=tmp_path) as voice:
    voice.join(OWNER_ID, LOUNGE_ID)
    start_a_client(api=voice.discord.api_url, gateway=voice.gateway_url, **voice.environment)
    heard = voice.heard(GUILD_ID)
    assert heard.wait_for_sound() is not None
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypeVar

from dev.simulator.config import SimulatorConfig
from dev.simulator.guilds import Guild
from dev.simulator.running import PATIENCE_SECONDS, RunningSimulator, run_simulator
from dev.simulator.voice_states import VoiceState
from dev.simulator.world import GUILD_ID
from dev.voice.gateway import HEARTBEAT_MS, PATH, RESUMABLE_SECONDS, Gateway
from dev.voice.listener import Listener
from dev.voice.playground_sound import PlaygroundSound
from dev.voice.rtp import Mode
from dev.voice.voice_server import VoiceServer
from dev.voice.voice_socket import VoiceClose

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class VoiceOptions:
    """How this Discord is.

    `encrypted` is whether its calls are end-to-end encrypted (DAVE), `modes` are the ways of
    transport encryption it offers. A bot that vanished stays in its voice channels, and its
    session can be resumed, for `resumable_seconds`.
    """

    encrypted: bool = True
    modes: tuple[Mode, ...] = tuple(Mode)
    heartbeat_ms: int = HEARTBEAT_MS
    resumable_seconds: float = RESUMABLE_SECONDS


AS_DISCORD_IS: Final = VoiceOptions()


@dataclass(slots=True)
class RunningDiscordVoice:
    """The handle on a running Discord. Its methods may be called from any thread."""

    discord: RunningSimulator
    gateway: Gateway = field(repr=False)
    voice: VoiceServer = field(repr=False)

    @property
    def gateway_url(self) -> str:
        """What the bot takes for wss://gateway.discord.gg."""
        return self.discord.simulator.gateway_url

    @property
    def environment(self) -> dict[str, str]:
        """What a client's environment needs, so that it trusts the voice server."""
        certificate = self.voice.certificate
        return {"SSL_CERT_FILE": str(certificate.bundle)} if certificate else {}

    @property
    def bot_id(self) -> str:
        return self.discord.world.bot.id

    # --- what people do ------------------------------------------------------------------------

    def join(self, user_id: str, channel_id: str) -> None:
        """Somebody enters a voice channel, or moves there. LookupError for no such channel."""

        def act() -> None:
            guild = self.discord.simulator.guilds.with_channel(channel_id)
            if guild is None or guild.member(user_id) is None:
                raise LookupError(f"{user_id} cannot join {channel_id}")
            state = VoiceState(guild.id, channel_id, user_id, secrets.token_hex(16))
            self.discord.simulator.voice_states.put(state)

        self.discord.in_loop(act)

    def leave(self, user_id: str, *, guild_id: str = GUILD_ID) -> None:
        """Somebody leaves voice."""
        self.discord.in_loop(lambda: self.discord.simulator.voice_states.remove(guild_id, user_id))

    def heard(self, guild_id: str = GUILD_ID) -> Listener:
        """What is heard of the bot in a server, whichever channel it is in."""
        return self.discord.in_loop(lambda: self.voice.calls.listener(guild_id))

    def bot_state(self, guild_id: str = GUILD_ID) -> VoiceState | None:
        """Where the bot is."""
        return self.discord.in_loop(
            lambda: self.discord.simulator.voice_states.of(guild_id, self.bot_id)
        )

    def connection(self, guild_id: str = GUILD_ID) -> int | None:
        """The number of the bot's voice connection in a server, which grows with every new one."""

        def act() -> int | None:
            connection = self.voice.calls.connection_in(guild_id)
            return connection.number if connection else None

        return self.discord.in_loop(act)

    def add_guild(self) -> Guild:
        """The bot is invited to one more server, which has a voice channel."""
        return self.discord.in_loop(self.gateway.add_guild)

    def disconnect_bot(self, guild_id: str = GUILD_ID) -> None:
        """Somebody throws the bot out of its voice channel."""
        self.discord.in_loop(lambda: self.gateway.disconnect_bot(guild_id))

    def move_bot(self, channel_id: str, *, guild_id: str = GUILD_ID) -> None:
        """Somebody drags the bot into another voice channel."""
        self.discord.in_loop(lambda: self.gateway.move_bot(guild_id, channel_id))

    def delete_channel(self, channel_id: str) -> None:
        """Somebody deletes a channel, whoever is in it."""
        self.discord.in_loop(lambda: self.gateway.delete_channel(channel_id))

    def remove_guild(self, guild_id: str) -> None:
        """Somebody throws the bot out of a server."""
        self.discord.in_loop(lambda: self.gateway.remove_guild(guild_id))

    # --- what goes wrong on purpose ------------------------------------------------------------

    def close_voice(self, code: int | VoiceClose, *, guild_id: str | None = None) -> None:
        """Close the voice websocket of one server's call, or of all, with a code."""
        self.discord.in_loop(lambda: self.voice.close(int(code), guild_id=guild_id))

    def refuse_voice(self, code: int | VoiceClose, *, times: int = 1) -> None:
        """Refuse the next voice sessions with a code."""
        self.discord.in_loop(lambda: self.voice.refuse(int(code), times=times))

    def close_gateway(self, code: int) -> None:
        """Close the main gateway's websockets with a code."""
        self.discord.in_loop(lambda: self.gateway.close(code))

    def ask_to_reconnect(self) -> None:
        """Opcode 7 of the main gateway."""
        self.discord.in_loop(self.gateway.ask_to_reconnect)

    def invalidate_sessions(self, *, resumable: bool = False) -> None:
        """Opcode 9 of the main gateway."""
        self.discord.in_loop(lambda: self.gateway.invalidate(resumable=resumable))

    def stop_answering(self, *, silent: bool = True) -> None:
        """Have the main gateway answer no heartbeat: a zombie."""

        def act() -> None:
            self.gateway.is_silent = silent

        self.discord.in_loop(act)

    def drop_network(self, *, voice: bool = True, gateway: bool = True) -> None:
        """Cut every connection without a goodbye, and let none in until `restore_network`."""

        def act() -> None:
            if voice:
                self.voice.cut()
            if gateway:
                self.gateway.cut()

        self.discord.in_loop(act)

    def restore_network(self) -> None:
        def act() -> None:
            self.voice.restore()
            self.gateway.restore()

        self.discord.in_loop(act)


@contextmanager
def run_discord_voice(
    config: SimulatorConfig,
    *,
    folder: Path,
    port: int = 0,
    options: VoiceOptions = AS_DISCORD_IS,
) -> Iterator[RunningDiscordVoice]:
    """Discord on 127.0.0.1 while the block runs; its certificate is put into `folder`."""
    voice = VoiceServer(encrypted=options.encrypted, modes=options.modes)
    made: list[Gateway] = []

    def prepare(discord: RunningSimulator) -> None:
        gateway = Gateway(
            discord.simulator,
            voice,
            heartbeat_ms=options.heartbeat_ms,
            resumable_seconds=options.resumable_seconds,
        )
        gateway.add_to(discord.app)
        PlaygroundSound(discord.simulator, voice.calls).add_to(discord.app)
        made.append(gateway)

    with run_simulator(config, port=port, prepare=prepare) as discord:

        def wait_for(work: Coroutine[None, None, T]) -> T:
            return asyncio.run_coroutine_threadsafe(work, discord.loop).result(PATIENCE_SECONDS)

        discord.simulator.gateway_url = discord.url.replace("http://", "ws://") + PATH
        wait_for(voice.start(folder))
        try:
            yield RunningDiscordVoice(discord, made[0], voice)
        finally:
            wait_for(voice.stop())
