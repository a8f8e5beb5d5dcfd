"""Music as far as the functions go, with nothing faked but Discord and the worker: what people wish
stands in the queue for the worker, and its answer is left to it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from psycopg.rows import DictRow, dict_row

from dev.simulator.running import RunningSimulator
from dev.simulator.voice_states import VoiceState
from dev.simulator.world import GUILD_ID, LOUNGE_ID
from tests.living_bot import BOT_TOKEN, living_bot

SESSION = """
insert into active_sessions
    (guild_id, track_title, track_url, position_ms, duration_ms, is_playing, play_id, channel_id,
     worker_id)
  values (%s, 'Comet', 'sound:comet', 0, 24000, true, 'a-play', %s, 'a-run')
"""
pytestmark = pytest.mark.stack
Database = psycopg.Connection[Any]


@contextmanager
def music_bot(supabase_url: str, secret_key: str) -> Iterator[tuple[RunningSimulator, str]]:
    """The bot, and the id of its user, who is in the lounge."""
    with living_bot(
        SUPABASE_URL=supabase_url, SUPABASE_SECRET_KEY=secret_key, DISCORD_BOT_TOKEN=BOT_TOKEN
    ) as (discord, _):
        user = discord.world.people[0].id
        state = VoiceState(GUILD_ID, LOUNGE_ID, user, "a-session")
        discord.in_loop(lambda: discord.simulator.voice_states.put(state))
        yield discord, user


@pytest.fixture
def has_worker(database: Database) -> None:
    """A worker lives, as far as the tables can tell."""
    database.execute("select beat_worker('one', 'a-run', 600, '{}', '[]', true)")
    database.execute(
        "update heartbeats set last_beat_at = now() + interval '1 hour' where name = 'worker one'"
    )


def order_in(database: Database) -> DictRow:
    """The only order for the worker, with its secrets."""
    with database.cursor(row_factory=dict_row) as cursor:
        (row,) = cursor.execute(
            "select q.*, s.token, s.interaction from command_queue as q"
            " join command_secrets as s on s.command_id = q.id where q.handled_by = 'worker'"
        ).fetchall()
    return row


@pytest.mark.usefixtures("has_worker")
def test_what_shall_be_played_waits_for_the_worker_and_so_does_the_answer(
    supabase_url: str, secret_key: str, database: Database
) -> None:
    with music_bot(supabase_url, secret_key) as (discord, user):
        asked = discord.send_command("play", {"query": "sound:comet"}, locale="ja")
        discord.wait_for(asked, lambda seen: seen.is_thinking)
    assert discord.seen(asked).is_thinking
    order = order_in(database)
    assert (order["command"], order["status"], order["order_key"]) == (
        "play",
        "pending",
        f"plays:{GUILD_ID}",
    )
    assert order["payload"]["query"] == "sound:comet"
    assert order["payload"]["channel_id"] == LOUNGE_ID
    assert user not in str(order["payload"])
    assert order["interaction"]["token"] == order["token"]
    assert order["interaction"]["locale"] == "ja"
    assert order["interaction"]["member"]["user"]["id"] == user


@pytest.mark.usefixtures("has_worker")
def test_a_control_names_what_plays(supabase_url: str, secret_key: str, database: Database) -> None:
    database.execute(SESSION, (GUILD_ID, LOUNGE_ID))
    with music_bot(supabase_url, secret_key) as (discord, _):
        asked = discord.send_command("seek", {"position": "0:10"}, locale="en-US")
        discord.wait_for(asked, lambda seen: seen.is_thinking)
    order = order_in(database)
    assert order["order_key"] == f"player:{GUILD_ID}"
    assert order["payload"]["play_id"] == "a-play"
    assert order["payload"]["position_ms"] == 10_000


@pytest.mark.usefixtures("has_worker")
def test_the_card_that_is_looked_up_has_buttons_that_order(
    supabase_url: str, secret_key: str, database: Database
) -> None:
    database.execute(SESSION, (GUILD_ID, LOUNGE_ID))
    with music_bot(supabase_url, secret_key) as (discord, _):
        asked = discord.send_command("nowplaying", locale="en-US")
        seen = discord.wait_for(asked, lambda seen: "Now playing" in str(seen.messages))
        pressed = discord.send_component(
            seen.messages[0]["id"], "nowplaying:pause:a-play", locale="en-US"
        )
        discord.wait_for(pressed, lambda seen: seen.acknowledged is not None)
    order = order_in(database)
    assert (order["command"], order["payload"]["play_id"]) == ("pause", "a-play")
    assert order["interaction"]["message"]["id"] == seen.messages[0]["id"]


def test_without_a_worker_that_is_told_at_once_and_to_the_asker_alone(
    supabase_url: str, secret_key: str, database: Database
) -> None:
    with music_bot(supabase_url, secret_key) as (discord, _):
        asked = discord.send_command("play", {"query": "comet"}, locale="en-US")
        seen = discord.wait_for(asked, lambda seen: "No player is running" in seen.text)
    assert [message["flags"] & 64 for message in seen.messages] == [64]
    rows = database.execute("select from command_queue where handled_by = 'worker'").fetchall()
    assert rows == []


@pytest.mark.usefixtures("has_worker")
def test_what_was_played_here_is_proposed(
    supabase_url: str, secret_key: str, database: Database
) -> None:
    database.execute(
        "insert into music_history (guild_id, track_title, track_url)"
        " values (%s, 'Tail of a comet', 'https://example.com/tail')",
        (GUILD_ID,),
    )
    with music_bot(supabase_url, secret_key) as (discord, _):
        asked = discord.autocomplete("play", {"query": "tail"}, focused="query", locale="en-US")
        seen = discord.wait_for(asked, lambda seen: seen.data is not None)
    assert seen.data is not None
    assert seen.data["choices"] == [
        {"name": "Tail of a comet", "value": "https://example.com/tail"}
    ]
