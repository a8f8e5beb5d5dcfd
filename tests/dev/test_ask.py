"""`python3 dev ask`: what it takes, and when it knows that nothing more will come."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import aiohttp
import pytest

from dev import ask
from dev.console import Console
from dev.playground_client import PlaygroundEvent
from dev.recent_rows import RecentRows

NOWHERE = "http://127.0.0.1:9"
WAIT_A_MOMENT = {"id": "1", "flags": 0, "content": "A moment, please."}


async def heard(acknowledged_with: int) -> AsyncIterator[PlaygroundEvent]:
    """A message and its acknowledgement; then the stream stays open, as the playground's does."""
    yield PlaygroundEvent("message", dict(WAIT_A_MOMENT))
    yield PlaygroundEvent("acknowledged", {"interaction_id": "2", "type": acknowledged_with})
    await asyncio.Event().wait()


async def waited_for(reply: ask.Reply, events: AsyncIterator[PlaygroundEvent]) -> None:
    async with aiohttp.ClientSession(NOWHERE) as session:
        rows = RecentRows(session, {"command_queue": None})
        listening = asyncio.create_task(reply.follow(events))
        await ask._until_done(reply, rows)
        listening.cancel()


def test_a_refusal_is_not_waited_on(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(ask, "QUIET_SECONDS", float("inf"))
    reply = ask.Reply(Console())
    asyncio.run(waited_for(reply, heard(acknowledged_with=4)))
    assert reply.refused
    assert reply.failure is None
    assert "A moment, please." in capsys.readouterr().out


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
