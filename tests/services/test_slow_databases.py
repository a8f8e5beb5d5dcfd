"""A database that answers slowly, without end or with too much costs no more than its time-out."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from lib.ports import ChatModelError, ChatModelFailure, StoreError
from lib.services import gemini_ping
from lib.services.postgrest_rpc import TIMEOUT_SECONDS, PostgrestRpc
from lib.services.timed_connection import LARGEST_ANSWER
from lib.settings import Secret
from tests.fakes.clock import ManualClock
from tests.servers.certificate import certificate_for_localhost
from tests.servers.scripted import Answer, scripted_server

KEY = Secret("sb_secret_for_tests_only")


def error_of(url: str, clock: ManualClock) -> StoreError:
    with pytest.raises(StoreError) as caught:
        PostgrestRpc(url, KEY, clock=clock).call("claim_commands", {})
    return caught.value


def dribbling(clock: ManualClock, body: bytes = b"[" + b" " * 1000 + b"]") -> Answer:
    """A byte each second, of which none is late by itself."""
    return Answer(200, body, before_each_byte=lambda: clock.advance(1))


def test_an_answer_that_comes_byte_by_byte_is_waited_for_until_the_time_is_up() -> None:
    clock = ManualClock()
    with scripted_server(dribbling(clock)) as server:
        assert error_of(server.url, clock).code == "timed_out"


def test_headers_that_never_end_are_no_different() -> None:
    clock = ManualClock()
    headers = b"".join(b"X-%d: x\r\n" % number for number in range(90))
    answer = Answer(
        200, [], raw_headers=headers, before_each_byte=lambda: clock.advance(TIMEOUT_SECONDS / 100)
    )
    with scripted_server(answer) as server:
        assert error_of(server.url, clock).code == "timed_out"


def test_an_answer_that_comes_byte_by_byte_and_in_time_is_one() -> None:
    clock = ManualClock()
    answer = Answer(200, [1], before_each_byte=lambda: clock.advance(TIMEOUT_SECONDS / 1000))
    with scripted_server(answer) as server:
        assert PostgrestRpc(server.url, KEY, clock=clock).call("claim_commands", {}) == [1]


@contextmanager
def endless() -> Iterator[str]:
    """A server whose answer has no length and no end."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            connection, _ = listening.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n")
                try:
                    while True:
                        connection.sendall(b" " * 65536)
                except OSError:
                    return

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        thread.join()


def test_an_answer_without_end_is_given_up_when_it_is_too_large() -> None:
    with endless() as url:
        error = error_of(url, ManualClock())
    assert (error.code, error.may_be_done) == ("answer", True)


@pytest.mark.parametrize(("size", "is_read"), [(LARGEST_ANSWER, True), (LARGEST_ANSWER + 1, False)])
def test_an_answer_may_be_large(size: int, *, is_read: bool) -> None:
    with scripted_server(Answer(200, b"5" + b" " * (size - 1))) as server:
        rpc = PostgrestRpc(server.url, KEY, clock=ManualClock())
        if is_read:
            assert rpc.call("roll_up_stats", {}) == 5
        else:
            assert error_of(server.url, ManualClock()).code == "answer"


def test_a_certificate_that_nobody_vouches_for_is_refused(tls: ssl.SSLContext) -> None:
    with scripted_server(Answer(200, [1]), tls=tls) as server:
        assert error_of(server.url, ManualClock()).code == "unreachable"


def test_over_tls_all_is_the_same(
    tls: ssl.SSLContext, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "localhost.pem"))
    clock = ManualClock()
    with scripted_server(Answer(200, [1]), dribbling(clock), tls=tls) as server:
        assert PostgrestRpc(server.url, KEY, clock=clock).call("claim_commands", {}) == [1]
        assert error_of(server.url, clock).code == "timed_out"


@pytest.fixture
def tls(tmp_path: Path) -> ssl.SSLContext:
    """A server's side of TLS, with a certificate of its own making."""
    pem = tmp_path / "localhost.pem"
    pem.write_bytes(certificate_for_localhost())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    return context


def test_a_model_that_answers_byte_by_byte_is_waited_for_no_longer_either() -> None:
    clock = ManualClock()
    with scripted_server(dribbling(clock)) as server, pytest.raises(ChatModelError) as caught:
        gemini_ping.measure_ping_ms(server.url, api_key="k", model="m", clock=clock)
    assert caught.value.failure is ChatModelFailure.TIMED_OUT
