"""/ask remembers: whose conversation a question continues, and how much of it is told again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from lib.chat.history import HISTORY_TOKENS
from lib.chat.prompting import CONTINUE
from lib.chat.tokens import estimate_tokens
from lib.locales import Locale
from lib.ports import (
    CallPurpose,
    ChatModelError,
    ChatModelFailure,
    CompletionChunk,
    FinishReason,
    Limits,
    Provider,
    Role,
    StoreError,
    Usage,
)
from tests.bot import Bot
from tests.commands.asking import OTHER, Talk
from tests.fakes.chat_model import ScriptedChatModel, Step, saying
from tests.fakes.chat_models import FixedModels, card
from tests.payloads import GUILD, slash

LONG = "word " * 1000
"""An answer of some 1,500 tokens: of its like a few fit into the budget."""


def test_a_question_continues_what_was_said_before() -> None:
    talk = Talk(saying("In 2061."), saying("In 1986."), saying("75 years."))
    talk.ask("When is Halley back?")
    talk.ask("And last time?")
    talk.ask("How long is that?")
    turns = talk.model.asked[-1].turns
    assert [turn.text for turn in turns] == [
        "When is Halley back?",
        "In 2061.",
        "And last time?",
        "In 1986.",
        "How long is that?",
    ]
    assert [turn.role for turn in turns] == [Role.USER, Role.MODEL] * 2 + [Role.USER]


def test_each_user_has_a_conversation_of_their_own() -> None:
    talk = Talk(saying("Hello A."), saying("Hello B."), saying("A again."))
    talk.ask("I am A")
    talk.ask("I am B", by=OTHER)
    talk.ask("Who am I?")
    assert talk.told(1) == ["I am B"]
    assert talk.told(2) == ["I am A", "Hello A.", "Who am I?"]


def test_each_channel_has_a_conversation_of_its_own() -> None:
    talk = Talk(saying("Here."), saying("There."))
    talk.ask("First")
    talk.send(slash("ask", prompt="Second").changed(channel_id="1180000000000000222"))
    assert talk.told() == ["Second"]


def test_in_direct_messages_there_is_one_though_private_was_asked_for() -> None:
    talk = Talk(saying("1"), saying("2"), saying("3"))
    talk.ask_in_dm("One")
    talk.ask_in_dm("Two", private=True)
    talk.ask_in_dm("Three")
    assert talk.told()[::2] == ["One", "Two", "Three"]


def test_a_shared_conversation_is_everybodys_and_says_who_asked() -> None:
    talk = Talk(saying("Hello A."), saying("Hello B."))
    talk.settle_in(shared=True)
    talk.ask("I am A")
    talk.ask("I am B", by=OTHER)
    assert talk.told() == ["[Edmond]: I am A", "Hello A.", "[Edmond]: I am B"]
    assert "Several people share this conversation" in talk.instruction()


def test_in_ones_own_conversation_nobody_is_named() -> None:
    talk = Talk(saying("Hello."))
    talk.ask("I am A")
    assert talk.told() == ["I am A"]
    assert "share this conversation" not in talk.instruction()


@pytest.mark.parametrize("shared", [True, False])
def test_what_was_asked_in_private_is_never_told_where_others_read(shared: bool) -> None:  # noqa: FBT001
    talk = Talk(*[saying("Answered.")] * 4)
    talk.settle_in(shared=shared)
    talk.ask("a secret", private=True)
    talk.ask("in public")
    talk.ask("in public as well", by=OTHER)
    talk.ask("another secret", private=True)
    for call in (1, 2):
        assert "secret" not in " ".join(talk.told(call))
    assert talk.told(3) == ["a secret", "Answered.", "another secret"]


def test_a_guild_that_changes_to_shared_conversations_shows_nobody_what_was_said_before() -> None:
    talk = Talk(*[saying("Answered.")] * 3)
    talk.ask("before")
    talk.settle_in(shared=True)
    talk.ask("after", by=OTHER)
    assert talk.told() == ["[Edmond]: after"]
    talk.settle_in(shared=False)
    talk.ask("at last")
    assert talk.told() == ["before", "Answered.", "at last"]


def test_a_question_without_an_answer_is_not_remembered() -> None:
    talk = Talk(
        [ChatModelError(ChatModelFailure.BLOCKED, "as scripted")],
        [ChatModelError(ChatModelFailure.EMPTY, "as scripted")],
        saying("Hello."),
    )
    talk.ask("forbidden")
    talk.ask("nothing")
    talk.ask("Hi")
    assert talk.told() == ["Hi"]
    assert [exchange.question for exchange in talk.chat.exchanges.values()] == ["Hi"]


# --- the budget -----------------------------------------------------------------------------------


def fill(talk: Talk, count: int) -> None:
    for number in range(count):
        talk.ask(f"question {number}")


def test_the_oldest_are_left_out_by_whole_exchanges() -> None:
    refused = StoreError("reserve", "unreachable", "for the summaries alone")
    count = HISTORY_TOKENS // estimate_tokens(LONG) + 2
    talk = Talk(*[saying(LONG)] * (count + 1))
    # Every other reservation is a summary's: without it none is made.
    talk.chat.refuse("reserve", *[None] * (count - 1), *[None, refused] * 4)
    fill(talk, count)
    talk.ask("the last")
    told = talk.told()
    assert sum(map(estimate_tokens, told)) <= HISTORY_TOKENS + estimate_tokens("the last")
    assert told[-1] == "the last"
    assert told[0].startswith("question ")
    assert told[0] != "question 0"
    assert [text.strip() for text in told[1::2]] == [LONG.strip()] * (len(told) // 2)
    first = int(told[0].removeprefix("question "))
    assert told[:-1:2] == [f"question {number}" for number in range(first, count)]


HUGE = "It began in 1986. " + "word " * 9000 + "It ends in 2061."
"""An answer of some 13,000 tokens, more than the whole budget."""


def test_an_answer_that_is_larger_than_the_budget_is_told_by_its_beginning_and_its_end() -> None:
    talk = Talk(saying("Hello."), saying(HUGE), saying("In 2061."), saying("A summary."))
    talk.ask("Hi")
    talk.ask("Tell me everything")
    talk.ask("And when does it end?")
    asked, answered, now = talk.told(2)
    assert (asked, now) == ("Tell me everything", "And when does it end?")
    assert answered.startswith("It began in 1986.")
    assert answered.endswith("It ends in 2061.")
    assert HISTORY_TOKENS * 0.9 < sum(map(estimate_tokens, talk.told(2))) <= HISTORY_TOKENS + 20


@pytest.mark.parametrize("label", ["Continue", "Shorter"])
def test_a_button_below_such_an_answer_is_about_what_is_left_of_it(label: str) -> None:
    talk = Talk(saying(HUGE), saying("The rest."))
    talk.press(label, talk.ask("Tell me everything"))
    asked, answered, _ = talk.told()
    assert asked == "Tell me everything"
    assert answered.endswith("It ends in 2061.")


def test_a_guild_reads_in_its_own_language_what_its_buttons_asked_for() -> None:
    talk = Talk(saying("昔々。"), saying("おしまい。"))
    talk.settle_in(language=Locale.JAPANESE)
    talk.press("続ける", talk.ask("お話をして"))
    assert talk.told() == ["お話をして", "昔々。", CONTINUE.ja]
    assert [each.question for each in talk.chat.exchanges.values()] == ["お話をして", CONTINUE.ja]


def test_what_the_offline_model_made_up_is_not_told_to_one_that_knows_something() -> None:
    talk = Talk(saying("I am offline."), saying("In 2061."), saying("Yes."))
    talk.ask("Hi")
    for exchange in talk.chat.exchanges.values():
        exchange.model = "offline"
    talk.ask("When is Halley back?")
    assert talk.told() == ["When is Halley back?"]
    talk.ask("Sure?")
    assert talk.told() == ["When is Halley back?", "In 2061.", "Sure?"]


def test_the_offline_model_is_told_its_own_answers() -> None:
    offline = ScriptedChatModel(saying("One."), saying("Two."), model="offline")
    cards = [replace(card("offline"), provider=Provider.OFFLINE)]
    talk = Talk(bot=Bot(models=FixedModels(offline, cards=cards)))
    talk.ask("Hi")
    talk.ask("And?")
    assert [turn.text for turn in offline.asked[1].turns] == ["Hi", "One.", "And?"]


def outgrown(summary: Sequence[Step], *later: Sequence[Step]) -> Talk:
    """A conversation whose last answer left something to sum up."""
    count = HISTORY_TOKENS // estimate_tokens(LONG) + 1
    talk = Talk(*[saying(LONG)] * count, saying("Short."), summary, *later)
    fill(talk, count)
    talk.ask("one more")
    return talk


def test_a_conversation_that_has_outgrown_its_budget_is_summed_up_once_its_answer_is_seen() -> None:
    talk = outgrown(saying("They spoke of comets."))
    asked = talk.model.asked[-1]
    assert asked.system_instruction.startswith("You keep the memory of a conversation")
    assert "question 0" in asked.turns[0].text
    assert '<quoted kind="exchange"' in asked.turns[0].text
    assert "one more" not in asked.turns[0].text
    (conversation,) = talk.chat.conversations.values()
    assert conversation.summary == "They spoke of comets."
    assert [noted.call.purpose.value for noted in talk.chat.calls[-2:]] == ["answer", "summary"]
    assert all(kept.settled_at is not None for kept in talk.chat.reservations.values())
    assert talk.chat.quotas.read(talk.chat.calls[0].place, "UTC").answers_today == len(
        talk.chat.exchanges
    )


def with_first(talk: Talk, *, tokens: int, model: str = "gemini-3") -> Talk:
    """A conversation that is about to be summed up, with a first answer of `tokens` by `model`."""
    fill(talk, 5)
    first, *others = talk.chat.exchanges.values()
    first.answer_tokens, first.model = tokens, model
    for each in others:
        each.answer_tokens = HISTORY_TOKENS // 3
    return talk


def test_what_is_out_of_sight_and_in_no_summary_is_summed_up_before_the_rest() -> None:
    talk = Talk(*[saying(LONG)] * 5, saying("Short."), saying("They spoke of comets."))
    with_first(talk, tokens=60_000).ask("one more")
    (told,) = talk.model.asked[-1].turns
    assert "question 0" in told.text
    assert "question 1" not in told.text
    (conversation,) = talk.chat.conversations.values()
    assert conversation.summary == "They spoke of comets."
    assert conversation.summarised_through == next(iter(talk.chat.exchanges.values())).place


def test_what_the_offline_model_answered_is_passed_over_without_a_call() -> None:
    talk = Talk(*[saying(LONG)] * 5, saying("Short."))
    with_first(talk, tokens=12_000, model=Provider.OFFLINE.value).ask("one more")
    (conversation,) = talk.chat.conversations.values()
    assert conversation.summary == ""
    assert conversation.summarised_through == next(iter(talk.chat.exchanges.values())).place
    assert [noted.call.purpose for noted in talk.chat.calls] == [CallPurpose.ANSWER] * 6


def test_the_next_question_is_told_the_summary_as_quoted_material_and_what_came_after_it() -> None:
    talk = outgrown(saying("They spoke of comets."), saying("Yes."))
    talk.ask("And now?")
    assert "They spoke of comets." in talk.instruction()
    assert '<quoted kind="summary"' in talk.instruction()
    assert "question 0" not in " ".join(talk.told())
    assert talk.told()[-3:] == ["one more", "Short.", "And now?"]


def test_a_model_with_a_small_context_gets_a_summary_that_fits_into_it() -> None:
    model = ScriptedChatModel(*[saying("word " * 150)] * 40, model="small")
    bot = Bot(model)
    small = replace(card("small"), context_tokens=4_096, output_tokens=2_048)
    bot.services = replace(bot.services, models=FixedModels(model, cards=(small,)))
    talk = Talk(bot=bot)
    fill(talk, 12)
    (conversation,) = talk.chat.conversations.values()
    assert conversation.summary.startswith("word")
    asked = [each for each in model.asked if each.system_instruction.startswith("You keep the")]
    told = [estimate_tokens(each.system_instruction + each.turns[0].text) for each in asked]
    assert all(tokens + 2_000 <= 4_096 for tokens in told)


@pytest.mark.parametrize(
    "failure",
    [
        [ChatModelError(ChatModelFailure.REFUSED_REQUEST, "400")],
        [CompletionChunk(text="They sp"), ChatModelError(ChatModelFailure.TIMED_OUT, "late")],
        [ChatModelError(ChatModelFailure.BLOCKED, "safety", usage=Usage(7, 0, 7))],
        saying(" "),
        saying("They spoke of", finish=FinishReason.MAX_TOKENS),
    ],
    ids=["refused", "cut short", "blocked", "blank", "out of tokens"],
)
def test_a_summary_that_fails_costs_no_answer_and_is_tried_again_after_a_while(
    failure: Sequence[Step],
) -> None:
    talk = outgrown(failure, saying("Yes."), saying("Again."), saying("They spoke of comets."))
    assert all(kept.settled_at is not None for kept in talk.chat.reservations.values())
    (conversation,) = talk.chat.conversations.values()
    assert conversation.summary == ""
    assert talk.ask("And now?").text == "Yes.", "which is not followed by another try at once"
    assert conversation.summary == ""
    talk.bot.clock.advance(timedelta(minutes=10).total_seconds())
    assert talk.ask("And now?").text == "Again."
    assert conversation.summary == "They spoke of comets."


def test_a_summary_that_the_limits_do_not_allow_is_not_made() -> None:
    count = HISTORY_TOKENS // estimate_tokens(LONG) + 1
    dear = saying("Short.", usage=Usage(10, 90_000, 90_010))
    talk = Talk(*[saying(LONG)] * count, dear)
    fill(talk, count)
    limits = Limits(answers_a_day=None, tokens_a_day=80_000, budget_usd_a_month=None)
    talk.chat.change_limits(scope=GUILD, limits=limits)
    assert talk.ask("one more").text == "Short."
    assert len(talk.model.asked) == count + 1


def test_a_summary_that_the_database_does_not_take_costs_nobody_anything() -> None:
    count = HISTORY_TOKENS // estimate_tokens(LONG) + 1
    talk = Talk(*[saying(LONG)] * count, saying("Short."), saying("Comets."), saying("Yes."))
    fill(talk, count)
    talk.chat.refuse("save_summary", StoreError("save_summary", "42501", "permission denied"))
    assert talk.ask("one more").text == "Short."
    calls = [noted.call.purpose for noted in talk.chat.calls]
    assert calls.count(CallPurpose.SUMMARY) == 1, "what it cost is counted all the same"
    assert [row.status for row in talk.bot.store.rows.values()] == ["completed"] * (count + 1)


@pytest.mark.parametrize("shared", [True, False])
def test_two_who_ask_at_once_lose_nothing_and_stand_in_the_order_of_asking(shared: bool) -> None:  # noqa: FBT001
    def ask_meanwhile() -> None:
        assert talk.ask("I am B", by=OTHER).text == "Hello B."

    talk = Talk([ask_meanwhile, *saying("Hello A.")], saying("Hello B."), saying("Both."))
    talk.settle_in(shared=shared)
    assert talk.ask("I am A").text == "Hello A."
    assert len(talk.told(1)) == 1, "B is told nothing of a question that has no answer yet"
    kept = [(each.question, each.answer) for each in talk.chat.exchanges.values()]
    assert kept == [("I am A", "Hello A."), ("I am B", "Hello B.")]
    talk.ask("Who are we?")
    both = ["[Edmond]: I am A", "Hello A.", "[Edmond]: I am B", "Hello B."]
    assert talk.told()[:-1] == (both if shared else ["I am A", "Hello A."])
