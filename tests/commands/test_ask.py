"""/ask as its user sees it, and what it leaves in the tables."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from lib.commands._asking import COOLDOWN_SECONDS
from lib.ports import (
    CommandStatus,
    CompletionChunk,
    Role,
)
from lib.services.unrecorded import UnrecordedStore
from tests.bot import Bot
from tests.commands.asking import ASK, FENCE, asked, without_footer
from tests.fakes.chat_model import SOME_USAGE, ScriptedChatModel, Step, saying
from tests.fakes.clock import ManualClock
from tests.fakes.discord import CallKind
from tests.payloads import APPLICATION_ID, ASKER, CHANNEL, GUILD, slash


def test_the_answer_is_seen_and_the_tokens_are_logged() -> None:
    bot = asked(*saying("In ", "2061."))
    assert bot.seen == ["In 2061."]
    (command_id,) = bot.store.rows
    assert bot.store.tables.gemini_usage == [
        {
            "guild_id": GUILD,
            "user_id": ASKER,
            "prompt_tokens": SOME_USAGE.prompt_tokens,
            "completion_tokens": SOME_USAGE.completion_tokens,
            "total_tokens": SOME_USAGE.total_tokens,
            "model": "scripted",
            "cost_usd": Decimal("0.00021"),
            "purpose": "answer",
            "outcome": "complete",
            "estimated": False,
            "command_id": command_id,
        }
    ]


def test_in_a_direct_message_the_tokens_have_no_guild() -> None:
    bot = asked(*saying("Hello."), builder=ASK.in_dm())
    (seen,) = bot.seen
    assert seen.startswith("Hello.")
    assert bot.store.tables.gemini_usage[0]["guild_id"] is None


def test_the_model_is_asked_what_the_user_asked_in_the_users_language() -> None:
    model = ScriptedChatModel(saying("2061年です。"))
    Bot(model).client.send(ASK.in_japanese())
    (call,) = model.asked
    assert [(turn.role, turn.text) for turn in call.turns] == [(Role.USER, "When is Halley back?")]
    assert "in Japanese" in call.system_instruction
    assert 0 < call.deadline_seconds < 60


def test_the_row_is_begun_before_the_model_is_asked_and_ended_after_the_answer() -> None:
    rows: list[tuple[str, bool]] = []

    def look() -> None:
        (row,) = bot.store.rows.values()
        rows.append((row.status, row.token is not None))

    bot = Bot(ScriptedChatModel([look, *saying("Hello."), look]))
    bot.client.send(ASK)
    (row,) = bot.store.rows.values()
    assert rows == [("processing", True), ("processing", True)]
    assert row.status is CommandStatus.COMPLETED
    assert (row.token, row.interaction) == (None, None)


def test_what_dashboards_read_of_it_names_neither_the_question_nor_the_asker_nor_the_token() -> (
    None
):
    bot = asked(*saying("Hello."))
    (row,) = bot.store.rows.values()
    assert row.command == "answer"
    assert row.payload == {
        "command": "ask",
        "application_id": APPLICATION_ID,
        "guild_id": GUILD,
        "channel_id": CHANNEL,
        "locale": "en-US",
    }


def test_the_answer_grows_about_once_a_second_while_the_model_streams() -> None:
    clock = ManualClock()
    pieces: list[Step] = []
    for number in range(1, 9):
        pieces += [CompletionChunk(text=f"{number} "), lambda: clock.advance(0.5)]
    bot = without_footer(Bot(ScriptedChatModel([*pieces, *saying("end")]), clock=clock))
    bot.client.send(ASK)
    assert [call.content for call in bot.discord.calls] == [
        "1",
        "1 2 3",
        "1 2 3 4 5",
        "1 2 3 4 5 6 7",
        "1 2 3 4 5 6 7 8 end",
        "1 2 3 4 5 6 7 8 end",  # with its buttons
    ]


def test_a_beginning_in_which_nothing_shows_is_not_shown_whatever_stood_there_before() -> None:
    clock = ManualClock()
    pieces: list[Step] = []
    for piece in ("`", "``", "py", "\n", "x = 1"):
        pieces += [CompletionChunk(text=piece), lambda: clock.advance(2)]
    bot = without_footer(Bot(ScriptedChatModel([*pieces, *saying("\n```")]), clock=clock))
    bot.client.send(ASK)
    assert bot.seen == [f"{FENCE}py\nx = 1\n{FENCE}"]
    assert all(call.content.strip("`\npy") in {"", "x = 1"} for call in bot.discord.calls)


def test_a_long_answer_is_split_into_follow_ups() -> None:
    sentences = "ハレー彗星はおよそ76年ごとに帰ってきます。" * 200
    bot = asked(*saying(sentences))
    assert len(bot.seen) == 3
    assert "".join(bot.seen) == sentences
    assert all(piece.endswith("。") for piece in bot.seen)


@pytest.mark.parametrize("is_private", [True, False])
def test_a_private_answer_is_private_in_all_its_messages(is_private: bool) -> None:  # noqa: FBT001
    bot = Bot(ScriptedChatModel(saying("Long. " * 800)))
    reply = bot.client.send(slash("ask", prompt="Hi", private=is_private))
    assert reply.json == ({"type": 5, "data": {"flags": 64}} if is_private else {"type": 5})
    follow_ups = [call for call in bot.discord.calls if call.kind is CallKind.CREATE_FOLLOW_UP]
    assert follow_ups
    for call in follow_ups:
        assert (call.body or {}).get("flags") == (64 if is_private else None)


def test_nobody_is_pinged_whatever_the_model_says() -> None:
    bot = asked(*saying("@everyone <@1180000000000000300> " * 100))
    assert all(body["allowed_mentions"] == {"parse": []} for body in bot.discord.bodies())


def test_a_code_block_is_a_block_in_every_message_and_while_it_is_written() -> None:
    clock = ManualClock()
    code = "".join(f"print({number})\n" for number in range(300))
    script: list[Step] = [
        CompletionChunk(text=f"Look:\n{FENCE}python\nprint("),
        lambda: clock.advance(2),
        CompletionChunk(text=f"0)\n{code}{FENCE}"),
        *saying(),
    ]
    bot = Bot(ScriptedChatModel(script), clock=clock)
    bot.client.send(ASK)
    assert len(bot.seen) > 1
    for call in bot.discord.calls:
        assert call.content.count(FENCE) % 2 == 0


# --- the pace -------------------------------------------------------------------------------------


def test_who_asks_again_too_soon_is_told_to_wait_and_costs_nothing() -> None:
    model = ScriptedChatModel(saying("Hello."))
    bot = Bot(model)
    bot.client.send(ASK)
    bot.clock.advance(2)
    for again, sentence in (
        (ASK.numbered(2), "you can ask again in 3 s"),
        (ASK.numbered(3).in_japanese(), "あと3秒"),
    ):
        bot.client.send(again)
        (seen,) = bot.discord.seen(again.token)
        assert sentence in seen
    assert len(model.asked) == 1
    assert len(bot.store.rows) == 1


def test_others_are_not_held_up_and_the_wait_ends() -> None:
    bot = without_footer(Bot(ScriptedChatModel(saying("1"), saying("2"), saying("3"))))
    other = ASK.numbered(2).by("1180000000000000301")
    later = ASK.numbered(3)
    bot.client.send(ASK)
    bot.client.send(other)
    bot.clock.advance(COOLDOWN_SECONDS)
    bot.client.send(later)
    assert [bot.discord.seen(one.token) for one in (ASK, other, later)] == [["1"], ["2"], ["3"]]


def test_the_pace_holds_without_a_database_as_well() -> None:
    bot = Bot(ScriptedChatModel(saying("Hello.")), without=("SUPABASE_URL", "SUPABASE_SECRET_KEY"))
    bot.services = replace(bot.services, store=UnrecordedStore(bot.clock))
    bot.client.send(ASK)
    again = ASK.numbered(2)
    bot.client.send(again)
    assert "you can ask again in 5 s" in bot.discord.seen(again.token)[0]
