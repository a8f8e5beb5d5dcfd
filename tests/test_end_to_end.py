"""The bot as it is deployed, with nothing faked but Discord: signed requests over HTTP, the real
database, the offline model, and what a user sees in the end.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import psycopg
import pytest
import requests
from psycopg.rows import dict_row

from dev.simulator.message_bodies import CallbackType
from dev.simulator.running import RunningSimulator
from dev.simulator.seen import Seen
from lib.jobs.schedule import SCHEDULED
from tests.fakes.clock import PATIENCE_SECONDS, GatedClock
from tests.living_bot import CRON_SECRET, living_bot
from tests.servers.scripted import nobody

FENCE = "```"


@pytest.fixture
def rows(database: psycopg.Connection[Any]) -> Callable[[str], list[dict[str, Any]]]:
    """The rows of a table."""

    def read(table: str) -> list[dict[str, Any]]:
        with database.cursor(row_factory=dict_row) as cursor:
            return cursor.execute(f"select * from {table}".encode()).fetchall()

    return read


@pytest.fixture
def database_settings(supabase_url: str, secret_key: str) -> dict[str, str]:
    return {"SUPABASE_URL": supabase_url, "SUPABASE_SECRET_KEY": secret_key}


@pytest.fixture
def skipping() -> GatedClock:
    """A clock for answers whose growing nobody watches: the model's pauses pass at once."""
    clock = GatedClock()
    clock.open()
    return clock


def texts(discord: RunningSimulator, interaction_id: str) -> list[str]:
    return [message["content"] for message in discord.messages(interaction_id)]


@pytest.mark.stack
def test_a_question_is_answered_and_leaves_its_rows_and_no_secret(
    database_settings: dict[str, str], rows: Callable[[str], list[dict[str, Any]]]
) -> None:
    with living_bot(**database_settings) as (discord, _):
        asked = discord.send_command("ask", {"prompt": "When is Halley back?"}, locale="en-US")
        thinking = discord.wait_for(asked, lambda seen: seen.is_thinking)
        assert thinking.acknowledged is CallbackType.DEFERRED_MESSAGE
        discord.wait_for(asked, lambda seen: "When is Halley back?" in seen.text)
        user = discord.world.people[0].id
    # Leaving the block waits until the work is over.
    seen = discord.seen(asked)
    assert "offline" in seen.text.lower()
    contents = [revision["content"] for revision in seen.revisions]
    assert len(contents) >= 3, "it was not seen growing"
    assert all(later.startswith(earlier[:20]) for earlier, later in pairwise(contents))
    (usage,) = rows("gemini_usage")
    assert (usage["user_id"], usage["model"]) == (user, "offline")
    assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"]
    (command,) = rows("command_queue")
    assert (command["command"], command["status"], command["attempts"]) == (
        "answer",
        "completed",
        1,
    )
    assert command["payload"]["command"] == "ask"
    assert user not in str(command["payload"])
    assert "Halley" not in str(command["payload"])
    assert rows("command_secrets") == []


@pytest.mark.stack
def test_a_long_question_in_japanese_is_answered_in_several_messages(
    database_settings: dict[str, str], rows: Callable[[str], list[dict[str, Any]]]
) -> None:
    with living_bot(**database_settings) as (discord, _):
        discord.delay_deferrals(0.3)
        asked = discord.send_command(
            "ask", {"prompt": "長い話をしてください", "private": True}, locale="ja"
        )
        discord.wait_for(asked, lambda seen: len(seen.messages) >= 2)
        discord.rate_limit(2)
    pieces = texts(discord, asked)
    assert len(pieces) >= 2
    assert all(piece.count(FENCE) % 2 == 0 for piece in pieces)
    assert "オフライン" in "".join(pieces)
    assert {message["flags"] & 64 for message in discord.messages(asked)} == {64}
    (command,) = rows("command_queue")
    assert command["status"] == "completed"
    assert len(command["progress"]["follow_ups"]) == len(pieces) - 1


@pytest.mark.stack
def test_the_second_question_in_a_row_has_to_wait_and_the_data_can_be_deleted(
    skipping: GatedClock,
    database_settings: dict[str, str],
    database: psycopg.Connection[Any],
    rows: Callable[[str], list[dict[str, Any]]],
) -> None:
    with living_bot(skipping, **database_settings) as (discord, _):
        first = discord.send_command("ask", {"prompt": "One?"}, locale="en-US")
        discord.wait_for(first, lambda seen: "One?" in seen.text)
        # So that no slow machine is through with its pause before it is looked at.
        database.execute("update public.cooldowns set until = now() + interval '1 hour'")
        second = discord.send_command("ask", {"prompt": "Two?"}, locale="en-US")
        seen = discord.wait_for(second, lambda seen: "you can ask again" in seen.text)
        assert len(seen.messages) == 1
    assert len(rows("gemini_usage")) == 1
    with living_bot(**database_settings) as (discord, _):
        opened = discord.send_command("privacy", locale="en-US")
        message = discord.wait_for(opened, lambda seen: bool(seen.messages)).messages[0]
        pressed = discord.send_component(message["id"], "privacy:delete", locale="en-US")
        discord.wait_for(pressed, lambda seen: "I deleted" in seen.text)
    assert rows("gemini_usage") == []
    # The pace still runs: deleting it would be a way around it. It goes by itself.
    assert len(rows("cooldowns")) == 1


@pytest.mark.stack
def test_what_a_dashboard_inserts_is_done_by_the_tick(
    database_settings: dict[str, str],
    database: psycopg.Connection[Any],
    rows: Callable[[str], list[dict[str, Any]]],
) -> None:
    database.execute("insert into command_queue (command) values ('snapshot'), ('nonsense')")
    with living_bot(**database_settings) as (_, url):
        headers = {"Authorization": f"Bearer {CRON_SECRET}"}
        answer = requests.post(f"{url}/api/cron_queue", headers=headers, timeout=30)
        scheduled = {work.name for work in SCHEDULED}
        assert answer.json() == {
            "enqueued": len(scheduled),
            "claimed": 1 + len(scheduled),
            "failed": 0,
        }
        answer = requests.get(f"{url}/api/cron_stats", headers=headers, timeout=30)
        assert answer.json() == {"snapshots": 1}
    snapshots = rows("system_stats")
    assert len(snapshots) == 2
    assert all(row["ping_gateway"] >= 0 and row["ram_rss"] > 1 for row in snapshots)
    assert {row["ping_lavalink"] for row in snapshots} == {None}
    ended = {
        row["command"]: (row["status"], row["failure_reason"]) for row in rows("command_queue")
    }
    done = ("completed", None)
    assert ended == {
        "snapshot": done,
        "nonsense": ("failed", "unknown_command"),
        **dict.fromkeys(scheduled, done),
    }


def test_without_a_database_and_with_one_that_is_down_the_answer_comes_all_the_same(
    skipping: GatedClock,
) -> None:
    with nobody() as nowhere:
        down = {"SUPABASE_URL": nowhere, "SUPABASE_SECRET_KEY": "sb_secret_of_nobody"}
        for environ in ({}, down):
            with living_bot(skipping, **environ) as (discord, _):
                asked = discord.send_command("ask", {"prompt": "Still there?"})
                discord.wait_for(asked, lambda seen: "Still there?" in seen.text)
            assert "Still there?" in discord.seen(asked).text


def test_discords_probes_are_answered_as_it_wants_them() -> None:
    with living_bot() as (discord, _):
        assert discord.ping().status == 200
        assert discord.ping(wrongly=True).status == 401


@pytest.mark.stack
def test_a_button_below_an_answer_goes_on_with_the_conversation_that_the_database_keeps(
    skipping: GatedClock,
    database_settings: dict[str, str],
    database: psycopg.Connection[Any],
    rows: Callable[[str], list[dict[str, Any]]],
) -> None:
    with living_bot(skipping, **database_settings) as (discord, _):
        asked = discord.send_command("ask", {"prompt": "When is Halley back?"}, locale="en-US")
        message = discord.wait_for(asked, has_buttons).messages[0]
        until(lambda: len(rows("messages")) == 2)  # which is after the answer is seen
        (row,) = message["components"]
        keys = {button["label"]: button["custom_id"] for button in row["components"]}
        assert list(keys) == ["Regenerate", "Continue", "Shorter", "Delete"]
        too_soon = discord.send_component(message["id"], keys["Continue"], locale="en-US")
        discord.wait_for(too_soon, lambda seen: "you can ask again in" in seen.text)
        database.execute("delete from cooldowns")  # the seconds have passed
        pressed = discord.send_component(message["id"], keys["Continue"], locale="en-US")
        discord.wait_for(pressed, has_buttons)
        assert "my answer ended there" in discord.seen(pressed).text
        until(lambda: len(rows("messages")) == 4)
        discord.send_component(message["id"], keys["Delete"], locale="en-US")
        discord.wait_for(asked, lambda seen: not seen.messages)
    assert len(rows("messages")) == 2
    usage = rows("gemini_usage")
    assert len({each["command_id"] for each in usage}) == len(usage) == 2
    assert all(each["settled_at"] is not None for each in rows("reservations"))
    assert rows("command_secrets") == []


def until(condition: Callable[[], bool]) -> None:
    """Wait for what nobody is told of."""
    ends_at = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < ends_at, "it never came"
        time.sleep(0.05)


def has_buttons(seen: Seen) -> bool:
    """Whether the answer is all there."""
    return bool(seen.messages) and bool(seen.messages[-1].get("components"))
