"""What is heard when a worker dies, ends, or loses what it needs."""

from __future__ import annotations

import time
from urllib.parse import urlsplit

import pytest

from tests.voice.concert import Concert
from tests.voice.lossy_wire import wire_to
from tests.voice.tones import LEVEL

pytestmark = pytest.mark.stack

LOW, HIGH = 440.0, 880.0
CONFIG_STATUS = 78
SAM = "1180000000000000102"
LATE = 3.0
"""How far a rising tone may be beside where it should be, in seconds: 2, and what hearing takes."""


def test_a_worker_that_was_killed_goes_on_where_it_was(playing: Concert, tones: str) -> None:
    first = playing.worker()
    playing.play(f"{tones}/rising.wav")
    playing.play(f"{tones}/high.wav")
    playing.say("volume", {"percent": 50})
    playing.until(lambda: playing.hears_at() > 4)
    was_at = playing.hears_at()
    first.kill()
    mark = playing.voice.heard().mark()
    playing.start_worker()
    sound = playing.voice.heard().wait_for_sound(since=mark, timeout_seconds=10)
    assert sound is not None
    playing.until(lambda: playing.voice.heard().sound(since=mark).seconds > 0.5)
    went_on_at = playing.hears_at()
    assert was_at - 2 <= went_on_at <= was_at + 2 + 0.5
    assert playing.voice.heard().sound(last_seconds=0.2).level == pytest.approx(LEVEL / 2, rel=0.15)
    playing.say("skip")
    playing.until(lambda: playing.hears(HIGH))


def test_a_paused_session_is_still_paused_after_a_restart(playing: Concert, tones: str) -> None:
    first = playing.worker()
    playing.play(f"{tones}/rising.wav")
    playing.until(lambda: playing.hears_at() > 2)
    playing.say("pause")
    playing.voice.heard().wait_for_silence()
    was_at = playing.hears_at_last()
    first.kill()
    mark = playing.voice.heard().mark()
    playing.worker()
    playing.until(lambda: playing.voice.connection() is not None)
    assert not playing.voice.heard().packets(since=mark)
    playing.say("resume")
    assert playing.voice.heard().wait_for_sound(since=mark) is not None
    playing.until(lambda: playing.voice.heard().sound(since=mark).seconds > 0.5)
    assert abs(playing.hears_at() - was_at) < LATE


def test_a_worker_that_is_told_to_end_leaves_in_order(playing: Concert, tones: str) -> None:
    first = playing.worker()
    playing.play(f"{tones}/rising.wav")
    playing.until(lambda: playing.hears_at() > 2)
    assert first.end(seconds=8) == 0
    assert playing.voice.bot_state() is None
    assert playing.living() == []
    session = playing.session()
    assert session is not None
    assert session["is_playing"] is False
    was_at = playing.hears_at_last()
    mark = playing.voice.heard().mark()
    playing.worker("another")
    assert playing.voice.heard().wait_for_sound(since=mark) is not None
    playing.until(lambda: playing.voice.heard().sound(since=mark).seconds > 0.5)
    assert abs(playing.hears_at() - was_at) < LATE


def test_a_lost_workers_guilds_move_to_another(playing: Concert, tones: str) -> None:
    first = playing.worker("first")
    playing.play(f"{tones}/low.wav")
    playing.until(lambda: playing.hears(LOW))
    playing.worker("second")
    assert "Paused" in playing.say("pause")  # it is the first one's, whoever claims
    playing.say("resume")
    playing.until(lambda: playing.hears(LOW))
    first.kill()
    mark = playing.voice.heard().mark()
    assert playing.voice.heard().wait_for_sound(since=mark, timeout_seconds=30) is not None
    playing.until(lambda: playing.hears(LOW))
    assert "Skipped" in playing.say("skip")


def test_a_second_run_of_the_same_name_takes_over(playing: Concert, tones: str) -> None:
    first = playing.worker()
    playing.play(f"{tones}/low.wav")
    playing.until(lambda: playing.hears(LOW))
    second = playing.start_worker()
    playing.until(lambda: "replaced" in first.words)
    playing.until(lambda: "voice_joined_again" in second.words)
    mark = playing.voice.heard().mark()
    assert playing.voice.heard().wait_for_packets(100, since=mark)
    assert playing.hears(LOW)
    assert first.end() == CONFIG_STATUS
    assert "Paused" in playing.say("pause")


def test_the_music_goes_on_without_the_database(playing: Concert, tones: str) -> None:
    parts = urlsplit(playing.environ["SUPABASE_URL"])
    database = urlsplit(playing.environ["DATABASE_URL"])
    assert parts.hostname
    assert parts.port
    assert database.hostname
    assert database.port
    with (
        wire_to(parts.hostname, parts.port) as api,
        wire_to(database.hostname, database.port) as news,
    ):
        address = database._replace(
            netloc=database.netloc.rpartition("@")[0] + f"@127.0.0.1:{news.port}"
        ).geturl()
        playing.worker(SUPABASE_URL=f"http://127.0.0.1:{api.port}", DATABASE_URL=address)
        playing.play(f"{tones}/low.wav")
        playing.until(lambda: playing.hears(LOW))
        api.cut()
        news.cut()
        heard = playing.voice.heard()
        mark = heard.mark()
        time.sleep(10)
        asked = playing.send("skip")
        time.sleep(5)
        assert playing.hears(LOW)
        assert max(heard.gaps(since=mark)) < 1
        assert heard.faults(since=mark) == []
        api.mend()
        news.mend()
        playing.until(lambda: playing.ended("skip")[0] != "pending")
        playing.voice.discord.wait_for(asked, lambda seen: bool(seen.messages))


def test_the_network_is_away_for_a_while(playing: Concert, tones: str) -> None:
    playing.worker()
    playing.play(f"{tones}/low.wav")
    playing.until(lambda: playing.hears(LOW))
    playing.voice.drop_network()
    time.sleep(3)
    mark = playing.voice.heard().mark()
    playing.voice.restore_network()
    assert playing.voice.heard().wait_for_sound(since=mark, timeout_seconds=60) is not None
    playing.until(lambda: playing.hears(LOW))


@pytest.mark.parametrize("code", [1000, 4006, 4009, 4014, 4015, 4021, 4022])
def test_the_voice_server_closes(playing: Concert, tones: str, code: int) -> None:
    playing.worker()
    playing.play(f"{tones}/low.wav")
    playing.until(lambda: playing.hears(LOW))
    mark = playing.voice.heard().mark()
    before = playing.voice.connection()
    playing.voice.close_voice(code)
    playing.until(lambda: playing.voice.connection() not in {None, before}, seconds=60)
    mark = playing.voice.heard().mark()
    assert playing.voice.heard().wait_for_sound(since=mark, timeout_seconds=60) is not None
    playing.until(lambda: playing.hears(LOW))
    session = playing.session()
    assert session is not None
    assert session["track_title"] == "low"


def test_the_gateway_forgets_the_session(playing: Concert, tones: str) -> None:
    playing.worker()
    playing.play(f"{tones}/low.wav")
    playing.until(lambda: playing.hears(LOW))
    before = playing.voice.connection()
    playing.voice.invalidate_sessions()
    playing.until(lambda: playing.voice.connection() not in {None, before}, seconds=60)
    mark = playing.voice.heard().mark()
    assert playing.voice.heard().wait_for_sound(since=mark, timeout_seconds=60) is not None


def test_a_wrong_token_is_said_and_no_supervisor_tries_again(playing: Concert) -> None:
    worker = playing.start_worker(DISCORD_BOT_TOKEN="not.the.token")
    assert worker.process.wait(30) == CONFIG_STATUS
    assert "bot_token_refused" in worker.words
    assert "not.the.token" not in worker.words


def test_missing_settings_are_named(playing: Concert) -> None:
    worker = playing.start_worker(DISCORD_BOT_TOKEN="", SUPABASE_URL="")
    assert worker.process.wait(30) == CONFIG_STATUS
    assert "DISCORD_BOT_TOKEN and SUPABASE_URL: not set" in worker.words
    worker = playing.start_worker(MUSIC_SEARCH="everywhere")
    assert worker.process.wait(30) == CONFIG_STATUS
    assert "MUSIC_SEARCH: expected youtube or soundcloud" in worker.words
