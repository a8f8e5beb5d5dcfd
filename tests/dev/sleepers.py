"""Programs that do nothing until they are ended."""

from __future__ import annotations

import os
import subprocess

from dev.leftovers import command_of


def asleep(seconds: int, *, uid: int | None = None) -> subprocess.Popen[bytes]:
    """A program that sleeps; returned once the system shows its command line."""
    process = subprocess.Popen(["sleep", str(seconds)], user=uid)
    while not command_of(process.pid):
        os.sched_yield()
    return process
