"""GeminiChatModel and the world below it: time, sockets, threads, logs and imports."""

from __future__ import annotations

import errno
import gc
import logging
import os
import socket
import subprocess
import sys
import threading

import httpx2
import pytest

from lib.ports import ChatModelFailure, Role, Turn
from lib.services.gemini import GeminiChatModel
from tests.fakes.clock import ManualClock
from tests.servers import gemini_answers as say
from tests.servers.gemini import GeminiServer
from tests.servers.streaming import Answer, Ending
from tests.services.asking_gemini import SOME_COUNTS, SOME_USAGE, ask, overloaded, refusal
from tests.services.asking_models import KEY, MOST_TOKENS, PROMPT, assert_keeps_secrets


def test_without_any_time_nothing_is_sent(gemini_server: GeminiServer) -> None:
    assert ask(gemini_server.url, deadline_seconds=0).failure is ChatModelFailure.TIMED_OUT
    assert gemini_server.requests == []


def test_a_server_that_accepts_and_stays_silent_runs_into_the_deadline() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        outcome = ask(f"http://127.0.0.1:{silent.getsockname()[1]}", deadline_seconds=0.3)

    assert outcome.failure is ChatModelFailure.TIMED_OUT
    assert_keeps_secrets(outcome.error)


def test_a_stream_that_stalls_runs_into_the_deadline_and_tells_what_it_cost(
    gemini_server: GeminiServer,
) -> None:
    piece = say.response("Once upon", usage=SOME_COUNTS)
    gemini_server.queue(say.streamed(piece, ending=Ending.STALLED))

    outcome = ask(gemini_server.url, deadline_seconds=1)

    assert outcome.text == "Once upon"
    assert (outcome.failure, outcome.usage) == (ChatModelFailure.TIMED_OUT, SOME_USAGE)
    assert_keeps_secrets(outcome.error)


def test_a_stream_that_drips_for_ever_is_cut_off_at_the_deadline(
    gemini_server: GeminiServer,
) -> None:
    gemini_server.queue(say.dripping())

    outcome = ask(gemini_server.url, deadline_seconds=0.5)

    assert outcome.failure is ChatModelFailure.TIMED_OUT
    assert len(gemini_server.requests) == 1
    assert gemini_server.hung_up.wait(10)


def test_the_deadline_holds_over_https_as_well(https_gemini_server: GeminiServer) -> None:
    https_gemini_server.queue(say.greeting(), say.dripping())

    assert ask(https_gemini_server.url).text == "Hello there!"
    outcome = ask(https_gemini_server.url, deadline_seconds=0.5)

    assert outcome.failure is ChatModelFailure.TIMED_OUT
    assert https_gemini_server.hung_up.wait(10)


def test_a_server_that_nobody_vouches_for_is_not_told_the_key(
    https_gemini_server: GeminiServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")

    outcome = ask(https_gemini_server.url)

    assert outcome.failure is ChatModelFailure.UNREACHABLE
    assert "CERTIFICATE_VERIFY_FAILED" in outcome.detail
    assert https_gemini_server.requests == []
    assert_keeps_secrets(outcome.error)


def test_a_port_where_nobody_listens_is_unreachable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

    outcome = ask(f"http://127.0.0.1:{port}")

    assert outcome.failure is ChatModelFailure.UNREACHABLE
    refused = f"[Errno {errno.ECONNREFUSED}] {os.strerror(errno.ECONNREFUSED)}"
    assert outcome.detail == f"ConnectError: {refused}"
    assert outcome.error is not None
    assert isinstance(outcome.error.__cause__, httpx2.ConnectError)
    assert_keeps_secrets(outcome.error)


def test_a_name_that_does_not_resolve_is_unreachable(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_such_name(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", no_such_name)

    outcome = ask("http://gemini.example")

    assert outcome.failure is ChatModelFailure.UNREACHABLE
    assert outcome.detail.endswith("Name or service not known")
    assert_keeps_secrets(outcome.error)


# --- manners ---------------------------------------------------------------------------------


def test_the_sdk_is_loaded_by_the_first_answer_and_not_by_the_module() -> None:
    check = (
        "import sys, lib.services.gemini;"
        "print([name for name in ('google.genai', 'pydantic', 'httpx2') if name in sys.modules])"
    )

    loaded = subprocess.run(
        [sys.executable, "-c", check], capture_output=True, text=True, check=True
    )

    assert loaded.stdout == "[]\n"


@pytest.mark.parametrize(
    "answer",
    [say.greeting(), say.streamed(say.response("Hm", finish="NEW_REASON")), overloaded()],
    ids=["good", "new finish reason", "overloaded"],
)
def test_nothing_is_printed_and_nothing_logged_but_by_the_caller(
    gemini_server: GeminiServer,
    answer: Answer,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("GOOGLE_API_KEY", "another-key")
    monkeypatch.setenv("GEMINI_API_KEY", KEY)
    caplog.set_level(logging.INFO)
    gemini_server.queue(answer)

    ask(gemini_server.url)

    assert caplog.messages == []
    assert capfd.readouterr() == ("", "")


def test_even_the_lowest_log_level_shows_neither_key_nor_prompt(
    gemini_server: GeminiServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    gemini_server.queue(refusal(403, "PERMISSION_DENIED"))

    ask(gemini_server.url)
    ask(gemini_server.url)

    assert "send_request_headers.started" in caplog.text
    assert KEY not in caplog.text
    assert PROMPT not in caplog.text


@pytest.mark.parametrize(
    "answer",
    [
        say.greeting(),
        overloaded(),
        say.streamed(say.response("Once"), ending=Ending.CUT),
        say.streamed(say.response("Once"), ending=Ending.STALLED),
    ],
    ids=["good", "overloaded", "cut", "stalled"],
)
def test_no_thread_and_no_socket_is_left_behind(
    gemini_server: GeminiServer, answer: Answer
) -> None:
    threads_before = set(threading.enumerate())
    gemini_server.queue(answer)

    ask(gemini_server.url, deadline_seconds=0.5)

    # An open socket would warn when it is collected, and warnings are errors here.
    gc.collect()
    mine = {thread for thread in threading.enumerate() if isinstance(thread, threading.Timer)}
    assert mine <= threads_before


def test_a_stream_that_nobody_reads_on_is_closed_with_its_connection(
    gemini_server: GeminiServer,
) -> None:
    gemini_server.queue(say.dripping(say.event(say.response("Once"))))
    gemini = GeminiChatModel(
        api_key=KEY, model="gemini-x", clock=ManualClock(), base_url=gemini_server.url
    )
    stream = gemini.stream(
        [Turn(Role.USER, PROMPT)],
        system_instruction="",
        deadline_seconds=30,
        max_output_tokens=MOST_TOKENS,
    )

    assert next(iter(stream)).text == "Once"
    del stream

    assert gemini_server.hung_up.wait(10)
    gc.collect()
    timers = [thread for thread in threading.enumerate() if isinstance(thread, threading.Timer)]
    assert timers == []
