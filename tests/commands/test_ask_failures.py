"""/ask when the model fails: what its user is told, and what is logged."""

from __future__ import annotations

import re

import pytest

from lib.chat.failures import TEXTS
from lib.ports import (
    ChatModelError,
    ChatModelFailure,
    CommandStatus,
    CompletionChunk,
    FinishReason,
    Usage,
)
from tests.captured_log import CapturedLog
from tests.commands.asking import ASK, FENCE, asked
from tests.fakes.chat_model import saying


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
        assert {usage["total_tokens"] for usage in bot.store.tables.gemini_usage} == {7}
        (row,) = bot.store.rows.values()
        assert row.status is CommandStatus.FAILED


@pytest.mark.parametrize(
    "failure", [one for one in ChatModelFailure if one is not ChatModelFailure.BLOCKED]
)
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
    log: CapturedLog,
) -> None:
    def fall() -> None:
        raise ZeroDivisionError("a mistake in the code")

    for builder, sentence in (
        (ASK, "Something went wrong"),
        (ASK.in_japanese(), "エラーが発生しました"),
    ):
        bot = asked(CompletionChunk(text="Hel"), fall, builder=builder, output=log.output)
        (seen,) = bot.seen
        assert sentence in seen
        assert "mistake" not in seen
        (number,) = re.findall(r"`([0-9a-f]{8})`", seen)
        (line,) = [line for line in log.lines if line.get("error_id") == number]
        assert "ZeroDivisionError: a mistake in the code" in line["traceback"]
        assert "fall" in line["traceback"]


def test_the_log_never_holds_the_question_the_answer_or_the_token(log: CapturedLog) -> None:
    asked(*saying("A secret answer."), output=log.output)
    asked(ChatModelError(ChatModelFailure.OVERLOADED, "503"), output=log.output)
    text = log.text
    assert text
    for word in ("When is Halley back?", "A secret answer", ASK.token, ASK.token[:20]):
        assert word not in text
