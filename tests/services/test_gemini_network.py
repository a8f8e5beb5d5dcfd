"""GeminiChatModel and the world below it: sockets, logs and imports."""

from __future__ import annotations

import errno
import logging
import os
import socket
import subprocess
import sys

import httpx2
import pytest

from lib.ports import ChatModelFailure
from tests.servers import gemini_answers as say
from tests.servers.gemini import GeminiServer
from tests.servers.streaming import Answer, Ending
from tests.services.asking_gemini import SOME_COUNTS, SOME_USAGE, ask, overloaded
from tests.services.asking_models import KEY, assert_keeps_secrets


def test_a_stream_that_stalls_runs_into_the_deadline_and_tells_what_it_cost(
    gemini_server: GeminiServer,
) -> None:
    piece = say.response("Once upon", usage=SOME_COUNTS)
    gemini_server.queue(say.streamed(piece, ending=Ending.STALLED))

    outcome = ask(gemini_server.url, deadline_seconds=1)

    assert outcome.text == "Once upon"
    assert (outcome.failure, outcome.usage) == (ChatModelFailure.TIMED_OUT, SOME_USAGE)
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
