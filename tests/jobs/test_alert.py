"""Alerts: one message in the owner's channel when something is wrong, and one when it is over."""

from __future__ import annotations

import pytest

from lib.jobs.alert import LONGEST_DETAIL, TITLES
from lib.ports import CommandStatus, JsonObject
from tests.bot import ENVIRONMENT, Bot
from tests.captured_log import CapturedLog
from tests.fakes.discord import Call, CallKind, discord_error
from tests.fakes.rows import Row
from tests.payloads import APPLICATION_ID

CHANNEL = "1180000000000000777"
BOT_TOKEN = "a.bot.token-for-tests"
LATE: JsonObject = {
    "name": "schedule:cron_stats",
    "detail": "cron_stats has not run for 125 s; it should every 60 s.",
    "opened_at": "2026-01-01T00:00:00+00:00",
    "closed_at": None,
}
OVER: JsonObject = {**LATE, "closed_at": "2026-01-01T00:05:00+00:00"}


def bot_with_channel() -> Bot:
    return Bot(ALERT_CHANNEL_ID=CHANNEL, DISCORD_BOT_TOKEN=BOT_TOKEN)


def alert(bot: Bot, payload: JsonObject = LATE) -> Row:
    """Have the watch's row come, and a tick work on it."""
    row = bot.store.rows[bot.store.insert("alert", payload)]
    assert bot.tick() == 200
    return row


def messages(bot: Bot) -> list[str]:
    return list(bot.discord.in_channel(CHANNEL))


def tries(bot: Bot) -> list[Call]:
    return [call for call in bot.discord.calls if call.kind is CallKind.CREATE_MESSAGE]


def test_the_channel_is_told_in_both_languages_what_is_wrong() -> None:
    bot = bot_with_channel()
    assert alert(bot).status is CommandStatus.COMPLETED
    (message,) = messages(bot)
    assert message == (
        "⚠️ **A schedule does not run** · 定期処理が実行されていません\n"
        "`cron_stats has not run for 125 s; it should every 60 s.`"
    )


def test_and_that_it_is_over() -> None:
    bot = bot_with_channel()
    alert(bot)
    alert(bot, OVER)
    first, second = messages(bot)
    assert first.startswith("⚠️")
    assert second.startswith(
        "✅ **A schedule does not run: over** · 定期処理が実行されていません：解消しました"
    )


@pytest.mark.parametrize("name", [*TITLES, "heartbeat:worker", "schedule:x", "something new", ""])
def test_every_alert_has_a_title(name: str) -> None:
    bot = bot_with_channel()
    alert(bot, {**LATE, "name": name})
    title = TITLES.get(name.partition(":")[0])
    assert ("Something is wrong" if title is None else title.en) in messages(bot)[0]


def test_nobody_is_pinged_and_nothing_breaks_out_whatever_the_detail_says() -> None:
    bot = bot_with_channel()
    alert(bot, {**LATE, "detail": "`@everyone` " * 500})
    (call,) = tries(bot)
    assert call.body is not None
    assert call.body["allowed_mentions"] == {"parse": []}
    assert call.content.count("`") == 2
    assert len(call.content) < LONGEST_DETAIL + 200


@pytest.mark.parametrize(
    "settings",
    [{}, {"ALERT_CHANNEL_ID": CHANNEL}, {"DISCORD_BOT_TOKEN": BOT_TOKEN}],
    ids=["neither", "no token", "no channel"],
)
def test_who_can_tell_nobody_leaves_the_alert_to_those_who_can(settings: dict[str, str]) -> None:
    bot = Bot(base={**ENVIRONMENT, **settings})
    assert alert(bot).status is CommandStatus.PENDING
    assert tries(bot) == []
    assert {record.alerts_for for record in bot.watch.records} == {None}


def test_a_record_says_for_whom_alerts_can_be_told() -> None:
    bot = bot_with_channel()
    bot.tick()
    assert {record.alerts_for for record in bot.watch.records} == {APPLICATION_ID}


def test_a_channel_that_is_not_reached_is_told_later_and_nothing_is_seen_twice() -> None:
    bot = bot_with_channel()
    bot.discord.refuse(CallKind.CREATE_MESSAGE, discord_error(503))
    row = alert(bot)
    assert messages(bot) == []
    bot.clock.advance(60)
    bot.tick()
    assert row.status is CommandStatus.COMPLETED
    assert len(messages(bot)) == 1
    assert len({call.message_id for call in tries(bot) if call.is_taken}) == 1


def test_a_channel_that_the_bot_may_not_write_in_is_told_in_the_log(log: CapturedLog) -> None:
    bot = Bot(ALERT_CHANNEL_ID=CHANNEL, DISCORD_BOT_TOKEN=BOT_TOKEN, output=log.output)
    bot.discord.refuse(CallKind.CREATE_MESSAGE, *[discord_error(403, 50001)] * 5)
    row = alert(bot)
    assert row.status is not CommandStatus.COMPLETED
    (line,) = log.of("alert_not_told")
    assert (line["level"], line["status"], line["code"]) == ("WARNING", 403, 50001)


@pytest.mark.parametrize(
    "payload",
    [
        {},
        {"name": "queue_age"},
        {"detail": "x"},
        {"name": 5, "detail": "x"},
        {"name": "x", "detail": None},
    ],
    ids=str,
)
def test_a_row_that_is_no_alert_fails_at_once(payload: JsonObject) -> None:
    bot = bot_with_channel()
    row = alert(bot, payload)
    assert (row.status, row.last_error) == (CommandStatus.FAILED, "the row is no alert")
    assert tries(bot) == []
