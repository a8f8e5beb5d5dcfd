"""The sounds that come with the bot, for a first test and for a quiet evening."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from lib.locales import Locale
from lib.music.sounds import PREFIX, SOUNDS
from worker.audio.failures import SourceError, SourceFailure
from worker.lookups.found import Found

FOLDER: Final = Path(__file__).parents[1] / "sounds"
ARTIST: Final = "Halley"
_LAST_MS: Final = {"comet": 24_000, "tide": 28_000, "orbit": 180_000}

NAMES: Final = tuple(_LAST_MS)
"""What may follow `sound:`."""


def bundled(name: str) -> Found:
    """One of them. Raises SourceError."""
    if name not in _LAST_MS:
        raise _no_such_sound()
    title = SOUNDS[name].in_(Locale.ENGLISH)  # as the file itself has it
    return Found(title=title, artist=ARTIST, url=PREFIX + name, duration_ms=_LAST_MS[name])


def path_of(name: str) -> Path:
    """Where it lies. Raises SourceError."""
    if name not in _LAST_MS:
        raise _no_such_sound()
    return FOLDER / f"{name}.ogg"


def _no_such_sound() -> SourceError:
    return SourceError(SourceFailure.NOT_FOUND, "no such sound")
