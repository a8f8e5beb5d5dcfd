"""/forget: one's own conversation, or for those who manage the server the channel's."""

from __future__ import annotations

import pytest

from lib.ports import ConversationKind
from tests.bot import Bot
from tests.commands.steering import OTHER, Said, keep, managing, told
from tests.payloads import InteractionBuilder, slash

FORGET = slash("forget")
CHANNELS = slash("forget", channel=True)


def questions(bot: Bot) -> list[str]:
    return [exchange.question for exchange in bot.chat.exchanges.values()]


def filled() -> Bot:
    bot = Bot()
    keep(bot, Said("mine"))
    keep(bot, Said("mine as well"))
    keep(bot, Said("another's", user=OTHER))
    keep(bot, Said("another's secret", user=OTHER, kind=ConversationKind.PRIVATE))
    keep(bot, Said("elsewhere", channel="42"))
    return bot


def test_ones_own_conversation_goes_and_nobody_elses() -> None:
    bot = filled()
    text = told(bot, FORGET)
    assert "Forgotten: 2 of your questions in this channel" in text
    assert questions(bot) == ["another's", "another's secret", "elsewhere"]


def test_the_channels_goes_by_who_manages_the_server_but_for_others_secrets() -> None:
    bot = filled()
    assert "this channel's conversations, 3 questions" in told(bot, managing(CHANNELS))
    assert questions(bot) == ["another's secret", "elsewhere"]


def test_the_bots_owner_may_as_well() -> None:
    bot = Bot(OWNER_IDS=OTHER)
    keep(bot, Said("mine"))
    told(bot, CHANNELS.by(OTHER))
    assert questions(bot) == []


@pytest.mark.parametrize(
    ("builder", "reason"),
    [
        (CHANNELS, "Manage Server"),
        (CHANNELS.in_japanese(), "「サーバー管理」権限"),
        (CHANNELS.in_dm(), "works in servers only"),
    ],
)
def test_nobody_else_may_take_the_channels(builder: InteractionBuilder, reason: str) -> None:
    bot = filled()
    assert reason in told(bot, builder)
    assert len(questions(bot)) == 5


def test_when_nothing_is_left_it_says_so() -> None:
    bot = Bot()
    assert told(bot, FORGET) == "There is nothing left here to forget."
    assert "残っていません" in told(bot, FORGET.in_japanese().numbered(2))


def test_one_is_told_as_one_and_in_japanese() -> None:
    for builder, text in (
        (FORGET, "your one question"),
        (FORGET.in_japanese(), "あなたの質問と回答を1件削除しました"),
    ):
        bot = Bot()
        keep(bot, Said("mine"))
        assert text in told(bot, builder)


def test_a_database_that_is_away_is_told_plainly() -> None:
    bot = filled()
    bot.chat.is_down = True
    assert "The database didn't answer" in told(bot, FORGET)
    assert len(questions(bot)) == 5
