"""What autoplay goes on with: what goes with the last track where that is from, or the past."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import pytest

from lib.ports import StoreError
from lib.ports.player import SessionStore, Track
from tests.worker.fakes.leaping import AtOnce, in_no_time
from worker.audio.failures import SourceError, SourceFailure
from worker.lookups.found import Found
from worker.lookups.lookups import Lookups
from worker.suggestions import suggestions
from worker.threads import Threads
from worker.tracks import LookedUpSounds, Sounds

ID, NEXT, AFTER = "dQw4w9WgXcQ", "aaaaaaaaaaa", "bbbbbbbbbbb"
MIX = f"https://www.youtube.com/watch?v={ID}&list=RD{ID}"
PAST = Track(title="From the past", url="https://music.example/past")
ELSEWHERE = Track(title="A song", url="https://music.example/song")
AWAY = StoreError("pick_track", "unreachable", "nobody answers")


def video(video_id: str) -> Track:
    return Track(title=video_id, url=f"https://www.youtube.com/watch?v={video_id}")


class Site:
    """Lookups of which playlists alone matter: those of one site."""

    def __init__(self, *ids: str, error: SourceError | None = None) -> None:
        self.ids, self.error = ids, error
        self.asked: list[str] = []

    async def playlist(self, url: str) -> list[Found]:
        self.asked.append(url)
        if self.error is not None:
            raise self.error
        return [Found(title=one.title, url=one.url) for one in map(video, self.ids)]


class Past:
    """What a server has heard before: one track, or nobody knows."""

    def __init__(self, track: Track | None = PAST, error: StoreError | None = None) -> None:
        self.track, self.error = track, error
        self.asked: list[tuple[str, Sequence[str]]] = []

    def pick_track(self, *, guild_id: str, without: Sequence[str]) -> Track | None:
        self.asked.append((guild_id, without))
        if self.error is not None:
            raise self.error
        return self.track


def chosen(site: Site, past: Past, *, last: Track, played: Sequence[str] = ()) -> Track | None:
    sounds: Sounds = LookedUpSounds(cast("Lookups", site))
    suggest = suggestions(
        "7",
        sounds=sounds,
        store=cast("SessionStore", past),
        threads=cast("Threads", AtOnce()),
    )
    return in_no_time(suggest(last, played))


@pytest.mark.parametrize(
    "url",
    [
        f"https://www.youtube.com/watch?v={ID}",
        f"https://music.youtube.com/watch?v={ID}&list=x",
        f"https://m.youtube.com/watch?app=desktop&v={ID}",
        f"https://youtu.be/{ID}?t=4",
    ],
)
def test_after_a_video_the_mix_that_begins_with_it_goes_on(url: str) -> None:
    site, past = Site(ID, NEXT, AFTER), Past()
    last = Track(title="A song", url=url)
    assert chosen(site, past, last=last, played=[video(ID).url]) == video(NEXT)
    assert site.asked == [MIX]
    assert past.asked == []


def test_what_was_heard_of_late_is_passed_over() -> None:
    played = [video(ID).url, video(NEXT).url]
    assert chosen(Site(ID, NEXT, AFTER), Past(), last=video(ID), played=played) == video(AFTER)


def test_after_anything_else_it_is_what_the_server_has_heard_before() -> None:
    site, past = Site(NEXT), Past()
    assert chosen(site, past, last=ELSEWHERE, played=[ELSEWHERE.url]) == PAST
    assert site.asked == []
    assert past.asked == [("7", [ELSEWHERE.url])]


@pytest.mark.parametrize(
    "site",
    [
        Site(ID),
        Site(error=SourceError(SourceFailure.UNREACHABLE, "away")),
    ],
    ids=["nothing new", "nobody answers"],
)
def test_where_a_mix_has_nothing_it_is_the_past_as_well(site: Site) -> None:
    assert chosen(site, Past(), last=video(ID), played=[video(ID).url]) == PAST


@pytest.mark.parametrize("past", [Past(None), Past(error=AWAY)], ids=["nothing", "away"])
def test_where_there_is_no_past_it_is_nothing(past: Past) -> None:
    assert chosen(Site(), past, last=ELSEWHERE) is None
