"""Files on the web, from servers of every kind."""

from __future__ import annotations

import io
import threading
import time
from contextlib import closing
from pathlib import Path

import pytest

from tests.worker.audio.reading import CONTENT, SOON, failure_of, opened, whole
from tests.worker.recordings import frames_of, record
from tests.worker.web_server import (
    Asked,
    Exchange,
    PageMaker,
    Web,
    file_page,
    plain_page,
)
from worker.audio import remote_file
from worker.audio.failures import SourceError, SourceFailure
from worker.audio.frames import FrameReader
from worker.audio.remote_file import RemoteFile, WebRules
from worker.audio.stream import FrameStream


@pytest.mark.parametrize("page", [file_page, plain_page])
def test_a_file_is_read_whole(web: Web, page: PageMaker) -> None:
    web.pages["/a"] = page(CONTENT)
    with opened(web.url + "/a") as file:
        assert whole(file) == CONTENT
        assert file.read(10) == b""
        assert file.size == len(CONTENT)


def test_a_file_is_asked_for_piece_by_piece(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote_file, "PIECE", 30_000)
    web.pages["/a"] = file_page(CONTENT)
    with opened(web.url + "/a") as file:
        assert whole(file) == CONTENT
    assert [asked.headers["Range"] for asked in web.asked] == [
        "bytes=0-29999", "bytes=30000-59999", "bytes=60000-89999", "bytes=90000-119999",
    ]  # fmt: skip


def test_one_goes_anywhere_in_a_file_whose_server_knows_ranges(web: Web) -> None:
    web.pages["/a"] = file_page(CONTENT)
    with opened(web.url + "/a") as file:
        assert file.seekable()
        twin = io.BytesIO(CONTENT)
        for offset, whence in [(300, 0), (-5, 1), (-1000, 2), (0, 0), (90_000, 0), (50, 1), (0, 2)]:
            assert file.seek(offset, whence) == twin.seek(offset, whence) == file.tell()
            assert file.read(1) == twin.read(1)


def test_a_server_without_ranges_is_read_from_the_beginning(web: Web) -> None:
    web.pages["/a"] = plain_page(CONTENT)
    with opened(web.url + "/a") as file:
        assert not file.seekable()
        file.read(5000)
        file.rewind()
        assert whole(file) == CONTENT


def test_a_file_of_unknown_length_is_read_to_its_end(web: Web) -> None:
    def endless(exchange: Exchange, _asked: Asked) -> None:
        exchange.head(200, Content_Type="audio/ogg")
        exchange.wfile.write(CONTENT)

    web.pages["/a"] = endless
    with opened(web.url + "/a") as file:
        assert not file.seekable()
        assert whole(file) == CONTENT


@pytest.mark.parametrize("knows_ranges", [True, False])
def test_a_connection_cut_at_half_is_made_again(web: Web, *, knows_ranges: bool) -> None:
    good = (file_page if knows_ranges else plain_page)(CONTENT)

    def cut(exchange: Exchange, asked: Asked) -> None:
        if len(web.asked) > 1:
            good(exchange, asked)
            return
        size = len(CONTENT)
        if knows_ranges:
            said = f"bytes 0-{size - 1}/{size}"
            exchange.head(206, Content_Type="audio/ogg", Content_Range=said, Content_Length=size)
        else:
            exchange.head(200, Content_Type="audio/ogg", Content_Length=size)
        exchange.wfile.write(CONTENT[: size // 2])

    web.pages["/a"] = cut
    with opened(web.url + "/a") as file:
        assert whole(file) == CONTENT
    assert [asked.offset for asked in web.asked] == [0, len(CONTENT) // 2]


def test_a_server_in_trouble_for_a_moment_is_asked_again(web: Web) -> None:
    good = file_page(CONTENT)

    def moody(exchange: Exchange, asked: Asked) -> None:
        if len(web.asked) == 2:
            exchange.head(503, Content_Length=0)
            return
        if len(web.asked) == 1:
            said = f"bytes 0-{len(CONTENT) - 1}/{len(CONTENT)}"
            exchange.head(206, Content_Range=said, Content_Length=len(CONTENT))
            exchange.wfile.write(CONTENT[:1000])
            return
        good(exchange, asked)

    web.pages["/a"] = moody
    with opened(web.url + "/a") as file:
        assert whole(file) == CONTENT


def test_a_server_that_lies_about_the_length_is_given_up(web: Web) -> None:
    def lie(exchange: Exchange, asked: Asked) -> None:
        exchange.head(200, Content_Type="audio/ogg", Content_Length=len(CONTENT) * 2)
        exchange.wfile.write(CONTENT)

    web.pages["/a"] = lie
    assert failure_of(web.url + "/a") is SourceFailure.UNREACHABLE
    assert len(web.asked) < 10


def test_a_file_that_changed_meanwhile_is_given_up(web: Web) -> None:
    def change(exchange: Exchange, asked: Asked) -> None:
        size = 1000 if asked.offset == 0 else 900
        said = f"bytes {asked.offset}-{size - 1}/{size}"
        exchange.head(206, Content_Range=said, Content_Length=size - asked.offset)
        exchange.wfile.write(CONTENT[:500])

    web.pages["/a"] = change
    assert failure_of(web.url + "/a") is SourceFailure.UNREACHABLE


def test_another_range_than_was_asked_for_is_not_taken(web: Web) -> None:
    def other(exchange: Exchange, asked: Asked) -> None:
        exchange.head(206, Content_Range="bytes 7-9/10", Content_Length=3)
        exchange.wfile.write(b"abc")

    web.pages["/a"] = other
    assert failure_of(web.url + "/a") is SourceFailure.UNREACHABLE


@pytest.mark.parametrize(
    ("status", "failure"),
    [
        (401, SourceFailure.REFUSED), (403, SourceFailure.REFUSED),
        (404, SourceFailure.NOT_FOUND), (410, SourceFailure.REMOVED),
        (429, SourceFailure.TOO_MANY_REQUESTS), (451, SourceFailure.REGION),
        (418, SourceFailure.REFUSED), (500, SourceFailure.UNREACHABLE),
        (599, SourceFailure.UNREACHABLE), (204, SourceFailure.UNREACHABLE),
    ],
)  # fmt: skip
def test_what_a_server_answers_is_told(web: Web, status: int, failure: SourceFailure) -> None:
    web.pages["/a"] = plain_page(b"", status=status)
    assert failure_of(web.url + "/a") is failure


@pytest.mark.parametrize(
    ("kind", "failure"),
    [
        ("text/html; charset=utf-8", SourceFailure.NOT_AUDIO),
        ("image/png", SourceFailure.NOT_AUDIO),
        ("application/json", SourceFailure.NOT_AUDIO),
        ("application/vnd.apple.mpegurl", SourceFailure.UNSUPPORTED),
        ("audio/x-mpegurl", SourceFailure.UNSUPPORTED),
        ("audio/x-scpls", SourceFailure.UNSUPPORTED),
    ],
)
def test_what_says_it_is_no_sound_is_not_read(web: Web, kind: str, failure: SourceFailure) -> None:
    web.pages["/a"] = plain_page(CONTENT, kind)
    assert failure_of(web.url + "/a") is failure


def test_a_radio_station_is_live(web: Web) -> None:
    web.pages["/a"] = lambda exchange, _: exchange.head(
        200, Content_Type="audio/mpeg", icy_name="Comet FM"
    )
    assert failure_of(web.url + "/a") is SourceFailure.LIVE


@pytest.mark.parametrize("size", [10 * 1024**3, 2001])
def test_what_is_too_large_is_not_read(web: Web, size: int) -> None:
    def large(exchange: Exchange, asked: Asked) -> None:
        exchange.head(200, Content_Type="audio/ogg", Content_Length=size)
        exchange.wfile.write(CONTENT)

    web.pages["/a"] = large
    rules = WebRules(allow_private=True, most_bytes=2000)
    assert failure_of(web.url + "/a", rules) is SourceFailure.TOO_LARGE


def test_what_never_ends_is_ended(web: Web) -> None:
    def endless(exchange: Exchange, asked: Asked) -> None:
        exchange.head(200, Content_Type="audio/ogg")
        while True:
            exchange.wfile.write(CONTENT)

    web.pages["/a"] = endless
    rules = WebRules(allow_private=True, most_bytes=500_000)
    assert failure_of(web.url + "/a", rules) is SourceFailure.TOO_LARGE


def test_a_server_that_says_nothing_is_given_up(web: Web) -> None:
    done = threading.Event()

    def hang(_exchange: Exchange, _asked: Asked) -> None:
        done.wait(SOON)

    web.pages["/a"] = hang
    rules = WebRules(allow_private=True, wait_seconds=0.2, pause_seconds=0)
    assert failure_of(web.url + "/a", rules) is SourceFailure.TIMED_OUT
    done.set()


def test_a_server_that_drips_is_given_up_when_the_time_is_up(web: Web) -> None:
    def drip(exchange: Exchange, asked: Asked) -> None:
        exchange.head(200, Content_Type="audio/ogg", Content_Length=10_000)
        for _ in range(10_000):
            exchange.wfile.write(b"a")
            time.sleep(0.01)

    web.pages["/a"] = drip
    rules = WebRules(allow_private=True, most_seconds=0.3, pause_seconds=0)
    assert failure_of(web.url + "/a", rules) is SourceFailure.TIMED_OUT


def test_a_head_that_drips_is_given_up_too(web: Web) -> None:
    def drip(exchange: Exchange, asked: Asked) -> None:
        exchange.wfile.write(b"HTTP/1.1 200 OK\r\n")
        for number in range(1000):
            exchange.wfile.write(f"X-{number}: a\r\n".encode())
            time.sleep(0.01)

    web.pages["/a"] = drip
    rules = WebRules(allow_private=True, wait_seconds=0.2, pause_seconds=0)
    assert failure_of(web.url + "/a", rules) is SourceFailure.TIMED_OUT


def test_a_waiting_reader_is_let_go_at_once(web: Web) -> None:
    done, has_come = threading.Event(), threading.Event()

    def hang(exchange: Exchange, asked: Asked) -> None:
        exchange.head(200, Content_Type="audio/ogg", Content_Length=10_000)
        exchange.wfile.flush()
        has_come.set()
        done.wait(SOON)

    web.pages["/a"] = hang
    rules = WebRules(allow_private=True, wait_seconds=600)
    stream = FrameStream(lambda: RemoteFile(web.url + "/a", headers={}, rules=rules))
    assert has_come.wait(SOON)
    stream.close()
    assert stream.join(SOON)
    done.set()


def test_a_file_is_not_asked_for_any_more_once_it_is_aborted(web: Web) -> None:
    with opened(web.url + "/a") as file:
        file.abort()
        with pytest.raises(SourceError):
            file.read(10)
    assert web.asked == []


@pytest.mark.parametrize("page", [file_page, plain_page])
@pytest.mark.parametrize(
    ("name", "codec"), [("sound.ogg", "libopus"), ("sound.webm", "libopus"), ("sound.aac", "aac"),
                        ("sound.mp3", "libmp3lame"), ("sound.flac", "flac")]
)  # fmt: skip
def test_what_is_heard_is_the_same_as_from_a_file_here(
    web: Web, tmp_path: Path, name: str, codec: str, page: PageMaker
) -> None:
    recording = record(tmp_path / name, codec)
    web.pages["/a"] = page(recording.path.read_bytes())
    with opened(web.url + "/a") as file, closing(FrameReader(file)) as reader:
        frames = [at.frame for at in reader.frames(0)]
        assert frames[:99] == frames_of(recording.path)[:99]
        later = [at.frame for at in reader.frames(1000)]
        assert len(later) == pytest.approx(50, abs=4)


def test_an_mp4_whose_index_is_at_its_end_is_heard_too(web: Web, tmp_path: Path) -> None:
    recording = record(tmp_path / "sound.m4a", "aac", seconds=20)
    content = recording.path.read_bytes()
    assert content.index(b"moov") > content.index(b"mdat")
    web.pages["/a"] = file_page(content)
    with opened(web.url + "/a") as file, closing(FrameReader(file)) as reader:
        assert len(list(reader.frames(0))) == pytest.approx(1000, abs=3)
