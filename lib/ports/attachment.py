"""Files that users attach, which lie on Discord's own hosts."""

from __future__ import annotations

from enum import StrEnum
from typing import Protocol

from lib.ports.base import PortError


class AttachmentFailure(StrEnum):
    """Why a file is not there."""

    WRONG_HOST = "wrong_host"
    REDIRECTED = "redirected"
    GONE = "gone"
    TOO_LARGE = "too_large"
    EMPTY = "empty"
    UNREACHABLE = "unreachable"


class AttachmentError(PortError):
    """The file was not fetched; `detail` is safe to log: no address, whose query is a signature."""

    def __init__(self, failure: AttachmentFailure, detail: str) -> None:
        super().__init__(f"{failure}: {detail}")
        self.failure = failure
        self.detail = detail


class AttachmentFiles(Protocol):
    """Fetches what users attached."""

    def fetch(self, url: str, *, most_bytes: int, deadline_seconds: float) -> bytes:
        """The file at `url`, which must be an https address of one of Discord's own hosts.

        Follows no redirect, reads no further than `most_bytes`, and takes no longer than
        `deadline_seconds` in all. Raises AttachmentError and nothing else.
        """
