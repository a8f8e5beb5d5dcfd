"""Lookups that may go to the web on this machine."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.worker.lookups.looking_up import (
    SETTINGS,
    SteppingClock,
)
from tests.worker.recordings import Recording, record
from worker.audio.remote_file import WebRules
from worker.lookups.lookups import Lookups


@pytest.fixture
def clock() -> SteppingClock:
    return SteppingClock()


@pytest.fixture
def lookups(clock: SteppingClock) -> Iterator[Lookups]:
    lookups = Lookups(SETTINGS, WebRules(allow_private=True, clock=clock))
    yield lookups
    lookups.close()


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Recording:
    return record(tmp_path_factory.mktemp("sounds") / "sound.ogg", tags={"artist": "Caroline"})
