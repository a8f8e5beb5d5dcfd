"""What there is at the least: plain discord.py, which sends one sound in each of some servers.

`python -m bench.voice.floor API GATEWAY TOKEN` with the worker's Python. Orders come over standard
input and results go back over standard output, each a line of JSON.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

import av
import discord
import yarl
from discord.gateway import DiscordWebSocket
from discord.oggparse import OggStream

HEADERS = 2
VOLUME = 0.5
CONNECT_SECONDS = 15.0


class OpusFile(discord.AudioSource):
    """The packets of an Ogg file, as they are."""

    def __init__(self, path: str) -> None:
        self._file = Path(path).open("rb")  # noqa: SIM115 - closed by `cleanup`
        self._packets: Iterator[bytes] = OggStream(self._file).iter_packets()
        for _ in range(HEADERS):
            next(self._packets)

    def read(self) -> bytes:
        return next(self._packets, b"")

    def is_opus(self) -> bool:
        return True

    def cleanup(self) -> None:
        self._file.close()


class Bot(discord.Client):
    """Does as it is told once it is ready."""

    def __init__(self, results: TextIO) -> None:
        super().__init__(intents=discord.Intents(guilds=True, voice_states=True))
        self._results = results
        self._obeying: asyncio.Task[None] | None = None

    async def on_ready(self) -> None:
        if self._obeying is None:
            self._obeying = asyncio.create_task(self._obey())

    async def _obey(self) -> None:
        while line := await asyncio.to_thread(sys.stdin.readline):
            name, *arguments = json.loads(line)
            told = await self._carry_out(name, *arguments)
            self._results.write(json.dumps(told) + "\n")
        await self.close()

    async def _carry_out(self, name: str, *arguments: str) -> object:
        match name:
            case "open":
                return os.getpid()
            case "join":
                return await self._join(*arguments)
            case _:
                return self._play(name, *arguments)

    async def _join(self, channel_id: str) -> bool:
        channel = self.get_channel(int(channel_id))
        assert isinstance(channel, discord.VoiceChannel)  # noqa: S101 - the order names one
        try:
            await channel.connect(timeout=CONNECT_SECONDS, self_deaf=True)
        except TimeoutError:
            return False
        return True

    def _play(self, kind: str, guild_id: str, path: str) -> bool:
        guild = self.get_guild(int(guild_id))
        voice = guild.voice_client if guild else None
        assert isinstance(voice, discord.VoiceClient)  # noqa: S101 - it was told to join before
        voice.stop()
        voice.play(OpusFile(path) if kind == "opus" else _softened(path))
        return True


def _softened(path: str) -> discord.AudioSource:
    """Raw samples with another volume, which are encoded."""
    samples = Path(path).open("rb")  # noqa: SIM115 - read until the process ends
    return discord.PCMVolumeTransformer(discord.PCMAudio(samples), volume=VOLUME)


async def main(api: str, gateway: str, token: str) -> None:
    """Until standard input ends."""
    discord.http.Route.BASE = api
    DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(gateway)
    library = next((Path(av.__file__).parents[1] / "av.libs").glob("libopus-*"))
    discord.opus.load_opus(str(library))
    with os.fdopen(os.dup(1), "w", buffering=1) as results:
        os.dup2(2, 1)  # what a library prints is no result
        await Bot(results).start(token)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:4]))
