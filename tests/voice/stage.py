"""A local Discord with voice, and bots of plain discord.py in processes of their own."""

from __future__ import annotations

import contextlib
import json
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path

from dev.simulator.config import SimulatorConfig
from dev.simulator.world import GUILD_ID
from dev.voice.running import RunningDiscordVoice

TOKEN = "local.bot.token"
PATIENCE_SECONDS = 90.0
JOIN_ATTEMPTS = 5
JOIN_SECONDS = 4.0
"""What a client waits for in joining, and before it gives a lost call up."""


def local_config() -> SimulatorConfig:
    """A Discord whose bot is steered by its gateway alone."""
    return SimulatorConfig(
        application_id="1180000000000009001",
        bot_token=TOKEN,
        signing_key="11" * 32,
        interactions_url="http://127.0.0.1:9/",
    )


class Client:
    """A running client.py: orders go in, what happens comes out."""

    def __init__(self, command: list[str], environment: dict[str, str], log: Path) -> None:
        self.log = log
        with log.open("wb") as errors:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                env=environment,
                text=True,
            )
        self._told: list[list[object]] = []
        self._changed = threading.Condition()
        self._reading = threading.Thread(target=self._read, daemon=True)
        self._reading.start()

    def order(self, name: str, *arguments: object) -> None:
        """Tell the bot to do something."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps([name, *arguments]) + "\n")
        self._process.stdin.flush()

    def wait_for(self, *words: object, timeout_seconds: float = PATIENCE_SECONDS) -> list[object]:
        """The next thing told that begins with these words; what was told before it is dropped."""
        with self._changed:

            def found() -> int | None:
                for index, told in enumerate(self._told):
                    if told[: len(words)] == list(words):
                        return index
                return None

            if not self._changed.wait_for(lambda: found() is not None, timeout_seconds):
                raise AssertionError(
                    f"{words} was never told; told: {self._told}\n{self.log.read_text()[-3000:]}"
                )
            index = found() or 0
            told = self._told[index]
            del self._told[: index + 1]
            return told

    def ask(self, name: str, *arguments: object, answer: str) -> list[object]:
        self.order(name, *arguments)
        return self.wait_for(answer)

    def kill(self) -> None:
        """End it as a power cut would."""
        self._process.kill()
        self._process.wait()

    def close(self) -> None:
        if self._process.stdin is not None:
            with contextlib.suppress(OSError):
                self._process.stdin.close()
        try:
            self._process.wait(PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
        self._reading.join(PATIENCE_SECONDS)
        if self._process.stdout is not None:
            self._process.stdout.close()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            with self._changed:
                self._told.append(json.loads(line))
                self._changed.notify_all()


class Stage:
    """One Discord and the clients on it."""

    def __init__(self, voice: RunningDiscordVoice, python: Path, folder: Path) -> None:
        self.voice = voice
        self._python = python
        self._folder = folder
        self._clients: list[Client] = []

    def client(self, *, token: str = TOKEN) -> Client:
        """A bot that has just been started."""
        client = Client(
            [
                str(self._python),
                str(Path(__file__).parent / "client.py"),
                self.voice.discord.api_url,
                self.voice.gateway_url,
                token,
            ],
            {"PATH": "/usr/bin:/bin", "PYTHONUNBUFFERED": "1", **self.voice.environment},
            self._folder / f"client-{len(self._clients)}.log",
        )
        self._clients.append(client)
        return client

    def joined(self, channel_id: str) -> Client:
        """A bot that is in a voice channel."""
        client = self.client()
        client.wait_for("ready")
        client.ask("join", channel_id, JOIN_SECONDS, JOIN_ATTEMPTS, answer="joined")
        return client

    def until(self, holds: Callable[[], bool]) -> None:
        """Wait until something holds; AssertionError with the clients' last words otherwise."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not holds():
            if time.monotonic() > deadline:
                logs = "\n".join(client.log.read_text()[-3000:] for client in self._clients)
                raise AssertionError(f"it never came to be\n{logs}")
            time.sleep(0.02)

    def until_encrypted(self, client: Client, *, encrypted: bool = True) -> None:
        """Wait until the client is connected, and what it sends is encrypted or is not."""
        self.until(lambda: client.ask("state", GUILD_ID, answer="state")[1:3] == [True, encrypted])

    def until_another_connection(self, guild_id: str, before: int | None) -> None:
        """Wait until a server's call has a newer voice connection than the one named."""
        self.until(lambda: self.voice.connection(guild_id) not in (None, before))

    def until_connected(self, client: Client, guild_id: str, *, connected: bool = True) -> None:
        """Wait until the client holds a server's voice, or does not."""
        self.until(lambda: client.ask("state", guild_id, answer="state")[1] is connected)

    def close(self) -> None:
        for client in self._clients:
            client.close()
