"""Fetching what users attached: from Discord's hosts alone, and no more than one asked for."""

from __future__ import annotations

import ssl
import traceback
from pathlib import Path

import pytest

from lib.ports import AttachmentError, AttachmentFailure, AttachmentFiles
from lib.services.discord_files import ORIGINS, DiscordFiles
from tests.fakes.attachments import ScriptedFiles
from tests.fakes.clock import ManualClock
from tests.servers.certificate import certificate_for_localhost
from tests.servers.scripted import Answer, ScriptedServer, nobody, scripted_server

MB = 1024 * 1024
PATH = "/attachments/1/2/comet.png?ex=1&is=2&hm=a-signature"


def files_of(server: ScriptedServer | str, clock: ManualClock | None = None) -> DiscordFiles:
    """Those that lie on a local server as well."""
    url = server if isinstance(server, str) else server.url
    return DiscordFiles(clock or ManualClock(), extra=url)


def fetch(
    files: AttachmentFiles, url: str, *, most_bytes: int = MB, deadline_seconds: float = 5
) -> bytes:
    return files.fetch(url, most_bytes=most_bytes, deadline_seconds=deadline_seconds)


def failure_of(answer: Answer, *, deadline_seconds: float = 5) -> AttachmentFailure:
    """What a file that is answered so fails of."""
    with scripted_server(answer) as server, pytest.raises(AttachmentError) as caught:
        fetch(files_of(server), server.url + PATH, deadline_seconds=deadline_seconds)
    return caught.value.failure


# --- what comes -----------------------------------------------------------------------------------


def test_a_file_comes_whole_under_its_signed_address() -> None:
    content = bytes(range(256)) * 4096
    with scripted_server(Answer(body=content)) as server:
        assert fetch(files_of(server), server.url + PATH) == content
    (asked,) = server.requests
    assert (asked.method, asked.path) == ("GET", PATH)
    assert asked.headers["host"] == server.url.removeprefix("http://")
    assert "authorization" not in asked.headers


@pytest.mark.parametrize(
    "name", ["彗星.png", "a b.png", "a\r\nX-Header: 1", "\udc80.png", "100%25"]
)
def test_a_name_of_any_letters_stays_one_path(name: str) -> None:
    with scripted_server(Answer(body=b"x")) as server:
        assert fetch(files_of(server), f"{server.url}/attachments/{name}#part") == b"x"
    (asked,) = server.requests
    assert asked.path.isascii()
    assert asked.path.startswith("/attachments/")
    assert "#" not in asked.path
    assert "x-header" not in asked.headers


def test_a_file_in_pieces_comes_whole() -> None:
    body = b"5\r\ncomet\r\n3\r\n!!!\r\n0\r\n\r\n"
    with scripted_server(Chunked(200, body)) as server:
        assert fetch(files_of(server), server.url + PATH) == b"comet!!!"


def test_over_tls_it_comes_from_a_host_that_proves_who_it_is_and_from_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pem = tmp_path / "localhost.pem"
    pem.write_bytes(certificate_for_localhost())
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(pem)
    with scripted_server(Answer(body=b"x"), tls=tls) as server:
        with pytest.raises(AttachmentError) as caught:
            fetch(files_of(server), server.url + PATH)
        assert caught.value.failure is AttachmentFailure.UNREACHABLE
        monkeypatch.setenv("SSL_CERT_FILE", str(pem))
        assert fetch(files_of(server), server.url + PATH) == b"x"
    assert len(server.requests) == 1


# --- from where -----------------------------------------------------------------------------------


HOST = "cdn.discordapp.com"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "comet.png",
        f"//{HOST}/a",
        f"http://{HOST}/a",
        f"ftp://{HOST}/a",
        f"file://{HOST}/etc/passwd",
        f"https://{HOST}",
        f"https://{HOST}?/a",
        f"https://{HOST}#/a",
        f"https://{HOST}:443/a",
        f"https://{HOST}:8443/a",
        f"https://{HOST}./a",
        f"https://{HOST}.evil.example/a",
        f"https://evil-{HOST}/a",
        f"https://x.{HOST}/a",
        "https://discordapp.com/a",
        f"https://user@{HOST}/a",
        f"https://{HOST}@evil.example/a",
        f"https://{HOST}:x@evil.example/a",
        f"https://evil.example\\@{HOST}/a",
        f"https://{HOST}\\@evil.example/a",
        f"https://evil.example#@{HOST}/a",
        f"https://evil.example?@{HOST}/a",
        f"https:///{HOST}/a",
        f"https:/{HOST}/a",
        f"https:\\\\{HOST}/a",
        f" https://{HOST}/a",
        f"https://{HOST} /a",
        f"https://{HOST}\t/a",
        f"https://{HOST}\n/a",
        "https://cdn%2ediscordapp.com/a",
        "https://cdn.discordapp.com%2f@evil.example/a",
        "https://cdn。discordapp。com/a",
        "https://ｃdn.discordapp.com/a",
        "https://cdn.discordаpp.com/a",  # with a Cyrillic letter
        "https://xn--cdn.discordapp.com/a",
        "https://127.0.0.1/a",
        "https://[::1]/a",
        "https://2130706433/a",
        "https://169.254.169.254/latest/meta-data",
        "https://localhost/a",
        "javascript://cdn.discordapp.com/a",
    ],
)
def test_any_other_host_is_asked_for_nothing(url: str) -> None:
    for files in (DiscordFiles(ManualClock()), DiscordFiles(ManualClock(), extra="http://a:1/b")):
        with pytest.raises(AttachmentError) as caught:
            fetch(files, url)
        assert caught.value.failure is AttachmentFailure.WRONG_HOST


def test_discords_two_hosts_are_asked_themselves(monkeypatch: pytest.MonkeyPatch) -> None:
    looked_up: list[str] = []

    def look_up(host: str, *_: object, **__: object) -> None:
        looked_up.append(host)
        raise OSError("no network in a test")

    monkeypatch.setattr("socket.getaddrinfo", look_up)
    for origin in ORIGINS:
        with pytest.raises(AttachmentError) as caught:
            fetch(DiscordFiles(ManualClock()), origin + PATH)
        assert caught.value.failure is AttachmentFailure.UNREACHABLE
    assert looked_up == ["cdn.discordapp.com", "media.discordapp.net"]


@pytest.mark.parametrize("other", ["https://127.0.0.1:{port}", "http://127.0.0.1:1{port}"])
def test_the_one_host_more_is_that_very_one(other: str) -> None:
    with scripted_server(Answer(body=b"x")) as server:
        port = server.url.rpartition(":")[2]
        files = files_of(server.url + "/attachments")
        assert fetch(files, server.url + PATH) == b"x"
        with pytest.raises(AttachmentError) as caught:
            fetch(files, other.format(port=port) + PATH)
    assert caught.value.failure is AttachmentFailure.WRONG_HOST


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_nobody_is_followed_to_a_private_address(status: int) -> None:
    with scripted_server(Answer(body=b"a secret of the network's")) as private:
        away = Answer(status, b"", {"Location": f"{private.url}/latest/meta-data"})
        assert failure_of(away) is AttachmentFailure.REDIRECTED
    assert private.requests == []


# --- how much, and how long -----------------------------------------------------------------------


class Chunked(Answer):
    """An answer in pieces, whose length nobody tells."""

    def encoded(self) -> bytes:
        assert isinstance(self.body, bytes)
        return b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + self.body


def test_a_file_of_25_mb_is_not_even_begun() -> None:
    answer = Answer(body=b"\x00" * (25 * MB))
    with scripted_server(answer) as server, pytest.raises(AttachmentError) as caught:
        fetch(files_of(server), server.url + PATH, most_bytes=10 * MB)
    assert caught.value.failure is AttachmentFailure.TOO_LARGE


@pytest.mark.parametrize(("size", "is_taken"), [(MB - 1, True), (MB, True), (MB + 1, False)])
@pytest.mark.parametrize("in_pieces", [True, False])
def test_the_limit_is_exact(size: int, *, is_taken: bool, in_pieces: bool) -> None:
    content = b"x" * size
    answer = Answer(body=content)
    if in_pieces:
        answer = Chunked(200, b"%x\r\n%s\r\n0\r\n\r\n" % (size, content))
    if not is_taken:
        assert failure_of(answer) is AttachmentFailure.TOO_LARGE
        return
    with scripted_server(answer) as server:
        assert fetch(files_of(server), server.url + PATH) == content


def test_pieces_without_end_are_read_no_further_than_the_limit() -> None:
    piece = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
    assert failure_of(Chunked(200, piece * 40)) is AttachmentFailure.TOO_LARGE


def test_a_length_that_says_too_little_ends_the_file_and_one_that_says_too_much_spoils_it() -> None:
    with scripted_server(Answer(body=b"comet", headers={"Content-Length": "3"})) as server:
        assert fetch(files_of(server), server.url + PATH) == b"com"
    longer = Answer(body=b"comet", headers={"Content-Length": "500"})
    assert failure_of(longer) is AttachmentFailure.UNREACHABLE
    lying = Answer(body=b"comet", headers={"Content-Length": str(MB + 1)})
    assert failure_of(lying) is AttachmentFailure.TOO_LARGE


@pytest.mark.parametrize("answer", [Answer(body=b""), Chunked(200, b"0\r\n\r\n")])
def test_a_file_without_bytes_is_empty(answer: Answer) -> None:
    assert failure_of(answer) is AttachmentFailure.EMPTY


def test_a_file_that_drips_is_waited_for_no_longer_than_was_said() -> None:
    clock = ManualClock()
    dripping = Answer(body=b"x" * 100, before_each_byte=lambda: clock.advance(0.5))
    with scripted_server(dripping) as server, pytest.raises(AttachmentError) as caught:
        fetch(files_of(server, clock), server.url + PATH, deadline_seconds=20)
    assert caught.value.failure is AttachmentFailure.UNREACHABLE
    assert caught.value.detail == "no whole file in time"


def test_a_server_that_says_nothing_is_given_up() -> None:
    assert failure_of(Answer(silent=True), deadline_seconds=0.05) is AttachmentFailure.UNREACHABLE


# --- what else may come ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "failure"),
    [
        (Answer(403), AttachmentFailure.GONE),
        (Answer(404, b"This content is no longer available."), AttachmentFailure.GONE),
        (Answer(410), AttachmentFailure.GONE),
        (Answer(204), AttachmentFailure.UNREACHABLE),
        (Answer(206, b"part"), AttachmentFailure.UNREACHABLE),
        (Answer(429), AttachmentFailure.UNREACHABLE),
        (Answer(500, b"<html></html>"), AttachmentFailure.UNREACHABLE),
        (Answer(200, b"x", {"Content-Encoding": "gzip"}), AttachmentFailure.UNREACHABLE),
        (Answer(dropped=True), AttachmentFailure.UNREACHABLE),
        (Chunked(200, b"no number\r\n"), AttachmentFailure.UNREACHABLE),
        (Chunked(200, b"ff\r\ncut short"), AttachmentFailure.UNREACHABLE),
    ],
    ids=lambda value: repr(value)[:50],
)
def test_what_is_no_whole_file_is_none(answer: Answer, failure: AttachmentFailure) -> None:
    assert failure_of(answer) is failure


def test_where_nothing_listens_it_is_unreachable_and_the_signature_is_in_no_error() -> None:
    with nobody() as url, pytest.raises(AttachmentError) as caught:
        fetch(files_of(url), url + PATH)
    assert caught.value.failure is AttachmentFailure.UNREACHABLE
    assert "a-signature" not in "".join(traceback.format_exception(caught.value))


# --- the fake does the same -----------------------------------------------------------------------


def test_the_fake_and_the_real_one_agree() -> None:
    answers: dict[str, bytes] = {"/whole": b"comet", "/empty": b"", "/large": b"x" * 11}
    for path, content in answers.items():
        outcomes = []
        with scripted_server(Answer(body=content)) as server:
            url = server.url + path
            for files in (files_of(server), ScriptedFiles({url: content})):
                try:
                    outcomes.append(str(fetch(files, url, most_bytes=10)))
                except AttachmentError as error:
                    outcomes.append(error.failure.value)
        assert outcomes[0] == outcomes[1]
    with scripted_server(Answer(404)) as server, pytest.raises(AttachmentError) as real:
        fetch(files_of(server), server.url + PATH)
    with pytest.raises(AttachmentError) as fake:
        fetch(ScriptedFiles(), server.url + PATH)
    assert real.value.failure is fake.value.failure is AttachmentFailure.GONE
