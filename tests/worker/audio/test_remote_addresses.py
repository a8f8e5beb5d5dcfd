"""Where files on the web may lie: what is followed, what is refused, who vouches for it."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.servers.certificate import certificate_for_localhost
from tests.worker.audio.reading import CONTENT, RULES, SOON, failure_of, opened, whole
from tests.worker.web_server import (
    Asked,
    Exchange,
    Web,
    file_page,
    redirect_page,
    web_server,
)
from worker.audio.failures import SourceFailure
from worker.audio.remote_file import RemoteFile, WebRules
from worker.audio.stream import FrameStream


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
