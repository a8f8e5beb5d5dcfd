"""What is heard in a voice channel of the orders that people give in Discord."""

from __future__ import annotations

import pytest

from tests.voice.concert import Concert
from tests.voice.tones import LEVEL

pytestmark = pytest.mark.stack


def test_what_somebody_plays_is_heard(playing: Concert, tones: str) -> None:
    playing.worker()
    heard = playing.voice.heard()
    said = playing.play(f"{tones}/low.wav")
    assert "Now playing" in said
    assert "low" in said
    assert heard.wait_for_sound() is not None
    playing.until(lambda: heard.sound(last_seconds=1).seconds > 0.9)
    sound = heard.sound(last_seconds=0.5)
    assert sound.frequency == pytest.approx(440, abs=3)
    assert sound.level == pytest.approx(LEVEL, rel=0.15)
    assert heard.faults() == []
