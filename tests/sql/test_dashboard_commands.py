"""What the dashboard tells of commands and of music, by the rows that were put there."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import pytest

from tests.sql.queue_rows import Connection
from tests.sql.signed_in import asked

TOKYO = "Asia/Tokyo"


def note(service: Connection, **columns: object) -> None:
    """Note a command, answered now unless it says otherwise."""
    values = {"command": "ask", "kind": "command", "outcome": "answered"} | columns
    names, marks = ", ".join(values), ", ".join(["%s"] * len(values))
    service.execute(
        f"insert into interaction_log ({names}) values ({marks})".encode(), tuple(values.values())
    )


def midnight(zone: str, days_ago: int = 0) -> datetime:
    day = datetime.now(ZoneInfo(zone)).date() - timedelta(days=days_ago)
    return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone))


class TestUse:
    @pytest.mark.parametrize("zone", [TOKYO, "America/New_York"])
    def test_a_week_goes_from_monday_to_sunday_of_the_zone(
        self, admin: psycopg.Connection, service: Connection, zone: str
    ) -> None:
        today = midnight(zone)
        monday = midnight(zone, today.weekday())
        second = timedelta(seconds=1)
        for created_at, outcome in (
            (monday, "answered"),
            (monday.astimezone(UTC) - second, "failed"),
            (midnight(zone, today.weekday() + 7), "refused"),
            (midnight(zone, today.weekday() + 7).astimezone(UTC) - second, "failed"),
        ):
            note(service, outcome=outcome, created_at=created_at)
        note(service, kind="autocomplete", created_at=monday)
        document = asked(admin, "commands_use(%s, 2)", zone)
        last, this = str(midnight(zone, today.weekday() + 7).date()), str(monday.date())
        assert (document["zone"], document["weeks"]) == (zone, [last, this])
        assert document["rows"] == [
            {
                "week": last,
                "command": "ask",
                "kind": "command",
                "executed": 2,
                "errors": 1,
                "refused": 1,
            },
            {
                "week": this,
                "command": "ask",
                "kind": "command",
                "executed": 1,
                "errors": 0,
                "refused": 0,
            },
        ]

    def test_without_commands_there_are_weeks_and_no_rows(self, admin: psycopg.Connection) -> None:
        document = asked(admin, "commands_use(%s)", TOKYO)
        assert (len(document["weeks"]), document["rows"]) == (12, [])


class TestTable:
    def test_each_command_has_its_own_figures_the_most_used_first(
        self, admin: psycopg.Connection, service: Connection
    ) -> None:
        for number in range(1, 21):
            note(
                service,
                command="stats",
                finished_ms=number * 100 + 0.4,
                acknowledged_ms=number,
                cold_start=number <= 3,
            )
        for hours, error in ((3, "first"), (1, "latest"), (2, "second")):
            created_at = datetime.now(UTC) - timedelta(hours=hours)
            note(service, command="ask", outcome="failed", error=error, created_at=created_at)
        note(service, command="ask", outcome="refused", error="no")
        note(service, command="ask:again", kind="component")
        note(service, command="model", kind="autocomplete")
        note(service, command="old", created_at=datetime.now(UTC) - timedelta(days=31))
        stats, ask, again = asked(admin, "commands_table(30)")["commands"]
        assert stats == {
            "command": "stats",
            "kind": "command",
            "executed": 20,
            "errors": 0,
            "refused": 0,
            "error_rate": 0,
            "p50_ms": 1000,
            "p95_ms": 1900,
            "acknowledged_p95_ms": 19,
            "cold_starts": 3,
            "last_error": None,
            "last_error_at": None,
        }
        assert (ask["executed"], ask["errors"], ask["refused"]) == (4, 3, 1)
        assert (ask["error_rate"], ask["last_error"], ask["p95_ms"]) == (0.75, "latest", None)
        ago = datetime.now(UTC) - datetime.fromisoformat(ask["last_error_at"])
        assert timedelta(minutes=59) < ago < timedelta(minutes=61)
        assert (again["command"], again["kind"]) == ("ask:again", "component")

    @pytest.mark.parametrize(
        ("finished_ms", "told"),
        [
            (9e15, 2_000_000_000),
            ("Infinity", 2_000_000_000),
            ("NaN", 2_000_000_000),
            (-9e15, 0),
            ("-Infinity", 0),
            (None, None),
        ],
    )
    def test_a_time_beyond_all_measure_is_no_error(
        self,
        admin: psycopg.Connection,
        service: Connection,
        finished_ms: float | str | None,
        told: int | None,
    ) -> None:
        note(service, finished_ms=finished_ms)
        (row,) = asked(admin, "commands_table()")["commands"]
        assert row["p50_ms"] == told

    def test_an_empty_ledger_has_no_commands(self, admin: psycopg.Connection) -> None:
        assert asked(admin, "commands_table()")["commands"] == []


class TestMargin:
    def test_what_was_left_is_told_in_quarters_of_a_second(
        self, admin: psycopg.Connection, service: Connection
    ) -> None:
        margins = [-700, -1, 0, 249, 250, 499, 500, 2749, 2750, 2999, 3000, 3400]
        for margin_ms in margins:
            note(service, margin_ms=margin_ms, cold_start=margin_ms < 0)
        note(service, margin_ms=None)
        note(service, margin_ms=-5, kind="autocomplete")
        document = asked(admin, "commands_margin()")
        assert (document["measured"], document["late"], document["close"]) == (12, 2, 4)
        assert (document["least_ms"], document["median_ms"], document["p5_ms"]) == (-700, 499, -700)
        bins = {
            (each["from_ms"], each["to_ms"]): (each["count"], each["cold"])
            for each in document["bins"]
        }
        assert list(bins) == [
            (None, 0),
            *((begin, begin + 250) for begin in range(0, 3000, 250)),
        ]
        assert {place: found for place, found in bins.items() if found[0]} == {
            (None, 0): (2, 2),
            (0, 250): (2, 0),
            (250, 500): (2, 0),
            (500, 750): (1, 0),
            (2500, 2750): (1, 0),
            (2750, 3000): (4, 0),
        }

    def test_nothing_measured_is_told_as_such(self, admin: psycopg.Connection) -> None:
        document = asked(admin, "commands_margin()")
        assert (document["measured"], document["median_ms"], document["least_ms"]) == (
            0,
            None,
            None,
        )
        assert [each["count"] for each in document["bins"]] == [0] * 13


def test_cold_starts_are_told_by_day_with_what_they_cost(
    admin: psycopg.Connection, service: Connection
) -> None:
    yesterday = midnight(TOKYO, 1)
    for cold_start, acknowledged_ms in ((True, 900), (False, 20), (False, 30), (False, 40)):
        note(service, cold_start=cold_start, acknowledged_ms=acknowledged_ms, created_at=yesterday)
    note(service, cold_start=True, kind="autocomplete", created_at=yesterday)
    before, with_some, after = asked(admin, "cold_starts(%s, 3)", TOKYO)["days"]
    assert with_some == {
        "day": str(yesterday.date()),
        "executed": 4,
        "cold_starts": 1,
        "share": 0.25,
        "cold_p95_ms": 900,
        "warm_p95_ms": 40,
    }
    for empty in (before, after):
        assert (empty["executed"], empty["cold_starts"]) == (0, 0)
        assert (empty["share"], empty["cold_p95_ms"], empty["warm_p95_ms"]) == (None, None, None)


def play(service: Connection, title: str | None, **columns: object) -> None:
    values = {"track_title": title, "guild_id": "1"} | columns
    names, marks = ", ".join(values), ", ".join(["%s"] * len(values))
    service.execute(
        f"insert into music_history ({names}) values ({marks})".encode(), tuple(values.values())
    )


def plays(admin: psycopg.Connection, **arguments: object) -> tuple[list[dict[str, Any]], bool]:
    given = ", ".join(f"p_{name} => %s" for name in arguments)
    found = asked(admin, f"music_plays({given})", *arguments.values())
    return found["plays"], found["more"]


class TestPlays:
    def test_pages_hold_every_play_once_the_newest_first(
        self, admin: psycopg.Connection, service: Connection
    ) -> None:
        moments = [datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=n // 3) for n in range(10)]
        for number, created_at in enumerate(moments):  # three at a time in one moment
            play(service, str(number), created_at=created_at)
        seen: list[str] = []
        found, more = plays(admin, limit=4)
        while more:
            seen += [each["track_title"] for each in found]
            last = found[-1]
            found, more = plays(admin, limit=4, before=last["created_at"], before_id=last["id"])
        seen += [each["track_title"] for each in found]
        assert seen == [str(number) for number in reversed(range(10))]

    @pytest.mark.parametrize(
        ("search", "found"),
        [
            ("夜明け", ["夜明けのうた"]),
            ("CLAIR", ["Clair de lune"]),
            ("emma", ["100% live_set"]),
            ("100%", ["100% live_set"]),
            ("%", ["100% live_set"]),
            ("_", ["100% live_set"]),
            ("\\", ["a\\b"]),
            ("nothing of the kind", []),
            ("", ["a\\b", "100% live_set", "Clair de lune", "夜明けのうた"]),
        ],
    )
    def test_a_search_finds_what_titles_and_names_say_whatever_its_signs(
        self, admin: psycopg.Connection, service: Connection, search: str, found: list[str]
    ) -> None:
        for title in ("夜明けのうた", "Clair de lune", "100% live_set", "a\\b"):
            play(service, title, requested_by="Emma" if "live" in title else "Noah")
        play(service, None)
        service.execute("delete from music_history where track_title is null")
        assert [each["track_title"] for each in plays(admin, search=search)[0]] == found

    def test_those_of_one_guild_are_told_alone_and_whole(
        self, admin: psycopg.Connection, service: Connection
    ) -> None:
        play(service, "elsewhere", guild_id="2")
        play(
            service,
            "here",
            track_url="https://music.example",
            duration_ms=5,
            requested_by="Emma",
            requester_id="7",
        )
        ((found,), more) = plays(admin, guild_id="1")
        assert more is False
        assert found.pop("id").isdecimal()
        assert found.pop("created_at")
        assert found == {
            "guild_id": "1",
            "track_title": "here",
            "track_url": "https://music.example",
            "duration_ms": 5,
            "requested_by": "Emma",
            "requester_id": "7",
        }

    def test_a_history_without_plays_has_no_page(self, admin: psycopg.Connection) -> None:
        assert plays(admin) == ([], False)


class TestMostPlayed:
    def test_tracks_guilds_and_requesters_are_told_the_most_played_first(
        self, admin: psycopg.Connection, service: Connection
    ) -> None:
        for guild_id, requester in (("1", "7"), ("1", "8"), ("2", "7")):
            play(service, "Lune", track_url="u:1", guild_id=guild_id, requester_id=requester,
                 requested_by=f"name of {requester}", duration_ms=10)  # fmt: skip
        play(service, "No address", duration_ms=5)
        play(service, "No address", track_url="")
        play(service, "Old", created_at=datetime.now(UTC) - timedelta(days=31))
        document = asked(admin, "most_played()")
        assert (document["plays"], document["listened_ms"]) == (5, 35)
        lune, bare = document["tracks"]
        assert lune.pop("last_played_at")
        assert lune == {
            "track_title": "Lune",
            "track_url": "u:1",
            "duration_ms": 10,
            "plays": 3,
            "guilds": 2,
        }
        assert (bare["track_title"], bare["track_url"], bare["plays"]) == ("No address", None, 2)
        assert document["guilds"] == [{"guild_id": "1", "plays": 4}, {"guild_id": "2", "plays": 1}]
        assert document["requesters"] == [
            {"requested_by": "name of 7", "requester_id": "7", "plays": 2},
            {"requested_by": "name of 8", "requester_id": "8", "plays": 1},
        ]
        of_one = asked(admin, "most_played(30, 1, '2')")
        assert (of_one["plays"], len(of_one["tracks"]), len(of_one["guilds"])) == (1, 1, 2)

    def test_nothing_was_played_most_where_nothing_was(self, admin: psycopg.Connection) -> None:
        document = asked(admin, "most_played()")
        del document["since"]
        assert document == {
            "plays": 0,
            "listened_ms": 0,
            "tracks": [],
            "guilds": [],
            "requesters": [],
        }
