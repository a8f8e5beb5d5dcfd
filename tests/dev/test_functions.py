"""The functions host, as a real process on a stand-in for api/."""

from __future__ import annotations

import asyncio
import io
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from dev.checkout import Checkout
from dev.console import Console
from dev.function_process import FunctionProcess, WarningFilter
from dev.ports import listen_near
from dev.processes import Process, plain_environment

HELLO = """
def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [("hello from " + environ["PATH_INFO"]).encode()]
"""
VERCEL = """
{
  "rewrites": [
    {"source": "/health", "destination": "/api/hello"},
    {"source": "/styles/page.css", "destination": "/api/hello"},
    {"source": "/astray", "destination": "/api/nothing"}
  ],
  "headers": [
    {"source": "/(.*)", "headers": [{"key": "X-Frame-Options", "value": "DENY"}]},
    {"source": "/styles/:file", "headers": [{"key": "Cache-Control", "value": "no-cache"}]},
    {"source": "/api/(.*)", "headers": [{"key": "content-type", "value": "nonsense"}]}
  ]
}
"""
# The work in close() reports to a server of the test's, and waits for its word to go on.
WORKING = """
import os, socket
class Closing(list):
    def close(self):
        with socket.create_connection(("127.0.0.1", int(os.environ["TEST_PORT"]))) as reports:
            reports.sendall(b"working")
            reports.recv(1)
def app(environ, start_response):
    start_response("200 OK", [("Content-Length", "8")])
    return Closing([b"answered"])
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    for name, text in (
        ("api/hello.py", HELLO),
        ("api/working.py", WORKING),
        ("api/broken.py", "import no_such_module_anywhere"),
        ("api/_shared.py", HELLO),
        ("public/index.html", "<h1>welcome</h1>"),
        ("public/styles/page.css", "h1 { color: red }"),
        ("secret.txt", "secret"),
        ("vercel.json", VERCEL),
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return Checkout(tmp_path, tmp_path / ".halley")


@asynccontextmanager
async def hosted(
    checkout: Checkout, *, told: list[str] | None = None, **environment: str
) -> AsyncIterator[tuple[str, Process]]:
    with listen_near(0, name="it", console=Console(io.StringIO())) as listener:
        functions = FunctionProcess(
            checkout=checkout,
            listener=listener,
            environment=plain_environment()
            | {"PYTHONPATH": str(Checkout.here().root)}
            | environment,
            on_warning=(told if told is not None else []).append,
        )
        process = await functions.start()
        try:
            yield functions.url, process
        finally:
            await process.stop()


@pytest.mark.parametrize(
    ("path", "status", "text"),
    [
        ("/api/hello", 200, "hello from /api/hello"),
        ("/api/hello/", 200, "hello from /api/hello/"),
        ("/", 200, "<h1>welcome</h1>"),
        ("/styles/page.css", 200, "h1 { color: red }"),
        ("/api/_shared", 404, "There is nothing at this path.\n"),
        ("/api/hello.py", 404, "There is nothing at this path.\n"),
        ("/secret.txt", 404, "There is nothing at this path.\n"),
        ("/../secret.txt", 404, "There is nothing at this path.\n"),
        ("/%2e%2e/secret.txt", 404, "There is nothing at this path.\n"),
        ("/api/broken", 500, "api/broken.py cannot be loaded; the log says why.\n"),
        ("/health", 200, "hello from /health"),
        ("/astray", 404, "There is nothing at this path.\n"),
    ],
)
def test_each_path_leads_where_vercel_has_it(
    checkout: Checkout, path: str, status: int, text: str
) -> None:
    async def scenario() -> tuple[int, str]:
        async with hosted(checkout) as (url, _):
            host, port = url.removeprefix("http://").split(":")
            reader, writer = await asyncio.open_connection(host, int(port))
            writer.write(f"GET {path} HTTP/1.0\r\n\r\n".encode())  # no client tidies the path
            head, _, body = (await reader.read()).decode().partition("\r\n\r\n")
            writer.close()
            await writer.wait_closed()
            return int(head.split()[1]), body

    assert asyncio.run(scenario()) == (status, text)


def test_the_work_after_an_answer_begins_when_the_answer_is_out_and_blocks_nobody(
    checkout: Checkout,
) -> None:
    async def scenario() -> None:
        reports: asyncio.Queue[tuple[bytes, asyncio.StreamWriter]] = asyncio.Queue()

        async def hear(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            reports.put_nowait((await reader.read(100), writer))

        server = await asyncio.start_server(hear, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        async with server, hosted(checkout, TEST_PORT=str(port)) as (url, process):
            # A connection for each request, as Discord's come: one that is kept alive is busy.
            connector = aiohttp.TCPConnector(force_close=True)
            async with aiohttp.ClientSession(url, connector=connector) as session:
                async with session.get("/api/working") as answer:
                    assert await answer.text() == "answered"  # while its work is not done
                report, worker = await reports.get()
                assert report == b"working"
                async with session.get("/api/hello") as answer:
                    assert answer.status == 200
            stopping = asyncio.create_task(process.stop())
            worker.write(b".")  # it may end its work while it is being stopped
            worker.close()
            await worker.wait_closed()
            await stopping
            assert await process.wait() == 0

    asyncio.run(scenario())


def test_a_function_that_cannot_be_loaded_is_told_with_its_reason(checkout: Checkout) -> None:
    told: list[str] = []

    async def scenario() -> None:
        async with hosted(checkout, told=told):
            pass

    asyncio.run(scenario())
    assert "api/broken.py cannot be loaded" in told[0]
    assert any("no_such_module_anywhere" in line for line in told)


def test_whoever_started_it_can_ask_which_functions_could_not_be_loaded(checkout: Checkout) -> None:
    (checkout.root / "api" / "working.py").write_text(HELLO)

    async def scenario() -> list[str]:
        with listen_near(0, name="it", console=Console(io.StringIO())) as listener:
            functions = FunctionProcess(
                checkout=checkout,
                listener=listener,
                environment=plain_environment() | {"PYTHONPATH": str(Checkout.here().root)},
                on_warning=lambda _: None,
            )
            process = await functions.start()
            try:
                return await functions.broken()
            finally:
                await process.stop()

    assert asyncio.run(scenario()) == ["api/broken.py"]


def test_a_new_host_takes_over_the_same_socket(checkout: Checkout) -> None:
    async def scenario() -> None:
        with listen_near(0, name="it", console=Console(io.StringIO())) as listener:
            functions = FunctionProcess(
                checkout=checkout,
                listener=listener,
                environment=plain_environment() | {"PYTHONPATH": str(Checkout.here().root)},
                on_warning=lambda _: None,
            )
            await (await functions.start()).stop()
            waiting = socket.create_connection(listener.getsockname())
            waiting.close()
            process = await functions.start()
            await process.stop()

    asyncio.run(scenario())


def test_the_terminal_gets_warnings_and_their_tracebacks_alone() -> None:
    told: list[str] = []
    hear = WarningFilter(told.append)
    for line in (
        "12:00:00 INFO     started",
        "12:00:01 WARNING  slow",
        "12:00:02 INFO     fine",
        "  of no interest",
        "12:00:03 ERROR    broken",
        "Traceback (most recent call last):",
        "12:00:04 DEBUG    more",
    ):
        hear(line)
    assert told == [
        "12:00:01 WARNING  slow",
        "12:00:03 ERROR    broken",
        "Traceback (most recent call last):",
    ]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/", {"X-Frame-Options": "DENY"}),
        ("/nothing", {"X-Frame-Options": "DENY", "Content-Type": "text/plain; charset=utf-8"}),
        ("/styles/page.css", {"X-Frame-Options": "DENY", "Cache-Control": "no-cache"}),
        ("/api/hello", {"X-Frame-Options": "DENY", "Content-Type": "text/plain"}),  # its own stays
    ],
)
def test_answers_have_the_headers_that_vercel_would_add(
    checkout: Checkout, path: str, expected: dict[str, str]
) -> None:
    async def scenario() -> dict[str, str]:
        async with (
            hosted(checkout) as (url, _),
            aiohttp.ClientSession(url) as session,
            session.get(path) as answer,
        ):
            return dict(answer.headers)

    assert asyncio.run(scenario()).items() >= expected.items()


def test_no_request_is_lost_while_one_host_takes_over_from_another(checkout: Checkout) -> None:
    async def scenario() -> list[int]:
        with listen_near(0, name="it", console=Console(io.StringIO())) as listener:
            functions = FunctionProcess(
                checkout=checkout,
                listener=listener,
                environment=plain_environment() | {"PYTHONPATH": str(Checkout.here().root)},
                on_warning=lambda _: None,
            )
            process = await functions.start()
            over = asyncio.Event()
            statuses: list[int] = []

            async def ask() -> None:
                async with aiohttp.ClientSession(
                    functions.url, connector=aiohttp.TCPConnector(force_close=True)
                ) as session:
                    while not over.is_set():
                        async with session.get("/api/hello") as answer:
                            statuses.append(answer.status)

            async with asyncio.TaskGroup() as group:
                for _ in range(4):
                    group.create_task(ask())
                for _ in range(3):
                    before = len(statuses)
                    while len(statuses) < before + 20:
                        await asyncio.sleep(0)
                    await process.stop()
                    process = await functions.start()
                over.set()
            await process.stop()
            return statuses

    assert set(asyncio.run(scenario())) == {200}
