"""The first page: how the bot is, in one document, from the rows that were put there."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import pytest

from tests.sql.queue_rows import Connection, add
from tests.sql.signed_in import asked
from tests.sql.watching import make_tick_late, watch

TOKYO = ZoneInfo("Asia/Tokyo")


def overview(admin: psycopg.Connection, zone: str = "Asia/Tokyo") -> dict[str, Any]:
    found: dict[str, Any] = asked(admin, "dashboard_overview(%s)", zone)
    return found


def insert_commands(
    service: Connection,
    count: int,
    outcome: str = "answered",
    *,
    ago: str = "10 minutes",
    acknowledged_ms: float = 20,
    finished_ms: float | None = 1000,
    kind: str = "command",
    cold_start: bool = False,
) -> None:
    service.execute(
        "insert into interaction_log"
        " (command, kind, outcome, acknowledged_ms, finished_ms, cold_start, created_at)"
        " select 'ask', %s, %s, %s, %s, %s, now() - %s::interval from generate_series(1, %s)",
        (kind, outcome, acknowledged_ms, finished_ms, cold_start, ago, count),
    )


def names(document: dict[str, Any]) -> dict[str, str]:
    return {found["name"]: found["kind"] for found in document["findings"]}


class TestNothingYet:
    def test_a_new_bot_is_well_and_has_done_nothing(self, admin: psycopg.Connection) -> None:
        document = overview(admin)
        assert (document["status"], document["is_new"], document["findings"]) == (
            "healthy",
            True,
            [],
        )
        assert document["last_hour"] == document["last_day"]
        assert document["last_hour"] == {
            "executed": 0,
            "errors": 0,
            "refused": 0,
            "error_rate": 0,
            "acknowledged_p50_ms": None,
            "acknowledged_p95_ms": None,
            "p50_ms": None,
            "p95_ms": None,
            "cold_starts": 0,
        }
        assert document["today"] == document["yesterday"]
        assert set(document["today"].values()) == {0}
        assert [hour["executed"] for hour in document["hours"]] == [0] * 24
        assert document["queue"] == {"depth": 0, "oldest_seconds": None}
        assert (document["sessions"], document["heartbeats"], document["reading"]) == ([], [], None)

    def test_a_zone_that_nobody_knows_is_utc(self, admin: psycopg.Connection) -> None:
        assert overview(admin, "Mars/Olympus")["zone"] == "UTC"
        assert overview(admin)["zone"] == "Asia/Tokyo"


class TestFigures:
    def test_the_hour_and_the_day_count_what_is_theirs(
        self, admin: psycopg.Connection, service: Connection
    ) -> None:
        insert_commands(service, 18, acknowledged_ms=10)
        insert_commands(service, 1, "failed", acknowledged_ms=200, cold_start=True)
        insert_commands(service, 1, "refused", acknowledged_ms=200, finished_ms=None)
        insert_commands(service, 5, "failed", ago="23 hours")
        insert_commands(service, 7, "failed", ago="25 hours")
        insert_commands(service, 50, "failed", kind="autocomplete")
        document = overview(admin)
        hour, day = document["last_hour"], document["last_day"]
        assert (hour["executed"], hour["errors"], hour["refused"]) == (20, 1, 1)
        assert (hour["error_rate"], hour["cold_starts"]) == (0.05, 1)
        assert hour["acknowledged_p50_ms"] == 10
        assert hour["acknowledged_p95_ms"] == 200  # the 19th of 20, and then some
        assert (hour["p50_ms"], hour["p95_ms"]) == (1000, 1000)
        assert (day["executed"], day["errors"]) == (25, 6)
        assert document["is_new"] is False

    def test_each_of_the_last_24_hours_has_its_own_count(
        self, admin: psycopg.Connection, service: Connection
    ) -> None:
        now = datetime.now(UTC)
        this_hour = now.replace(minute=0, second=0, microsecond=0)
        for hours, number in ((0, 1), (5, 3), (23, 2), (24, 9)):
            insert_commands(
                service, number, ago=f"{(now - this_hour).seconds + 3600 * hours - 1} s"
            )
        document = overview(admin)
        counts = {
            datetime.fromisoformat(hour["starts_at"]): hour["executed"]
            for hour in document["hours"]
        }
        begin = datetime.fromisoformat(document["hours"][-1]["starts_at"])
        assert sorted(counts) == [begin - timedelta(hours=23 - n) for n in range(24)]
        assert list(counts.values()) == [hour["executed"] for hour in document["hours"]]
        if begin == this_hour:  # unless the hour has just turned
            assert [counts[begin - timedelta(hours=n)] for n in (0, 5, 23)] == [1, 3, 2]
            assert sum(counts.values()) == 6

    def test_an_hour_tells_what_failed_and_what_was_turned_away_apart(
        self, admin: psycopg.Connection, service: Connection
    ) -> None:
        for number, outcome in ((5, "answered"), (3, "refused"), (2, "failed")):
            insert_commands(service, number, outcome, ago="0 s")
        hours = overview(admin)["hours"]
        told = [sum(hour[of] for hour in hours) for of in ("executed", "refused", "errors")]
        assert told == [10, 3, 2]

    @pytest.mark.parametrize("zone", ["Asia/Tokyo", "Asia/Kolkata", "America/New_York"])
    def test_today_begins_at_midnight_of_the_zone(
        self, admin: psycopg.Connection, service: Connection, zone: str
    ) -> None:
        midnight = datetime.now(ZoneInfo(zone)).replace(hour=0, minute=0, second=0, microsecond=0)
        second = timedelta(seconds=1)
        yesterday = (midnight - 12 * 3600 * second).replace(hour=0)
        for moment, tokens in (
            (midnight, 1),
            (midnight - second, 10),
            (yesterday, 100),
            (yesterday - second, 1000),
        ):
            service.execute(
                "insert into gemini_usage (total_tokens, cost_usd, created_at)"
                " values (%s, 0.25, %s)",
                (tokens, moment),
            )
        document = overview(admin, zone)
        assert document["today"]["total_tokens"] == 1
        assert document["yesterday"]["total_tokens"] == 110
        assert document["yesterday"]["cost_usd"] == 0.5

    def test_answers_are_those_that_somebody_got_and_prices_may_be_unknown(
        self, admin: psycopg.Connection, service: Connection
    ) -> None:
        for purpose, outcome, tokens, cost in (
            ("answer", "complete", 10, 0.5),
            ("answer", "broken_off", 10, None),
            ("translation", "complete", 10, 0.25),
            ("summary", "complete", 10, 0.125),
            ("answer", "failed", 0, None),
            (None, None, None, None),  # as older bots note it
        ):
            service.execute(
                "insert into gemini_usage (purpose, outcome, total_tokens, cost_usd)"
                " values (%s, %s, %s, %s)",
                (purpose, outcome, tokens, cost),
            )
        today = overview(admin)["today"]
        assert (today["answers"], today["calls"], today["total_tokens"]) == (4, 6, 40)
        assert (today["cost_usd"], today["unpriced_calls"]) == (0.875, 1)


class TestStatus:
    def test_what_the_watch_finds_is_told_with_since_when(
        self, admin: psycopg.Connection, service: Connection
    ) -> None:
        make_tick_late(service, "cron_stats", seconds=300)
        watch(service)
        service.execute("update alerts set opened_at = '2026-01-02 03:04:05+00'")
        document = overview(admin)
        assert document["status"] == "degraded"
        (found,) = document["findings"]
        assert (found["name"], found["kind"], found["subject"]) == (
            "schedule:cron_stats",
            "schedule",
            "cron_stats",
        )
        assert datetime.fromisoformat(found["since"]) == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
        late = {tick["name"]: (tick["late"], tick["is_tick"]) for tick in document["ticks"]}
        assert late == {"cron_queue": (False, True), "cron_stats": (True, True)}

    def test_a_finding_without_an_alert_has_no_beginning(
        self, admin: psycopg.Connection, service: Connection
    ) -> None:
        service.execute(
            "insert into heartbeats (name, every_seconds, last_beat_at)"
            " values ('voice:1', 15, now() - interval '5 minutes'), ('other', 15, now())"
        )
        document = overview(admin)
        (found,) = document["findings"]
        assert (found["kind"], found["subject"], found["since"]) == ("heartbeat", "voice:1", None)
        assert {beat["name"]: beat["late"] for beat in document["heartbeats"]} == {
            "other": False,
            "voice:1": True,
        }

    def test_it_is_unhealthy_where_no_tick_comes_any_more(
        self, admin: psycopg.Connection, service: Connection
    ) -> None:
        make_tick_late(service, "cron_stats", seconds=1200)
        assert overview(admin)["status"] == "degraded"
        make_tick_late(service, "cron_queue", seconds=1200)
        assert overview(admin)["status"] == "unhealthy"
        service.execute("update schedules set last_run_at = now() where name = 'cron_queue'")
        assert overview(admin)["status"] == "degraded"

    @pytest.mark.parametrize(
        ("good", "bad", "status"),
        [(4, 6, "unhealthy"), (5, 5, "degraded"), (9, 1, "healthy"), (0, 9, "healthy")],
    )
    def test_it_is_unhealthy_where_most_commands_fail(
        self, admin: psycopg.Connection, service: Connection, good: int, bad: int, status: str
    ) -> None:
        insert_commands(service, good)
        insert_commands(service, bad, "failed")
        assert overview(admin)["status"] == status

    def test_it_is_degraded_where_discord_is_answered_late(
        self, admin: psycopg.Connection, service: Connection
    ) -> None:
        insert_commands(service, 12, acknowledged_ms=1500)
        document = overview(admin)
        assert document["status"] == "degraded"
        assert names(document) == {"slow": "slow"}
        assert "1500 ms" in document["findings"][0]["detail"]

    def test_what_waits_too_long_is_told(
        self, admin: psycopg.Connection, service: Connection
    ) -> None:
        add(service, "snapshot")
        service.execute(
            "update command_queue set run_at = now() - interval '1 hour',"
            " created_at = now() - interval '1 hour'"
        )
        document = overview(admin)
        assert names(document) == {"queue_age": "queue_age"}
        assert document["queue"]["depth"] == 1
        assert document["queue"]["oldest_seconds"] >= 3600

    def test_a_watch_that_fails_is_told(
        self, admin: psycopg.Connection, service: Connection
    ) -> None:
        service.execute("insert into schedules (name, every_seconds) values ('watch', 60)")
        document = overview(admin)
        assert names(document) == {"watch": "watch"}
        assert "watch" not in {tick["name"] for tick in document["ticks"]}


def test_what_plays_comes_with_all_that_its_player_said(
    admin: psycopg.Connection, service: Connection
) -> None:
    service.execute(
        "insert into active_sessions (guild_id, track_title, position_ms, duration_ms, is_playing)"
        " values ('1', 'paused', 10, 20, false);"
        "insert into active_sessions (guild_id, track_title, play_id, requested_by, requester_id,"
        " track_url, channel_id, position_at, is_playing, position_ms, duration_ms) values ('2',"
        " '<b>夜明け</b>', '7', 'Emma', '8', 'https://music.example', '9',"
        " '2026-01-02 03:04:05+00', true, 1000, 2000)"
    )
    playing, paused = overview(admin)["sessions"]
    del playing["updated_at"]
    assert datetime.fromisoformat(playing.pop("position_at")) == datetime(
        2026, 1, 2, 3, 4, 5, tzinfo=UTC
    )
    assert playing == {
        "guild_id": "2",
        "play_id": "7",
        "track_title": "<b>夜明け</b>",
        "track_url": "https://music.example",
        "position_ms": 1000,
        "duration_ms": 2000,
        "is_playing": True,
        "requested_by": "Emma",
        "requester_id": "8",
        "channel_id": "9",
    }
    assert (paused["guild_id"], paused["play_id"], paused["position_at"]) == ("1", None, None)


def test_the_newest_reading_is_shown(admin: psycopg.Connection, service: Connection) -> None:
    service.execute(
        "insert into system_stats (cpu_usage, created_at) values (1, now() - interval '1 hour'),"
        " (2.5, now()), (3, now() - interval '2 hours')"
    )
    reading = overview(admin)["reading"]
    assert (reading["cpu_usage"], reading["source"], reading["ping_gateway"]) == (2.5, "", None)
