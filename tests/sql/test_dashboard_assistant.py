"""What the dashboard tells of the assistant, held against Python's sums of the same rows."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from math import ceil
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import psycopg
import pytest

from lib.chat.assistant import GUARDED
from lib.chat.attachments import TOO_LARGE
from lib.chat.failures import TEXTS
from lib.chat.limits import SWITCHED_OFF
from lib.chat.quota import TEXTS as LIMITS
from lib.commands import ask, ask_about_this, summarise, translate
from lib.locales import Locale
from lib.ports import ChatModelFailure
from tests.sql.queue_rows import Connection
from tests.sql.signed_in import ADMIN, asked, become

TOKYO, NEW_YORK = "Asia/Tokyo", "America/New_York"


@pytest.fixture
def admin(database_url: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(database_url, autocommit=True) as connection:
        become(connection, ADMIN)
        yield connection


class Call(NamedTuple):
    """A row of gemini_usage."""

    created_at: datetime
    model: str | None = "small"
    guild_id: str | None = "1"
    user_id: str | None = "7"
    prompt_tokens: int | None = 3
    completion_tokens: int | None = 4
    total_tokens: int | None = 7
    cost_usd: float | None = 0.25
    purpose: str | None = "answer"
    outcome: str | None = "complete"


def insert(service: Connection, calls: list[Call]) -> None:
    columns, marks = ", ".join(Call._fields), ", ".join(["%s"] * len(Call._fields))
    with service.cursor() as cursor:
        cursor.executemany(f"insert into gemini_usage ({columns}) values ({marks})".encode(), calls)


def today(zone: str) -> date:
    return datetime.now(ZoneInfo(zone)).date()


def moment(zone: str, days_ago: int, hour: int = 12) -> datetime:
    """That hour of a day of the zone."""
    day = today(zone) - timedelta(days=days_ago)
    return datetime(day.year, day.month, day.day, hour, tzinfo=ZoneInfo(zone))


def usage(admin: psycopg.Connection, zone: str = TOKYO, days: int = 30) -> dict[str, Any]:
    found: dict[str, Any] = asked(admin, "assistant_usage(%s, %s)", zone, days)
    return found


class TestUsage:
    @pytest.fixture
    def calls(self, service: Connection) -> list[Call]:
        chance = random.Random(1910)
        made = [
            Call(
                datetime.now(UTC) - timedelta(hours=chance.randrange(1, 24 * 50)),
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
            for _ in range(400)
        ]
        insert(service, made)
        return made

    def within(self, calls: list[Call], zone: str, since: int, until: int = -1) -> list[Call]:
        """Those of the days from so many days ago on, before so many days ago."""
        first, end = (today(zone) - timedelta(days=ago) for ago in (since, until))
        return [call for call in calls if first <= self.day(call, zone) < end]

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
            ("before", self.within(calls, zone, 2 * days - 1, days - 1)),
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
        assert document["total"] == document["before"]
        assert set(document["total"].values()) == {0}

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


class TestLimits:
    def limits(self, admin: psycopg.Connection, share: float = 0.8) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = asked(
            admin, "assistant_limits(%s, %s::numeric)", TOKYO, share
        )
        return found

    def use(
        self, service: Connection, user_id: str, answers: int, tokens: int = 0, days_ago: int = 0
    ) -> None:
        service.execute(
            "insert into used_days (user_id, day, answers, tokens) values (%s, %s, %s, %s)",
            (user_id, today(TOKYO) - timedelta(days=days_ago), answers, tokens),
        )

    def test_those_near_their_end_are_told_the_nearest_first(
        self, admin: psycopg.Connection, service: Connection
    ) -> None:
        self.use(service, "7", 80)
        self.use(service, "8", 79, 399_000)
        self.use(service, "9", 100)
        self.use(service, "10", 100, days_ago=1)
        found = self.limits(admin)
        assert [(row["user_id"], row["what"], row["used"], row["limit"]) for row in found] == [
            ("9", "answers", 100, 100),
            ("8", "tokens", 399_000, 400_000),
            ("7", "answers", 80, 100),
        ]
        assert [row["share"] for row in found] == [1, 0.9975, 0.8]
        assert {row["scope"] for row in found} == {"user"}
        tomorrow = moment(TOKYO, -1, 0)
        assert {datetime.fromisoformat(row["opens_at"]) for row in found} == {tomorrow}
        assert len(self.limits(admin, 0.9)) == 2

    def test_a_user_is_held_to_the_strictest_place_where_they_asked(
        self, admin: psycopg.Connection, service: Connection
    ) -> None:
        service.execute("insert into quotas (scope, answers_a_day) values ('1', 20), ('2', 10)")
        insert(
            service,
            [Call(datetime.now(UTC), guild_id=guild, user_id="7") for guild in ("1", "2", None)],
        )
        self.use(service, "7", 9)
        (row,) = self.limits(admin)
        assert (row["guild_id"], row["what"], row["limit"], row["share"]) == (
            "2",
            "answers",
            10,
            0.9,
        )

    def test_budgets_of_this_month_are_told(
        self, admin: psycopg.Connection, service: Connection
    ) -> None:
        month = today(TOKYO).replace(day=1)
        earlier = (month - timedelta(days=1)).replace(day=1)
        service.execute("insert into quotas (scope, budget_usd_a_month) values ('1', 2)")
        service.execute(
            "insert into used_months (scope, month, cost_usd) values"
            " ('1', %(m)s, 1.9), ('2', %(m)s, 1.9), ('direct', %(m)s, 4.5), ('1', %(e)s, 2)",
            {"m": month, "e": earlier},
        )
        found = self.limits(admin)
        assert [(row["scope"], row["guild_id"], row["used"], row["limit"]) for row in found] == [
            ("guild", "1", 1.9, 2),
            ("direct", None, 4.5, 5),
        ]
        assert {row["what"] for row in found} == {"budget"}
        opens_at = datetime.fromisoformat(found[0]["opens_at"]).astimezone(ZoneInfo(TOKYO))
        assert (opens_at.day, opens_at.hour, opens_at > datetime.now(UTC)) == (1, 0, True)

    def test_no_limit_is_never_near_and_neither_is_a_closed_one(
        self, admin: psycopg.Connection, service: Connection
    ) -> None:
        service.execute("update quotas set answers_a_day = null, tokens_a_day = 0")
        self.use(service, "7", 9999, 9999)
        assert self.limits(admin) == []


class TestProblems:
    def note(
        self, service: Connection, outcome: str, error: str | None, command: str = "ask"
    ) -> None:
        service.execute(
            "insert into interaction_log (command, kind, outcome, error, user_id, finished_ms)"
            " values (%s, 'command', %s, %s, '7', 12)",
            (command, outcome, error),
        )

    def problems(self, admin: psycopg.Connection, days: int = 7, limit: int = 50) -> dict[str, Any]:
        found: dict[str, Any] = asked(admin, "assistant_problems(%s, %s)", days, limit)
        return found

    def test_why_a_question_got_no_answer_is_known_by_what_its_asker_was_told(
        self, admin: psycopg.Connection, service: Connection
    ) -> None:
        english = Locale.ENGLISH
        told = [
            ("refused", TEXTS[ChatModelFailure.BLOCKED].in_(english), "blocked"),
            ("refused", GUARDED.in_(english), "blocked"),
            *(
                ("refused", text.in_(english, ago="soon", moment="00:00"), "limit")
                for text in LIMITS.values()
            ),
            ("refused", SWITCHED_OFF.in_(english), "limit"),
            ("refused", TOO_LARGE.in_(english, name="a.png", taken=""), "refused"),
            ("failed", TEXTS[ChatModelFailure.OVERLOADED].in_(english), "failed"),
            ("failed", None, "failed"),
        ]
        for outcome, error, _ in told:
            self.note(service, outcome, error)
        document = self.problems(admin)
        assert [(row["error"], row["kind"]) for row in document["answers"]] == [
            (error, kind) for _, error, kind in reversed(told)
        ]
        assert document["counts"] == Counter(kind for *_, kind in told)
        newest = document["answers"][0]
        assert (newest["command"], newest["user_id"], newest["finished_ms"]) == ("ask", "7", 12)

    def test_other_commands_and_older_days_are_left_out(
        self, admin: psycopg.Connection, service: Connection
    ) -> None:
        self.note(service, "failed", "KeyError", command="stats")
        self.note(service, "answered", None)
        service.execute(
            "insert into interaction_log (command, kind, outcome, created_at)"
            " values ('ask', 'command', 'failed', now() - interval '8 days')"
        )
        document = self.problems(admin)
        assert document["answers"] == []
        assert document["counts"] == {"blocked": 0, "limit": 0, "refused": 0, "failed": 0}
        assert self.problems(admin, 9)["counts"]["failed"] == 1

    def test_calls_that_did_not_end_well_are_told_the_newest_first(
        self, admin: psycopg.Connection, service: Connection
    ) -> None:
        now = datetime.now(UTC)
        insert(
            service,
            [
                Call(now - timedelta(hours=2), outcome="failed", total_tokens=1),
                Call(now - timedelta(hours=1), outcome="broken_off", purpose=None),
                Call(now),
                Call(now, outcome=None),
                Call(now - timedelta(days=9), outcome="failed"),
            ],
        )
        found = self.problems(admin)["calls"]
        assert [(row["outcome"], row["purpose"], row["total_tokens"]) for row in found] == [
            ("broken_off", "answer", 7),
            ("failed", "answer", 1),
        ]

    def test_there_are_no_more_of_them_than_wished_for_and_all_are_counted(
        self, admin: psycopg.Connection, service: Connection
    ) -> None:
        for number in range(5):
            self.note(service, "failed", str(number))
        document = self.problems(admin, limit=2)
        assert [row["error"] for row in document["answers"]] == ["4", "3"]
        assert document["counts"]["failed"] == 5


def test_the_commands_that_ask_the_assistant_are_known_by_their_names(
    admin: psycopg.Connection,
) -> None:
    for module in (ask, ask_about_this, translate, summarise):
        assert asked(admin, "asks_assistant(%s)", module.command.name.en) is True
    for key in ask.command.components:
        assert asked(admin, "asks_assistant(%s)", f"ask:{key}") is (key != "delete")
    for name in ("ping", "stats", "asked", "usage", "privacy:delete"):
        assert asked(admin, "asks_assistant(%s)", name) is False
