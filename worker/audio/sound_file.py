"""What can be opened and played, wherever it lies."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from worker.audio.failures import SourceError, SourceFailure


class SoundFile(Protocol):
    """Bytes that a container is read from. One thread reads; `abort` may come from any other.

    Each method but `abort` and `close` raises SourceError. After `rewind` it is read from the
    beginning, also where it is not seekable.
    """

    @property
    def duration_ms(self) -> int | None:
        """How long the sound is, where the place it lies at tells and not the file itself."""

    def read(self, size: int) -> bytes:
        """Up to `size` bytes, and none at the end."""

    def seek(self, offset: int, whence: int = 0) -> int:
        """Go on at an offset, counted as `io` does; returns where that is."""

    def tell(self) -> int:
        """The offset that is read next."""

    def seekable(self) -> bool:
        """Whether going anywhere is quick."""

    def rewind(self, near_ms: int = 0) -> int:
        """Go back to the beginning, or to a later place where a container can begin as well.

        Returns where in the sound that is (ms): no later than `near_ms`.
        """

    def abort(self) -> None:
        """Have whatever is being waited for, now or later, fail at once."""

    def close(self) -> None:
        """Let go of it."""


class LocalFile:
    """A SoundFile on this machine: one of our own, never one that a user named."""

    def __init__(self, path: Path) -> None:
        try:
            self._file = path.open("rb")
        except OSError as error:
            detail = error.strerror or "it cannot be opened"
            raise SourceError(SourceFailure.NOT_FOUND, detail) from error

    @property
    def duration_ms(self) -> int | None:
        return None

    def read(self, size: int) -> bytes:
        return self._file.read(size)

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def seekable(self) -> bool:
        return True

    def rewind(self, near_ms: int = 0) -> int:  # noqa: ARG002 - a file begins at its beginning
        return self._file.seek(0)

    def abort(self) -> None:
        """It never waits."""

    def close(self) -> None:
        self._file.close()
