"""What people see of music: the card of what plays, the queue, and what was played."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest

from lib.interactions.response import Button, Message, length
from lib.locales import Locale
from lib.music.cards import PAGE, ended, now_playing, plays_page, queue_page
from lib.ports import (
    LoopMode,
    MusicSettings,
    Play,
    PlayerReading,
    PlaysPage,
    QueuedTrack,
    Session,
    Track,
)

EN, JA = Locale.ENGLISH, Locale.JAPANESE
TRACK = Track(
    title="Comet",
    url="https://example.com/comet",
    duration_ms=225_000,
    requested_by="Ada",
    requester_id="80351110224678912",
)
SESSION = Session(
    guild_id="1",
    track=TRACK,
    play_id="0b0c5f6e-1111-4222-8333-444455556666",
    position_ms=83_000,
    is_playing=True,
    is_paused=False,
    channel_id="2",
    text_channel_id="3",
)


def reading(
    *tracks: Track, session: Session | None = SESSION, waiting: int | None = None
) -> PlayerReading:
    """A player with these tracks on the page that was asked for."""
    return PlayerReading(
        has_worker=True,
        session=session,
        queue=[QueuedTrack(id=UUID(int=n), track=track) for n, track in enumerate(tracks)],
        waiting=len(tracks) if waiting is None else waiting,
        waiting_ms=sum(track.duration_ms for track in tracks),
        settings=MusicSettings(),
    )


def text(message: Message) -> str:
    """All that is read of the card."""
    (embed,) = message.embeds
    message.to_payload()  # which refuses what Discord would
    return "\n".join((embed.title, embed.description, embed.footer))


def buttons(message: Message) -> dict[str, Button]:
    return {button.custom_id: button for row in message.rows for button in row}


def test_the_card_tells_what_plays_where_it_is_and_who_wished_for_it() -> None:
    said = text(now_playing(SESSION, waiting=2, locale=EN))
    assert "Now playing" in said
    assert "[Comet](https://example.com/comet)" in said
    assert "▬▬▬▬▬🔘▬▬▬▬▬▬▬▬ 1:23 / 3:45" in said
    assert "Requested by <@80351110224678912>" in said
    assert "2 more tracks wait." in said


def test_the_card_is_told_in_japanese() -> None:
    said = text(now_playing(SESSION, waiting=1, locale=JA))
    assert "再生中" in said
    assert "リクエスト: <@80351110224678912>" in said
    assert "このあと1曲が待機中です。" in said


@pytest.mark.parametrize(
    ("position_ms", "bar"),
    [(0, "🔘" + "▬" * 13), (225_000, "▬" * 13 + "🔘"), (999_000, "▬" * 13 + "🔘")],
)
def test_the_bar_stays_within_its_ends(position_ms: int, bar: str) -> None:
    session = replace(SESSION, position_ms=position_ms)
    assert f"\n{bar} " in text(now_playing(session, waiting=0, locale=EN))


def test_without_a_length_there_is_only_the_time() -> None:
    session = replace(SESSION, track=replace(TRACK, duration_ms=0))
    said = text(now_playing(session, waiting=0, locale=EN))
    assert "\n1:23\n" in said
    assert "▬" not in said


def test_the_card_of_what_has_ended_says_so_and_steers_nothing() -> None:
    message = ended(SESSION, locale=JA)
    said = text(message)
    assert "再生済み" in said
    assert TRACK.title in said
    assert "▬" not in said
    assert buttons(message) == {}


def test_what_is_as_usual_is_not_told() -> None:
    said = text(now_playing(SESSION, waiting=0, locale=EN))
    assert not any(word in said for word in ("%", "again", "Autoplay", "wait"))


def test_volume_loop_and_autoplay_are_told_where_somebody_chose_them() -> None:
    session = replace(SESSION, volume=50, loop_mode=LoopMode.QUEUE, autoplay=True)
    said = text(now_playing(session, waiting=0, locale=EN))
    assert "🔊 50% · 🔁 The queue again and again · ✨ Autoplay" in said


def test_each_button_names_the_play_that_the_card_shows() -> None:
    play = SESSION.play_id
    assert list(buttons(now_playing(SESSION, waiting=0, locale=EN))) == [
        f"nowplaying:pause:{play}",
        f"nowplaying:skip:{play}",
        f"nowplaying:stop:{play}",
        f"nowplaying:loop:{play}:track",
        "nowplaying:queue",
    ]


def test_a_paused_track_is_called_paused_and_can_be_resumed() -> None:
    session = replace(SESSION, is_playing=False, is_paused=True)
    message = now_playing(session, waiting=0, locale=EN)
    assert "Paused" in text(message)
    assert f"nowplaying:resume:{SESSION.play_id}" in buttons(message)
    assert f"nowplaying:pause:{SESSION.play_id}" not in buttons(message)


@pytest.mark.parametrize(
    ("mode", "label", "sets"),
    [
        (LoopMode.OFF, "🔁 Loop: off", "track"),
        (LoopMode.TRACK, "🔂 Loop: track", "queue"),
        (LoopMode.QUEUE, "🔁 Loop: queue", "off"),
    ],
)
def test_the_loop_button_tells_what_holds_and_sets_the_next(
    mode: LoopMode, label: str, sets: str
) -> None:
    message = now_playing(replace(SESSION, loop_mode=mode), waiting=0, locale=EN)
    assert buttons(message)[f"nowplaying:loop:{SESSION.play_id}:{sets}"].label == label


def test_a_title_formats_links_and_mentions_nothing() -> None:
    track = replace(TRACK, title="**[free](https://bad.example)** @everyone <@1>")
    said = text(now_playing(replace(SESSION, track=track), waiting=0, locale=EN))
    assert "[free](" not in said
    assert "@everyone" not in said
    assert "<@1>" not in said


@pytest.mark.parametrize(
    "url", ["sound:comet", "javascript:alert(1)", "https://a b", "https://x.example/" + "a" * 500]
)
def test_only_an_address_that_a_link_can_hold_becomes_one(url: str) -> None:
    said = text(now_playing(replace(SESSION, track=replace(TRACK, url=url)), waiting=0, locale=EN))
    assert "**Comet**" in said


def test_brackets_in_an_address_do_not_end_the_link() -> None:
    track = replace(TRACK, url="https://example.com/Comet_(song)")
    said = text(now_playing(replace(SESSION, track=track), waiting=0, locale=EN))
    assert "[Comet](https://example.com/Comet_%28song%29)" in said


@pytest.mark.parametrize(("name", "told"), [("Ada_", "Requested by Ada\\_"), ("", None)])
def test_whoever_has_no_id_is_told_by_name_and_nobody_not_at_all(
    name: str, told: str | None
) -> None:
    track = replace(TRACK, requester_id="", requested_by=name)
    said = text(now_playing(replace(SESSION, track=track), waiting=0, locale=EN))
    assert told in said if told else "Requested" not in said


def test_the_queue_tells_what_plays_and_what_waits_in_its_order() -> None:
    message = queue_page(reading(TRACK, replace(TRACK, title="Tail")), page=1, locale=EN)
    said = text(message)
    assert "▶ **[Comet](https://example.com/comet)** · 1:23 / 3:45" in said
    assert "`1` [Comet](https://example.com/comet) · 3:45 · <@80351110224678912>" in said
    assert "`2` [Tail]" in said
    assert said.endswith("2 tracks · 7:30 in all")
    assert message.rows == ()


def test_a_long_queue_has_pages() -> None:
    message = queue_page(reading(*[TRACK] * PAGE, waiting=25), page=2, locale=EN)
    assert "`11` " in text(message)
    assert "page 2 of 3" in text(message)
    assert not any(button.disabled for button in buttons(message).values())
    assert list(buttons(message)) == ["queue:page:1", "queue:page:3"]


@pytest.mark.parametrize(("page", "off"), [(1, "queue:page:0"), (3, "queue:page:4")])
def test_there_is_no_way_beyond_the_ends(page: int, off: str) -> None:
    message = queue_page(reading(TRACK, waiting=25), page=page, locale=EN)
    assert [key for key, button in buttons(message).items() if button.disabled] == [off]


def test_an_empty_queue_says_how_to_fill_it() -> None:
    assert "Nothing waits. `/play` adds a track." in text(queue_page(reading(), page=1, locale=EN))
    assert "何も再生していません。`/再生`" in text(
        queue_page(reading(session=None), page=1, locale=JA)
    )


def test_what_was_played_is_told_with_when_and_by_whom() -> None:
    moment = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    play = Play(id="", guild_id="1", track=TRACK, played_at=moment)
    message = plays_page(PlaysPage(plays=[play], total=11), page=1, locale=EN)
    said = text(message)
    assert f"· 3:45 · <@80351110224678912> · <t:{int(moment.timestamp())}:R>" in said
    assert "11 tracks · page 1 of 2" in said
    assert "history:page:2" in buttons(message)


def test_where_nothing_was_played_it_says_so() -> None:
    message = plays_page(PlaysPage(plays=(), total=0), page=1, locale=EN)
    assert "Nothing has been played here yet." in text(message)


def test_the_longest_of_everything_still_fits() -> None:
    track = Track(
        title="*" * 300,
        url="https://example.com/" + "(" * 43,
        duration_ms=86_399_000,
        requested_by="_" * 80,
    )
    message = queue_page(
        reading(*[track] * PAGE, session=replace(SESSION, track=track), waiting=10**6),
        page=10**5,
        locale=EN,
    )
    assert length(text(message)) > 3000


# --- what no worker of ours would write -----------------------------------------------------------


@pytest.mark.parametrize("play_id", ["a" * 64, "a" * 200, "🎵" * 60, ""])
def test_whatever_a_play_is_called_the_card_can_be_shown(play_id: str) -> None:
    message = now_playing(replace(SESSION, play_id=play_id), waiting=0, locale=EN)
    message.to_payload()
    assert len(buttons(message)) == 5


def test_a_button_names_no_play_rather_than_a_part_of_its_name() -> None:
    message = now_playing(replace(SESSION, play_id="a" * 200), waiting=0, locale=EN)
    assert "nowplaying:skip:" in buttons(message)


@pytest.mark.parametrize("requester_id", ["1" * 500, "١٢٣", "1>@everyone"])
def test_what_is_no_id_of_discords_mentions_nobody(requester_id: str) -> None:
    track = replace(TRACK, requester_id=requester_id)
    said = text(now_playing(replace(SESSION, track=track), waiting=0, locale=EN))
    assert "Requested by Ada" in said


def test_a_length_below_nothing_is_none() -> None:
    track = replace(TRACK, duration_ms=-1)
    shown_alone = replace(SESSION, track=track, position_ms=-5)
    said = text(now_playing(shown_alone, waiting=0, locale=EN))
    assert "\n0:00\n" in said
    listed = text(queue_page(reading(track, session=shown_alone), page=1, locale=EN))
    assert "`1` [Comet](https://example.com/comet) · <@" in listed
    assert listed.endswith("\n1 track")


def test_the_longest_numbers_still_fit() -> None:
    track = Track(
        title="*" * 300,
        url="https://example.com/" + "(" * 43,
        duration_ms=2**63 - 1,
        requested_by="_" * 80,
    )
    session = replace(SESSION, track=track, position_ms=2**63 - 1)
    text(now_playing(session, waiting=10**9, locale=EN))
    text(queue_page(reading(*[track] * PAGE, session=session), page=10**5, locale=EN))
    play = Play(id="", guild_id="1", track=track, played_at=datetime(9998, 1, 1, tzinfo=UTC))
    text(plays_page(PlaysPage(plays=[play] * PAGE, total=10**9), page=10**5, locale=EN))


# --- without a worker -----------------------------------------------------------------------------


def test_without_a_worker_nothing_is_said_to_play_and_nothing_can_be_pressed() -> None:
    session = replace(SESSION, is_playing=False)
    message = now_playing(session, waiting=0, locale=EN, has_worker=False)
    said = text(message)
    assert said.startswith("Interrupted\n")
    assert "My player isn't running right now" in said
    assert message.rows == ()
    listed = text(
        queue_page(replace(reading(TRACK, session=session), has_worker=False), page=1, locale=JA)
    )
    assert "⏸ **[Comet]" in listed
    assert "プレイヤーが起動していない" in listed


def test_what_another_bot_plays_does_play() -> None:
    said = text(now_playing(SESSION, waiting=0, locale=EN, has_worker=False))
    assert said.startswith("Now playing\n")


def test_where_nothing_plays_or_waits_it_does_not_matter_who_is_there() -> None:
    nothing = replace(reading(session=None), has_worker=False)
    assert "isn't running" not in text(queue_page(nothing, page=1, locale=EN))
