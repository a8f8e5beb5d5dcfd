"""/usage: what was used, what it cost, what is left, in words and as a picture."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from lib.ports import Chart, Limits, SeriesStyle
from tests.bot import Bot
from tests.commands.steering import NO_LIMITS, OTHER, Said, keep, managing, shown, told
from tests.fakes.charts import PICTURE
from tests.fakes.clock import ManualClock
from tests.payloads import GUILD, InteractionBuilder, slash

NOON = datetime(2026, 3, 2, 3, tzinfo=UTC)
USAGE = slash("usage")
SERVER = slash("usage", server=True)


def new_bot() -> Bot:
    return Bot(clock=ManualClock(NOON))


def now(bot: Bot, builder: InteractionBuilder) -> InteractionBuilder:
    return builder.at(bot.clock.now())


def filled() -> Bot:
    """Two days of one user, and one of another's."""
    bot = new_bot()
    keep(bot, Said("a", tokens=1000, cost="0.02"))
    keep(bot, Said("b", tokens=500, cost="0.01", model="thorough"))
    bot.clock.advance(timedelta(days=1).total_seconds())
    keep(bot, Said("c", tokens=300, cost="0.005"))
    keep(bot, Said("d", tokens=9000, cost="1.20", user=OTHER, model="thorough"))
    return bot


def drawn(bot: Bot) -> Chart:
    (chart,) = bot.charts.drawn
    return chart


def test_a_user_sees_their_day_against_the_limits_and_their_month_by_model() -> None:
    bot = filled()
    text = told(bot, now(bot, USAGE))
    assert "### Your usage" in text
    midnight = int(datetime(2026, 3, 3, 15, tzinfo=UTC).timestamp())  # in Tokyo
    assert f"answers: 1 of 100 · tokens: 300 of 400,000 · counted anew <t:{midnight}:R>" in text
    assert "**Last 30 days** · calls: 3, tokens: 1,800, $0.0350" in text
    first, second = (line for line in text.splitlines() if line.startswith("- `"))
    assert first == "- `swift` · calls: 2, tokens: 1,300, $0.0250"
    assert second == "- `thorough` · calls: 1, tokens: 500, $0.0100"


def test_the_server_is_seen_by_who_manages_it_with_its_budget() -> None:
    bot = filled()
    text = told(bot, managing(now(bot, SERVER)))
    assert "### This server's usage" in text
    assert "**This month's budget** · $1.24 of $5.00" in text
    assert "calls: 4, tokens: 10,800, $1.24" in text
    assert "**Busiest day** · 2026-03-03: calls: 2, tokens: 9,300" in text
    assert "answers:" not in text


@pytest.mark.parametrize(
    ("builder", "reason"),
    [
        (SERVER, "Manage Server"),
        (SERVER.in_japanese(), "「サーバー管理」"),
        (SERVER.in_dm(), "works in servers only"),
    ],
)
def test_nobody_else_sees_the_servers(builder: InteractionBuilder, reason: str) -> None:
    bot = filled()
    assert reason in told(bot, now(bot, builder))
    assert bot.charts.drawn == []


def test_the_picture_stacks_the_models_day_by_day() -> None:
    bot = filled()
    body = shown(bot, now(bot, USAGE))
    (file,) = bot.discord.calls[-1].files
    assert file.content == PICTURE
    assert "1,800 in all and at most 1,500 on one day" in body["attachments"][0]["description"]
    chart = drawn(bot)
    tokens, cost = chart.panels
    assert chart.end - chart.begin == timedelta(days=30)
    assert [series.name for series in tokens.series] == ["swift", "thorough"]
    # The shorter bar stands in front: the upper one reaches up to the sum.
    assert [series.points[-2][1] for series in tokens.series] == [1000, 1500]
    # A model that was not used that day has no bar, which would hide that of the one below.
    assert [series.points[-1][1] for series in tokens.series] == [300, 0]
    assert [value for _, value in cost.series[0].points[-2:]] == [pytest.approx(0.03), 0.005]
    assert {series.style for panel in chart.panels for series in panel.series} == {SeriesStyle.BARS}


def test_each_color_is_as_high_as_what_its_model_used() -> None:
    bot = new_bot()
    keep(bot, Said("a", tokens=500))
    keep(bot, Said("b", tokens=500, model="thorough"))
    bot.clock.advance(timedelta(days=1).total_seconds())
    keep(bot, Said("c", tokens=70, model="thorough"))
    told(bot, now(bot, USAGE))
    panel, _ = drawn(bot).panels
    first, second = panel.series
    assert (first.name, [value for _, value in first.points[-2:]]) == ("thorough", [500, 70])
    assert (second.name, [value for _, value in second.points[-2:]]) == ("swift", [1000, 0])


def test_a_price_that_nobody_knows_is_told_beside_the_sum() -> None:
    bot = new_bot()
    keep(bot, Said("a", tokens=1000, cost="0.02"))
    keep(bot, Said("b", tokens=500, cost=None, model="house"))
    text = told(bot, now(bot, USAGE))
    assert "**Last 30 days** · calls: 2, tokens: 1,500, $0.0200 + unknown" in text
    assert "- `swift` · calls: 1, tokens: 1,000, $0.0200\n" in text
    assert "- `house` · calls: 1, tokens: 500, cost unknown\n" in text
    assert "counts against no budget" in text
    bot.clock.advance(60)
    japanese = told(bot, now(bot, USAGE.in_japanese()))
    assert "呼び出し2回、1,500トークン、$0.0200＋不明分" in japanese
    assert "500トークン、金額不明\n" in japanese


def test_where_all_prices_are_known_nothing_is_said_of_unknown_ones() -> None:
    bot = filled()
    assert "nknown" not in told(bot, now(bot, USAGE))


def test_of_many_models_the_picture_and_the_list_tell_the_largest() -> None:
    bot = new_bot()
    for number in range(12):
        keep(bot, Said("x", tokens=100 + number, model=f"モデル{number}"))
    text = told(bot, now(bot, USAGE))
    assert "- 4 more models" in text
    names = [series.name for series in drawn(bot).panels[0].series]
    assert names == ["???11", "???10", "???9", "???8", "others"]
    assert drawn(bot).panels[0].series[-1].points[-1][1] == sum(range(100, 112))


@pytest.mark.parametrize("days", [7, 30, 90])
def test_how_far_back_is_a_choice(days: int) -> None:
    bot = filled()
    text = told(bot, now(bot, slash("usage", days=days)))
    assert f"**Last {days} days**" in text
    assert drawn(bot).title == f"Halley, last {days} days"


def test_a_budget_that_is_nearly_used_up_is_told_to_who_only_asks() -> None:
    bot = filled()
    assert "budget" not in told(bot, now(bot, USAGE))
    bot.chat.limits[GUILD] = Limits(
        answers_a_day=None, tokens_a_day=None, budget_usd_a_month=Decimal("1.50")
    )
    bot.clock.advance(60)
    text = told(bot, now(bot, USAGE))
    assert "**This month's budget** · $1.24 of $1.50" in text
    assert "answers: 1 · tokens: 300 ·" in text  # without a limit


def test_a_server_without_a_budget_has_no_end_of_it() -> None:
    bot = filled()
    bot.chat.limits[GUILD] = NO_LIMITS
    assert "**This month** · $1.24, without a limit" in told(bot, managing(now(bot, SERVER)))


def test_who_used_nothing_is_told_so_without_a_picture() -> None:
    bot = new_bot()
    text = told(bot, now(bot, USAGE))
    assert "**Last 30 days** · nothing" in text
    assert bot.charts.drawn == []


def test_the_same_in_japanese() -> None:
    bot = filled()
    text = told(bot, now(bot, USAGE.in_japanese()))
    assert "### あなたの利用状況" in text
    assert "回答: 1 / 100 · トークン: 300 / 400,000" in text
    assert "**直近30日間** · 呼び出し3回、1,800トークン、$0.0350" in text
    assert not re.search(r"calls|tokens|Today", text)


def test_a_database_that_is_away_is_told_plainly() -> None:
    bot = filled()
    bot.chat.is_down = True
    assert "The database didn't answer" in told(bot, now(bot, USAGE))
