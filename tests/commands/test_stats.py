"""/stats: the figures in words, and the day as a picture."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from lib.ports import Chart, InteractionEntry, InteractionKind, Outcome, SeriesStyle, StoreError
from tests.bot import Bot
from tests.fakes.charts import PICTURE
from tests.fakes.clock import ManualClock
from tests.payloads import slash

NOON = datetime(2026, 1, 2, 12, 20, tzinfo=UTC)
STATS = slash("stats")


def new_bot() -> Bot:
    return Bot(clock=ManualClock(NOON))


def entry(
    number: int,
    *,
    acknowledged_ms: float = 20.0,
    finished_ms: float = 1200.0,
    outcome: Outcome = Outcome.ANSWERED,
    cold_start: bool = False,
) -> InteractionEntry:
    return InteractionEntry(
        interaction_id=str(number),
        command="ask",
        kind=InteractionKind.COMMAND,
        guild_id=None,
        user_id="7",
        deferred=True,
        acknowledged_ms=acknowledged_ms,
        margin_ms=2900,
        finished_ms=finished_ms,
        outcome=outcome,
        error=None,
        cold_start=cold_start,
    )


def fill(bot: Bot, count: int, *, age: timedelta = timedelta(hours=3), failed: int = 0) -> None:
    """Commands of so long ago, the first of them failed and the very first cold."""
    begin = len(bot.watch.interactions)
    for number in range(count):
        outcome = Outcome.FAILED if number < failed else Outcome.ANSWERED
        logged = entry(begin + number, outcome=outcome, cold_start=number == 0)
        bot.watch.interactions.append((NOON - age, logged))


def asked(bot: Bot, *, in_japanese: bool = False) -> Mapping[str, Any]:
    builder = STATS.at(bot.clock.now())
    bot.client.send(builder.in_japanese() if in_japanese else builder)
    (body,) = bot.discord.bodies()
    return body


def plain(body: Mapping[str, Any]) -> str:
    return str(body["content"]).replace("\N{NO-BREAK SPACE}", " ")


def drawn(bot: Bot) -> Chart:
    (chart,) = bot.charts.drawn
    return chart


def test_the_day_and_the_last_hundred_are_told_in_words() -> None:
    bot = new_bot()
    fill(bot, 1150, age=timedelta(hours=5), failed=23)
    fill(bot, 84)
    text = plain(asked(bot))
    assert "**Last 24 hours** · 1,234 commands, 23 errors (1.9%), 2 cold starts" in text
    assert "**Last 100 commands** · no errors, 1 cold start" in text
    assert "- Response: p50 20 ms · p95 20 ms · p99 20 ms" in text
    assert "- Whole answer: mean 1.2 s · p50 1.2 s · p95 1.2 s · p99 1.2 s" in text
    assert "**Queue** · empty" in text
    assert "19 of 20 came within this time. Discord waits 3 s for the response." in text


def test_no_line_of_a_phone_ends_between_a_figure_and_its_name() -> None:
    bot = new_bot()
    fill(bot, 3)
    text = str(asked(bot)["content"])
    (times,) = [line for line in text.splitlines() if line.startswith("- Whole answer")]
    assert times.removeprefix("- Whole answer: ").count(" ") == 3  # before p50, p95 and p99


def test_the_same_stands_there_in_japanese() -> None:
    bot = new_bot()
    fill(bot, 1234, failed=1)
    text = plain(asked(bot, in_japanese=True))
    assert "**直近24時間** · コマンド1,234件、エラー1件（0.1%未満）" in text
    assert "- 応答: p50 20ミリ秒 · p95 20ミリ秒 · p99 20ミリ秒" in text
    assert "- 回答の完了: 平均 1.2秒 · p50 1.2秒" in text
    assert "**キュー** · 空" in text
    assert not re.search(r"errors|commands|Queue", text)


def test_fewer_than_a_hundred_of_one_day_are_not_told_twice() -> None:
    bot = new_bot()
    fill(bot, 1)
    text = plain(asked(bot))
    assert "**Last 24 hours** · 1 command, no errors, 1 cold start" in text
    assert "Last 1 commands" not in text


def test_a_quiet_day_shows_the_last_commands_and_no_picture() -> None:
    bot = new_bot()
    fill(bot, 5, age=timedelta(days=3))
    body = asked(bot)
    assert "**Last 24 hours** · no commands" in plain(body)
    assert "**Last 5 commands** · no errors" in plain(body)
    assert body["attachments"] == []
    assert bot.charts.drawn == []


def test_a_bot_that_was_never_used_says_so() -> None:
    bot = new_bot()
    text = plain(asked(bot))
    assert "no commands" in text
    assert "p95" not in text


def test_a_bot_that_answers_late_is_called_slow() -> None:
    bot = new_bot()
    for number in range(20):
        late = entry(number, acknowledged_ms=3400.0)
        bot.watch.interactions.append((NOON - timedelta(hours=1), late))
    text = plain(asked(bot))
    assert "🐢 slow" in text


def test_what_waits_in_the_queue_is_told() -> None:
    bot = new_bot()
    for _ in range(3):
        bot.store.insert("snapshot")
    bot.clock.advance(300)
    text = plain(asked(bot))
    assert re.search(r"\*\*Queue\*\* · [34] waiting, the oldest for 5 min", text)


def test_the_picture_shows_each_hour_of_the_day() -> None:
    bot = new_bot()
    fill(bot, 40, age=timedelta(hours=2), failed=3)
    fill(bot, 7, age=timedelta(minutes=5))
    body = asked(bot)
    (call,) = [call for call in bot.discord.calls if call.files]
    (file,) = call.files
    assert (file.content, file.name.endswith(".png")) == (PICTURE, True)
    assert body["attachments"][0]["filename"] == file.name
    chart = drawn(bot)
    assert chart.end - chart.begin == timedelta(hours=24)
    assert chart.begin.utcoffset() == timedelta(hours=9)  # the owner's own zone
    commands, responses = chart.panels
    executed, errors = commands.series
    assert executed.style is errors.style is SeriesStyle.BARS
    assert len(executed.points) == 24
    assert [value for _, value in executed.points[-3:]] == [40, 0, 7]
    assert [value for _, value in errors.points[-3:]] == [3, 0, 0]
    (late,) = responses.series
    assert [value for _, value in late.points[-3:]] == [20, None, 20]
    assert responses.threshold == 3000


def test_every_label_of_the_picture_is_in_latin_script() -> None:
    bot = new_bot()
    fill(bot, 3)
    asked(bot, in_japanese=True)
    chart = drawn(bot)
    texts = [chart.title]
    for panel in chart.panels:
        texts += [panel.title, panel.unit, *(series.name for series in panel.series)]
    assert all(text.isascii() for text in texts)


@pytest.mark.parametrize(
    ("in_japanese", "words"),
    [(False, "Commands per hour: 47 in all, 3 of them failed"), (True, "合計47件、うちエラー3件")],
)
def test_the_picture_is_told_to_those_who_cannot_see_it(
    in_japanese: bool,  # noqa: FBT001
    words: str,
) -> None:
    bot = new_bot()
    fill(bot, 47, failed=3)
    (attachment,) = asked(bot, in_japanese=in_japanese)["attachments"]
    assert words in attachment["description"]


def test_everybody_sees_it_unless_it_is_asked_for_alone() -> None:
    bot = new_bot()
    assert bot.client.send(STATS.at(bot.clock.now())).json == {"type": 5}
    private = slash("stats", private=True).at(bot.clock.now()).by("7").numbered(2)
    assert bot.client.send(private).json == {"type": 5, "data": {"flags": 64}}


def test_without_a_database_it_says_at_once_that_it_needs_one() -> None:
    bot = Bot(without=("SUPABASE_URL",))
    assert "needs the database" in bot.client.send(STATS).content
    assert "データベースが必要" in bot.client.send(STATS.in_japanese()).content
    assert bot.discord.calls == []


def test_more_rows_than_are_counted_are_told_as_such() -> None:
    bot = new_bot()
    for _ in range(1000):
        bot.store.insert("snapshot")
    assert "1,000 or more waiting" in plain(asked(bot))


@pytest.mark.parametrize(
    "operation", ["interaction_window", "interaction_windows", "health_reading"]
)
def test_a_fault_of_the_database_is_told_in_words(operation: str) -> None:
    for builder, text in (
        (STATS, "didn't answer (`57014`)"),
        (STATS.in_japanese(), "応答がありません"),
    ):
        bot = Bot()
        bot.store.refuse(operation, StoreError(operation, "57014", "canceled"))
        bot.client.send(builder)
        assert text in bot.seen[0]
        assert [row.outcome for _, row in bot.watch.interactions] == [Outcome.FAILED]
