"""/ask as its user sees it, and what it leaves in the tables."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from dataclasses import replace

import pytest

from lib.chat.failures import TEXTS
from lib.commands.ask import COOLDOWN_SECONDS
from lib.jobs.heartbeat import LEASE_SECONDS
from lib.logs import configure_logs
from lib.ports import (
    ChatModelError,
    ChatModelFailure,
    CommandStatus,
    CompletionChunk,
    FinishReason,
    Role,
    StoreError,
    Usage,
)
from lib.services.unrecorded import UnrecordedStore
from tests.bot import Bot
from tests.fakes.chat_model import SOME_USAGE, ScriptedChatModel, Step, saying
from tests.fakes.clock import ManualClock
from tests.fakes.discord import CallKind, discord_error
from tests.payloads import APPLICATION_ID, ASKER, CHANNEL, GUILD, InteractionBuilder, slash

ASK = slash("ask", prompt="When is Halley back?")
FENCE = "```"


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    stream = io.StringIO()
    configure_logs(level="INFO", as_json=True, stream=stream)
    yield stream
    configure_logs(level="INFO", as_json=False)


def asked(*script: Step, builder: InteractionBuilder = ASK) -> Bot:
    """A bot that was asked once, and whose model played that script."""
    bot = Bot(ScriptedChatModel(script))
    bot.client.send(builder)
    return bot


def test_the_answer_is_seen_and_the_tokens_are_logged() -> None:
    bot = asked(*saying("In ", "2061."))
    assert bot.seen == ["In 2061."]
    assert bot.store.tables.gemini_usage == [
        {
            "guild_id": GUILD,
            "user_id": ASKER,
            "prompt_tokens": SOME_USAGE.prompt_tokens,
            "completion_tokens": SOME_USAGE.completion_tokens,
            "total_tokens": SOME_USAGE.total_tokens,
            "model": "scripted",
        }
    ]


def test_in_a_direct_message_the_tokens_have_no_guild() -> None:
    bot = asked(*saying("Hello."), builder=ASK.in_dm())
    assert bot.seen == ["Hello."]
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
    bot = Bot(ScriptedChatModel([*pieces, *saying("end")]), clock=clock)
    bot.client.send(ASK)
    assert [call.content for call in bot.discord.calls] == [
        "1",
        "1 2 3",
        "1 2 3 4 5",
        "1 2 3 4 5 6 7",
        "1 2 3 4 5 6 7 8 end",
    ]


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


# --- when the model fails ------------------------------------------------------------------------


def words_of(sentence: str) -> list[str]:
    """The parts of a sentence around its places."""
    return re.split(r"\{\w+\}", sentence)


@pytest.mark.parametrize("failure", ChatModelFailure)
def test_each_failure_is_told_in_the_users_language_and_its_tokens_are_logged(
    failure: ChatModelFailure,
) -> None:
    usage = Usage(7, 0, 7)
    for builder, sentence in ((ASK, TEXTS[failure].en), (ASK.in_japanese(), TEXTS[failure].ja)):
        bot = asked(ChatModelError(failure, "as scripted", usage=usage), builder=builder)
        (seen,) = bot.seen
        assert all(words in seen for words in words_of(sentence))
        assert bot.store.tables.gemini_usage[0]["total_tokens"] == 7
        (row,) = bot.store.rows.values()
        assert row.status is CommandStatus.FAILED


@pytest.mark.parametrize("failure", set(ChatModelFailure) - {ChatModelFailure.BLOCKED})
def test_what_was_said_before_a_failure_stays_with_a_note_below(failure: ChatModelFailure) -> None:
    bot = asked(
        CompletionChunk(text="It comes back in", usage=Usage(7, 4, 11)),
        ChatModelError(failure, "as scripted"),
    )
    (seen,) = bot.seen
    text, _, note = seen.partition("\n\n-# ")
    assert text == "It comes back in"
    assert note.startswith("(The answer broke off here. ")
    assert words_of(TEXTS[failure].en)[0] in note
    assert bot.store.tables.gemini_usage[0]["total_tokens"] == 11


def test_what_was_said_before_the_model_declined_goes() -> None:
    bot = asked(
        CompletionChunk(text="First you take"),
        ChatModelError(ChatModelFailure.BLOCKED, "as scripted"),
    )
    assert bot.seen == [TEXTS[ChatModelFailure.BLOCKED].en]


def test_a_note_stands_below_a_code_block_that_broke_off_and_not_in_it() -> None:
    for script in (
        [
            CompletionChunk(text=f"{FENCE}py\nx = 1"),
            ChatModelError(ChatModelFailure.TIMED_OUT, "as scripted"),
        ],
        saying(f"{FENCE}py\nx = 1", finish=FinishReason.MAX_TOKENS),
    ):
        (seen,) = asked(*script).seen
        assert seen.startswith(f"{FENCE}py\nx = 1\n{FENCE}\n\n-# (")


def test_an_answer_that_reached_the_length_limit_says_so() -> None:
    bot = asked(*saying("It comes", finish=FinishReason.MAX_TOKENS))
    assert bot.seen == ["It comes\n\n-# (The model's length limit ends the answer here.)"]


@pytest.mark.parametrize("text", ["", " \n", FENCE, f"{FENCE}\n{FENCE}", f"{FENCE}py\n"])
@pytest.mark.parametrize("finish", [FinishReason.STOP, FinishReason.MAX_TOKENS])
def test_an_answer_that_shows_nothing_is_told_as_empty(text: str, finish: FinishReason) -> None:
    bot = asked(*saying(text, finish=finish))
    assert bot.seen == [TEXTS[ChatModelFailure.EMPTY].en]
    assert len(bot.store.tables.gemini_usage) == 1


def test_an_unexpected_fault_gives_the_user_a_number_that_the_log_has_with_the_traceback(
    log: io.StringIO,
) -> None:
    def fall() -> None:
        raise ZeroDivisionError("a mistake in the code")

    for builder, sentence in (
        (ASK, "Something went wrong"),
        (ASK.in_japanese(), "エラーが発生しました"),
    ):
        bot = asked(CompletionChunk(text="Hel"), fall, builder=builder)
        (seen,) = bot.seen
        assert sentence in seen
        assert "mistake" not in seen
        (number,) = re.findall(r"`([0-9a-f]{8})`", seen)
        lines = [json.loads(line) for line in log.getvalue().splitlines()]
        (line,) = [line for line in lines if line.get("error_id") == number]
        assert "ZeroDivisionError: a mistake in the code" in line["traceback"]
        assert "fall" in line["traceback"]


def test_the_log_never_holds_the_question_the_answer_or_the_token(log: io.StringIO) -> None:
    asked(*saying("A secret answer."))
    asked(ChatModelError(ChatModelFailure.OVERLOADED, "503"))
    text = log.getvalue()
    assert text
    for word in ("When is Halley back?", "A secret answer", ASK.token, ASK.token[:20]):
        assert word not in text


# --- when the database or Discord fails ---------------------------------------------------------


def test_the_answer_comes_though_the_database_is_down(log: io.StringIO) -> None:
    bot = Bot(ScriptedChatModel(saying("Long. " * 800)))
    bot.store.is_down = True
    bot.client.send(ASK)
    assert "".join(bot.seen).startswith("Long. Long.")
    assert '"event": "not_recorded"' in log.getvalue()


@pytest.mark.parametrize(
    "operation",
    [
        "begin_command",
        "renew_command",
        "complete_command",
        "fail_command",
        "log_gemini_usage",
        "claim_commands",
    ],
)
def test_one_fault_of_the_database_costs_no_answer_and_is_logged_with_its_cause(
    log: io.StringIO, operation: str
) -> None:
    long_answer = saying("Long. " * 800)
    failure = ChatModelError(ChatModelFailure.OVERLOADED, "503")
    bot = Bot(ScriptedChatModel([failure] if operation == "fail_command" else long_answer))
    bot.store.refuse(operation, StoreError(operation, "42501", "permission denied"))
    bot.client.send(ASK)
    assert bot.seen
    assert '"code": "42501"' in log.getvalue()
    assert f'"operation": "{operation}"' in log.getvalue()


def test_an_answer_that_discord_will_not_take_ends_the_row_for_good() -> None:
    bot = Bot(ScriptedChatModel(saying("Hello.")))
    bot.discord.refuse(CallKind.EDIT_ORIGINAL, discord_error(401, 50027))
    bot.client.send(ASK)
    (row,) = bot.store.rows.values()
    assert row.status is CommandStatus.FAILED
    assert row.last_error is not None
    assert ASK.token not in row.last_error


def test_an_answer_that_did_not_reach_discord_is_tried_again_by_the_next_tick() -> None:
    bot = Bot(ScriptedChatModel(saying("Hello."), saying("Hello again.")))
    # The one edit while it streams, and the last one.
    bot.discord.refuse(CallKind.EDIT_ORIGINAL, discord_error(0), discord_error(503))
    bot.client.send(ASK)
    assert [row.status for row in bot.store.rows.values()] == [CommandStatus.PENDING]
    assert bot.seen == []
    bot.clock.advance(10)
    assert bot.tick() == 200
    assert bot.seen == ["Hello again."]
    assert [row.status for row in bot.store.rows.values()] == [CommandStatus.COMPLETED]


def test_an_answer_whose_process_died_is_given_by_the_next_invocation() -> None:
    def die() -> None:
        raise KeyboardInterrupt  # nothing in the code gets hold of it

    bot = Bot(
        ScriptedChatModel(
            [CompletionChunk(text="A sentence. " * 300), die],
            saying("Another answer, shorter. " * 90),
        )
    )
    with pytest.raises(KeyboardInterrupt):
        bot.client.send(ASK)
    assert len(bot.seen) == 2
    bot.clock.advance(LEASE_SECONDS + 1)
    bot.client.send(slash("ping"))
    assert "".join(bot.seen).startswith("Another answer")
    assert len(bot.seen) == 2
    assert bot.discord.kinds().count(CallKind.CREATE_FOLLOW_UP) == 1


def test_a_repeat_that_is_shorter_removes_the_follow_ups_that_are_too_many() -> None:
    def die() -> None:
        raise KeyboardInterrupt

    bot = Bot(
        ScriptedChatModel([CompletionChunk(text="A sentence. " * 600), die], saying("Short."))
    )
    with pytest.raises(KeyboardInterrupt):
        bot.client.send(ASK)
    assert len(bot.seen) == 4
    bot.clock.advance(LEASE_SECONDS + 1)
    assert bot.tick() == 200
    assert bot.seen == ["Short."]


def test_after_a_quarter_of_an_hour_a_leftover_is_not_answered_any_more() -> None:
    def die() -> None:
        raise KeyboardInterrupt

    bot = Bot(ScriptedChatModel([die]))
    with pytest.raises(KeyboardInterrupt):
        bot.client.send(ASK)
    bot.clock.advance(15 * 60)
    assert bot.tick() == 200
    (row,) = bot.store.rows.values()
    assert (row.status, row.failure_reason) == ("failed", "expired")
    assert row.token is None


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
    bot = Bot(ScriptedChatModel(saying("1"), saying("2"), saying("3")))
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
