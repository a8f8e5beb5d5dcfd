"""Orders of the player that no worker got round to: whoever gave them is told."""

from __future__ import annotations

import pytest

from lib.ports import CommandStatus, JsonObject
from tests.bot import Bot
from tests.fakes.discord import Call, CallKind, discord_error
from tests.fakes.rows import Row
from tests.payloads import APPLICATION_ID

TOKEN = "a-token-of-an-interaction"
COMMAND: JsonObject = {
    "application_id": APPLICATION_ID,
    "token": TOKEN,
    "type": 2,
    "locale": "en-US",
}


def untaken(bot: Bot, *, reason: str = "expired", interaction: JsonObject | None = COMMAND) -> Row:
    """Have the database's row come, and a tick work on it."""
    row = bot.store.rows[bot.store.insert("untaken", {"command": "skip", "reason": reason})]
    row.interaction = interaction
    assert bot.tick() == 200
    return row


def told(bot: Bot) -> list[Call]:
    return [call for call in bot.discord.calls if call.is_taken]


def test_the_answer_says_that_nothing_was_done() -> None:
    bot = Bot()
    assert untaken(bot).status is CommandStatus.COMPLETED
    (call,) = told(bot)
    assert call.kind is CallKind.EDIT_ORIGINAL
    assert call.webhook is not None
    assert call.webhook.token == TOKEN
    assert call.content.startswith("The player didn't get round to this in time")


def test_in_the_language_of_who_asked() -> None:
    bot = Bot()
    untaken(bot, interaction={**COMMAND, "locale": "ja"})
    assert told(bot)[0].content.startswith("プレイヤーが時間内に応答しなかった")


def test_that_somebody_cancelled_it_is_another_thing() -> None:
    bot = Bot()
    untaken(bot, reason="cancelled")
    assert told(bot)[0].content == "This was cancelled by whoever runs the bot."


def test_of_what_was_begun_nobody_says_that_nothing_was_done() -> None:
    bot = Bot()
    row = bot.store.rows[bot.store.insert("untaken", {"reason": "expired", "is_begun": True})]
    row.interaction = COMMAND
    assert bot.tick() == 200
    assert told(bot)[0].content.startswith("The player was interrupted in the middle of this.")


def test_a_card_stays_as_it_is_and_who_pressed_its_button_alone_is_told() -> None:
    bot = Bot()
    untaken(bot, interaction={**COMMAND, "type": 3})
    (call,) = told(bot)
    assert call.kind is CallKind.CREATE_FOLLOW_UP
    assert call.body is not None
    assert call.body["flags"] == 1 << 6


def test_an_answer_that_is_gone_is_not_tried_again() -> None:
    bot = Bot()
    bot.discord.refuse(CallKind.EDIT_ORIGINAL, discord_error(404))
    assert untaken(bot).status is CommandStatus.COMPLETED
    bot.tick()
    assert told(bot) == []


def test_a_discord_that_is_away_is_asked_later() -> None:
    bot = Bot()
    bot.discord.refuse(CallKind.EDIT_ORIGINAL, discord_error(503))
    row = untaken(bot)
    assert told(bot) == []
    bot.clock.advance(60)
    bot.tick()
    assert row.status is CommandStatus.COMPLETED
    assert len(told(bot)) == 1


@pytest.mark.parametrize("interaction", [None, {}, {"token": 5, "application_id": "1"}])
def test_a_row_that_somebody_else_inserted_fails_at_once(interaction: JsonObject | None) -> None:
    bot = Bot()
    row = untaken(bot, interaction=interaction)
    assert row.status is CommandStatus.FAILED
    assert row.last_error == "the row holds no interaction"
