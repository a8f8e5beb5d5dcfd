"""Fixtures: a Discord with voice, and clients on it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TypeAlias

import psycopg
import pytest

from dev.checkout import Checkout
from dev.console import Console
from dev.voice.running import AS_DISCORD_IS, VoiceOptions, run_discord_voice
from dev.worker_environment import worker_python
from tests.voice.concert import Concert, concert
from tests.voice.stage import Stage, local_config
from tests.voice.tones import file_server, rising, tone

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


@pytest.fixture(scope="session")
def tone_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """low.wav (440 Hz), high.wav (880 Hz), short.wav (660 Hz), short2.wav (880 Hz), rising.wav."""
    folder = tmp_path_factory.mktemp("tones")
    tone(folder / "low.wav", 440, seconds=60)
    tone(folder / "high.wav", 880, seconds=60)
    tone(folder / "short.wav", 660, seconds=3)
    tone(folder / "short2.wav", 880, seconds=3)
    rising(folder / "rising.wav", seconds=120)
    return folder


@pytest.fixture(scope="session")
def tones(tone_folder: Path) -> Iterator[str]:
    """The address of these."""
    with file_server(tone_folder) as url:
        yield url


@pytest.fixture
def playing(
    database: psycopg.Connection,
    database_url: str,
    supabase_url: str,
    secret_key: str,
    python_of_worker: Path,
    tmp_path: Path,
) -> Iterator[Concert]:
    """The whole bot, without a worker yet."""
    with concert(
        database=database,
        database_url=database_url,
        supabase_url=supabase_url,
        secret_key=secret_key,
        python=python_of_worker,
        folder=tmp_path,
    ) as running:
        yield running
