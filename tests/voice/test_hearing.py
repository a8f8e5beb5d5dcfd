"""What an unmodified discord.py client sends is heard, as it was sent."""

from __future__ import annotations

import pytest

from dev.simulator.world import BACKSTAGE_ID, BOOTH_ID, GUILD_ID, LOUNGE_ID, OWNER_ID
from dev.voice.listener import Listener
from dev.voice.running import VoiceOptions
from tests.voice.conftest import MakeStage
from tests.voice.stage import Stage

SAM = "1180000000000000102"
MINA = "1180000000000000104"
HERTZ = 440
HEIGHT = 8000
LEVEL = HEIGHT * 0.707


def loudest_in(heard: Listener, *, since: int = 0) -> float:
    return max(heard.level_of(packet) for packet in heard.packets(since=since))


def test_no_heartbeat_seems_to_take_as_long_as_the_time_between_two(make_stage: MakeStage) -> None:
    seconds = 2.0
    stage = make_stage(VoiceOptions(heartbeat_ms=round(seconds * 1000)))
    client = stage.client()
    client.wait_for("ready")
    client.order("latencies", 3)
    for _ in range(3):
        (latency,) = client.wait_for("latency")[1:]
        assert isinstance(latency, float)
        assert 0 < latency < seconds / 2


@pytest.mark.parametrize("encrypted", [False, True], ids=["plain", "end-to-end encrypted"])
def test_a_tone_is_heard_with_its_frequency_and_level(
    make_stage: MakeStage, *, encrypted: bool
) -> None:
    stage = make_stage(VoiceOptions(encrypted=encrypted))
    stage.voice.join(OWNER_ID, LOUNGE_ID)
    client = stage.joined(LOUNGE_ID)
    stage.until_encrypted(client, encrypted=encrypted)

    assert client.ask("play", GUILD_ID, HERTZ, HEIGHT, 1.0, answer="played")[1] is None

    heard = stage.voice.heard()
    assert heard.wait_for_packets(55)  # a second of sound, and the five of silence after it
    assert heard.faults() == []
    assert {packet.was_encrypted for packet in heard.packets()[:50]} == {encrypted}
    assert heard.sound().seconds == pytest.approx(1.1)
    assert heard.sound().frequency == pytest.approx(HERTZ, abs=2)
    assert loudest_in(heard) == pytest.approx(LEVEL, rel=0.05)
    last = heard.wait_for_silence()
    assert last is not None
    assert last.number in range(48, 53)  # a decoder's sound fades out in the silence that follows


def test_who_comes_and_goes_changes_the_keys_and_not_the_sound(stage: Stage) -> None:
    stage.voice.join(OWNER_ID, LOUNGE_ID)
    client = stage.joined(LOUNGE_ID)
    stage.until_encrypted(client)
    client.order("play", GUILD_ID, HERTZ, HEIGHT, 60)
    heard = stage.voice.heard()

    for comes, who in ((True, SAM), (True, MINA), (False, OWNER_ID), (False, MINA)):
        assert heard.wait_for_packets(15, since=heard.mark())
        if comes:
            stage.voice.join(who, LOUNGE_ID)
        else:
            stage.voice.leave(who)
    mark = heard.mark()
    assert heard.wait_for_packets(25, since=mark)

    assert heard.faults() == []
    assert all(packet.was_encrypted for packet in heard.packets())
    assert heard.sound(since=mark).frequency == pytest.approx(HERTZ, abs=2)


def test_alone_it_sends_in_the_clear_until_somebody_listens(stage: Stage) -> None:
    client = stage.joined(LOUNGE_ID)
    client.order("play", GUILD_ID, HERTZ, HEIGHT, 60)
    heard = stage.voice.heard()
    assert heard.wait_for_packets(20)

    stage.voice.join(SAM, LOUNGE_ID)
    stage.until_encrypted(client)
    mark = heard.mark()
    assert heard.wait_for_packets(20, since=mark)
    assert heard.packets(since=mark)[-1].was_encrypted

    stage.voice.leave(SAM)
    stage.until_encrypted(client, encrypted=False)
    stage.voice.join(OWNER_ID, LOUNGE_ID)
    stage.until_encrypted(client)
    mark = heard.mark()
    assert heard.wait_for_packets(20, since=mark)
    assert [fault.what for fault in heard.faults(since=mark)] == []


def test_two_clients_of_one_token_hold_the_voice_of_two_servers(stage: Stage) -> None:
    other = stage.voice.add_guild()
    stage.voice.join(OWNER_ID, LOUNGE_ID)
    stage.voice.join(SAM, other.voice_channel().id)
    first, second = stage.joined(LOUNGE_ID), stage.joined(other.voice_channel().id)
    first.order("play", GUILD_ID, HERTZ, HEIGHT, 2)
    second.order("play", other.id, 2 * HERTZ, HEIGHT, 2)
    assert first.wait_for("played") == second.wait_for("played") == ["played", None]

    sessions = set()
    for guild_id, hertz in ((GUILD_ID, HERTZ), (other.id, 2 * HERTZ)):
        heard = stage.voice.heard(guild_id)
        assert heard.wait_for_packets(100)
        assert heard.faults() == []
        assert heard.sound().frequency == pytest.approx(hertz, abs=2)
        state = stage.voice.bot_state(guild_id)
        assert state is not None
        sessions.add(state.session_id)
    assert len(sessions) == 2

    first.ask("leave", GUILD_ID, answer="left")
    assert stage.voice.bot_state(GUILD_ID) is None
    assert stage.voice.bot_state(other.id) is not None


def test_another_client_takes_over_from_one_that_was_killed(stage: Stage) -> None:
    stage.voice.join(OWNER_ID, LOUNGE_ID)
    first = stage.joined(LOUNGE_ID)
    first.order("play", GUILD_ID, HERTZ, HEIGHT, 60)
    heard = stage.voice.heard()
    assert heard.wait_for_packets(10)
    first.kill()
    before = stage.voice.bot_state()
    assert before is not None  # Discord waits for it to come back

    second = stage.joined(LOUNGE_ID)
    stage.until_encrypted(second)
    mark = heard.mark()
    second.order("play", GUILD_ID, 2 * HERTZ, HEIGHT, 60)
    assert heard.wait_for_packets(20, since=mark)

    assert heard.faults(since=mark) == []
    assert heard.sound(since=mark).frequency == pytest.approx(2 * HERTZ, abs=2)
    after = stage.voice.bot_state()
    assert after is not None
    assert after.session_id != before.session_id


def test_one_that_does_not_come_back_leaves_its_channel(make_stage: MakeStage) -> None:
    stage = make_stage(VoiceOptions(resumable_seconds=0.2))
    client = stage.joined(LOUNGE_ID)
    client.kill()
    stage.until(lambda: stage.voice.bot_state() is None)
    assert stage.voice.connection() is None


@pytest.mark.parametrize("channel_id", [BOOTH_ID, BACKSTAGE_ID], ids=["full", "forbidden"])
def test_a_channel_that_it_cannot_join_answers_nothing(stage: Stage, channel_id: str) -> None:
    stage.voice.join(OWNER_ID, channel_id)
    client = stage.client()
    client.wait_for("ready")
    assert client.ask("join", channel_id, 0.5, answer="not joined")[1] == "TimeoutError"
    assert stage.voice.bot_state() is None


def test_it_is_dragged_into_another_channel_and_goes_on(stage: Stage) -> None:
    stage.voice.join(OWNER_ID, LOUNGE_ID)
    client = stage.joined(LOUNGE_ID)
    client.order("play", GUILD_ID, HERTZ, HEIGHT, 60)
    heard = stage.voice.heard()
    assert heard.wait_for_packets(10)
    deck = "1180000000000000305"
    first = stage.voice.connection()
    stage.voice.join(SAM, deck)

    stage.voice.move_bot(deck)

    stage.until_another_connection(GUILD_ID, first)
    stage.until_encrypted(client)
    state = stage.voice.bot_state()
    assert state is not None
    assert state.channel_id == deck
