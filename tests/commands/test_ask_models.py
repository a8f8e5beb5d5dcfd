"""/ask when the model that should answer does not: who answers instead."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from uuid import uuid4

import pytest

from lib.chat.calling import LONGEST_REST_SECONDS, SET_UP_WRONGLY
from lib.chat.failures import TEXTS
from lib.chat.tokens import estimate_tokens
from lib.ports import (
    CallOutcome,
    ChatModelError,
    ChatModelFailure,
    ChatPlace,
    CompletionChunk,
    Limits,
    MediaKind,
    Usage,
)
from tests.bot import Bot
from tests.captured_log import CapturedLog
from tests.commands.asking import ASK, OTHER, Talk
from tests.commands.several_models import BUSY, Models, elsewhere, limited
from tests.fakes.chat_model import ScriptedChatModel, saying
from tests.fakes.chat_models import FixedModels, card
from tests.payloads import ASKER, CHANNEL, GUILD, attached

PNG = b"\x89PNG\r\n\x1a\n" + bytes(64)
PLACE = ChatPlace(guild_id=GUILD, channel_id=CHANNEL, user_id=ASKER)


# --- another answers ------------------------------------------------------------------------------


@pytest.mark.parametrize("busy", [BUSY, limited(), limited(30)], ids=["503", "429", "429 in 30 s"])
def test_while_a_model_is_busy_the_next_answers_with_a_note(busy: ChatModelError) -> None:
    them = Models(first=[[busy]], second=[saying("From the second.")])
    shown = them.talk.ask()
    assert shown.text == "From the second.\n\n-# (first is busy at the moment; second answered.)"
    assert them.asked() == {"first": 1, "second": 1}
    assert them.talk.bot.clock.slept == []


def test_the_note_is_in_the_users_language() -> None:
    them = Models(first=[[BUSY]], second=[saying("答えです。")])
    shown = them.talk.send(ASK.in_japanese())
    assert "firstが混雑しているため、secondが回答しました。" in shown.text


@pytest.mark.parametrize(
    ("error", "seconds"),
    [
        (BUSY, 15.0),
        (limited(), 60.0),
        (limited(7.5), 7.5),
        (limited(0.0), 1.0),
        (limited(1e9), LONGEST_REST_SECONDS),
        (limited(float("inf")), 60.0),
        (limited(float("nan")), 60.0),
    ],
    ids=lambda value: str(getattr(value, "retry_after_seconds", value)),
)
def test_all_instances_see_for_how_long_it_rests(error: ChatModelError, seconds: float) -> None:
    them = Models(first=[[error]], second=[saying("Hello.")])
    them.talk.ask()
    rest = them.talk.chat.cooling["first"]
    assert (rest.until - them.talk.bot.clock.now()).total_seconds() == seconds
    assert rest.reason == error.failure.value
    assert "second" not in them.talk.chat.cooling


@pytest.mark.parametrize(
    ("error", "seconds"),
    [(limited(), 15.0), (limited(40), 40.0), (limited(3600), 60.0), (BUSY, 15.0)],
    ids=lambda value: str(getattr(value, "retry_after_seconds", value)),
)
def test_a_single_long_question_does_not_cost_everybody_the_model_for_long(
    error: ChatModelError, seconds: float
) -> None:
    them = Models(first=[[error]], second=[saying("Hello.")])
    file = attached("long.txt")
    them.talk.bot.files.files[file["url"]] = b"A word. " * 6_000
    them.talk.ask("What does it say?", file=file)
    rest = them.talk.chat.cooling["first"]
    assert (rest.until - them.talk.bot.clock.now()).total_seconds() == seconds


def test_a_model_that_rests_is_not_asked_until_its_rest_is_over() -> None:
    them = Models(
        first=[[limited(60)], saying("I am back.")], second=[saying("One."), saying("Two.")]
    )
    them.talk.ask()
    assert "(first is busy at the moment; second answered.)" in them.talk.ask().text
    assert them.asked() == {"first": 1, "second": 2}
    them.talk.bot.clock.advance(60)
    assert them.talk.ask().text == "I am back."


def test_where_all_rest_the_user_is_told_when_one_is_back() -> None:
    them = Models(first=[[limited(40)]], second=[[limited(600)] for _ in range(3)])
    them.talk.ask()
    before = them.asked()
    shown = them.talk.ask()
    assert "Please try again in 34 s." in shown.text  # six seconds later
    assert them.asked() == before
    assert [noted.call.outcome for noted in them.talk.chat.calls] == [CallOutcome.FAILED] * 2


@pytest.mark.parametrize("failure", sorted(SET_UP_WRONGLY), ids=str)
def test_a_model_that_is_set_up_wrongly_is_passed_over_and_not_called_busy(
    failure: ChatModelFailure,
) -> None:
    wrong = ChatModelError(failure, "as scripted")
    them = Models(
        cards=[elsewhere("second")], first=[[wrong]], second=[saying("Hello."), saying("Again.")]
    )
    note = "\n\n-# (first isn't available at the moment; second answered.)"
    assert them.talk.ask().text == f"Hello.{note}"
    assert them.talk.ask().text == f"Again.{note}"
    assert them.asked() == {"first": 1, "second": 2}, "not every question waits for it"
    them.talk.bot.clock.advance(60)
    assert "first" not in them.talk.chat.open_chat(PLACE, command_id=uuid4()).cooling


def test_of_a_key_that_is_refused_no_other_model_is_asked_and_all_of_its_models_rest() -> None:
    refused = ChatModelError(ChatModelFailure.BAD_KEY, "HTTP 401")
    them = Models(
        cards=[elsewhere("third")], first=[[refused]], second=[], third=[saying("Hello.")] * 2
    )
    them.talk.ask()
    them.talk.ask()
    assert them.asked() == {"first": 1, "second": 0, "third": 2}
    assert set(them.talk.chat.cooling) == {"first", "second"}


def test_the_second_provider_is_reached_however_many_models_the_first_has() -> None:
    refused = ChatModelError(ChatModelFailure.BAD_KEY, "HTTP 401")
    them = Models(
        cards=[elsewhere("other")],
        a=[[refused]],
        b=[],
        c=[],
        d=[],
        other=[saying("Hello.")],
    )
    assert them.talk.ask().text.startswith("Hello.")
    assert them.asked() == {"a": 1, "b": 0, "c": 0, "d": 0, "other": 1}


def test_a_model_that_is_the_only_one_says_each_time_what_is_wrong() -> None:
    refused = ChatModelError(ChatModelFailure.BAD_KEY, "HTTP 401")
    them = Models(first=[[refused]] * 2, second=[])
    for _ in range(2):
        assert them.talk.ask().text == TEXTS[ChatModelFailure.BAD_KEY].en
    assert them.asked() == {"first": 2, "second": 0}


@pytest.mark.parametrize("failure", sorted(SET_UP_WRONGLY), ids=str)
def test_the_owner_reads_what_to_mend_in_the_log_and_in_private_and_nobody_else_does(
    failure: ChatModelFailure, log: CapturedLog
) -> None:
    wrong = ChatModelError(failure, "as scripted")
    them = Models(log, owner=ASKER, first=[[wrong], [wrong]])
    told = them.talk.ask()
    assert told.is_told_apart
    assert "`first`" in told.text
    assert "`GEMINI_API_KEY`" in told.text
    (line,) = log.of("model_failed")
    assert (line["level"], line["model"], line["variable"]) == ("ERROR", "first", "GEMINI_API_KEY")
    assert them.talk.ask(by=OTHER).text == TEXTS[failure].en


@pytest.mark.parametrize(
    "failure",
    [
        ChatModelFailure.BLOCKED,
        ChatModelFailure.EMPTY,
        ChatModelFailure.CUT_OFF,
        ChatModelFailure.REFUSED_REQUEST,
        ChatModelFailure.TIMED_OUT,
    ],
    ids=str,
)
def test_what_another_would_not_do_better_is_told(failure: ChatModelFailure) -> None:
    them = Models(first=[[ChatModelError(failure, "as scripted")]], second=[])
    assert them.talk.ask().text == TEXTS[failure].en
    assert them.asked() == {"first": 1, "second": 0}


def test_a_model_that_breaks_off_in_the_middle_keeps_what_it_said() -> None:
    them = Models(first=[[CompletionChunk(text="It comes"), BUSY]], second=[])
    assert them.talk.ask().text.startswith("It comes\n\n-# (The answer broke off here. ")
    assert "first" in them.talk.chat.cooling


def test_no_more_than_three_are_tried() -> None:
    script = [[limited(9)], [limited(9)], [limited(9)]]
    them = Models(a=script, b=script, c=script, d=[])
    assert "Please try again in 9 s." in them.talk.ask().text
    assert them.asked()["d"] == 0


def test_one_for_which_there_is_no_budget_is_left_out() -> None:
    first = ScriptedChatModel([BUSY], model="first")
    dear = ScriptedChatModel(model="dear")
    second = ScriptedChatModel(saying("Hello."), model="second")
    cards = [card("first"), replace(card("dear"), output_tokens=60_000), card("second")]
    talk = Talk(bot=Bot(models=FixedModels(first, dear, second, cards=cards)))
    talk.chat.change_limits(
        scope=GUILD,
        limits=Limits(answers_a_day=None, tokens_a_day=50_000, budget_usd_a_month=None),
    )
    assert talk.ask().text.startswith("Hello.")
    assert dear.asked == []
    (kept,) = talk.chat.reservations.values()
    assert kept.settled_at is not None


# --- which one, and what it reads -----------------------------------------------------------------


def test_the_users_choice_answers_then_the_guilds_then_the_first() -> None:
    them = Models(first=[saying("1")], second=[saying("2")], third=[saying("3")])
    assert them.talk.ask().text == "1"
    them.talk.settle_in(model="second")
    assert them.talk.ask().text == "2"
    them.talk.chat.chosen_models[ASKER] = "third"
    assert them.talk.ask().text == "3"


def test_a_choice_that_the_guild_does_not_allow_does_not_count_and_none_other_falls_in() -> None:
    them = Models(first=[], second=[[limited(9)]] * 3, third=[])
    them.talk.settle_in(model="second", models=("second",))
    them.talk.chat.chosen_models[ASKER] = "third"
    assert "Please try again in" in them.talk.ask().text
    assert them.asked() == {"first": 0, "second": 3, "third": 0}


def test_a_picture_goes_to_one_that_reads_pictures_and_the_user_is_told_why() -> None:
    blind, seeing = (
        ScriptedChatModel(model="blind"),
        ScriptedChatModel(saying("A comet."), model="seeing"),
    )
    cards = [card("blind", reads=frozenset()), card("seeing")]
    talk = Talk(bot=Bot(models=FixedModels(blind, seeing, cards=cards)))
    file = attached()
    talk.bot.files.files[file["url"]] = PNG
    assert talk.ask("What is it?", file=file).text == (
        "A comet.\n\n-# (`blind` can't read pictures, so another model answered.)"
    )
    assert seeing.asked[0].media[0].content == PNG


def test_where_none_reads_it_the_user_is_told_and_nothing_is_used() -> None:
    blind = ScriptedChatModel(model="blind")
    cards = [card("blind", reads=frozenset({MediaKind.AUDIO}))]
    talk = Talk(bot=Bot(models=FixedModels(blind, cards=cards)))
    file = attached()
    talk.bot.files.files[file["url"]] = PNG
    shown = talk.ask("What is it?", file=file)
    assert shown.is_told_apart
    assert shown.text == (
        "`blind` can't read pictures, and no other model here can. Ask without the picture."
    )
    assert talk.chat.reservations == {}


# --- what it cost ---------------------------------------------------------------------------------


def test_every_request_is_counted_the_failed_ones_too() -> None:
    them = Models(
        first=[[ChatModelError(ChatModelFailure.OVERLOADED, "503", usage=Usage(5, 0, 5))]],
        second=[saying("Hello.", usage=Usage(10, 20, 30))],
    )
    them.talk.ask()
    assert [
        (noted.call.model, noted.call.outcome, noted.call.usage.total_tokens, noted.call.cost_usd)
        for noted in them.talk.chat.calls
    ] == [
        ("first", CallOutcome.FAILED, 5, Decimal("0.000005")),
        ("second", CallOutcome.COMPLETE, 30, Decimal("0.00021")),
    ]


def test_an_answer_whose_provider_did_not_count_is_estimated_and_marked_so() -> None:
    talk = Talk([CompletionChunk(text="Hello there.")])
    talk.settle_in(footer=True)
    shown = talk.ask("Hi")
    (noted,) = talk.chat.calls
    assert noted.call.estimated
    assert noted.call.usage.completion_tokens == estimate_tokens("Hello there.")
    assert noted.call.usage.prompt_tokens >= estimate_tokens("Hi")
    assert f"~{noted.call.usage.total_tokens:,} tokens" in shown.text


def test_a_busy_model_that_did_not_count_is_taken_to_have_cost_nothing() -> None:
    them = Models(first=[[BUSY]], second=[saying("Hello.")])
    them.talk.ask()
    first, second = (noted.call for noted in them.talk.chat.calls)
    assert (first.usage.total_tokens, first.estimated) == (0, False)
    assert second.usage.total_tokens == 30
