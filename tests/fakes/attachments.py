"""Attached files of a test's own making."""

from __future__ import annotations

from dataclasses import dataclass

from lib.ports import AttachmentError, AttachmentFailure


@dataclass(frozen=True, slots=True)
class Fetch:
    """One call of the port."""

    url: str
    most_bytes: int
    deadline_seconds: float


class ScriptedFiles:
    """An `AttachmentFiles` that has what `files` says lies at an address, or the error to raise.

    An address that is not among them is one of a file that is gone. `fetches` are all calls.
    """

    def __init__(self, files: dict[str, bytes | AttachmentError] | None = None) -> None:
        self.files = files or {}
        self.fetches: list[Fetch] = []

    def fetch(self, url: str, *, most_bytes: int, deadline_seconds: float) -> bytes:
        self.fetches.append(Fetch(url, most_bytes, deadline_seconds))
        content = self.files.get(url)
        if content is None:
            raise AttachmentError(AttachmentFailure.GONE, "as scripted")
        if isinstance(content, AttachmentError):
            raise content
        if not content:
            raise AttachmentError(AttachmentFailure.EMPTY, "as scripted")
        if len(content) > most_bytes:
            raise AttachmentError(AttachmentFailure.TOO_LARGE, "as scripted")
        return content
