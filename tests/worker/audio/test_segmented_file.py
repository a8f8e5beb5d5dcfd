"""Sounds in pieces."""

from __future__ import annotations

import threading
from contextlib import closing
from pathlib import Path

import pytest

from tests.worker.recordings import frequency, heard, record, rising, time_ms_of
from tests.worker.web_server import (
    Asked,
    Exchange,
    Web,
    file_page,
    plain_page,
    redirect_page,
)
from worker.audio.decoding import FrameAt
from worker.audio.failures import SourceError, SourceFailure
from worker.audio.frames import FrameReader
from worker.audio.remote_file import WebRules
from worker.audio.segmented_file import Segment, SegmentedFile, parse_playlist
from worker.audio.stream import FrameStream, Lack

SOON = 20
RULES = WebRules(allow_private=True, wait_seconds=SOON, pause_seconds=0)
SETTLED = 4
PLAYLIST = """#EXTM3U
#EXT-X-VERSION:7
#EXT-X-KEY:METHOD=NONE
#EXT-X-MAP:URI="head.mp4"

#EXTINF:4.5,
a/one.m4s
# a remark
#EXTINF:3,The second
https://other.example/two.m4s?x=1
#EXT-X-ENDLIST
"""


def served(web: Web, folder: Path, kind: str, seconds: float = 9) -> str:
    """The address of a playlist whose sound tells the time by its pitch; pieces of 2 s."""
    options = {"hls_time": "2", "hls_list_size": "0", "hls_segment_type": kind}
    record(folder / "list.m3u8", "aac", rising, seconds=seconds, rate=44100, options=options)
    for path in folder.iterdir():
        page = plain_page if path.suffix == ".m3u8" else file_page
        web.pages[f"/{path.name}"] = page(path.read_bytes())
    return web.url + "/list.m3u8"


def opened(url: str) -> closing[SegmentedFile]:
    return closing(SegmentedFile(url, headers={}, rules=RULES))


def place_of(found: list[FrameAt]) -> float:
    """Where the frames begin, by what is heard of them."""
    pcm = heard(at.frame for at in found[: SETTLED + 3])[SETTLED * 3840 :]
    return time_ms_of(frequency(pcm)) - SETTLED * 20 - 30


@pytest.mark.parametrize("kind", ["mpegts", "fmp4"])
def test_pieces_are_heard_as_one_sound_and_sought_in(web: Web, tmp_path: Path, kind: str) -> None:
    url = served(web, tmp_path, kind)
    with opened(url) as file, closing(FrameReader(file)) as reader:
        assert reader.duration_ms == pytest.approx(9000, abs=60)
        assert len(list(reader.frames(0))) == pytest.approx(450, abs=3)
        for target_ms in (6500, 300, 4000, 7999, 0):
            found = list(reader.frames(target_ms))
            assert found[0].position_ms == pytest.approx(target_ms, abs=100)
            assert place_of(found) == pytest.approx(target_ms, abs=100)
            assert len(found) == pytest.approx((9000 - target_ms) / 20, abs=6)


def test_a_seek_reads_no_pieces_that_lie_before(web: Web, tmp_path: Path) -> None:
    url = served(web, tmp_path, "mpegts")
    with opened(url) as file, closing(FrameReader(file)) as reader:
        web.asked.clear()
        next(reader.frames(6500))
    assert web.asked[0].path == "/list3.ts"


def test_a_playlist_names_its_pieces() -> None:
    playlist = parse_playlist(PLAYLIST, "https://example.com/music/list.m3u8?token=1")
    assert playlist.head_url == "https://example.com/music/head.mp4"
    assert playlist.segments == [
        Segment("https://example.com/music/a/one.m4s", 4500),
        Segment("https://other.example/two.m4s?x=1", 3000),
    ]


@pytest.mark.parametrize(
    ("text", "failure"),
    [
        ("", SourceFailure.NOT_AUDIO),
        ("<html>", SourceFailure.NOT_AUDIO),
        ("#EXTM3U\n#EXT-X-ENDLIST", SourceFailure.NOT_AUDIO),
        (PLAYLIST.replace("#EXT-X-ENDLIST", ""), SourceFailure.LIVE),
        (PLAYLIST.replace("METHOD=NONE", 'METHOD=AES-128,URI="key"'), SourceFailure.PROTECTED),
        (PLAYLIST.replace("# a remark", "#EXT-X-BYTERANGE:5@0"), SourceFailure.UNSUPPORTED),
        ("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\na.m3u8", SourceFailure.UNSUPPORTED),
        ("#EXTM3U\n#EXT-X-ENDLIST\n" + "a.ts\n" * 20_001, SourceFailure.NOT_AUDIO),
    ],
    ids=["empty", "page", "none", "live", "encrypted", "ranges", "qualities", "endless"],
)
def test_what_is_no_recording_in_pieces_is_told(text: str, failure: SourceFailure) -> None:
    with pytest.raises(SourceError) as caught:
        parse_playlist(text, "https://example.com/")
    assert caught.value.failure is failure


@pytest.mark.parametrize(
    ("piece", "failure"),
    [
        ("file:///etc/passwd", SourceFailure.UNSUPPORTED),
        ("http://169.254.169.254/a.ts", SourceFailure.FORBIDDEN_ADDRESS),
        ("/elsewhere.ts", SourceFailure.FORBIDDEN_ADDRESS),
        ("/missing.ts", SourceFailure.NOT_FOUND),
    ],
)
def test_each_piece_is_held_to_the_rules(
    web: Web, monkeypatch: pytest.MonkeyPatch, piece: str, failure: SourceFailure
) -> None:
    text = f"#EXTM3U\n#EXTINF:2,\n{piece}\n#EXT-X-ENDLIST\n"
    web.pages["/list.m3u8"] = plain_page(text.encode(), "application/vnd.apple.mpegurl")
    web.pages["/elsewhere.ts"] = redirect_page("http://10.0.0.1/a.ts")
    monkeypatch.setattr("worker.audio.addresses.is_public", lambda number: number == "127.0.0.1")
    file = SegmentedFile(web.url + "/list.m3u8", headers={}, rules=WebRules(pause_seconds=0))
    with closing(file), pytest.raises(SourceError) as caught:
        file.read(10)
    assert caught.value.failure is failure


def test_a_piece_that_is_missing_ends_the_sound_there(web: Web, tmp_path: Path) -> None:
    url = served(web, tmp_path, "mpegts")
    del web.pages["/list2.ts"]
    stream = FrameStream(lambda: SegmentedFile(url, headers={}, rules=RULES))
    count = 0
    while (frame := stream.take()) is not Lack.OVER:
        if frame is Lack.NOT_YET:
            stream.wait_ready(SOON)
        else:
            count += 1
    assert count == pytest.approx(200, abs=6)
    assert stream.failure is not None
    assert stream.failure.failure is SourceFailure.NOT_FOUND
    stream.close()
    assert stream.join(SOON)


def test_all_pieces_together_are_bounded(web: Web, tmp_path: Path) -> None:
    url = served(web, tmp_path, "mpegts")
    rules = WebRules(allow_private=True, most_bytes=100_000)
    file = SegmentedFile(url, headers={}, rules=rules)
    with closing(file), pytest.raises(SourceError) as caught:
        list(iter(lambda: file.read(10_000), b""))
    assert caught.value.failure is SourceFailure.TOO_LARGE


def test_a_playlist_that_never_ends_is_not_read(web: Web) -> None:
    def endless(exchange: Exchange, _asked: Asked) -> None:
        exchange.head(200)
        while True:
            exchange.wfile.write(b"#EXTM3U\n" * 1000)

    web.pages["/list.m3u8"] = endless
    with opened(web.url + "/list.m3u8") as file, pytest.raises(SourceError) as caught:
        file.read(10)
    assert caught.value.failure is SourceFailure.TOO_LARGE


def test_a_reader_that_waits_for_a_piece_is_let_go_at_once(web: Web) -> None:
    has_come, done = threading.Event(), threading.Event()

    def hang(exchange: Exchange, asked: Asked) -> None:
        has_come.set()
        done.wait(SOON)

    text = "#EXTM3U\n#EXTINF:2,\na.ts\n#EXT-X-ENDLIST\n"
    web.pages["/list.m3u8"] = plain_page(text.encode())
    web.pages["/a.ts"] = hang
    rules = WebRules(allow_private=True, wait_seconds=600)
    stream = FrameStream(lambda: SegmentedFile(web.url + "/list.m3u8", headers={}, rules=rules))
    assert has_come.wait(SOON)
    stream.close()
    assert stream.join(SOON)
    done.set()
