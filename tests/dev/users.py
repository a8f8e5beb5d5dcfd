"""Whoever types `python3 dev ...` in one checkout, and what they see."""

from __future__ import annotations

import io
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote

from dev.accounts import shared_folder
from dev.checkout import Checkout
from dev.console import Console
from dev.node import postgrest_binary

COMMAND = "import sys; from dev.{} import main; sys.exit(main(sys.argv[1:]))"
LONGEST_WAIT_SECONDS = 150.0  # for a line that does not come: the test fails then, and ends
SETTINGS = ("SUPABASE_URL", "SUPABASE_SECRET_KEY", "GEMINI_API_KEY", "DATABASE_URL")


class UserOf:
    """Whoever types `python3 dev ...` in one checkout."""

    def __init__(self, checkout: Checkout) -> None:
        self.checkout = checkout
        self._environment = {
            name: value for name, value in os.environ.items() if name not in SETTINGS
        } | {
            "POSTGREST_BIN": str(postgrest_binary(Checkout.here(), console=Console(io.StringIO())))
        }
        self._running: list[subprocess.Popen[str]] = []

    def types(self, command: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """A command that ends by itself."""
        process = self._start(command, *arguments)
        shown, _ = process.communicate(timeout=120)
        return subprocess.CompletedProcess(command, process.returncode, shown)

    def starts(self) -> tuple[subprocess.Popen[str], str]:
        """`up`, and what it shows until it is up or has given up."""
        process = self._start("up")
        assert process.stdout is not None
        shown = ""
        for line in process.stdout:
            shown += line
            if "Ctrl-C stops it" in line:
                break
        return process, shown

    def ends(self, process: subprocess.Popen[str], sign: signal.Signals) -> str:
        """End it, and what it still shows."""
        process.send_signal(sign)
        return process.communicate(timeout=60)[0]

    def leaves(self) -> None:
        """Whatever a failed test left running."""
        for process in self._running:
            if process.poll() is None:
                self.ends(process, signal.SIGTERM)

    def run_file(self) -> dict[str, Any]:
        content: dict[str, Any] = json.loads(self.checkout.run_file.read_text())
        return content

    def programs(self) -> list[tuple[int, str]]:
        """Pids and command lines of what the stack started."""
        return [(one["pid"], one["command"]) for one in self.run_file()["programs"].values()]

    def _start(self, command: str, *arguments: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-c", COMMAND.format(command), *arguments],
            cwd=self.checkout.root,
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._running.append(process)
        return process


@contextmanager
def user_of(checkout: Checkout) -> Iterator[UserOf]:
    """One who leaves nothing running, and nothing in the temporary folder."""
    made = UserOf(checkout)
    try:
        yield made
    finally:
        made.leaves()
        data = checkout.home / "postgres"
        shutil.rmtree(shared_folder(checkout, data), ignore_errors=True)


def lines_until(process: subprocess.Popen[str], sign: str) -> str:
    """What a command shows from now on to the line that has `sign` in it."""
    assert process.stdout is not None
    shown = ""
    giving_up = threading.Timer(LONGEST_WAIT_SECONDS, process.terminate)
    giving_up.start()
    try:
        for line in process.stdout:
            shown += line
            if sign in line:
                return shown
    finally:
        giving_up.cancel()
        giving_up.join()
    raise AssertionError(f"{sign!r} was not shown, but:\n{shown}")


def database_of(user: UserOf) -> str:
    """The address of the running stack's database, with its password."""
    address: str = user.run_file()["addresses"]["database"]
    password = json.loads(user.checkout.keys.read_text())["database_password"]
    return address.replace("@", f":{quote(password)}@", 1)
