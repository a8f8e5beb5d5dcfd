"""The pace: who asked a model waits before the next, and who was refused before that does not."""

from __future__ import annotations

import pytest

from lib.chat.places import OTHER_CHANNEL
from lib.chat.planning import NOTHING_ASKED
from lib.ports import ChatModelError, ChatModelFailure, Limits
from tests.bot import Bot
from tests.commands.asking import ASK, Shown, Talk
from tests.fakes.chat_model import ScriptedChatModel, saying
from tests.payloads import (
    ASKER,
    GUILD,
    InteractionBuilder,
    Json,
    attached,
    message_command,
    submit,
)

TOO_SOON = "you can ask again in 5 s"
ELSEWHERE = "1180000000000000222"
BLANK = submit("ask:long", prompt=" \n")


def send_at_once(talk: Talk, builder: InteractionBuilder) -> Shown:
    """Send it at the moment of the last one."""
    new = builder.at(talk.bot.clock.now()).numbered(99)
    return Shown(talk.bot, new, talk.bot.client.send(new))


@pytest.mark.parametrize(
    "next_one",
    [
        ASK,
        submit("ask:long", prompt="Hi"),
        message_command("Translate", content="彗星"),
        message_command("Summarise", content="彗星"),
        submit("Ask about this:ask:1", question="What?", message="彗星"),
    ],
    ids=["/ask", "its form", "Translate", "Summarise", "Ask about this"],
)
def test_there_is_one_pace_for_all_that_ask_a_model(next_one: InteractionBuilder) -> None:
    talk = Talk(saying("Hello."))
    talk.ask()
    shown = send_at_once(talk, next_one)
    assert TOO_SOON in shown.text


def test_a_question_that_was_blank_costs_no_pause() -> None:
    talk = Talk(saying("Hello."))
    assert talk.send(BLANK).text == NOTHING_ASKED.en
    assert send_at_once(talk, ASK).text == "Hello."


def test_a_channel_where_it_may_not_be_asked_costs_no_pause() -> None:
    talk = Talk(saying("Hello."))
    talk.settle_in(channel_ids=frozenset({ELSEWHERE}))
    assert talk.ask().text == OTHER_CHANNEL.en.format(channels=f"<#{ELSEWHERE}>")
    talk.settle_in(channel_ids=frozenset())
    assert send_at_once(talk, ASK).text == "Hello."


def limited_to(answers: int) -> Limits:
    return Limits(answers_a_day=answers, tokens_a_day=None, budget_usd_a_month=None)


def test_a_limit_costs_no_pause() -> None:
    talk = Talk(saying("Hello."))
    talk.chat.change_limits(scope=GUILD, limits=limited_to(0))
    assert talk.ask().is_told_apart
    talk.chat.change_limits(scope=GUILD, limits=limited_to(1))
    assert send_at_once(talk, ASK).text == "Hello."


def png(talk: Talk, content: bytes, *, name: str = "a.png", size: int | None = None) -> Json:
    file = attached(name, content_type="image/png", size=size or len(content))
    talk.bot.files.files[file["url"]] = content
    return file


def test_a_file_that_was_fetched_in_vain_costs_the_pause() -> None:
    talk = Talk(saying("Hello."))
    shown = talk.ask(file=png(talk, b"PK\x03\x04" + bytes(900)))
    assert shown.is_told_apart
    assert "by what is in it" in shown.text
    assert TOO_SOON in send_at_once(talk, ASK).text
    assert len(talk.bot.files.fetches) == 1


def test_a_limit_that_was_met_after_a_file_was_fetched_costs_the_pause() -> None:
    talk = Talk(saying("Hello."))
    talk.chat.change_limits(scope=GUILD, limits=limited_to(0))
    assert talk.ask(file=png(talk, b"\x89PNG\r\n\x1a\n" + bytes(900))).is_told_apart
    talk.chat.change_limits(scope=GUILD, limits=limited_to(1))
    assert TOO_SOON in send_at_once(talk, ASK).text


@pytest.mark.parametrize(
    ("name", "size"), [("a.exe", 900), ("a.png", 99_000_000)], ids=["its kind", "its size"]
)
def test_a_file_that_is_refused_before_it_is_fetched_costs_no_pause(name: str, size: int) -> None:
    talk = Talk(saying("Hello."))
    file = png(talk, b"", name=name, size=size)
    if name == "a.exe":
        file["content_type"] = "application/octet-stream"
    assert talk.ask(file=file).is_told_apart
    assert talk.bot.files.fetches == []
    assert send_at_once(talk, ASK).text == "Hello."


def test_a_model_that_was_asked_costs_the_pause_though_its_key_is_refused() -> None:
    refused = ChatModelError(ChatModelFailure.BAD_KEY, "HTTP 401")
    talk = Talk(bot=Bot(ScriptedChatModel([refused]), OWNER_IDS=ASKER))
    assert talk.ask().is_told_apart
    assert TOO_SOON in send_at_once(talk, ASK).text
