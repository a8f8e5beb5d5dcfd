"""From what people type to what they hear: the real yt-dlp, at pages on this machine."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from pathlib import Path

import pytest

from tests.worker.lookups.looking_up import (
    PAGE,
    SOON,
    TWO,
    SteppingClock,
    failure_of,
    is_heard,
    look_up,
)
from tests.worker.recordings import Recording, record
from tests.worker.web_server import (
    Asked,
    Exchange,
    Web,
    file_page,
    plain_page,
    redirect_page,
)
from worker.audio.failures import SourceError, SourceFailure
from worker.audio.remote_file import WebRules
from worker.lookups import extraction
from worker.lookups.extraction import ExtractionSettings
from worker.lookups.found import Found
from worker.lookups.lookups import Lookups


def test_a_page_with_a_sound_in_it_is_found_and_heard(
    web: Web, lookups: Lookups, recording: Recording
) -> None:
    web.pages["/page"] = plain_page(PAGE, "text/html")
    web.pages["/stream"] = file_page(recording.path.read_bytes())
    [found] = look_up(lookups, web.url + "/page")
    assert found.title.startswith("Edmond's comet")
    assert (found.url, found.stream_url) == (web.url + "/page", web.url + "/stream?id=5")
    assert is_heard(lookups, asyncio.run(lookups.refresh(found)))


def test_a_sound_file_is_found_without_yt_dlp(
    web: Web, lookups: Lookups, recording: Recording
) -> None:
    web.pages["/my_first%20song.ogg"] = file_page(recording.path.read_bytes())
    [found] = look_up(lookups, web.url + "/my_first%20song.ogg")
    assert (found.title, found.artist) == ("my first song", "Caroline")
    assert found.duration_ms == pytest.approx(2000, abs=40)
    assert all(asked.headers["User-Agent"].startswith("Halley") for asked in web.asked)
    assert is_heard(lookups, found)


def test_a_sound_behind_an_address_without_an_ending_is_found_too(
    web: Web, lookups: Lookups, recording: Recording
) -> None:
    web.pages["/stream"] = file_page(recording.path.read_bytes())
    [found] = look_up(lookups, web.url + "/stream")
    assert is_heard(lookups, found)


def test_a_page_that_calls_itself_a_file_is_looked_into(
    web: Web, lookups: Lookups, recording: Recording
) -> None:
    web.pages["/song.mp3"] = plain_page(PAGE, "text/html")
    web.pages["/stream"] = file_page(recording.path.read_bytes())
    [found] = look_up(lookups, web.url + "/song.mp3")
    assert found.stream_url == web.url + "/stream?id=5"


def test_a_page_with_two_sounds_gives_both_and_each_is_found_again(
    web: Web, lookups: Lookups, recording: Recording
) -> None:
    web.pages["/page"] = plain_page(TWO, "text/html")
    web.pages["/one.ogg"] = web.pages["/two.ogg"] = file_page(recording.path.read_bytes())
    one, two = look_up(lookups, web.url + "/page")
    assert (one.stream_url, two.stream_url) == (web.url + "/one.ogg", web.url + "/two.ogg")
    kept = Found(title=two.title, url=two.url)
    again = asyncio.run(lookups.refresh(kept))
    assert again.stream_url == two.stream_url


def test_the_address_of_a_sound_on_a_page_is_not_what_is_kept_of_it(
    web: Web, lookups: Lookups, recording: Recording
) -> None:
    """It may hold a signature that is good for an hour, and is nobody else's business."""
    pages = iter((b"first", b"second", b"third"))

    def page(exchange: Exchange, asked: Asked) -> None:
        signature = next(pages)
        plain_page(TWO.replace(b".ogg", b".ogg?signature=" + signature), "text/html")(
            exchange, asked
        )

    web.pages["/page"] = page
    web.pages["/one.ogg"] = web.pages["/two.ogg"] = file_page(recording.path.read_bytes())
    found = look_up(lookups, web.url + "/page")
    assert len({one.url for one in found}) == 2
    assert not any("signature" in one.url for one in found)
    again = asyncio.run(lookups.refresh(Found(title="", url=found[1].url)))
    assert again.url == found[1].url
    assert again.stream_url == f"{web.url}/two.ogg?signature=second"
    with pytest.raises(SourceError):
        asyncio.run(lookups.refresh(Found(title="", url=f"{web.url}/page#sound=3")))


def test_a_playlist_is_looked_up_whole(web: Web, lookups: Lookups) -> None:
    web.pages["/page"] = plain_page(TWO, "text/html")
    assert len(asyncio.run(lookups.playlist(web.url + "/page"))) == 2
    for query in ("two comets", "sound:comet"):
        with pytest.raises(SourceError):
            asyncio.run(lookups.playlist(query))


def test_a_sound_in_pieces_is_found_and_heard(web: Web, lookups: Lookups, tmp_path: Path) -> None:
    record(tmp_path / "list.m3u8", "aac", rate=44100, seconds=5)
    for path in tmp_path.iterdir():
        web.pages[f"/{path.name}"] = plain_page(path.read_bytes(), "application/x-mpegURL")
    for path in tmp_path.glob("*.ts"):
        web.pages[f"/{path.name}"] = file_page(path.read_bytes(), "video/mp2t")
    [found] = look_up(lookups, web.url + "/list.m3u8")
    assert found.is_segmented
    assert is_heard(lookups, asyncio.run(lookups.refresh(found)))


def test_an_address_that_ran_out_is_looked_up_again(
    web: Web, lookups: Lookups, clock: SteppingClock
) -> None:
    web.pages["/page"] = plain_page(PAGE, "text/html")
    [found] = look_up(lookups, web.url + "/page")
    before = len(web.asked)
    assert asyncio.run(lookups.refresh(found)) is found
    assert len(web.asked) == before
    clock.ahead = 3600
    assert asyncio.run(lookups.refresh(found)).fresh_until != found.fresh_until
    assert len(web.asked) > before


def test_an_address_that_says_when_it_runs_out_is_believed(
    web: Web, lookups: Lookups, clock: SteppingClock
) -> None:
    ends = int(time.time()) + 600
    web.pages["/page"] = plain_page(PAGE.replace(b"id=5", b"expire=%d&a" % ends), "text/html")
    [found] = look_up(lookups, web.url + "/page")
    assert found.fresh_until is not None
    assert found.fresh_until - clock.monotonic() < 600


def test_a_sound_of_our_own_is_found_by_its_name(lookups: Lookups) -> None:
    [found] = look_up(lookups, "sound:comet")
    kept = Found(title="Comet", url=found.url)
    assert asyncio.run(lookups.refresh(kept)) == kept
    assert is_heard(lookups, kept)
    assert failure_of(lookups, "sound:silence") is SourceFailure.NOT_FOUND


def test_what_has_no_end_is_not_played(lookups: Lookups) -> None:
    live = Found(title="a", url="https://example.com/", stream_url="https://a", is_live=True)
    with pytest.raises(SourceError) as caught:
        asyncio.run(lookups.refresh(live))
    assert caught.value.failure is SourceFailure.LIVE


def test_what_was_not_looked_up_cannot_be_opened(lookups: Lookups) -> None:
    with pytest.raises(SourceError):
        lookups.open(Found(title="a", url="https://example.com/"))


@pytest.mark.parametrize(
    ("status", "failure"),
    [
        (401, SourceFailure.PRIVATE), (403, SourceFailure.REFUSED),
        (404, SourceFailure.NOT_FOUND), (410, SourceFailure.REMOVED),
        (429, SourceFailure.TOO_MANY_REQUESTS), (451, SourceFailure.REGION),
    ],
)  # fmt: skip
def test_what_a_pages_server_answers_is_told(
    web: Web, lookups: Lookups, status: int, failure: SourceFailure
) -> None:
    web.pages["/page"] = plain_page(b"", "text/html", status)
    assert failure_of(lookups, web.url + "/page") is failure


def test_a_page_without_sound_is_told(web: Web, lookups: Lookups) -> None:
    web.pages["/page"] = plain_page(b"<html><title>A comet</title></html>", "text/html")
    assert failure_of(lookups, web.url + "/page") is SourceFailure.UNSUPPORTED


def test_garbage_that_calls_itself_sound_is_told(web: Web, lookups: Lookups) -> None:
    web.pages["/song.mp3"] = file_page(bytes(range(256)) * 100, "audio/mpeg")
    assert failure_of(lookups, web.url + "/song.mp3") is SourceFailure.NOT_AUDIO


def test_a_site_that_does_not_exist_is_told(lookups: Lookups) -> None:
    asked = failure_of(lookups, "http://nobody.invalid/page")
    assert asked in {SourceFailure.NO_SUCH_HOST, SourceFailure.UNREACHABLE}


@pytest.mark.parametrize(
    "complaint",
    [
        "Failed to resolve 'www.youtube.com' ([Errno -2] Name or service not known)",
        "[Errno 111] Connection refused",
        "[Errno 111] not a public address",
    ],
    ids=["no name", "no answer", "a name server that blocks it"],
)
def test_a_search_that_does_not_reach_its_site_does_not_speak_of_an_address(
    lookups: Lookups, monkeypatch: pytest.MonkeyPatch, complaint: str
) -> None:
    async def run(*_: object) -> tuple[bytes, str, int]:
        return b"", f"ERROR: [youtube:search] two comets: {complaint}", 1

    monkeypatch.setattr(extraction.Extraction, "_run", run)
    assert failure_of(lookups, "two comets") is SourceFailure.SEARCH_UNREACHABLE


@pytest.mark.parametrize("path", ["/song.ogg", "/page"])
def test_a_private_address_is_refused_before_anything_is_asked(web: Web, path: str) -> None:
    web.pages[path] = plain_page(PAGE, "text/html")
    lookups = Lookups(ExtractionSettings(seconds=SOON), WebRules())
    assert failure_of(lookups, web.url + path) is SourceFailure.FORBIDDEN_ADDRESS
    lookups.close()
    assert web.asked == []


def test_yt_dlp_itself_does_not_reach_a_private_address(web: Web) -> None:
    """As where a public page redirects there, which nobody but yt-dlp sees."""
    web.pages["/page"] = plain_page(PAGE, "text/html")
    child = extraction.Extraction(ExtractionSettings(seconds=SOON), SteppingClock())
    with pytest.raises(SourceError) as caught:
        asyncio.run(child.link(web.url + "/page"))
    child.close()
    assert caught.value.failure is SourceFailure.FORBIDDEN_ADDRESS
    assert web.asked == []


def test_what_a_page_names_is_checked_when_it_is_opened(
    web: Web, lookups: Lookups, recording: Recording
) -> None:
    found = Found(title="a", url=web.url + "/page", stream_url=web.url + "/a.ogg")
    web.pages["/a.ogg"] = redirect_page("file:///etc/passwd")
    assert not is_heard(lookups, found)
    strict = Lookups(ExtractionSettings(), WebRules())
    assert not is_heard(strict, replace(found))
    strict.close()
