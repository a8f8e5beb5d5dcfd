"""Orders about what plays and what waits: each does what it says, or refuses with a reason."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from lib.locales import Text
from lib.locales.numbers import count
from lib.music.orders import Order, PlayerCommand
from lib.music.times import shown
from lib.ports import FailureReason
from lib.ports.player import Track
from worker import texts
from worker.player import Player

FEWEST_TO_SHUFFLE: Final = 2


class RefusedError(Exception):
    """The order makes no sense now; `text` says why, `reason` what its row says."""

    def __init__(self, text: Text, reason: FailureReason = FailureReason.REFUSED) -> None:
        super().__init__(text.en)
        self.text = text
        self.reason = reason


def carry_out(order: Order, player: Player) -> Text:
    """Do it, at once; what there is to say of it. Raises RefusedError.

    STOP only says what there is to say: leaving takes a while. PLAY is none of these.
    """
    return _CONTROLS[order.command](order, player)


def _pause(_: Order, player: Player) -> Text:
    if player.is_paused:
        raise RefusedError(texts.ALREADY_PAUSED)
    player.pause()
    return texts.PAUSED.filled(position=shown(player.position_ms))


def _resume(_: Order, player: Player) -> Text:
    if not player.is_paused:
        raise RefusedError(texts.NOT_PAUSED)
    player.resume()
    return texts.RESUMED.filled(position=shown(player.position_ms))


def _skip(_: Order, player: Player) -> Text:
    title = _title(player.track)
    player.skip()
    return texts.SKIPPED.filled(title=title)


def _previous(_: Order, player: Player) -> Text:
    if not player.previous():
        raise RefusedError(texts.NO_PREVIOUS)
    return texts.WENT_BACK.filled(title=_title(player.track))


def _stop(_order: Order, _player: Player) -> Text:
    return texts.STOPPED


def _seek(order: Order, player: Player) -> Text:
    length_ms = 0 if player.track is None else player.track.duration_ms
    if length_ms and order.position_ms >= length_ms:
        raise RefusedError(texts.BEYOND_END.filled(length=shown(length_ms)))
    player.seek(order.position_ms)
    return texts.SOUGHT.filled(position=shown(order.position_ms))


def _volume(order: Order, player: Player) -> Text:
    player.set_volume(order.volume)
    return texts.VOLUME.filled(percent=order.volume)


def _loop(order: Order, player: Player) -> Text:
    player.set_loop(order.loop_mode)
    return texts.LOOPED[order.loop_mode]


def _shuffle(_: Order, player: Player) -> Text:
    waiting = len(player.queue)
    if waiting < FEWEST_TO_SHUFFLE:
        raise RefusedError(texts.TOO_FEW)
    player.queue.shuffle()
    player.queue_changed()
    return texts.SHUFFLED.filled(n=count(waiting))


def _move(order: Order, player: Player) -> Text:
    entry = None if order.track_id is None else player.queue.find(order.track_id)
    place = None if entry is None else player.queue.move(entry.id, order.place)
    if entry is None or place is None:
        raise RefusedError(texts.NOT_IN_QUEUE)
    player.queue_changed()
    return texts.MOVED.filled(title=_title(entry.track), place=place)


def _remove(order: Order, player: Player) -> Text:
    entry = None if order.track_id is None else player.queue.find(order.track_id)
    if entry is None:
        raise RefusedError(texts.NOT_IN_QUEUE)
    player.queue.take(entry.id)
    player.queue_changed()
    return texts.REMOVED.filled(title=_title(entry.track))


def _clear(_: Order, player: Player) -> Text:
    if not player.queue.clear():
        raise RefusedError(texts.NOTHING_WAITS)
    player.queue_changed()
    return texts.CLEARED


def _autoplay(order: Order, player: Player) -> Text:
    player.set_autoplay(on=order.on)
    return texts.AUTOPLAY_ON if order.on else texts.AUTOPLAY_OFF


def _title(track: Track | None) -> str:
    return "" if track is None else texts.title_of(track)


_CONTROLS: Final[dict[PlayerCommand, Callable[[Order, Player], Text]]] = {
    PlayerCommand.PAUSE: _pause,
    PlayerCommand.RESUME: _resume,
    PlayerCommand.SKIP: _skip,
    PlayerCommand.PREVIOUS: _previous,
    PlayerCommand.STOP: _stop,
    PlayerCommand.SEEK: _seek,
    PlayerCommand.VOLUME: _volume,
    PlayerCommand.LOOP: _loop,
    PlayerCommand.SHUFFLE: _shuffle,
    PlayerCommand.MOVE: _move,
    PlayerCommand.REMOVE: _remove,
    PlayerCommand.CLEAR: _clear,
    PlayerCommand.AUTOPLAY: _autoplay,
}
