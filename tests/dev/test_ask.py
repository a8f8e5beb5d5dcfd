"""`python3 dev ask`: what it takes, and when it knows that nothing more will come."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from dev import ask
from dev.console import Console
from dev.local_supabase import served
from dev.playground_client import PlaygroundEvent
from dev.ports import HOST, listen_near, port_of
from dev.recent_rows import RecentRows
from dev.simulator.world import OWNER_ID
from lib.interactions.timestamp import ago
from lib.jobs.answer import COOLING_DOWN
from lib.locales import Locale

NOWHERE = "http://127.0.0.1:9"
WAIT_A_MOMENT = {"id": "1", "flags": 0, "content": "A moment, please."}
Tables = Mapping[str, list[dict[str, str]]]


async def heard(acknowledged_with: int) -> AsyncIterator[PlaygroundEvent]:
    """A message and its acknowledgement; then the stream stays open, as the playground's does."""
    yield PlaygroundEvent("message", dict(WAIT_A_MOMENT))
    yield PlaygroundEvent("acknowledged", {"interaction_id": "2", "type": acknowledged_with})
    await asyncio.Event().wait()


async def waited_for(
    reply: ask.Reply, events: AsyncIterator[PlaygroundEvent], *, tables: str = NOWHERE
) -> None:
    async with aiohttp.ClientSession(tables) as session:
        rows = RecentRows(session, {"command_queue": None})
        listening = asyncio.create_task(reply.follow(events))
        await ask._until_done(reply, rows, interaction_id="2")
        listening.cancel()


@asynccontextmanager
async def holding(tables: Tables) -> AsyncIterator[str]:
    """Where these tables are read as they are, whatever is asked of them; others hang."""

    async def answer(request: web.Request) -> web.Response:
        name = request.match_info["table"]
        if name not in tables:
            await asyncio.Event().wait()
        return web.json_response(tables[name])

    app = web.Application()
    app.router.add_get("/rest/v1/{table}", answer)
    listener = listen_near(0, name="it", console=Console(io.StringIO()))
    async with served(app, listener):
        yield f"http://{HOST}:{port_of(listener)}"


def test_a_refusal_is_not_waited_on(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(ask, "QUIET_SECONDS", float("inf"))
    reply = ask.Reply(Console())
    asyncio.run(waited_for(reply, heard(acknowledged_with=4)))
    assert reply.refused
    assert reply.failure is None
    assert "A moment, please." in capsys.readouterr().out


def test_a_refusal_after_the_deferral_is_known_by_the_ledger(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ask, "QUIET_SECONDS", float("inf"))
    reply = ask.Reply(Console())

    async def scenario(tables: Tables) -> None:
        async with holding(tables) as address:
            await waited_for(reply, heard(acknowledged_with=5), tables=address)

    asyncio.run(scenario({"interaction_log": [{"outcome": "refused"}], "command_queue": []}))
    assert reply.refused
    assert reply.failure is None
    answered = [{"status": "completed"}]
    reply = ask.Reply(Console())
    asyncio.run(scenario({"interaction_log": [{"outcome": "answered"}], "command_queue": answered}))
    assert not reply.refused


def test_a_database_that_hangs_is_asked_once_and_no_more() -> None:
    async def scenario() -> RecentRows:
        timeout = aiohttp.ClientTimeout(total=0.1)
        async with (
            holding({}) as address,
            aiohttp.ClientSession(address, timeout=timeout) as session,
        ):
            rows = await RecentRows.mark(session)
            await session.close()  # whoever asks again now, raises
            assert await rows.of("command_queue") == []
            assert await rows.outcome_of("2") is None
            return rows

    assert asyncio.run(scenario()).is_away


def test_a_deferred_answer_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ask, "ANSWER_SECONDS", 0.5)
    monkeypatch.setattr(ask, "QUIET_SECONDS", float("inf"))
    reply = ask.Reply(Console())
    asyncio.run(waited_for(reply, heard(acknowledged_with=5)))
    assert not reply.refused
    assert reply.failure is not None
    assert "did not end" in reply.failure


@asynccontextmanager
async def replying(*contents: str) -> AsyncIterator[tuple[str, list[dict[str, object]]]]:
    """A playground where each question gets the next reply, at once; and the questions."""
    asked: list[dict[str, object]] = []

    async def interact(request: web.Request) -> web.Response:
        asked.append(await request.json())
        return web.json_response({"interaction_id": str(len(asked))})

    async def events(request: web.Request) -> web.StreamResponse:
        number = request.query["interaction_id"]
        message = {"id": number, "flags": 64, "content": contents[int(number) - 1]}
        told = [("message", message), ("acknowledged", {"type": 4})]
        response = web.StreamResponse()
        await response.prepare(request)
        for kind, data in told:
            await response.write(f"event: {kind}\ndata: {json.dumps(data)}\n\n".encode())
        await asyncio.Event().wait()
        return response

    app = web.Application()
    app.router.add_post("/playground/interactions", interact)
    app.router.add_get("/playground/events", events)
    listener = listen_near(0, name="it", console=Console(io.StringIO()))
    async with served(app, listener):
        yield f"http://{HOST}:{port_of(listener)}", asked


def test_whoever_is_to_wait_a_moment_waits_and_asks_again() -> None:
    wait = COOLING_DOWN.in_(Locale.ENGLISH, seconds=0)
    shown = io.StringIO()
    options = ask._parse(["hello", "--user", "haruto"])

    async def scenario(*contents: str) -> tuple[str | None, list[dict[str, object]]]:
        async with (
            replying(*contents) as (address, asked),
            aiohttp.ClientSession(address) as playground,
            aiohttp.ClientSession(NOWHERE) as tables,
        ):
            reply = await ask._patiently_asked(
                playground,
                {"prompt": "hello"},
                options,
                rows=RecentRows(tables, {}),
                console=Console(shown),
            )
            return "told to wait" if reply.pause_seconds is not None else None, asked

    left, asked = asyncio.run(scenario(wait, wait, "Good evening."))
    assert left is None
    assert [each["user_id"] for each in asked] == [ask.PEOPLE["haruto"]] * 3
    assert shown.getvalue().count("Asking again in 0 s") == 2
    assert shown.getvalue().rstrip().endswith("Good evening.")
    left, asked = asyncio.run(scenario(*[wait] * 9))
    assert left == "told to wait"  # and does not wait for ever
    assert len(asked) == 1 + ask.MOST_PAUSES


@pytest.mark.parametrize("locale", Locale)
def test_whoever_asks_too_soon_waits_as_long_as_the_reply_says(locale: Locale) -> None:
    async def one(content: str) -> AsyncIterator[PlaygroundEvent]:
        yield PlaygroundEvent("message", {"id": "1", "flags": 64, "content": content})

    for content, seconds in {
        COOLING_DOWN.in_(locale, seconds=7): 7,
        f"You said: {COOLING_DOWN.in_(locale, seconds=7)}": None,
        "7": None,
    }.items():
        reply = ask.Reply(Console(io.StringIO()), locale=locale)
        asyncio.run(reply.follow(one(content)))
        assert reply.pause_seconds == seconds


def test_a_limit_says_in_words_when_it_opens_again() -> None:
    soon = datetime.now(UTC) + timedelta(hours=7, minutes=30)

    async def one() -> AsyncIterator[PlaygroundEvent]:
        content = f"You can ask again {ago(soon)}."
        yield PlaygroundEvent("message", {"id": "1", "flags": 64, "content": content})

    shown = io.StringIO()
    asyncio.run(ask.Reply(Console(shown)).follow(one()))
    assert shown.getvalue().endswith("You can ask again in 7 h.")


def test_a_file_needs_no_question_and_somebody_else_may_ask() -> None:
    options = ask._parse(["--file", "notes.txt", "--user", "sam_rivera"])
    assert (options.prompt, options.file) == (None, Path("notes.txt"))
    assert ask.PEOPLE[options.user] != ask.PEOPLE[ask._parse(["hello"]).user] == OWNER_ID
    for arguments in ([], ["hello", "--user", "nobody"]):
        with pytest.raises(SystemExit):
            ask._parse(arguments)


def test_only_the_languages_there_are_can_be_asked_in(capsys: pytest.CaptureFixture[str]) -> None:
    assert ask._parse(["hello"]).locale == "en-US"
    assert ask._parse(["hello", "--locale", "ja"]).locale == "ja"
    with pytest.raises(SystemExit) as refused:
        ask._parse(["hello", "--locale", "xx"])
    assert refused.value.code == 2
    told = capsys.readouterr().err
    assert "en-US" in told
    assert "ja" in told
