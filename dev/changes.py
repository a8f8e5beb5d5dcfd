"""Which files of a checkout changed while its stack runs, and what each of them is a part of."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path

from watchfiles import Change, DefaultFilter, awatch

from dev.checkout import Checkout

NAMED_FILES = 3


class Part(Enum):
    """What a file has to do with the running stack."""

    CODE = auto()
    """The functions have it loaded, and the worker much of it."""
    WORKER = auto()
    """The worker alone has it loaded."""
    WORKER_PACKAGES = auto()
    PUBLIC = auto()
    """Read at each request."""
    PACKAGES = auto()
    SETTINGS = auto()
    MIGRATIONS = auto()
    TOOLS = auto()
    """The supervisor itself."""


FOLDERS = {
    "api": Part.CODE,
    "lib": Part.CODE,
    "worker": Part.WORKER,
    "public": Part.PUBLIC,
    "sql/migrations": Part.MIGRATIONS,
    "dev": Part.TOOLS,
}
FILES = {
    "vercel.json": Part.CODE,
    "models.toml": Part.CODE,
    "requirements.txt": Part.PACKAGES,
    "worker/requirements.txt": Part.WORKER_PACKAGES,
    "worker/constraints.txt": Part.WORKER_PACKAGES,
    ".env": Part.SETTINGS,
}
WORKERS_PARTS = frozenset({Part.WORKER, Part.WORKER_PACKAGES, Part.SETTINGS})
NOT_THE_WORKERS = tuple(f"lib/{room}/" for room in ("chat", "commands", "jobs", "web"))
"""What of lib the worker never imports: a change there need not interrupt the music."""


@dataclass(frozen=True, slots=True)
class Changed:
    """Files that changed at about the same time, by their names in the checkout."""

    files: tuple[str, ...]

    @property
    def parts(self) -> frozenset[Part]:
        return frozenset(part for file in self.files if (part := part_of(file)) is not None)

    def of(self, *parts: Part) -> Changed:
        """Those files alone that belong to `parts`."""
        return Changed(tuple(file for file in self.files if part_of(file) in parts))

    @property
    def reaches_worker(self) -> bool:
        """Whether the voice worker may have any of it loaded."""
        return bool(self.parts & WORKERS_PARTS) or any(
            file.startswith("lib/") and not file.startswith(NOT_THE_WORKERS) for file in self.files
        )

    def __str__(self) -> str:
        named = ", ".join(self.files[:NAMED_FILES])
        more = len(self.files) - NAMED_FILES
        return f"{named} and {more} more" if more > 0 else named


def part_of(file: str) -> Part | None:
    """The part that a file of the checkout belongs to; None: the stack does not care."""
    if file in FILES:
        return FILES[file]
    return next((part for name, part in FOLDERS.items() if file.startswith(f"{name}/")), None)


@asynccontextmanager
async def watched(checkout: Checkout) -> AsyncIterator[asyncio.Queue[Changed]]:
    """A queue of what changes while the body runs.

    Editors write a file in several steps, which count as one change.
    """
    found: asyncio.Queue[Changed] = asyncio.Queue()
    root = checkout.root
    folders = [root / name for name in FOLDERS if (root / name).is_dir()]

    async def watch(*paths: Path, recursive: bool) -> None:
        async for some in awatch(*paths, recursive=recursive, watch_filter=OurFiles(root)):
            files = {Path(path) for _, path in some}
            # A draft that an editor renamed is gone; what was deleted and no more is told as well.
            left = {file for file in files if file.exists()} or files
            names = sorted(file.relative_to(root).as_posix() for file in left)
            found.put_nowait(Changed(tuple(names)))

    async with asyncio.TaskGroup() as group:
        # Not the whole root, in which an environment and a database lie; and not single files,
        # which editors replace by new ones.
        watching = [
            group.create_task(watch(*folders, recursive=True)),
            group.create_task(watch(root, recursive=False)),
        ]
        await asyncio.sleep(0)  # in which they begin: what changes from now on is found
        try:
            yield found
        finally:
            for task in watching:
                task.cancel()


class OurFiles(DefaultFilter):
    """Files that belong to a part; none that an editor or Python makes for itself."""

    def __init__(self, root: Path) -> None:
        super().__init__()
        self._root = root

    def __call__(self, change: Change, path: str) -> bool:
        """Whether a change counts."""
        file = Path(path)
        name = file.relative_to(self._root).as_posix()
        # A folder that is made or touched says nothing that its files don't.
        return part_of(name) is not None and not file.is_dir() and super().__call__(change, path)
