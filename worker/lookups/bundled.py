"""The sounds that come with the bot, for a first test and for a quiet evening."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from worker.audio.failures import SourceError, SourceFailure
from worker.lookups.found import Found
from worker.lookups.queries import SOUND

FOLDER: Final = Path(__file__).parents[1] / "sounds"
ARTIST: Final = "Halley"
_PIECES: Final = {"comet": ("Comet", 24_000), "tide": ("Tide", 28_000), "orbit": ("Orbit", 180_000)}

NAMES: Final = tuple(_PIECES)
"""What may follow `sound:`."""


def bundled(name: str) -> Found:
    """One of them. Raises SourceError."""
    if name not in _PIECES:
        raise _no_such_sound()
    title, duration_ms = _PIECES[name]
    return Found(title=title, artist=ARTIST, url=SOUND + name, duration_ms=duration_ms)


def path_of(name: str) -> Path:
    """Where it lies. Raises SourceError."""
    if name not in _PIECES:
        raise _no_such_sound()
    return FOLDER / f"{name}.ogg"


def _no_such_sound() -> SourceError:
    return SourceError(SourceFailure.NOT_FOUND, "no such sound")
