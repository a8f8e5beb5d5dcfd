"""What is heard while much is asked of a worker, or it dies again and again.

The benchmark kills for longer: `python3 dev bench voice --long`.
"""

from __future__ import annotations

import time
from random import Random

import pytest

from bench.voice.guilds import have_played, open_guilds
from bench.voice.trials import kill_at_random, storm
from tests.voice.concert import Concert

pytestmark = pytest.mark.stack

GUILDS = 20
ORDERS = 200
LOW = 440.0
OFF_SECONDS = 2.5
"""How far from where it was it may go on: 2 s, and what hearing takes."""


def test_twenty_servers_are_played_to_at_once_for_a_minute(playing: Concert, tones: str) -> None:
    playing.worker()
    guilds = open_guilds(playing, GUILDS)
    have_played(playing, guilds, f"{tones}/low.wav")
    marks = [guild.heard.mark() for guild in guilds]
    time.sleep(60)
    for guild, mark in zip(guilds, marks, strict=True):
        assert guild.heard.packets(since=mark)
        assert guild.heard.faults(since=mark) == []
        assert playing.hears(LOW, guild_id=guild.id)
    kept = playing.database.execute("select count(*) from active_sessions where is_playing")
    assert kept.fetchall() == [(GUILDS,)]


def test_two_hundred_orders_in_ten_seconds_are_all_carried_out_in_their_order(
    playing: Concert, tones: str
) -> None:
    playing.worker()
    guilds = open_guilds(playing, 4)
    have_played(playing, guilds, f"{tones}/low.wav")
    told = storm(playing, guilds, orders=ORDERS)
    assert (told.given, told.carried_out, told.wrong) == (ORDERS, ORDERS, 0)
    assert told.faults == 0
    assert all(playing.hears(LOW, guild_id=guild.id) for guild in guilds)


def test_killed_at_random_it_always_comes_back_to_where_it_was(
    playing: Concert, tones: str
) -> None:
    deaths = kill_at_random(playing, f"{tones}/rising.wav", seconds=30, random=Random(7))
    assert deaths.lost == 0
    assert deaths.killed >= len(deaths.back_seconds) > 1
    assert max(deaths.off_seconds) < OFF_SECONDS
