"""/config limits: what a day and a month may cost, which is the owner's to set."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest

from lib.ports import Limits
from tests.commands.configuring import config, fields
from tests.commands.steering import OTHER, bot_with_models, shown, told
from tests.payloads import ASKER, GUILD, InteractionBuilder, subcommand

AS_MIGRATED = Limits(answers_a_day=100, tokens_a_day=400_000, budget_usd_a_month=Decimal(5))


def test_limits_are_the_owners_to_set() -> None:
    bot = bot_with_models(owners=OTHER)
    reply = bot.client.send(config("limits", answers=1000))
    assert "Only the bot's owner" in reply.content
    assert bot.chat.limits == {"guilds": AS_MIGRATED, "direct": AS_MIGRATED}


def limits(**options: str | float | bool) -> InteractionBuilder:
    return subcommand("config", "limits", **options)


@pytest.mark.parametrize(
    ("builder", "scope", "expected"),
    [
        (limits(answers=7), GUILD, {"answers_a_day": 7}),
        (limits(tokens=0), GUILD, {"tokens_a_day": 0}),
        (limits(budget=0.0005), GUILD, {"budget_usd_a_month": Decimal("0.0005")}),
        (limits(budget=3), GUILD, {"budget_usd_a_month": Decimal(3)}),
        (limits(answers=-1, budget=-1), GUILD, {"answers_a_day": None, "budget_usd_a_month": None}),
        (limits(answers=3, of="direct"), "direct", {"answers_a_day": 3}),
        (limits(tokens=9, of="guilds"), "guilds", {"tokens_a_day": 9}),
    ],
)
def test_what_is_given_changes_and_the_rest_stays(
    builder: InteractionBuilder, scope: str, expected: Mapping[str, Any]
) -> None:
    bot = bot_with_models(owners=ASKER)
    shown(bot, builder)
    assert bot.chat.limits[scope] == dataclasses.replace(AS_MIGRATED, **expected)
    assert f"limits of {scope} changed by {ASKER}" in str(bot.store.tables.bot_logs)
    others = {"guilds", "direct"} - {scope}
    assert all(bot.chat.limits[other] == AS_MIGRATED for other in others)


@pytest.mark.parametrize(
    ("given", "english", "japanese"),
    [
        (
            {"answers": -1, "tokens": 0},
            "Each user: unlimited answers and 0 tokens a day. This whole server: $5.00 a month.",
            ("1人1日あたり: 回答は無制限、トークンは0まで。サーバー全員合計で1か月$5.00まで"),
        ),
        (
            {"answers": 1, "budget": 0.0005},
            "Each user: 1 answer and 400,000 tokens a day. This whole server: $0.0005 a month.",
            (
                "1人1日あたり: 回答は1回まで、トークンは400,000まで。"
                "サーバー全員合計で1か月$0.0005まで"
            ),
        ),
        (
            {"budget": -1, "of": "guilds"},
            "Each user: 100 answers and 400,000 tokens a day. Each server: no limit on the costs.",
            (
                "1人1日あたり: 回答は100回まで、トークンは400,000まで。"
                "サーバーごとの全員合計の金額は無制限"
            ),
        ),
        (
            {"budget": 2, "of": "direct"},
            "Each user: 100 answers and 400,000 tokens a day. All users together: $2.00 a month.",
            "1人1日あたり: 回答は100回まで、トークンは400,000まで。全ユーザー合計で1か月$2.00まで",
        ),
    ],
)
def test_new_limits_are_told_at_once(given: Mapping[str, Any], english: str, japanese: str) -> None:
    assert told(bot_with_models(owners=ASKER), limits(**given)).endswith(f"\n{english}")
    in_japanese = limits(**given).in_japanese()
    assert told(bot_with_models(owners=ASKER), in_japanese).endswith(f"\n{japanese}")


@pytest.mark.parametrize("given", [{"answers": -2}, {"tokens": -100}, {"budget": -0.5}])
def test_less_than_nothing_is_no_limit(given: Mapping[str, Any]) -> None:
    bot = bot_with_models(owners=ASKER)
    assert "0 for nothing at all, or -1 for no limit" in told(bot, limits(**given))
    assert bot.chat.limits == {"guilds": AS_MIGRATED, "direct": AS_MIGRATED}
    assert bot.store.tables.bot_logs == []


def test_a_refused_number_leaves_a_servers_own_limits_where_they_were_to_be_reset() -> None:
    bot = bot_with_models(owners=ASKER)
    told(bot, limits(answers=7))
    assert "-1 for no limit" in told(bot, limits(reset=True, answers=-2).numbered(2))
    assert bot.chat.limits[GUILD].answers_a_day == 7


def test_the_limits_stand_also_where_something_else_was_changed() -> None:
    bot = bot_with_models(owners=ASKER)
    told(bot, limits(answers=7))
    body = shown(bot, config("footer", shown=False).numbered(2))
    assert fields(body)["Limits"].startswith("Each user: 7 answers")


def test_without_a_number_they_are_only_shown() -> None:
    bot = bot_with_models(owners=ASKER)
    assert "100 answers" in told(bot, limits())
    assert "change_limits" not in bot.chat.entered
    assert bot.store.tables.bot_logs == []


def test_a_server_goes_back_to_the_limits_of_all() -> None:
    bot = bot_with_models(owners=ASKER)
    told(bot, limits(answers=7))
    assert "100 answers" in told(bot, limits(reset=True).numbered(2))
    assert GUILD not in bot.chat.limits
    assert "Only this server's own" in told(bot, limits(reset=True, of="direct").numbered(3))
