"""A guild's voice: what a player needs of it, and what may go wrong on the way there."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Protocol

from worker.audio.source import TrackSource


class VoiceFailure(StrEnum):
    """Why a voice channel cannot be joined."""

    GONE = "gone"
    FULL = "full"
    FORBIDDEN = "forbidden"
    STAGE = "stage"
    TIMED_OUT = "timed_out"


class VoiceError(Exception):
    """The channel was not joined."""

    def __init__(self, failure: VoiceFailure) -> None:
        super().__init__(failure.value)
        self.failure = failure

    @property
    def is_final(self) -> bool:
        """Whether trying again at once would meet the same."""
        return self.failure is not VoiceFailure.TIMED_OUT


class Voice(Protocol):
    """One guild's voice, whether it is in a channel or not. For the event loop's thread alone."""

    @property
    def channel_id(self) -> str:
        """Where it is, or was last; empty if it never was anywhere."""

    @property
    def listeners(self) -> frozenset[str]:
        """The ids of the people in its channel; bots do not listen."""

    def has_channel(self, channel_id: str) -> bool:
        """Whether there is such a channel."""

    async def join(self, channel_id: str) -> None:
        """Be in a channel, whatever was before. A connection that is there, or comes back by
        itself, is kept. Raises VoiceError.
        """

    async def play(
        self, source: TrackSource, *, paused: bool, on_break: Callable[[], None]
    ) -> None:
        """Have `source` be heard instead of what is; `paused`: once `resume` says so.

        `on_break` is called in the loop when it is no longer sent though it is not over and nobody
        said so: the connection is gone, or was for a while. The source is of no use then.
        """

    def pause(self) -> None:
        """Send nothing until `resume`."""

    def resume(self) -> None:
        """Go on."""

    def stop(self) -> None:
        """Be silent; the source is of no use any more."""

    async def leave(self) -> None:
        """Leave the channel, or what is left of being there."""

    async def let_go(self) -> None:
        """Close the connection without leaving: another worker of this bot is in the channel."""
