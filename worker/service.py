"""The worker put together: what it is made of, how it begins, and how it ends in order."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final
from uuid import uuid4

from lib.logs import LogOutput, get_logger
from lib.services.clock import SYSTEM_CLOCK
from lib.services.discord_rest import DiscordRest
from lib.services.postgrest_rpc import PostgrestRpc
from lib.services.process_meter import ProcessMeter
from lib.services.supabase import SupabaseStore
from lib.services.supabase_player import SupabasePlayerStore
from lib.services.supabase_worker import SupabaseWorkerRecords
from lib.settings import MusicSearch, Secret, Settings
from worker.announcements import ChannelAnnouncer
from worker.asking import Replies
from worker.audio.opus import load_opus
from worker.audio.remote_file import WebRules
from worker.beats import Beats
from worker.claims import Claims
from worker.client import WorkerClient, direct
from worker.connection import Status, connect
from worker.discord_voice import DiscordVoice
from worker.listening import listen
from worker.lookups.extraction import ExtractionSettings
from worker.lookups.lookups import Lookups
from worker.orders import Orders
from worker.player import Player
from worker.players import Players
from worker.plays import Plays
from worker.punctuality import be_punctual
from worker.records import Records
from worker.suggestions import suggestions
from worker.tasks import spawn
from worker.threads import Threads
from worker.tracks import LookedUpSounds

log = get_logger(__name__)

CALLS_AT_ONCE: Final = 4
CARDS_AT_ONCE: Final = 2
FINISH_SECONDS: Final = 1.0
"""What orders under way are given when the worker is told to end."""
REPLACED_SECONDS: Final = 60.0
"""What a worker waits before it ends because another has its name."""
END_SECONDS: Final = 2.0
"""What the database and Discord are each given to hear of the end."""
SEARCHES: Final = {MusicSearch.YOUTUBE: "ytsearch1", MusicSearch.SOUNDCLOUD: "scsearch1"}


class Worker:
    """One run of the worker. `token`, `url` and `key` are what it cannot be without; `output` is
    where its log goes.
    """

    def __init__(
        self, settings: Settings, output: LogOutput, *, token: Secret, url: str, key: Secret
    ) -> None:
        load_opus()
        direct(api_url=settings.discord_api_url, gateway_url=settings.discord_gateway_url)
        self._settings = settings
        self._token = token
        name = settings.worker_name or socket.gethostname()
        run = f"{name} {uuid4().hex[:8]}"
        self._store_threads = Threads("store", count=CALLS_AT_ONCE)
        # A beat waits for nothing else that the database is slow about, nor an answer for cards.
        self._beat_threads = Threads("beat", count=1)
        self._rest_threads = Threads("discord", count=CALLS_AT_ONCE)
        self._card_threads = Threads("cards", count=CARDS_AT_ONCE)
        self._rest = DiscordRest(SYSTEM_CLOCK, api_url=settings.discord_api_url, bot_token=token)
        rpc = PostgrestRpc(url, key)
        self._sessions = SupabasePlayerStore(rpc)
        self._lookups = _lookups(settings)
        self._sounds = LookedUpSounds(self._lookups)
        self._client = WorkerClient()
        self._players = Players(self._sessions, self._store_threads, self._make_player, run=run)
        self._client.players = self._players
        queue = SupabaseStore(url, key, holder=run, application_id=settings.discord_application_id)
        self._claims = Claims(queue, self._store_threads, self._orders().carry_out)
        self._records = Records(
            SupabaseWorkerRecords(rpc),
            self._store_threads,
            ProcessMeter(lavalink_url=settings.lavalink_url),
            output,
            ping_ms=lambda: self._client.latency_ms,
        )
        self._beats = Beats(
            self._sessions,
            self._beat_threads,
            self._players,
            name=name,
            run=run,
            detail=lambda: {"ping_gateway": self._client.latency_ms, **self._records.newest},
            may_adopt=self._client.is_there.is_set,
        )

    async def run(self, stop: asyncio.Event) -> Status:
        """Until `stop` is set, or it cannot go on."""
        connected = asyncio.create_task(connect(self._client, self._token))
        stopped = asyncio.create_task(stop.wait())
        there = asyncio.create_task(self._client.is_there.wait())
        await asyncio.wait({connected, stopped, there}, return_when=asyncio.FIRST_COMPLETED)
        status = Status.ENDED
        if connected.done():
            status = connected.result()
        elif there.done() and not stopped.done():
            status = await self._work(connected, stopped)
        with suppress(TimeoutError):
            async with asyncio.timeout(END_SECONDS):
                await self._client.close()
        for task in (connected, stopped, there):
            task.cancel()
        self._close()
        return status

    async def _work(self, connected: asyncio.Task[Status], stopped: asyncio.Task[bool]) -> Status:
        be_punctual()
        log.info("worker_ready", name=self._beats.name)
        beating = spawn(self._beats.beat_on())
        claiming = spawn(self._claims.run())
        recording = spawn(self._records.keep_on())
        url = self._settings.database_url
        listening = None if url is None else spawn(listen(url, self._claims))
        await asyncio.wait(
            {connected, stopped, beating, claiming}, return_when=asyncio.FIRST_COMPLETED
        )
        is_replaced = beating.done() and beating.exception() is None
        status = connected.result() if connected.done() else Status.ENDED
        if beating.done() or claiming.done():  # by a fault of ours, which the log has
            status = Status.FAILED
        claiming.cancel()
        recording.cancel()
        if listening is not None:
            listening.cancel()
        if is_replaced:
            await self._players.lose_all()
            # Whoever starts it again whatever its status starts a quarrel about the name.
            await asyncio.wait(
                {connected, stopped},
                timeout=REPLACED_SECONDS,
                return_when=asyncio.FIRST_COMPLETED,
            )
            return Status.CONFIG
        await self._claims.finish(seconds=FINISH_SECONDS)
        await self._players.hand_over()
        beating.cancel()  # not before: until then its sessions are nobody else's
        with suppress(TimeoutError):
            async with asyncio.timeout(END_SECONDS):
                await self._records.keep()
                await self._beats.end()
        return status

    def _orders(self) -> Orders:
        replies = Replies(self._rest, self._rest_threads)
        plays = Plays(
            self._players,
            sounds=self._sounds,
            settings=self._sessions,
            replies=replies,
            threads=self._store_threads,
        )
        return Orders(
            self._players,
            plays,
            settings=self._sessions,
            replies=replies,
            threads=self._store_threads,
        )

    def _make_player(self, guild_id: str, on_over: Callable[[Player], None]) -> Player:
        voice = DiscordVoice(self._client, guild_id)
        player = Player(
            guild_id,
            voice=voice,
            sounds=self._sounds,
            suggest=suggestions(
                guild_id, sounds=self._sounds, store=self._sessions, threads=self._store_threads
            ),
            announcer=ChannelAnnouncer(self._rest, self._card_threads),
            on_over=on_over,
        )
        voice.on_removed = player.removed
        return player

    def _close(self) -> None:
        for threads in (
            self._store_threads, self._beat_threads, self._rest_threads, self._card_threads,
        ):  # fmt: skip
            threads.close()
        self._lookups.close()


def _lookups(settings: Settings) -> Lookups:
    cookies = settings.music_cookies_file
    extraction = ExtractionSettings(
        search=SEARCHES[settings.music_search],
        cookies_file=None if cookies is None else Path(cookies),
        allow_private=settings.music_private_addresses,
    )
    return Lookups(extraction, WebRules(allow_private=settings.music_private_addresses))
