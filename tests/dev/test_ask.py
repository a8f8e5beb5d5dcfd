"""`python3 dev ask`: what it takes, and when it knows that nothing more will come."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import aiohttp
import pytest
from aiohttp import web

from dev import ask
from dev.console import Console
from dev.local_supabase import served
from dev.playground_client import PlaygroundEvent
from dev.ports import HOST, listen_near, port_of
from dev.recent_rows import RecentRows

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


def test_only_the_languages_there_are_can_be_asked_in(capsys: pytest.CaptureFixture[str]) -> None:
    assert ask._parse(["hello"]).locale == "en-US"
    assert ask._parse(["hello", "--locale", "ja"]).locale == "ja"
    with pytest.raises(SystemExit) as refused:
        ask._parse(["hello", "--locale", "xx"])
    assert refused.value.code == 2
    told = capsys.readouterr().err
    assert "en-US" in told
    assert "ja" in told
