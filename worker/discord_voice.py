"""Voice by discord.py: one guild's VoiceClient, from the first join to the last leave."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Final

import discord
from discord.voice_state import VoiceConnectionState

from lib.logs import get_logger
from worker.audio.source import TrackSource
from worker.voice import VoiceError, VoiceFailure

if TYPE_CHECKING:
    from discord.types.voice import GuildVoiceState

log = get_logger(__name__)

CONNECT_SECONDS: Final = 5.0
"""What discord.py waits for a connection."""
CONNECT_TRIES: Final = 3
"""Now and then it misses Discord's word that it may come, and waits in vain."""
RETURN_SECONDS: Final = 10.0
"""What it waits for a lost connection to come back, and what sends sound with it."""
LEAVE_SECONDS: Final = 2.0
"""What it waits for Discord's word that the bot has left."""
LOOK_SECONDS: Final = 0.02
END_SECONDS: Final = 1.0
"""What a player's thread may take to see that it is to end: it looks every 20 ms."""

VoiceChannel = discord.VoiceChannel | discord.StageChannel
OnRemoved = Callable[[], None]


class _ConnectionState(VoiceConnectionState):
    """As it is; and it can close without telling Discord that the bot leaves the channel."""

    is_let_go = False

    async def _voice_disconnect(self) -> None:
        if not self.is_let_go:
            await super()._voice_disconnect()


class _VoiceClient(discord.VoiceClient):
    """As it is; and it tells when somebody else takes the bot out of its channel."""

    on_removed: OnRemoved | None = None

    def create_connection_state(self) -> VoiceConnectionState:
        self.state = _ConnectionState(self)
        return self.state

    async def on_voice_state_update(self, data: GuildVoiceState) -> None:
        # When discord.py itself leaves, it no longer counts as connected by now.
        channel_id: object = data["channel_id"]
        was_taken_out = channel_id is None and self.is_connected()
        await super().on_voice_state_update(data)
        if was_taken_out and self.on_removed is not None:
            self.on_removed()


class DiscordVoice:
    """A Voice (see worker.voice). `on_removed`: somebody has taken the bot out of its channel."""

    def __init__(self, client: discord.Client, guild_id: str) -> None:
        self.on_removed: OnRemoved | None = None
        self._client = client
        self._guild_id = int(guild_id)
        self._voice: _VoiceClient | None = None
        self._channel_id = ""
        self._playback: _Playback | None = None
        self._waiting: tuple[TrackSource, Callable[[], None]] | None = None

    @property
    def channel_id(self) -> str:
        if self._voice is not None and self._voice.channel is not None:
            self._channel_id = str(self._voice.channel.id)
        return self._channel_id

    @property
    def listeners(self) -> frozenset[str]:
        channel = self._channel(self.channel_id)
        if channel is None:
            return frozenset()
        members = ((user_id, channel.guild.get_member(user_id)) for user_id in channel.voice_states)
        return frozenset(str(user_id) for user_id, one in members if one is None or not one.bot)

    def has_channel(self, channel_id: str) -> bool:
        return self._channel(channel_id) is not None

    async def join(self, channel_id: str) -> None:
        if channel_id == self.channel_id and await self._comes_back():
            return
        await self._drop()
        channel = self._channel(channel_id)
        if channel is None:
            raise VoiceError(VoiceFailure.GONE)
        for _ in range(CONNECT_TRIES):
            _check(channel)
            if (voice := await self._connect(channel)) is not None:
                voice.on_removed = self.on_removed
                self._voice, self._channel_id = voice, channel_id
                return
        raise VoiceError(VoiceFailure.TIMED_OUT)

    async def play(
        self, source: TrackSource, *, paused: bool, on_break: Callable[[], None]
    ) -> None:
        self.stop()
        if self._playback is not None:
            await self._playback.ended(END_SECONDS)  # two threads would share one sequence
        if paused:
            self._waiting = (source, on_break)
        else:
            self._begin(source, on_break)

    def pause(self) -> None:
        if self._voice is not None:
            self._voice.pause()

    def resume(self) -> None:
        if self._waiting is not None:
            (source, on_break), self._waiting = self._waiting, None
            self._begin(source, on_break)
        elif self._voice is not None and self._voice.is_paused():
            self._voice.resume()

    def stop(self) -> None:
        if self._playback is not None:
            self._playback.is_wished_for = False
        if self._waiting is not None:
            self._waiting[0].cleanup()
            self._waiting = None
        if self._voice is not None:
            self._voice.stop()

    async def leave(self) -> None:
        self.stop()
        await self._drop()

    async def let_go(self) -> None:
        if self._voice is not None:
            self._voice.state.is_let_go = True
        await self.leave()

    def _begin(self, source: TrackSource, on_break: Callable[[], None]) -> None:
        playback = _Playback(source, on_break)
        if self._voice is not None:
            with suppress(discord.ClientException):  # the connection broke a moment ago
                self._voice.play(source, after=playback.end)
                self._playback = playback
                return
        source.cleanup()
        asyncio.get_running_loop().call_soon(on_break)

    async def _connect(self, channel: VoiceChannel) -> _VoiceClient | None:
        try:
            voice = await channel.connect(timeout=CONNECT_SECONDS, self_deaf=True, cls=_VoiceClient)
        except (TimeoutError, OSError, discord.DiscordException) as error:
            log.warning("voice_not_joined", guild_id=self._guild_id, error=type(error).__name__)
            await self._drop()
            return None
        voice.state.timeout = RETURN_SECONDS
        return voice

    async def _comes_back(self) -> bool:
        """Whether discord.py has the connection, or gets it back by itself."""
        try:
            async with asyncio.timeout(RETURN_SECONDS):
                while self._is_known():
                    if self._voice is not None and self._voice.is_connected():
                        return True
                    await asyncio.sleep(LOOK_SECONDS)
        except TimeoutError:
            pass
        return False

    def _is_known(self) -> bool:
        """Whether discord.py has not given the connection up."""
        guild = self._client.get_guild(self._guild_id)
        return self._voice is not None and guild is not None and guild.voice_client is self._voice

    async def _drop(self) -> None:
        voice, self._voice = self._voice, None
        guild = self._client.get_guild(self._guild_id)
        if voice is None and guild is not None and isinstance(guild.voice_client, _VoiceClient):
            voice = guild.voice_client  # of a connection that never came about
        if voice is None:
            return
        voice.on_removed = None
        voice.state.timeout = LEAVE_SECONDS
        try:
            await voice.disconnect(force=True)
        except (OSError, discord.DiscordException) as error:
            log.warning("voice_not_left", guild_id=self._guild_id, error=type(error).__name__)

    def _channel(self, channel_id: str) -> VoiceChannel | None:
        guild = self._client.get_guild(self._guild_id)
        if guild is None or not channel_id.isdecimal():
            return None
        channel = guild.get_channel(int(channel_id))
        return channel if isinstance(channel, VoiceChannel) else None


class _Playback:
    """One thread of discord.py's that sends a source."""

    def __init__(self, source: TrackSource, on_break: Callable[[], None]) -> None:
        self._source = source
        self._on_break = on_break
        self._loop = asyncio.get_running_loop()
        self._ended = asyncio.Event()
        self.is_wished_for = True

    def end(self, error: Exception | None) -> None:
        """discord.py's `after`: called at the thread's end, in that thread."""
        if error is not None:
            log.error("sound_broke_off", error=error)
        was_over = self._source.stream is None
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._note_end, was_over)

    async def ended(self, seconds: float) -> None:
        """Wait for the thread's end, but not for long."""
        try:
            async with asyncio.timeout(seconds):
                await self._ended.wait()
        except TimeoutError:
            log.warning("player_thread_stays")

    def _note_end(self, was_over: bool) -> None:  # noqa: FBT001 - a callback's
        self._ended.set()
        if self.is_wished_for and not was_over:
            self._on_break()


def _check(channel: VoiceChannel) -> None:
    """Discord does not say why it lets nobody in, it is only silent: so look before.

    Raises VoiceError. On a stage it lets the bot in, among the audience, where nobody hears it.
    """
    if isinstance(channel, discord.StageChannel):
        raise VoiceError(VoiceFailure.STAGE)
    me = channel.guild.me
    allowed = channel.permissions_for(me)
    if not (allowed.view_channel and allowed.connect and allowed.speak):
        raise VoiceError(VoiceFailure.FORBIDDEN)
    others = channel.voice_states.keys() - {me.id}
    if channel.user_limit and len(others) >= channel.user_limit and not allowed.move_members:
        raise VoiceError(VoiceFailure.FULL)
