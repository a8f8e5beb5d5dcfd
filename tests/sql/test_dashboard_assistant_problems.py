"""What the dashboard tells of questions without an answer, and of limits near their end."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import psycopg

from lib.chat.assistant import GUARDED
from lib.chat.attachments import TOO_LARGE
from lib.chat.failures import TEXTS
from lib.chat.limits import SWITCHED_OFF
from lib.chat.quota import TEXTS as LIMITS
from lib.commands import ask, ask_about_this, summarise, translate
from lib.locales import Locale
from lib.ports import ChatModelFailure
from tests.sql.assistant_rows import TOKYO, Call, insert, moment, today
from tests.sql.queue_rows import Connection
from tests.sql.signed_in import asked


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
