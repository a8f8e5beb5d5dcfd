"""Who may order what: those whose track it is, those who are alone or in charge; others vote."""

from __future__ import annotations

from enum import Enum
from typing import Final

from lib.music.orders import Order, PlayerCommand, Standing
from worker.asking import Asker
from worker.player import Player

OF_THE_REQUESTER: Final = frozenset(
    {PlayerCommand.SKIP, PlayerCommand.PAUSE, PlayerCommand.RESUME, PlayerCommand.SEEK}
)
"""What somebody may do to a track that plays because they wished for it."""


class Right(Enum):
    """What somebody's order is worth."""

    DO = "do"
    VOTE = "vote"
    NONE = "none"  # they are not there to hear it


def right_to(order: Order, asker: Asker | None, player: Player) -> Right:
    """What an order about what plays is worth. Without an asker it came from a dashboard, by
    somebody whom the database let write it.
    """
    if asker is None or order.standing in {Standing.ADMIN, Standing.DJ}:
        return Right.DO
    listeners = player.listeners
    if asker.user_id not in listeners:
        return Right.NONE
    if listeners == {asker.user_id} or _is_their_own(order, asker, player):
        return Right.DO
    return Right.VOTE


def _is_their_own(order: Order, asker: Asker, player: Player) -> bool:
    if order.command in OF_THE_REQUESTER:
        return player.track is not None and player.track.requester_id == asker.user_id
    if order.command is PlayerCommand.REMOVE and order.track_id is not None:
        entry = player.queue.find(order.track_id)
        return entry is not None and entry.track.requester_id == asker.user_id
    return False


def may_go_first(order: Order, asker: Asker | None, player: Player) -> bool:
    """Whether new tracks may come before what others wait for."""
    if asker is None or order.standing in {Standing.ADMIN, Standing.DJ}:
        return True
    theirs = all(entry.track.requester_id == asker.user_id for entry in player.queue)
    return theirs or player.listeners == {asker.user_id}


def means_what_plays(order: Order, player: Player) -> bool:
    """Whether the track that the order names is the one that plays; one that names none is."""
    if order.play_id:
        return order.play_id == player.play_id
    track = player.track
    if track is None:
        return False
    is_titled = order.track_title in {"", track.title}
    return is_titled and order.track_url in {"", track.url}
