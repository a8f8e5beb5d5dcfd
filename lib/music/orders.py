"""Orders for a player: what stands in the payload of their rows, and what that means.

A payload is read by dashboards, and may be written by them: whatever has the wrong shape is told as
OrderError, and nothing else is raised.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from uuid import UUID, uuid5

from lib.ports.base import JsonObject
from lib.ports.player import LoopMode

LOUDEST: Final = 200
LONGEST_QUERY: Final = 500


class OrderError(ValueError):
    """A payload that is no order."""


class PlayerCommand(StrEnum):
    """What a player can be ordered to do: the `command` of the row."""

    PLAY = "play"
    PAUSE = "pause"
    RESUME = "resume"
    SKIP = "skip"
    PREVIOUS = "previous"
    STOP = "stop"
    SEEK = "seek"
    VOLUME = "volume"
    LOOP = "loop"
    SHUFFLE = "shuffle"
    MOVE = "move"
    REMOVE = "remove"
    CLEAR = "clear"
    AUTOPLAY = "autoplay"


ABOUT_A_TRACK: Final = frozenset(
    {
        PlayerCommand.PAUSE,
        PlayerCommand.RESUME,
        PlayerCommand.SKIP,
        PlayerCommand.PREVIOUS,
        PlayerCommand.SEEK,
    }
)
"""Orders that mean the track that played when they were given, and no later one."""


class Standing(StrEnum):
    """What whoever orders may do: an admin of the dashboard and a DJ everything."""

    ADMIN = "admin"
    DJ = "dj"
    MEMBER = "member"


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """An order. Which of the later fields it has depends on its command.

    `play_id` is the play it means; empty where it means none, or where whoever gave it saw none: a
    dashboard then names the track by `track_title` and `track_url`. `text_channel_id` is where it
    was given. PLAY has `query`, `next` (before the others) and `channel_id`, the voice channel of
    who asks, SEEK `position_ms`, VOLUME `volume` in per cent, LOOP `loop_mode`, AUTOPLAY `on`, MOVE
    and REMOVE `track_id`, an entry of the queue, MOVE its new `place` (1: the next).
    """

    command: PlayerCommand
    guild_id: str
    application_id: str = ""
    play_id: str = ""
    track_title: str = ""
    track_url: str = ""
    channel_id: str = ""
    text_channel_id: str = ""
    standing: Standing = Standing.MEMBER
    query: str = ""
    next: bool = False
    position_ms: int = 0
    volume: int = 100
    loop_mode: LoopMode = LoopMode.OFF
    on: bool = False
    track_id: UUID | None = None
    place: int = 1

    def to_payload(self) -> JsonObject:
        """The row's payload. The standing is the database's to say."""
        said: dict[str, object] = {
            "application_id": self.application_id,
            "play_id": self.play_id,
            "channel_id": self.channel_id,
            "text_channel_id": self.text_channel_id,
            "query": self.query,
            "next": self.next,
        }
        said = {"guild_id": self.guild_id} | {name: value for name, value in said.items() if value}
        match self.command:
            case PlayerCommand.SEEK:
                said["position_ms"] = self.position_ms
            case PlayerCommand.VOLUME:
                said["volume"] = self.volume
            case PlayerCommand.LOOP:
                said["loop_mode"] = self.loop_mode.value
            case PlayerCommand.AUTOPLAY:
                said["on"] = self.on
            case PlayerCommand.MOVE | PlayerCommand.REMOVE:
                said["track_id"] = str(self.track_id)
                if self.command is PlayerCommand.MOVE:
                    said["place"] = self.place
        return said

    @classmethod
    def from_payload(cls, command: str, payload: Mapping[str, object]) -> Order:
        """The order that a claimed row is. Raises OrderError if it is none."""
        try:
            kind = PlayerCommand(command)
            default = Standing.ADMIN if "by" in payload else Standing.MEMBER
            standing = Standing(str(payload.get("standing", default)))
            loop_mode = LoopMode(str(payload.get("loop_mode", "off")))
            track_id = payload.get("track_id")
            order = cls(
                command=kind,
                guild_id=_text(payload, "guild_id"),
                application_id=_text(payload, "application_id"),
                play_id=_text(payload, "play_id"),
                track_title=_text(payload, "track_title"),
                track_url=_text(payload, "track_url"),
                channel_id=_text(payload, "channel_id"),
                text_channel_id=_text(payload, "text_channel_id"),
                standing=standing,
                query=_text(payload, "query"),
                next=payload.get("next") is True,
                position_ms=_whole(payload, "position_ms", 0, 2**40),
                volume=_whole(payload, "volume", 100, LOUDEST),
                loop_mode=loop_mode,
                on=payload.get("on") is True,
                track_id=None if track_id is None else UUID(str(track_id)),
                place=max(1, _whole(payload, "place", 1, 2**31)),
            )
        except ValueError as error:
            raise OrderError(f"no order for a player: {error}") from error
        if not order.guild_id.isdecimal():
            raise OrderError("no order for a player: it names no guild")
        if kind is PlayerCommand.PLAY and not order.query.strip():
            raise OrderError("no order for a player: there is nothing to play")
        if kind in {PlayerCommand.MOVE, PlayerCommand.REMOVE} and order.track_id is None:
            raise OrderError("no order for a player: it names no track of the queue")
        return order


def order_id(command_id: UUID) -> UUID:
    """The id of the order that a command gives: the same in every run of it."""
    return uuid5(command_id, "order")


def _text(payload: Mapping[str, object], name: str) -> str:
    value = payload.get(name)
    if value is not None and not isinstance(value, str):
        raise OrderError(f"{name} is not a text")
    return value or ""


def _whole(payload: Mapping[str, object], name: str, default: int, most: int) -> int:
    value = payload.get(name, default)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= most:
        raise OrderError(f"{name} is not a number from 0 to {most}")
    return value
