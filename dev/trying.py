"""Loads changed code in a process of its own, before what runs is replaced by it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from dev.errors import StackError

TRIAL_SECONDS = 60.0
_PLACE = re.compile(r'  File "(?P<file>.+)", line (?P<line>\d+)')


async def tried_out(
    command: Sequence[str], *, root: Path, environment: Mapping[str, str], otherwise: str
) -> bytes:
    """What `command` prints, run in `root`. Raises StackError if it fails or does not end.

    `otherwise` is the line that says what runs on then.
    """
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=root,
        # The log file belongs to one process at a time.
        env={name: value for name, value in environment.items() if name != "LOG_FILE"},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        async with asyncio.timeout(TRIAL_SECONDS):
            output, errors = await process.communicate()
    except TimeoutError:
        raise StackError(
            "not reloaded: the changed code does not finish loading.", [otherwise]
        ) from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode != 0:
        told = told_briefly(errors.decode(errors="replace"), root)
        raise StackError(f"not reloaded: {told}", [otherwise])
    return output


def told_briefly(traceback: str, root: object) -> str:
    """The last line of a traceback, with the innermost place in this checkout before it."""
    lines = [line for line in traceback.splitlines() if line.strip()]
    inside = [
        f"{place['file'].removeprefix(f'{root}/')}:{place['line']}: "
        for line in lines
        if (place := _PLACE.match(line)) and place["file"].startswith(f"{root}/")
        and "/.halley/" not in place["file"]
    ]  # fmt: skip
    return (inside[-1] if inside else "") + (lines[-1] if lines else "it ended without a word")
