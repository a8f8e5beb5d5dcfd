"""How the assistant is used, as the dashboard tells it, held against Python's sums of the rows."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from math import ceil
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import pytest

from tests.sql.assistant_rows import TOKYO, Call, insert, moment, today
from tests.sql.queue_rows import Connection
from tests.sql.signed_in import asked

NEW_YORK = "America/New_York"


def usage(admin: psycopg.Connection, zone: str = TOKYO, days: int = 30) -> dict[str, Any]:
    found: dict[str, Any] = asked(admin, "assistant_usage(%s, %s)", zone, days)
    return found


class TestUsage:
    @pytest.fixture
    def calls(self, service: Connection) -> list[Call]:
        chance = random.Random(1910)
        made = [
            Call(
                datetime.now(UTC) - timedelta(hours=chance.randrange(1, 24 * 62)),
                chance.choice(["small", "large"]),
                chance.choice(["1", "2", None]),
                chance.choice(["7", "8", "9"]),
                prompt := chance.randrange(100),
                completion := chance.randrange(100),
                prompt + completion,
                chance.choice([0.25, 0.5, None]),
                chance.choice(["answer", "summary", None]),
                chance.choice(["complete", "broken_off", "failed", None]),
            )
            for _ in range(500)
        ]
        insert(service, made)
        return made

    def within(self, calls: list[Call], zone: str, since: int, until: int = -1) -> list[Call]:
        """Those of the days from so many days ago on, before so many days ago."""
        first, end = (today(zone) - timedelta(days=ago) for ago in (since, until))
        return [call for call in calls if first <= self.day(call, zone) < end]

    def before(self, calls: list[Call], zone: str, days: int) -> list[Call]:
        """Those of as many days before, of whose last one no more has passed than has of today."""
        now = datetime.now(ZoneInfo(zone)).replace(tzinfo=None)
        return [
            call
            for call in self.within(calls, zone, 2 * days - 1, days - 1)
            if call.created_at.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
            < now - timedelta(days=days)
        ]

    def day(self, call: Call, zone: str) -> date:
        return call.created_at.astimezone(ZoneInfo(zone)).date()

    def grouped(self, calls: list[Call], key: Callable[[Call], Any]) -> dict[Any, tuple[int, int]]:
        found: dict[Any, tuple[int, int]] = {}
        for call in calls:
            known = found.get(key(call), (0, 0))
            found[key(call)] = (known[0] + 1, known[1] + (call.total_tokens or 0))
        return found

    @pytest.mark.parametrize("zone", [TOKYO, NEW_YORK])
    @pytest.mark.parametrize("days", [1, 7, 30])
    def test_sums_are_those_of_the_rows(
        self, admin: psycopg.Connection, calls: list[Call], zone: str, days: int
    ) -> None:
        document = usage(admin, zone, days)
        recent = self.within(calls, zone, days - 1)
        first = today(zone) - timedelta(days=days - 1)
        assert document["dates"] == [str(first + timedelta(days=n)) for n in range(days)]
        for part, key in (
            ("models", lambda call: call.model),
            ("guilds", lambda call: call.guild_id),
            ("users", lambda call: call.user_id),
        ):
            name = {"models": "model", "guilds": "guild_id", "users": "user_id"}[part]
            found = document[part]
            assert {
                each[name]: (each["calls"], each["total_tokens"]) for each in found
            } == self.grouped(recent, key)
            tokens = [each["total_tokens"] for each in found]
            assert tokens == sorted(tokens, reverse=True)
        assert {
            (each["day"], each["model"]): (each["calls"], each["total_tokens"])
            for each in document["days"]
        } == self.grouped(recent, lambda call: (str(self.day(call, zone)), call.model))
        assert document["outcomes"] == Counter(call.outcome or "complete" for call in recent)
        assert document["purposes"] == Counter(call.purpose or "answer" for call in recent)
        for part, rows in (
            ("total", recent),
            ("before", self.before(calls, zone, days)),
        ):
            assert document[part] == {
                "answers": sum(
                    call.purpose != "summary" and call.outcome != "failed" for call in rows
                ),
                "calls": len(rows),
                "prompt_tokens": sum(call.prompt_tokens or 0 for call in rows),
                "completion_tokens": sum(call.completion_tokens or 0 for call in rows),
                "total_tokens": sum(call.total_tokens or 0 for call in rows),
                "cost_usd": sum(call.cost_usd or 0 for call in rows),
                "unpriced_calls": sum(
                    call.cost_usd is None and bool(call.total_tokens) for call in rows
                ),
            }

    def test_nothing_is_told_of_nothing(self, admin: psycopg.Connection) -> None:
        document = usage(admin, days=3)
        assert len(document["dates"]) == 3
        assert (document["days"], document["models"], document["guilds"]) == ([], [], [])
        assert (document["users"], document["outcomes"], document["purposes"]) == ([], {}, {})
        assert set(document["total"].values()) == {0}
        assert (document["before"], document["is_new"]) == (None, True)

    def test_days_before_that_began_before_anything_was_used_are_no_match_for_whole_ones(
        self, admin: psycopg.Connection, service: Connection
    ) -> None:
        insert(service, [Call(moment(TOKYO, 13, 0), total_tokens=9)])
        document = usage(admin, days=7)
        assert (document["before"], document["is_new"]) == (None, False)
        insert(service, [Call(moment(TOKYO, 14, 23), total_tokens=9)])
        assert usage(admin, days=7)["before"]["total_tokens"] == 9

    def test_rows_that_say_next_to_nothing_count_all_the_same(
        self, admin: psycopg.Connection, service: Connection
    ) -> None:
        insert(service, [Call(datetime.now(UTC), *[None] * 9)])
        (row,) = usage(admin, days=1)["days"]
        assert (row["model"], row["calls"], row["total_tokens"], row["cost_usd"]) == ("", 1, 0, 0)

    def test_twenty_guilds_and_users_are_told_and_no_more(
        self, admin: psycopg.Connection, service: Connection
    ) -> None:
        now = datetime.now(UTC)
        insert(
            service,
            [Call(now, guild_id=str(n), user_id=str(n), total_tokens=n) for n in range(1, 26)],
        )
        document = usage(admin, days=1)
        for part, name in (("guilds", "guild_id"), ("users", "user_id")):
            assert [each[name] for each in document[part]] == [str(n) for n in range(25, 5, -1)]

    def test_a_day_on_which_the_clocks_change_is_whole(
        self, admin: psycopg.Connection, service: Connection
    ) -> None:
        """The days of New York since before the last change: none lacks an hour, or has two."""
        insert(
            service,
            [Call(moment(NEW_YORK, ago, hour)) for ago in range(1, 200) for hour in (0, 23)],
        )
        document = usage(admin, NEW_YORK, 200)
        counts = {row["day"]: row["calls"] for row in document["days"]}
        assert len(counts) == 199
        assert set(counts.values()) == {2}


def test_latency_is_that_of_answered_questions_day_by_day(
    admin: psycopg.Connection, service: Connection
) -> None:
    chance = random.Random(7)
    times: dict[date, list[int]] = {}
    for _ in range(300):
        ago = chance.choice([0, 2, 6, 7])
        created_at = moment(TOKYO, ago, 0) + timedelta(seconds=chance.randrange(60))
        finished_ms = chance.randrange(500, 9000)
        service.execute(
            "insert into interaction_log (command, kind, outcome, acknowledged_ms, finished_ms,"
            " created_at) values (%s, 'command', 'answered', %s, %s, %s)",
            (
                chance.choice(["ask", "ask:again", "Translate"]),
                finished_ms / 10 + 0.2,
                finished_ms + 0.4,
                created_at,
            ),
        )
        times.setdefault(created_at.date(), []).append(finished_ms)
    # None of these asked the assistant and got an answer.
    for command, kind, outcome in (
        ("ping", "command", "answered"),
        ("ask:delete", "component", "answered"),
        ("asking", "command", "answered"),
        ("ask", "command", "failed"),
        ("ask", "command", "refused"),
        ("ask", "autocomplete", "answered"),
    ):
        service.execute(
            "insert into interaction_log (command, kind, outcome, acknowledged_ms, finished_ms)"
            " values (%s, %s, %s, 99999, 99999)",
            (command, kind, outcome),
        )
    document = asked(admin, "assistant_latency(%s, 7)", TOKYO)
    days = [today(TOKYO) - timedelta(days=6 - n) for n in range(7)]
    assert [row["day"] for row in document["days"]] == list(map(str, days))

    def figures(of: list[int]) -> dict[str, int | None]:
        def percentile(share: float) -> int | None:
            return sorted(of)[ceil(share * len(of)) - 1] if of else None

        shares = {"p50": 0.5, "p95": 0.95, "p99": 0.99}
        return {"answered": len(of)} | {
            f"{name}_ms": percentile(share) for name, share in shares.items()
        }

    def finished(row: dict[str, Any]) -> dict[str, Any]:
        return {name: row[name] for name in ("answered", "p50_ms", "p95_ms", "p99_ms")}

    for day, row in zip(days, document["days"], strict=True):
        assert finished(row) == figures(times.get(day, []))
        if row["answered"]:
            assert row["acknowledged_p95_ms"] == pytest.approx(row["p95_ms"] / 10, abs=1)
    everything = [each for day in days for each in times.get(day, [])]
    assert finished(document["total"]) == figures(everything)
