"""The child that a lookup is: it ends with it, knows no secret, and leaves nothing behind."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.worker.lookups.looking_up import (
    PAGE,
    SETTINGS,
    SOON,
    TWO,
    failure_of,
    look_up,
)
from tests.worker.web_server import (
    Asked,
    Exchange,
    Web,
    plain_page,
)
from worker.audio.failures import SourceFailure
from worker.audio.remote_file import WebRules
from worker.lookups import extraction
from worker.lookups.extraction import ExtractionSettings
from worker.lookups.lookups import Lookups


def processes_with(text: str) -> list[str]:
    """The running processes that have `text` on their command line."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            line = (folder / "cmdline").read_bytes().decode(errors="replace")
        except OSError:
            continue
        if text in line and int(folder.name) != os.getpid():
            found.append(line)
    return found


def eventually(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + SOON
    while not holds():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.02)


def hanging(web: Web) -> str:
    """A page that never comes."""

    def hang(exchange: Exchange, asked: Asked) -> None:
        exchange.head(200, Content_Type="text/html", Content_Length=1000)
        exchange.wfile.flush()
        exchange.rfile.read()

    web.pages["/hang"] = hang
    return web.url + "/hang"


def test_a_lookup_that_takes_too_long_leaves_no_process(web: Web) -> None:
    settings = ExtractionSettings(allow_private=True, seconds=0.5)
    lookups = Lookups(settings, WebRules(allow_private=True))
    url = hanging(web)
    assert failure_of(lookups, url) is SourceFailure.TIMED_OUT
    assert processes_with(url) == []
    lookups.close()


def test_a_lookup_that_is_given_up_leaves_no_process(web: Web, lookups: Lookups) -> None:
    url = hanging(web)

    async def give_up() -> None:
        task = asyncio.create_task(lookups.lookup(url))
        while not web.asked:
            await asyncio.sleep(0.02)
        assert processes_with(url) != []
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(asyncio.wait_for(give_up(), SOON))
    assert processes_with(url) == []


def test_a_probe_that_is_given_up_leaves_no_connection(web: Web, lookups: Lookups) -> None:
    ended: list[bytes] = []

    def hang(exchange: Exchange, asked: Asked) -> None:
        exchange.head(200, Content_Type="audio/ogg", Content_Length=1000)
        exchange.wfile.flush()
        ended.append(exchange.rfile.read())

    web.pages["/song.ogg"] = hang

    async def give_up() -> None:
        task = asyncio.create_task(lookups.lookup(web.url + "/song.ogg"))
        while not web.asked:
            await asyncio.sleep(0.02)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(asyncio.wait_for(give_up(), SOON))
    eventually(lambda: ended == [b""])


def test_a_lookup_that_finds_too_much_is_ended(
    web: Web, lookups: Lookups, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(extraction, "MOST_BYTES", 100)
    web.pages["/page"] = plain_page(TWO, "text/html")
    assert failure_of(lookups, web.url + "/page") is SourceFailure.TOO_LARGE


def test_the_cookies_are_shown_to_the_site_and_the_file_stays_as_it_is(
    web: Web, tmp_path: Path
) -> None:
    cookies = tmp_path / "cookies.txt"
    cookies.write_text(
        "# Netscape HTTP Cookie File\n127.0.0.1\tFALSE\t/\tFALSE\t2147483647\tsession\tcomet\n"
    )
    cookies.chmod(0o400)
    before = cookies.read_bytes()

    def answer(exchange: Exchange, asked: Asked) -> None:
        exchange.head(200, Content_Type="text/html", Set_Cookie="session=changed; Path=/")
        exchange.wfile.write(PAGE)

    web.pages["/page"] = answer
    settings = replace(SETTINGS, cookies_file=cookies)
    lookups = Lookups(settings, WebRules(allow_private=True))
    look_up(lookups, web.url + "/page")
    lookups.close()
    assert "session=comet" in web.asked[0].headers["Cookie"]
    assert cookies.read_bytes() == before


def test_a_cookies_file_that_is_not_there_hinders_nothing(web: Web, tmp_path: Path) -> None:
    web.pages["/page"] = plain_page(PAGE, "text/html")
    settings = replace(SETTINGS, cookies_file=tmp_path / "none.txt")
    lookups = Lookups(settings, WebRules(allow_private=True))
    assert look_up(lookups, web.url + "/page")
    lookups.close()


def test_no_secret_of_ours_is_handed_to_the_child(
    lookups: Lookups, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DISCORD_BOT_TOKEN", "secret")
    monkeypatch.setenv("SUPABASE_SECRET_KEY", "secret")
    environment = lookups._extraction._environment()
    assert "secret" not in environment.values()
    assert "PATH" in environment


def test_nothing_is_left_on_the_disk(web: Web, lookups: Lookups) -> None:
    folder = lookups._extraction._folder.path
    web.pages["/page"] = plain_page(PAGE, "text/html")
    look_up(lookups, web.url + "/page")
    assert [path for path in folder.iterdir() if path.name.startswith("tmp")] == []
    lookups.close()
    assert not folder.exists()
