"""A bot that is nothing but discord.py, unmodified, steered by lines on its standard input.

Run by the worker's Python, as a process of its own: `client.py API GATEWAY TOKEN`. Each order is a
line of JSON, `[name, argument, ...]`; what happens is told in such lines on standard output.
"""

from __future__ import annotations

import asyncio
import json
import logging
import math
import sys
from array import array
from pathlib import Path

import av
import discord
import yarl
from discord.gateway import DiscordWebSocket

RATE = 48_000
SAMPLES = 960


class Tone(discord.AudioSource):
    """A sine for so many seconds."""

    def __init__(self, hertz: float, height: int, seconds: float) -> None:
        self.hertz, self.height = hertz, height
        self.left = round(seconds * RATE / SAMPLES)
        self.at = 0

    def read(self) -> bytes:
        if self.left <= 0:
            return b""
        self.left -= 1
        samples = array("h")
        for n in range(self.at, self.at + SAMPLES):
            value = round(self.height * math.sin(2 * math.pi * self.hertz * n / RATE))
            samples.extend((value, value))
        self.at += SAMPLES
        return samples.tobytes()


class Bot(discord.Client):
    async def on_ready(self) -> None:
        tell("ready", len(self.guilds))

    async def on_resumed(self) -> None:
        tell("resumed")

    async def on_guild_join(self, guild: discord.Guild) -> None:
        tell("guild", str(guild.id))

    async def on_guild_remove(self, guild: discord.Guild) -> None:
        tell("no guild", str(guild.id))

    async def on_guild_channel_delete(self, channel: discord.abc.GuildChannel) -> None:
        tell("no channel", str(channel.id))

    async def on_voice_state_update(
        self, member: discord.Member, before: discord.VoiceState, after: discord.VoiceState
    ) -> None:
        where = str(after.channel.id) if after.channel else None
        tell("voice state", str(member.id), where, after.session_id)

    # --- orders --------------------------------------------------------------------------------

    async def join(self, channel_id: str, timeout_seconds: float = 10.0, attempts: int = 1) -> None:
        """On a busy machine discord.py sleeps through what it waits for, until its time is up."""
        channel = self.get_channel(int(channel_id))
        assert isinstance(channel, discord.VoiceChannel)
        try:
            voice: discord.VoiceClient = await channel.connect(timeout=timeout_seconds)
        except (discord.ClientException, discord.ConnectionClosed, TimeoutError) as error:
            if attempts > 1:
                await self.join(channel_id, timeout_seconds, attempts - 1)
                return
            code = error.code if isinstance(error, discord.ConnectionClosed) else None
            tell("not joined", type(error).__name__, code)
        else:
            tell("joined", voice.mode, voice._connection.dave_protocol_version)

    async def play(self, guild_id: str, hertz: float, height: int, seconds: float) -> None:
        loop = asyncio.get_running_loop()
        done = loop.create_future()

        def after(error: Exception | None) -> None:
            loop.call_soon_threadsafe(done.set_result, str(error) if error else None)

        self.voice(guild_id).play(Tone(hertz, height, seconds), after=after)
        tell("playing")
        tell("played", await done)

    async def state(self, guild_id: str) -> None:
        found = self.get_guild(int(guild_id))
        voice = found.voice_client if found else None
        if not isinstance(voice, discord.VoiceClient):
            tell("state", False, False, False)
        else:
            tell("state", voice.is_connected(), voice._connection.can_encrypt, voice.is_playing())

    async def latencies(self, count: int) -> None:
        """Tell what so many heartbeats took, each as soon as it is answered."""
        before = math.inf
        for _ in range(count):
            while (now := self.latency) == before or not math.isfinite(now):
                await asyncio.sleep(0.01)
            before = now
            tell("latency", now)

    async def leave(self, guild_id: str) -> None:
        await self.voice(guild_id).disconnect()
        tell("left")

    def voice(self, guild_id: str) -> discord.VoiceClient:
        guild = self.get_guild(int(guild_id))
        assert guild is not None
        assert isinstance(guild.voice_client, discord.VoiceClient)
        return guild.voice_client


def tell(*words: object) -> None:
    sys.stdout.write(json.dumps(words) + "\n")
    sys.stdout.flush()


async def main(api: str, gateway: str, token: str) -> None:
    discord.http.Route.BASE = api
    DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(gateway)
    library = next((Path(av.__file__).parents[1] / "av.libs").glob("libopus-*"))
    discord.opus.load_opus(str(library))
    bot = Bot(intents=discord.Intents(guilds=True, voice_states=True))
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), sys.stdin
    )

    async def obey() -> None:
        async with asyncio.TaskGroup() as running:  # an order that fails ends the client
            while line := await reader.readline():
                name, *arguments = json.loads(line)
                running.create_task(getattr(bot, name)(*arguments))
            await bot.close()

    obeying = asyncio.create_task(obey())
    try:
        await bot.start(token)
    except (discord.LoginFailure, discord.ConnectionClosed) as error:
        tell("refused", type(error).__name__, getattr(error, "code", None))
    obeying.cancel()
    tell("closed")


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, stream=sys.stderr)
    asyncio.run(main(*sys.argv[1:4]))
