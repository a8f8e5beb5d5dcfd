"""What the owner set is what lookups and sounds are held to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from lib.settings import Settings
from worker.lookups.extraction import ExtractionSettings
from worker.lookups.lookups import Lookups
from worker.service import _lookups


@contextmanager
def lookups_with(environ: Mapping[str, str]) -> Iterator[Lookups]:
    lookups = _lookups(Settings.from_env(environ))
    yield lookups
    lookups.close()


def test_unless_something_is_set_it_searches_youtube_and_reaches_public_addresses_alone() -> None:
    with lookups_with({}) as lookups:
        assert lookups._extraction._settings == ExtractionSettings(
            search="ytsearch1", cookies_file=None, allow_private=False
        )
        assert not lookups._rules.allow_private


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("MUSIC_SEARCH", "soundcloud", ExtractionSettings(search="scsearch1")),
        (
            "MUSIC_COOKIES_FILE",
            "/etc/cookies.txt",
            ExtractionSettings(cookies_file=Path("/etc/cookies.txt")),
        ),
        ("MUSIC_PRIVATE_ADDRESSES", "allow", ExtractionSettings(allow_private=True)),
    ],
)
def test_each_setting_arrives(name: str, value: str, expected: ExtractionSettings) -> None:
    with lookups_with({name: value}) as lookups:
        assert lookups._extraction._settings == expected
        assert lookups._rules.allow_private is expected.allow_private
