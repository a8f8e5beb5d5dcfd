"""Files on the web, from servers of every kind."""

from __future__ import annotations

import io
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from tests.servers.certificate import certificate_for_localhost
from tests.worker.recordings import frames_of, record
from tests.worker.web_server import (
    Asked,
    Exchange,
    PageMaker,
    Web,
    file_page,
    plain_page,
    redirect_page,
    web_server,
)
from worker.audio import remote_file
from worker.audio.failures import SourceError, SourceFailure
from worker.audio.frames import FrameReader
from worker.audio.remote_file import RemoteFile, WebRules
from worker.audio.stream import FrameStream

SOON = 20
CONTENT = bytes(range(256)) * 400
RULES = WebRules(allow_private=True, wait_seconds=SOON, pause_seconds=0)


@pytest.fixture
def web() -> Iterator[Web]:
    with web_server() as web:
        yield web


def opened(
    url: str, rules: WebRules = RULES, headers: Mapping[str, str] | None = None
) -> closing[RemoteFile]:
    return closing(RemoteFile(url, headers=headers or {}, rules=rules))


def whole(file: RemoteFile, piece: int = 10_000) -> bytes:
    content = b""
    while data := file.read(piece):
        content += data
    return content


def failure_of(url: str, rules: WebRules = RULES) -> SourceFailure:
    with opened(url, rules) as file, pytest.raises(SourceError) as caught:
        whole(file)
    return caught.value.failure


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


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_followed(web: Web, status: int) -> None:
    web.pages["/a"] = redirect_page("/b?c=d", status)
    web.pages["/b"] = file_page(CONTENT)
    with opened(web.url + "/a") as file:
        assert whole(file) == CONTENT


def test_redirects_without_end_are_not(web: Web) -> None:
    web.pages["/a"] = redirect_page("/a")
    assert failure_of(web.url + "/a") is SourceFailure.UNREACHABLE
    assert len(web.asked) == 6


@pytest.mark.parametrize(
    ("location", "failure"),
    [
        ("file:///etc/passwd", SourceFailure.UNSUPPORTED),
        ("ftp://example.com/a.mp3", SourceFailure.UNSUPPORTED),
        ("http://169.254.169.254/latest/meta-data", SourceFailure.FORBIDDEN_ADDRESS),
        ("http://[::ffff:10.0.0.1]/", SourceFailure.FORBIDDEN_ADDRESS),
    ],
)
def test_a_redirect_is_checked_like_the_address_itself(
    web: Web, monkeypatch: pytest.MonkeyPatch, location: str, failure: SourceFailure
) -> None:
    web.pages["/a"] = redirect_page(location)
    # The first address counts as public, so that the second one is come to.
    public = "worker.audio.addresses.is_public"
    monkeypatch.setattr(public, lambda number: number == "127.0.0.1")
    assert failure_of(web.url + "/a", WebRules()) is failure


def test_a_private_address_is_not_even_connected_to(web: Web) -> None:
    web.pages["/a"] = file_page(CONTENT)
    assert failure_of(web.url + "/a", WebRules()) is SourceFailure.FORBIDDEN_ADDRESS
    assert web.asked == []


def test_a_name_that_means_another_place_a_moment_later_is_of_no_use(
    web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was looked up and checked is what is connected to: the name is asked for once."""
    port = int(web.url.rpartition(":")[2])
    places = iter([("127.0.0.1", port), ("10.0.0.1", port)])
    monkeypatch.setattr(
        "socket.getaddrinfo", lambda *_, **__: [(socket.AF_INET, 1, 6, "", next(places))]
    )
    web.pages["/a"] = file_page(CONTENT)
    with opened(f"http://rebinding.example:{port}/a") as file:
        assert whole(file) == CONTENT
    assert web.asked[0].headers["Host"] == f"rebinding.example:{port}"


def test_what_is_meant_for_one_host_is_not_told_to_another(web: Web) -> None:
    with web_server() as other:
        web.pages["/a"] = redirect_page(other.url + "/b")
        other.pages["/b"] = file_page(CONTENT)
        headers = {
            "cookie": "secret",
            "Authorization": "secret",
            "Referer": "https://a.example/",
            "User-Agent": "Player",
            "X-Bad": "a\r\nX-Worse: b",
            "Range": "bytes=5-",
        }
        with opened(web.url + "/a", headers=headers) as file:
            assert whole(file) == CONTENT
        first, second = web.asked[0].headers, other.asked[0].headers
    assert (first["Cookie"], first["Authorization"]) == ("secret", "secret")
    assert "Cookie" not in second
    assert "Authorization" not in second
    assert (second["Referer"], second["User-Agent"]) == ("https://a.example/", "Player")
    assert "X-Worse" not in second
    assert first["Range"].startswith("bytes=0-")


def test_a_port_where_nobody_listens_is_unreachable() -> None:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        assert (
            failure_of(f"http://127.0.0.1:{sock.getsockname()[1]}/a") is SourceFailure.UNREACHABLE
        )


@pytest.fixture
def secure_web(tmp_path: Path) -> Iterator[tuple[Web, ssl.SSLContext]]:
    """A server by https, and a context that trusts its certificate, which is for 127.0.0.1."""
    pem = tmp_path / "certificate.pem"
    pem.write_bytes(certificate_for_localhost())
    shows = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    shows.load_cert_chain(pem)
    with web_server(shows) as web:
        yield web, ssl.create_default_context(cafile=str(pem))


def test_a_file_is_read_by_https(secure_web: tuple[Web, ssl.SSLContext]) -> None:
    web, trusting = secure_web
    web.pages["/a"] = file_page(CONTENT)
    with opened(web.url + "/a", replace(RULES, tls=lambda: trusting)) as file:
        assert whole(file) == CONTENT
        file.rewind()
        assert file.read(10) == CONTENT[:10]


def test_https_is_refused_where_nobody_vouches_for_the_certificate(
    secure_web: tuple[Web, ssl.SSLContext],
) -> None:
    web, _ = secure_web
    web.pages["/a"] = file_page(CONTENT)
    assert failure_of(web.url + "/a") is SourceFailure.UNREACHABLE
    assert web.asked == []


def test_https_is_refused_where_the_certificate_is_anothers(
    secure_web: tuple[Web, ssl.SSLContext],
) -> None:
    web, trusting = secure_web
    web.pages["/a"] = file_page(CONTENT)
    other = web.url.replace("127.0.0.1", "localhost")
    rules = replace(RULES, tls=lambda: trusting)
    assert failure_of(other + "/a", rules) is SourceFailure.UNREACHABLE
    assert web.asked == []


def test_a_reader_that_waits_by_https_is_let_go_at_once(
    secure_web: tuple[Web, ssl.SSLContext],
) -> None:
    web, trusting = secure_web
    done, has_come = threading.Event(), threading.Event()

    def hang(exchange: Exchange, asked: Asked) -> None:
        exchange.head(200, Content_Type="audio/ogg", Content_Length=10_000)
        exchange.wfile.flush()
        has_come.set()
        done.wait(SOON)

    web.pages["/a"] = hang
    rules = WebRules(allow_private=True, wait_seconds=600, tls=lambda: trusting)
    stream = FrameStream(lambda: RemoteFile(web.url + "/a", headers={}, rules=rules))
    assert has_come.wait(SOON)
    stream.close()
    assert stream.join(SOON)
    done.set()


def test_https_is_refused_where_no_tls_is_spoken(web: Web) -> None:
    asked = failure_of(web.url.replace("http:", "https:") + "/a")
    assert asked is SourceFailure.UNREACHABLE


def test_certificates_are_verified_by_name_unless_told_otherwise() -> None:
    context = WebRules().tls()
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname


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
