"""What an unmodified discord.py client sends is heard, as it was sent."""

from __future__ import annotations

import pytest

from dev.simulator.world import GUILD_ID, LOUNGE_ID, OWNER_ID
from dev.voice.running import VoiceOptions
from tests.voice.conftest import MakeStage
from tests.voice.stage import Client, Stage

SAM = "1180000000000000102"
HERTZ = 440
HEIGHT = 8000
LEVEL = HEIGHT * 0.707


def joined(stage: Stage) -> Client:
    client = stage.client()
    client.wait_for("ready")
    client.ask("join", LOUNGE_ID, answer="joined")
    return client


@pytest.mark.parametrize("encrypted", [False, True], ids=["plain", "end-to-end encrypted"])
def test_a_tone_is_heard_with_its_frequency_and_level(
    make_stage: MakeStage, *, encrypted: bool
) -> None:
    stage = make_stage(VoiceOptions(encrypted=encrypted))
    stage.voice.join(OWNER_ID, LOUNGE_ID)
    client = joined(stage)
    stage.until_encrypted(client, encrypted=encrypted)

    assert client.ask("play", GUILD_ID, HERTZ, HEIGHT, 1.0, answer="played")[1] is None

    heard = stage.voice.heard()
    assert heard.wait_for_packets(50)
    heard.wait_for_silence()
    assert heard.faults() == []
    assert {packet.was_encrypted for packet in heard.packets()[:50]} == {encrypted}
    sound = heard.sound()
    assert sound.frequency == pytest.approx(HERTZ, abs=2)
    assert heard.sound(since=10, last_seconds=0.6).strength(HERTZ) > 0
    loudest = max(heard.level_of(packet) for packet in heard.packets())
    assert loudest == pytest.approx(LEVEL, rel=0.05)
