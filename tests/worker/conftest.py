"""What the tests of the worker begin with: a sound, a web, a player that is heard, a desk."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path

import pytest

from tests.worker.fakes.desk import AtTheDesk, Desk
from tests.worker.fakes.scene import GONE, Act, OnStage, Scene, run
from tests.worker.recordings import record
from tests.worker.web_server import Web, web_server
from worker.audio.opus import load_opus


@pytest.fixture(scope="session")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A second of sound."""
    load_opus()
    return record(tmp_path_factory.mktemp("sounds") / "low.ogg", seconds=1).path


@pytest.fixture
def web() -> Iterator[Web]:
    """Pages and files on this machine."""
    with web_server() as web:
        yield web


@pytest.fixture
def on_stage(sound: Path) -> OnStage:
    """Have a scene be acted: `a`, `b`, `c` and `d` can be played, `gone` cannot."""

    def act(play: Act) -> None:
        async def scene() -> None:
            stage = Scene()
            stage.sounds.files = dict.fromkeys("abcd", sound)
            stage.sounds.failures = {"gone": GONE, "gone too": GONE, "gone as well": GONE}
            try:
                await play(stage)
            finally:
                await stage.close()

        run(scene())

    return act


@pytest.fixture
def at_the_desk(sound: Path) -> AtTheDesk:
    """Have orders be given at a desk."""

    def act(work: Callable[[Desk], Coroutine[object, object, None]]) -> None:
        async def acted() -> None:
            desk = Desk(sound)
            try:
                await work(desk)
            finally:
                await desk.close()

        run(acted())

    return act
