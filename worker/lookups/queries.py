"""What somebody typed: one of our sounds, a link, or words to search for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final
from urllib.parse import urlsplit

from lib.music.sounds import PREFIX
from worker.audio.addresses import WebAddress
from worker.audio.failures import SourceError, SourceFailure

LONGEST: Final = 1000
_SCHEME: Final = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_WITHOUT_SCHEME: Final = re.compile(r"(?:[\w-]+\.)+[a-z]{2,}(?::\d+)?/\S*", re.IGNORECASE)
_AUDIO_FILES: Final = re.compile(
    r"\.(?:aac|aiff?|flac|m4[ab]|mka|mp[34]|og[ga]|opus|wav|webm|wma)", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Sound:
    """A bundled sound, by its name."""

    name: str


@dataclass(frozen=True, slots=True)
class Link:
    """An http or https address. `is_file`: its ending is that of a sound file."""

    url: str
    is_file: bool


@dataclass(frozen=True, slots=True)
class Search:
    """Words: never an option or a command, whatever they look like."""

    words: str


Query = Sound | Link | Search


def parse(typed: str) -> Query:
    """Raises SourceError for what is nothing to look for: another scheme, too long, empty."""
    text = " ".join(typed.split())
    if text.startswith("<") and text.endswith(">"):  # a link that Discord is to show no preview of
        text = text[1:-1]
    if not text or len(text) > LONGEST or not text.isprintable():
        raise SourceError(SourceFailure.UNSUPPORTED, "nothing that can be looked for")
    if text.lower().startswith(PREFIX):
        return Sound(text[len(PREFIX) :].strip().lower())
    if _WITHOUT_SCHEME.fullmatch(text):
        text = f"https://{text}"
    if not _SCHEME.match(text):
        return Search(text)
    if " " in text:
        raise SourceError(SourceFailure.UNSUPPORTED, "an address with more beside it")
    WebAddress.of(text)
    ending = PurePosixPath(urlsplit(text).path).suffix
    return Link(text, is_file=_AUDIO_FILES.fullmatch(ending) is not None)
