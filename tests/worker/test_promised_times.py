"""How long things take that nobody waits for in a test: by a clock that leaps over every wait.

And what the guide says of how much there may be of anything.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import cast

import pytest

from lib.ports.player import BeatReading
from tests.worker.fakes.leaping import AtOnce, in_no_time
from worker.audio.remote_file import MEBIBYTE, WebRules
from worker.beats import Beats
from worker.claims import POLL_SECONDS
from worker.lookups.extraction import MOST_ENTRIES, SECONDS
from worker.player_ports import PlayerRules
from worker.players import Players
from worker.programme import MOST_FAILURES
from worker.queue import MOST_WAITING
from worker.solitude import Solitude
from worker.threads import Threads

GUIDE = " ".join((Path(__file__).parents[2] / "docs" / "music.md").read_text("utf-8").split())
LEAPS_SECONDS = 120.0


class Beaten:
    """A database that notes when it is told that the worker lives."""

    def __init__(self) -> None:
        self.moments: list[float] = []

    def beat_worker(self, **_: object) -> BeatReading:
        self.moments.append(asyncio.get_running_loop().time())
        return BeatReading(replaced=False, lost=frozenset(), free=0, forgotten=frozenset())


class Somebody:
    """A Players that plays from some moment on."""

    kept = ()

    def __init__(self, *, from_seconds: float) -> None:
        self._from_seconds = from_seconds

    @property
    def is_sounding(self) -> bool:
        return asyncio.get_running_loop().time() >= self._from_seconds


def beaten(*, sound_from_seconds: float) -> list[float]:
    """The moments at which the database was told."""
    store = Beaten()

    def nothing() -> Mapping[str, object]:
        return {}

    async def act() -> None:
        beats = Beats(
            store,  # type: ignore[arg-type]  # what beats need of it
            cast("Threads", AtOnce()),
            cast("Players", Somebody(from_seconds=sound_from_seconds)),
            name="one",
            run="a",
            detail=nothing,
            may_adopt=lambda: True,
        )
        beating = asyncio.create_task(beats.beat_on())
        await asyncio.sleep(LEAPS_SECONDS)
        beating.cancel()

    in_no_time(act())
    return store.moments


@pytest.mark.parametrize(("from_seconds", "most_seconds"), [(0, 2.0), (LEAPS_SECONDS * 2, 5.0)])
def test_where_it_is_is_told_every_few_seconds(from_seconds: float, most_seconds: float) -> None:
    """A worker that was not heard of for 15 seconds is lost; a killed one goes on within 2."""
    moments = beaten(sound_from_seconds=from_seconds)
    assert moments[-1] > LEAPS_SECONDS - most_seconds - 1
    assert max(later - earlier for earlier, later in pairwise(moments)) <= most_seconds


def test_where_a_sound_is_that_has_just_begun_is_told_soon() -> None:
    begun = 10.25
    assert min(moment for moment in beaten(sound_from_seconds=begun) if moment > begun) < begun + 2


def test_it_leaves_when_nobody_has_listened_for_three_minutes() -> None:
    left: list[float] = []

    async def act() -> None:
        loop = asyncio.get_running_loop()
        solitude = Solitude(PlayerRules().alone, lambda: left.append(loop.time()))
        solitude.note(is_alone=True)
        await asyncio.sleep(170)
        solitude.note(is_alone=False)  # somebody looked in
        solitude.note(is_alone=True)
        await asyncio.sleep(400)

    in_no_time(act())
    assert left == [pytest.approx(170 + 180)]
    assert "when nobody has listened for three minutes" in GUIDE


@pytest.mark.parametrize(
    ("said", "holds"),
    [
        ("up to 500 MiB and 12 hours", WebRules().most_bytes == 500 * MEBIBYTE),
        ("and 12 hours", WebRules().most_seconds == 12 * 3600),
        ("its first 50 tracks", MOST_ENTRIES == 50),
        ("Up to 500 tracks can wait", MOST_WAITING == 500),
        ("three tracks in a row", MOST_FAILURES == 3),
        ("a lookup may take 20 seconds", SECONDS == 20),
        ("the worker asks once a second", POLL_SECONDS == 1),
    ],
)
def test_the_guide_names_what_holds(said: str, *, holds: bool) -> None:
    assert said in GUIDE
    assert holds
