"""How music is shown in Discord: what plays, with its bar and buttons, what waits, what was played.

A track's title and the name of whoever wished for it are others' words, and are escaped; an id
becomes a mention, which in a card rings nobody.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

from lib.interactions.escaping import escape
from lib.interactions.json_fields import is_snowflake
from lib.interactions.response import Button, ButtonStyle, Embed, Message, length
from lib.interactions.timestamp import ago
from lib.locales import Locale, Text
from lib.locales.numbers import count
from lib.music.times import shown
from lib.ports.player import LoopMode, PlayerReading, PlaysPage, Session, Track

PAGE: Final = 10
"""Tracks on one page."""
COLOR: Final = 0x5B7FFF
BAR: Final = 14
USUAL_VOLUME: Final = 100
LONGEST_TITLE: Final = 120
LONGEST_LISTED: Final = 60
LONGEST_NAME: Final = 32
LONGEST_LINK: Final = 150
LONGEST_PLAY_ID: Final = 64
"""What of a play's name a button can bear. A worker's are shorter; another bot may write any."""
_LINKED: Final = re.compile(r"https?://[^\s<>\[\]\\\"`]+", re.IGNORECASE)
_DOT: Final = " · "

PLAYING = Text(en="Now playing", ja="再生中")
PAUSED = Text(en="Paused", ja="一時停止中")
INTERRUPTED = Text(en="Interrupted", ja="中断中")
NO_WORKER = Text(
    en="-# My player isn't running right now: this is how things stood last.",
    ja="-# 現在プレイヤーが起動していないため、最後に記録された状態を表示しています。",
)
REQUESTED = Text(en="Requested by {name}", ja="リクエスト: {name}")
VOLUME = Text(en="🔊 {percent}%", ja="🔊 音量 {percent}%")
LOOPED = {
    LoopMode.TRACK: Text(en="🔂 This track again and again", ja="🔂 1曲ループ"),
    LoopMode.QUEUE: Text(en="🔁 The queue again and again", ja="🔁 キューをループ"),
}
AUTOPLAY = Text(en="✨ Autoplay", ja="✨ 自動再生")
ONE_WAITS = Text(en="One more track waits.", ja="このあと1曲が待機中です。")
WAITING = Text(en="{n} more tracks wait.", ja="このあと{n}曲が待機中です。")

PAUSE = Text(en="⏸ Pause", ja="⏸ 一時停止")
RESUME = Text(en="▶ Resume", ja="▶ 再開")
SKIP = Text(en="⏭ Skip", ja="⏭ スキップ")
STOP = Text(en="⏹ Stop", ja="⏹ 停止")
LOOP = {
    LoopMode.OFF: Text(en="🔁 Loop: off", ja="🔁 ループ: オフ"),
    LoopMode.TRACK: Text(en="🔂 Loop: track", ja="🔂 ループ: 1曲"),
    LoopMode.QUEUE: Text(en="🔁 Loop: queue", ja="🔁 ループ: キュー"),
}
NEXT_LOOP: Final = {
    LoopMode.OFF: LoopMode.TRACK,
    LoopMode.TRACK: LoopMode.QUEUE,
    LoopMode.QUEUE: LoopMode.OFF,
}
"""What the loop's button sets."""
SHOW_QUEUE = Text(en="📃 Queue", ja="📃 キュー")

QUEUE = Text(en="Queue", ja="キュー")
NOTHING_PLAYS = Text(
    en="Nothing is playing. `/play` plays something.",
    ja="何も再生していません。`/再生` で曲を流せます。",
)
NOTHING_WAITS = Text(
    en="Nothing waits. `/play` adds a track.",
    ja="待機中の曲はありません。`/再生` で追加できます。",
)
ONE_TRACK = Text(en="1 track", ja="1曲")
TRACKS = Text(en="{n} tracks", ja="{n}曲")
IN_ALL = Text(en="{time} in all", ja="合計 {time}")
PAGE_OF = Text(en="page {page} of {pages}", ja="{page}/{pages}ページ")
BACK = Text(en="◀ Back", ja="◀ 前へ")
ONWARD = Text(en="Next ▶", ja="次へ ▶")
ENDED = Text(en="Played", ja="再生済み")
PLAYED = Text(en="Played here", ja="再生履歴")
NOTHING_PLAYED = Text(
    en="Nothing has been played here yet. `/play` plays something.",
    ja="このサーバーではまだ何も再生していません。`/再生` で曲を流せます。",
)


def now_playing(
    session: Session, *, waiting: int, locale: Locale, has_worker: bool = True
) -> Message:
    """The card of what plays and where it is, with buttons to steer it; `waiting` tracks follow.
    Without a worker it tells how things stood last, and nothing can be steered.

    A button's custom_id names the play that the card shows, so that one of an old card is known as
    such: `nowplaying:<action>:<play_id>`; the loop's has the mode it sets behind that.
    """
    track = session.track
    lines = [f"**{_linked(track, most=LONGEST_TITLE)}**", _bar(session)]
    if name := _requester(track):
        lines.append(REQUESTED.in_(locale, name=name))
    if chosen := _chosen(session, locale):
        lines.append(_DOT.join(chosen))
    if waiting:
        lines.append(
            ONE_WAITS.in_(locale) if waiting == 1 else WAITING.in_(locale, n=count(waiting))
        )
    if session.is_paused:
        title = PAUSED
    else:
        title = PLAYING if has_worker or session.is_playing else INTERRUPTED
    if not has_worker:
        lines.append(NO_WORKER.in_(locale))
    embed = Embed(title=title.in_(locale), description="\n".join(lines), color=COLOR)
    return Message(embeds=(embed,), rows=(_buttons(session, locale),) if has_worker else ())


def ended(session: Session, *, locale: Locale) -> Message:
    """What the card of a track becomes once that plays no more: nothing is left to be steered."""
    lines = [f"**{_linked(session.track, most=LONGEST_TITLE)}**"]
    if name := _requester(session.track):
        lines.append(REQUESTED.in_(locale, name=name))
    embed = Embed(title=ENDED.in_(locale), description="\n".join(lines), color=COLOR)
    return Message(embeds=(embed,))


def queue_page(reading: PlayerReading, *, page: int, locale: Locale) -> Message:
    """What plays, and the page of what waits that `reading` was read for (1: the first)."""
    lines = []
    if reading.session is None:
        lines.append(NOTHING_PLAYS.in_(locale))
    else:
        session = reading.session
        is_silent = session.is_paused or not (session.is_playing or reading.has_worker)
        sign = "⏸" if is_silent else "▶"
        lines.append(f"{sign} **{_linked(session.track)}**{_DOT}{_time(session)}")
        if not reading.waiting:
            lines += ["", NOTHING_WAITS.in_(locale)]
    if reading.queue:
        first = 1 + (page - 1) * PAGE
        lines += ["", *(_queued(first + n, entry.track) for n, entry in enumerate(reading.queue))]
    if not reading.has_worker and (reading.session is not None or reading.queue):
        lines += ["", NO_WORKER.in_(locale)]
    counted = _counted(reading.waiting, locale)
    if counted and reading.waiting_ms > 0:
        counted.append(IN_ALL.in_(locale, time=shown(reading.waiting_ms)))
    return _page(QUEUE, "queue", lines, counted, page=page, total=reading.waiting, locale=locale)


def plays_page(plays: PlaysPage, *, page: int, locale: Locale) -> Message:
    """The page of what was played that `plays` is (1: the newest)."""
    lines = [
        _played(play.track, None if play.played_at is None else ago(play.played_at))
        for play in plays.plays
    ]
    return _page(
        PLAYED,
        "history",
        lines or [NOTHING_PLAYED.in_(locale)],
        _counted(plays.total, locale),
        page=page,
        total=plays.total,
        locale=locale,
    )


def pages_of(total: int) -> int:
    """How many pages so many tracks have; one at least."""
    return max(1, -(-total // PAGE))


# --- the parts ---


def _buttons(session: Session, locale: Locale) -> tuple[Button, ...]:
    action, label = ("resume", RESUME) if session.is_paused else ("pause", PAUSE)
    mode, play = session.loop_mode, session.play_id
    if length(play) > LONGEST_PLAY_ID:
        play = ""  # the button then means what plays when it is pressed
    return (
        Button(
            label=label.in_(locale),
            custom_id=f"nowplaying:{action}:{play}",
            style=ButtonStyle.PRIMARY,
        ),
        Button(label=SKIP.in_(locale), custom_id=f"nowplaying:skip:{play}"),
        Button(
            label=STOP.in_(locale), custom_id=f"nowplaying:stop:{play}", style=ButtonStyle.DANGER
        ),
        Button(
            label=LOOP[mode].in_(locale),
            custom_id=f"nowplaying:loop:{play}:{NEXT_LOOP[mode].value}",
        ),
        Button(label=SHOW_QUEUE.in_(locale), custom_id="nowplaying:queue"),
    )


def _bar(session: Session) -> str:
    """Where it is in the track; of one that has no known length, only for how long it plays."""
    if session.track.duration_ms <= 0:
        return _time(session)
    place = session.position_ms * BAR // session.track.duration_ms
    place = min(max(place, 0), BAR - 1)
    return f"{'▬' * place}🔘{'▬' * (BAR - 1 - place)} {_time(session)}"


def _time(session: Session) -> str:
    position, duration = shown(session.position_ms), session.track.duration_ms
    return f"{position} / {shown(duration)}" if duration > 0 else position


def _chosen(session: Session, locale: Locale) -> list[str]:
    """What is not as usual."""
    chosen = []
    if session.volume != USUAL_VOLUME:
        chosen.append(VOLUME.in_(locale, percent=session.volume))
    if (looped := LOOPED.get(session.loop_mode)) is not None:
        chosen.append(looped.in_(locale))
    if session.autoplay:
        chosen.append(AUTOPLAY.in_(locale))
    return chosen


def _linked(track: Track, *, most: int = LONGEST_LISTED) -> str:
    """The title, as a link where its address is one that a link can hold."""
    title = escape(track.title or track.url, most=most) or "?"
    url = track.url.replace("(", "%28").replace(")", "%29")
    if len(url) > LONGEST_LINK or _LINKED.fullmatch(url) is None:
        return title
    return f"[{title}]({url})"


def _requester(track: Track) -> str:
    """Who wished for it; empty where nobody did."""
    if is_snowflake(track.requester_id):
        return f"<@{track.requester_id}>"
    return escape(track.requested_by, most=LONGEST_NAME)


def _queued(place: int, track: Track) -> str:
    # Not as a list's number: Discord would count anew from its first one.
    return f"`{place}` {_played(track, None)}"


def _played(track: Track, moment: str | None) -> str:
    length = shown(track.duration_ms) if track.duration_ms > 0 else ""
    return _DOT.join(filter(None, (_linked(track), length, _requester(track), moment)))


def _counted(total: int, locale: Locale) -> list[str]:
    if not total:
        return []
    return [ONE_TRACK.in_(locale) if total == 1 else TRACKS.in_(locale, n=count(total))]


def _page(
    title: Text,
    command: str,
    lines: Iterable[str],
    counted: Sequence[str],
    *,
    page: int,
    total: int,
    locale: Locale,
) -> Message:
    pages = pages_of(total)
    rows: tuple[tuple[Button, ...], ...] = ()
    footer = list(counted)
    if pages > 1:
        footer.append(PAGE_OF.in_(locale, page=page, pages=pages))
        back, onward = f"{command}:page:{page - 1}", f"{command}:page:{page + 1}"
        rows = (
            (
                Button(label=BACK.in_(locale), custom_id=back, disabled=page <= 1),
                Button(label=ONWARD.in_(locale), custom_id=onward, disabled=page >= pages),
            ),
        )
    embed = Embed(
        title=title.in_(locale),
        description="\n".join(lines),
        color=COLOR,
        footer=_DOT.join(footer),
    )
    return Message(embeds=(embed,), rows=rows)
