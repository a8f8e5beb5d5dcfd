"""The order of an invocation, under Vercel's own runtime and a plain host that does the same."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from tests.payloads import ping, slash
from tests.vercel.function_host import FunctionHost, end_of, function_host
from tests.vercel.gated_discord import EDIT_ARRIVED, EDIT_LET_GO, GatedDiscord, gated_discord
from tests.vercel.timeline import Timeline

PONG = {"type": 1}
THINKING = {"type": 5}
UNSIGNED: Mapping[str, str] = {}

Runtime = Sequence[str | Path]


@pytest.fixture
def discord(timeline: Timeline) -> Iterator[GatedDiscord]:
    with gated_discord(timeline) as discord:
        yield discord


@pytest.fixture
def host(runtime: Runtime, timeline: Timeline, discord: GatedDiscord) -> Iterator[FunctionHost]:
    with function_host(runtime, timeline, {"DISCORD_API_URL": discord.url}) as host:
        yield host


def test_discords_ping_is_answered(host: FunctionHost) -> None:
    reply = host.interact(ping(), request_id=1)
    assert (reply.status, reply.content_type, reply.json) == (200, "application/json", PONG)
    host.timeline.wait_for(end_of(1))


def test_what_discord_did_not_sign_is_refused(host: FunctionHost) -> None:
    assert host.request("POST", b'{"type":1}', UNSIGNED, request_id=1).status == 401
    host.timeline.wait_for(end_of(1))


def test_a_person_who_opens_the_endpoint_is_told_what_it_is(host: FunctionHost) -> None:
    reply = host.request("GET", b"", UNSIGNED, request_id=1)
    assert reply.status == 200
    assert "Discord" in reply.body.decode()


def test_a_deferral_is_complete_while_its_work_has_not_ended(
    host: FunctionHost, discord: GatedDiscord, timeline: Timeline
) -> None:
    reply = host.interact(slash("ask", prompt="Hi"), request_id=1)
    assert reply.json == THINKING  # the whole body, though nothing can pass the gate yet
    timeline.wait_for(EDIT_ARRIVED)
    discord.open()
    timeline.wait_for(end_of(1))
    events = timeline.events
    assert events.index(EDIT_ARRIVED) < events.index(EDIT_LET_GO) < events.index(end_of(1))
    assert events[-1] == end_of(1)  # every edit was part of the invocation
    assert "Hi" in discord.contents[-1]


def test_others_are_served_while_an_answer_is_under_way(
    host: FunctionHost, discord: GatedDiscord, timeline: Timeline
) -> None:
    host.interact(slash("ask", prompt="Hi"), request_id=1)
    timeline.wait_for(EDIT_ARRIVED)
    assert host.interact(ping(), request_id=2).json == PONG
    timeline.wait_for(end_of(2))
    # The runtime tells in order: had the first invocation ended before, it would stand here.
    assert end_of(1) not in timeline.events
    discord.open()
    timeline.wait_for(end_of(1))


def test_an_exception_in_the_work_is_logged_and_ends_the_invocation(
    runtime: Runtime, timeline: Timeline, tmp_path: Path
) -> None:
    (tmp_path / "requests.py").write_text("raise RuntimeError('broken on purpose')\n")
    with function_host(runtime, timeline, {}, import_first=tmp_path) as host:
        assert host.interact(slash("ask", prompt="Hi"), request_id=1).json == THINKING
        timeline.wait_for(end_of(1))
        assert "work_put_off_failed" in host.logged
        assert "broken on purpose" in host.logged
        assert host.interact(ping(), request_id=2).json == PONG
        timeline.wait_for(end_of(2))


def test_the_body_is_flushed_before_the_response_is_closed_and_the_end_comes_last(
    discord: GatedDiscord, timeline: Timeline, plain_runtime: Runtime
) -> None:
    settings = {"DISCORD_API_URL": discord.url}
    with function_host(plain_runtime, timeline, settings) as host:
        host.interact(slash("ask", prompt="Hi"), request_id=1)
        timeline.wait_for("body-flushed 1")  # with the gate still shut
        discord.open()
        timeline.wait_for(end_of(1))
    told = [event for event in timeline.events if event.endswith(" 1")]
    assert told == ["body-flushed 1", "response-closed 1", end_of(1)]
    assert timeline.events.index(EDIT_LET_GO) < timeline.events.index("response-closed 1")
