"""What is heard in a voice channel of the orders that people give in Discord."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.voice.concert import Concert
from tests.voice.tones import LEVEL

pytestmark = pytest.mark.stack

SAM = "1180000000000000102"
HARUTO = "1180000000000000103"
LOUNGE = "1180000000000000304"
STARGAZING = "1180000000000000305"
LOW, HIGH, SHORT = 440.0, 880.0, 660.0


@pytest.fixture
def concert(playing: Concert) -> Concert:
    """The bot with one worker."""
    playing.worker()
    return playing


def test_what_somebody_plays_is_heard(concert: Concert, tones: str) -> None:
    heard = concert.voice.heard()
    said = concert.play(f"{tones}/low.wav")
    assert "Now playing" in said
    assert "low" in said
    concert.until(lambda: heard.sound().seconds > 1)
    sound = heard.sound(last_seconds=0.5)
    assert sound.frequency == pytest.approx(LOW, abs=3)
    assert sound.level == pytest.approx(LEVEL, rel=0.15)
    assert heard.faults() == []
    concert.until_ended("play", "completed", None)


def test_a_pause_is_silent_and_it_goes_on_where_it_was(concert: Concert, tones: str) -> None:
    concert.play(f"{tones}/rising.wav")
    concert.until(lambda: concert.hears_at() > 1)
    assert "Paused at 0:0" in concert.say("pause")
    concert.voice.heard().wait_for_silence()
    assert "paused already" in concert.say("pause")
    was_at = concert.hears_at_last()
    session = concert.session()
    assert session is not None
    assert (session["is_playing"], session["is_paused"]) == (False, True)
    mark = concert.voice.heard().mark()
    assert "On it goes" in concert.say("resume")
    assert concert.voice.heard().wait_for_sound(since=mark) is not None
    concert.until(lambda: concert.hears_at() > was_at)
    assert concert.hears_at() < was_at + 5
    assert concert.voice.heard().faults() == []


def test_a_seek_jumps_and_the_volume_is_heard(concert: Concert, tones: str) -> None:
    concert.play(f"{tones}/rising.wav")
    concert.until(lambda: concert.hears_at() > 0.5)
    assert "1:00" in concert.say("seek", {"position": "1:00"})
    concert.until(lambda: 60 <= concert.hears_at() < 65)
    assert "50%" in concert.say("volume", {"percent": 50})
    concert.until(
        lambda: (
            concert.voice.heard().sound(last_seconds=0.2).level
            == pytest.approx(LEVEL / 2, rel=0.15)
        )
    )
    assert "only" in concert.say("seek", {"position": "9:00"})
    kept = concert.database.execute("select volume from music_settings").fetchall()
    assert kept == [(50,)]


def test_the_next_track_follows_without_a_gap_and_at_the_end_it_leaves(
    concert: Concert, tones: str
) -> None:
    heard = concert.voice.heard()
    assert "Now playing" in concert.play(f"{tones}/short.wav")
    assert "at place 1" in concert.play(f"{tones}/short2.wav")
    concert.until(lambda: concert.hears(SHORT))
    concert.until(lambda: concert.hears(HIGH))
    concert.until(lambda: concert.voice.bot_state() is None)
    assert max(heard.gaps()) < 1
    assert heard.faults() == []
    concert.until(lambda: concert.session() is None)
    concert.until(lambda: concert.reads("That was the last track"))
    plays = concert.database.execute(
        "select track_title from music_history order by created_at"
    ).fetchall()
    assert plays == [("short",), ("short2",)]
    # The card that nobody asked for is gone with its track; the one that is an answer says so.
    concert.until(lambda: concert.reads("Played\n**[short]"))
    assert not concert.reads("Now playing")
    assert not any(message["components"] for message in concert.channel())


def test_a_skip_plays_what_waits(concert: Concert, tones: str) -> None:
    concert.play(f"{tones}/low.wav")
    concert.play(f"{tones}/high.wav")
    concert.until(lambda: concert.hears(LOW))
    assert "Skipped **low**" in concert.say("skip")
    concert.until(lambda: concert.hears(HIGH))
    concert.until(lambda: concert.reads("**[high]"))
    assert "Back to **low**" in concert.say("previous")
    concert.until(lambda: concert.hears(LOW))
    assert "Stopped" in concert.say("stop")
    concert.until(lambda: concert.voice.bot_state() is None)
    concert.until(lambda: concert.session() is None)
    assert "Nothing is playing" in concert.say("skip")


def test_buttons_steer_the_track_of_their_card(concert: Concert, tones: str) -> None:
    concert.play(f"{tones}/low.wav")
    concert.play(f"{tones}/high.wav")
    concert.until(lambda: concert.hears(LOW))
    assert "Paused" in concert.press("nowplaying:pause")
    concert.voice.heard().wait_for_silence()
    assert "Now playing" in concert.press("nowplaying:resume")
    concert.until(lambda: concert.hears(LOW))
    assert "Now playing" in concert.say("nowplaying")
    old = [message for message in concert.channel() if message["components"]][-1]
    skip = next(
        button["custom_id"]
        for row in old["components"]
        for button in row["components"]
        if ":skip:" in button["custom_id"]
    )
    concert.say("skip")
    concert.until(lambda: concert.hears(HIGH))
    pressed = concert.voice.discord.send_component(old["id"], skip, locale="en-US")
    concert.until_ended("skip", "failed", "dismissed")
    concert.voice.discord.wait_for(
        pressed, lambda seen: "already ended" in "".join(m["content"] for m in seen.messages)
    )
    assert concert.hears(HIGH)


def test_others_vote_and_whoever_asked_for_a_track_may_skip_it(
    concert: Concert, tones: str
) -> None:
    concert.play(f"{tones}/low.wav", user=SAM)
    concert.play(f"{tones}/high.wav", user=HARUTO)
    concert.voice.join("1180000000000000104", LOUNGE)
    concert.until(lambda: concert.hears(LOW))
    assert "1 of 2 votes" in concert.say("skip", user=HARUTO)
    assert "1 of 2 votes" in concert.say("skip", user=HARUTO)
    assert "2票中1票" in concert.say("stop", user=HARUTO, locale="ja")
    assert concert.hears(LOW)
    assert "Skipped" in concert.say("skip", user=SAM)  # it is theirs
    concert.until(lambda: concert.hears(HIGH))
    concert.voice.leave(SAM)
    assert "<#1180000000000000304>" in concert.say("pause", user=SAM)
    assert "Paused" in concert.say("pause")  # an admin, from anywhere


def test_the_bot_follows_where_it_is_moved_and_ends_where_it_is_thrown_out(
    concert: Concert, tones: str
) -> None:
    concert.play(f"{tones}/low.wav")
    concert.until(lambda: concert.hears(LOW))
    concert.voice.move_bot(STARGAZING)
    concert.until(lambda: (concert.session() or {}).get("channel_id") == STARGAZING)
    mark = concert.voice.heard().mark()
    concert.voice.join(SAM, STARGAZING)
    assert concert.voice.heard().wait_for_packets(20, since=mark)
    concert.voice.disconnect_bot()
    concert.until(lambda: concert.reads("I was taken out of the voice channel"))
    concert.until(lambda: concert.session() is None)


def test_the_channel_is_deleted_under_it(concert: Concert, tones: str) -> None:
    concert.play(f"{tones}/low.wav")
    concert.until(lambda: concert.hears(LOW))
    concert.voice.delete_channel(LOUNGE)
    concert.until(lambda: concert.reads("The voice channel is gone"))
    concert.until(lambda: concert.session() is None)


def test_a_channel_that_cannot_be_joined_is_told(concert: Concert, tones: str) -> None:
    url = f"{tones}/low.wav"
    assert "voice channel" in concert.say("play", {"query": url})
    concert.voice.join(SAM, "1180000000000000306")
    concert.voice.join(HARUTO, "1180000000000000307")
    assert "is full" in concert.say("play", {"query": url}, user=SAM)
    said = concert.say("play", {"query": url}, user=HARUTO, locale="ja")
    assert "権限" in said
    concert.until_ended("play", "failed", "refused")
    assert concert.session() is None


def test_a_track_that_cannot_be_played_is_told_and_the_next_one_plays(
    concert: Concert, tones: str, tone_folder: Path
) -> None:
    vanishing = Path(shutil.copy(tone_folder / "short.wav", tone_folder / "vanishing.wav"))
    assert "nothing at that address" in concert.play(f"{tones}/nowhere.wav")
    concert.play(f"{tones}/low.wav")
    concert.play(f"{tones}/vanishing.wav")
    vanishing.unlink()
    concert.play(f"{tones}/high.wav")
    concert.say("seek", {"position": "0:57"})
    concert.until(lambda: concert.hears(HIGH))
    concert.until(lambda: concert.reads("**vanishing** cannot be played"))


def test_the_words_are_the_readers(concert: Concert, tones: str) -> None:
    concert.voice.join(SAM, LOUNGE)
    said = concert.say("play", {"query": "sound:comet"}, user=SAM, locale="ja")
    assert "再生中" in said
    assert concert.voice.heard().wait_for_sound() is not None
    assert "一時停止しました" in concert.say("pause", user=SAM, locale="ja")


def test_an_address_of_ones_own_network_is_not_played_unless_that_is_allowed(
    playing: Concert, tones: str
) -> None:
    playing.worker(MUSIC_PRIVATE_ADDRESSES="")
    assert "private network" in playing.play(f"{tones}/low.wav")
    playing.until_ended("play", "failed", "refused")
    assert playing.session() is None


def test_without_a_worker_it_is_said_at_once(playing: Concert, tones: str) -> None:
    assert "No player is running" in playing.play(f"{tones}/low.wav")
    orders = "select from command_queue where command = 'play'"
    assert playing.database.execute(orders).fetchall() == []
