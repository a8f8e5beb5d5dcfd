"""The folder that a worker's lookups share, and those that killed workers have left behind.

A folder is locked as long as its worker runs, however that ends. The lock also keeps systemd from
clearing it away as an old file of nobody's.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

PREFIX: Final = "halley-lookups-"


class LookupFolder:
    """A new and empty folder for temporary files; `close` removes it with all that is in it."""

    def __init__(self) -> None:
        _remove_left_behind(Path(tempfile.gettempdir()))
        self.path, self._lock = _made()

    def close(self) -> None:
        """Again: does nothing."""
        lock, self._lock = self._lock, None
        if lock is not None:
            shutil.rmtree(self.path, ignore_errors=True)
            os.close(lock)


def _made() -> tuple[Path, int | None]:
    while True:
        path = Path(tempfile.mkdtemp(prefix=PREFIX))
        # Between the two, another worker that starts can have taken it for one left behind.
        with suppress(FileNotFoundError):
            lock = _opened(path)
            fcntl.flock(lock, fcntl.LOCK_EX)
            if path.exists():
                return path, lock
            os.close(lock)


def _remove_left_behind(parent: Path) -> None:
    for path in parent.glob(f"{PREFIX}*"):
        # Somebody else's, one that is in use, or no folder: none of it is ours to remove.
        with suppress(OSError), _unused(path):
            shutil.rmtree(path, ignore_errors=True)


@contextmanager
def _unused(path: Path) -> Iterator[None]:
    """Hold a folder of this user's that no worker has. Raises OSError where there is none."""
    folder = _opened(path)
    try:
        if os.fstat(folder).st_uid != os.geteuid():
            raise PermissionError(path)
        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(folder)


def _opened(path: Path) -> int:
    return os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
