"""A bot that plays: its functions over HTTP, its database, Discord with voice, and its workers."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import requests

from dev.checkout import Checkout
from dev.simulator.config import SimulatorConfig
from dev.simulator.errors import JsonObject
from dev.simulator.seen import Seen
from dev.simulator.world import GUILD_ID, LOUNGE_ID, OWNER_ID
from dev.voice.listener import AUDIBLE
from dev.voice.running import AS_DISCORD_IS, RunningDiscordVoice, VoiceOptions, run_discord_voice
from dev.voice.sound import Sound
from lib.interactions.registry import CommandRegistry
from lib.services.discord_rest import DiscordRest
from lib.services.supabase import SupabaseStore
from lib.settings import Settings
from lib.web.front import create_app
from tests.payloads import APPLICATION_ID
from tests.servers.wsgi import serving
from tests.voice.tones import seconds_of

BOT_TOKEN = "local.bot.token"
TEXT_CHANNEL_ID = "1180000000000000301"
HEARD_HZ = 4.0
COOLING_DOWN = "A moment, please"
PATIENCE_SECONDS = 30.0


@dataclass
class WorkerProcess:
    """A running worker, and what it has said."""

    process: subprocess.Popen[bytes]
    log: Path

    @property
    def words(self) -> str:
        return self.log.read_text()

    def kill(self) -> None:
        """End it as a power cut would."""
        self.process.kill()
        self.process.wait()

    def end(self, *, seconds: float = PATIENCE_SECONDS) -> int:
        """End it as a supervisor does; its exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(seconds)


@dataclass
class Concert:
    """See the module. `environ` is what every worker's environment holds."""

    voice: RunningDiscordVoice
    database: psycopg.Connection
    python: Path
    folder: Path
    environ: Mapping[str, str]
    workers: list[WorkerProcess] = field(default_factory=list)

    def start_worker(self, name: str = "one", **environ: str) -> WorkerProcess:
        """Start a worker, without waiting for it."""
        log = self.folder / f"worker-{len(self.workers)}.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [self.python, "-m", "worker"],
                cwd=Checkout.here().root,
                env={**self.environ, "WORKER_NAME": name, **environ},
                stdout=output,
                stderr=output,
            )
        worker = WorkerProcess(process, log)
        self.workers.append(worker)
        return worker

    def worker(self, name: str = "one", **environ: str) -> WorkerProcess:
        """A worker that is ready."""
        worker = self.start_worker(name, **environ)
        self.until(lambda: "worker_ready" in worker.words)
        self.until(lambda: name in self.living())
        return worker

    def living(self) -> list[str]:
        rows = self.database.execute(
            "select substr(name, 8) from heartbeats where name like 'worker %'"
        )
        return [name for (name,) in rows]

    # --- what people do ---

    def send(
        self,
        name: str,
        options: Mapping[str, object] | None = None,
        *,
        user: str = OWNER_ID,
        locale: str = "en-US",
    ) -> str:
        """Give a command; the interaction's id."""
        return self.voice.discord.send_command(name, options, user=user, locale=locale)

    def say(
        self,
        name: str,
        options: Mapping[str, object] | None = None,
        *,
        user: str = OWNER_ID,
        locale: str = "en-US",
    ) -> str:
        """Give a command, again once it has cooled down, and wait for what is shown in the end."""
        while True:
            asked = self.send(name, options, user=user, locale=locale)
            said = self._read(asked)
            if COOLING_DOWN not in said:
                return said
            time.sleep(0.3)

    def _read(self, asked: str) -> str:
        """What is shown in the end."""
        self.until(lambda: is_answered(self.voice.discord.seen(asked)))
        return shown(self.voice.discord.seen(asked))

    def play(self, query: str, *, user: str = OWNER_ID) -> str:
        """Have something played from the lounge."""
        self.voice.join(user, LOUNGE_ID)
        return self.say("play", {"query": query}, user=user)

    def press(self, custom_id: str, *, user: str = OWNER_ID, locale: str = "en-US") -> str:
        """Press a button of the newest message that has it; what is shown after that."""
        (message,) = [
            message
            for message in self.channel()
            if any(
                button.get("custom_id", "").startswith(custom_id)
                for row in message.get("components", ())
                for button in row["components"]
            )
        ][-1:]
        full = next(
            button["custom_id"]
            for row in message["components"]
            for button in row["components"]
            if button.get("custom_id", "").startswith(custom_id)
        )
        asked = self.voice.discord.send_component(message["id"], full, user=user, locale=locale)
        return shown(self.voice.discord.wait_for(asked, lambda seen: bool(shown(seen))))

    # --- what there is to see ---

    def channel(self) -> list[JsonObject]:
        """What stands in the text channel, the oldest first."""
        discord = self.voice.discord
        return discord.in_loop(lambda: discord.simulator.messages.in_channel(TEXT_CHANNEL_ID))

    def reads(self, text: str) -> bool:
        """Whether it can be read in the text channel."""
        return any(text in shown(Seen((message,))) for message in self.channel())

    def hears(self, hz: float, *, guild_id: str = GUILD_ID, seconds: float = 0.3) -> bool:
        """Whether that tone is what was heard in the last moments."""
        sound = self.voice.heard(guild_id).sound(last_seconds=seconds)
        return sound.level > AUDIBLE and abs(sound.frequency - hz) < HEARD_HZ

    def hears_at(self) -> float:
        """Where in the rising tone it is, in seconds, by what is heard."""
        return seconds_of(self.voice.heard().sound(last_seconds=0.2).frequency)

    def hears_at_last(self) -> float:
        """Where in the rising tone it was when it fell silent."""
        heard = self.voice.heard()
        last = heard.last_sound()
        assert last is not None
        sounds = [p for p in heard.packets() if p.number <= last.number][-12:-2]
        sound = heard.sound(since=sounds[0].number)
        return seconds_of(Sound(sound.samples[: len(sounds) * 960]).frequency)

    def until_ended(self, command: str, *ending: str | None) -> None:
        """Wait until the newest order of a kind has this status, and failed for this reason."""
        self.until(lambda: self.ended(command) == ending)

    def ended(self, command: str) -> tuple[str, str | None]:
        """The status of the newest order of a kind, and why it failed."""
        row = self.database.execute(
            "select status, failure_reason from command_queue where command = %s "
            "order by seq desc limit 1",
            (command,),
        ).fetchone()
        assert row is not None
        return row[0], row[1]

    def session(self, guild_id: str = GUILD_ID) -> dict[str, object] | None:
        """The session's row."""
        rows = self.database.execute(
            "select to_jsonb(s) from active_sessions as s where guild_id = %s", (guild_id,)
        ).fetchall()
        return rows[0][0] if rows else None

    def until(self, holds: Callable[[], bool], *, seconds: float = PATIENCE_SECONDS) -> None:
        """Wait until something holds; AssertionError with the workers' last words otherwise."""
        deadline = time.monotonic() + seconds
        while not holds():
            if time.monotonic() > deadline:
                words = "\n".join(worker.words[-4000:] for worker in self.workers)
                raise AssertionError(f"it never came to be\n{words}")
            time.sleep(0.02)

    def close(self) -> None:
        for worker in self.workers:
            if worker.process.poll() is None:
                worker.kill()


def is_answered(seen: Seen) -> bool:
    """Whether there is something to read, and it is not "thinking"."""
    return bool(seen.messages) and not seen.is_thinking and bool(shown(seen))


def shown(seen: Seen) -> str:
    """What a reader sees of all messages: text, and the cards' titles and descriptions."""
    parts: list[str] = []
    for message in seen.messages:
        parts.append(message["content"])
        for embed in message.get("embeds", ()):
            parts += [embed.get("title", ""), embed.get("description", "")]
    return "\n".join(filter(None, parts))


@contextmanager
def concert(
    *,
    database: psycopg.Connection,
    database_url: str,
    supabase_url: str,
    secret_key: str,
    python: Path,
    folder: Path,
    options: VoiceOptions = AS_DISCORD_IS,
) -> Iterator[Concert]:
    """Everything but the workers, which tests start as they need them."""
    config = SimulatorConfig(
        application_id=APPLICATION_ID,
        bot_token=BOT_TOKEN,
        signing_key="17" * 32,
        interactions_url="http://127.0.0.1:9/",
        first_response_seconds=30.0,  # a machine that is busy is no bot that keeps silent
    )
    records = {"SUPABASE_URL": supabase_url, "SUPABASE_SECRET_KEY": secret_key}
    with ExitStack() as running:
        voice = running.enter_context(
            run_discord_voice(config, folder=folder / "voice", options=options)
        )
        discord = voice.discord
        common = {
            "ENVIRONMENT": "test",
            "DISCORD_API_URL": discord.api_url,
            "DISCORD_BOT_TOKEN": BOT_TOKEN,
            "DISCORD_APPLICATION_ID": APPLICATION_ID,
            **records,
        }
        settings = Settings.from_env(
            {"LOG_LEVEL": "WARNING", "DISCORD_PUBLIC_KEY": discord.public_key, **common}
        )
        front = create_app(settings)
        _register_commands(discord.api_url)
        discord.interactions_url = running.enter_context(serving(front)) + "/api/interactions"
        environ = {
            "PATH": os.environ["PATH"],
            "PYTHONDONTWRITEBYTECODE": "1",
            "LOG_LEVEL": "DEBUG",
            "DISCORD_GATEWAY_URL": voice.gateway_url,
            "DATABASE_URL": database_url,
            "MUSIC_PRIVATE_ADDRESSES": "allow",
            **common,
            **voice.environment,
        }
        playing = Concert(voice, database, python, folder, environ)
        try:
            yield playing
        finally:
            playing.close()
            services = front._assembly.services
            if isinstance(services.store, SupabaseStore):
                services.store.close()
            if isinstance(services.discord, DiscordRest):
                services.discord.close()


def _register_commands(api_url: str) -> None:
    answer = requests.put(
        f"{api_url}/applications/{APPLICATION_ID}/commands",
        json=[command.to_payload() for command in CommandRegistry("lib.commands").all()],
        headers={
            "Authorization": f"Bot {BOT_TOKEN}",
            "User-Agent": "DiscordBot (https://example.com, 1)",
        },
        timeout=10,
    )
    assert answer.ok, answer.text
