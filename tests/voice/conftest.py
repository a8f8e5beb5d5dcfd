"""Fixtures: a Discord with voice, and clients on it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TypeAlias

import pytest

from dev.checkout import Checkout
from dev.console import Console
from dev.voice.running import AS_DISCORD_IS, VoiceOptions, run_discord_voice
from dev.worker_environment import worker_python
from tests.voice.stage import Stage, local_config

MakeStage: TypeAlias = Callable[..., Stage]


@pytest.fixture(scope="session")
def python_of_worker() -> Path:
    """The worker's Python; made by the first test that needs it."""
    return worker_python(Checkout.here(), console=Console())


@pytest.fixture
def make_stage(tmp_path: Path, python_of_worker: Path) -> Iterator[MakeStage]:
    """Starts a Discord, with the options it is given."""
    with ExitStack() as running:

        def make(options: VoiceOptions = AS_DISCORD_IS) -> Stage:
            voice = running.enter_context(
                run_discord_voice(local_config(), folder=tmp_path / "voice", options=options)
            )
            stage = Stage(voice, python_of_worker, tmp_path)
            running.callback(stage.close)
            return stage

        yield make


@pytest.fixture
def stage(make_stage: MakeStage) -> Stage:
    """A Discord as it is today: every call is end-to-end encrypted."""
    return make_stage()
