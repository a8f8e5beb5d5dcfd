"""/ask when a model fails for the moment: when the same one is asked again, and when it is not."""

from __future__ import annotations

from lib.chat.calling import PAUSES_SECONDS
from lib.chat.failures import TEXTS
from lib.ports import ChatModelError, ChatModelFailure, StoreError
from tests.commands.asking import Talk
from tests.commands.several_models import BUSY, Models, elsewhere, limited
from tests.fakes.chat_model import saying


def test_the_last_that_is_left_is_asked_again_after_a_pause() -> None:
    talk = Talk([BUSY], [BUSY], saying("At last."))
    assert talk.ask().text == "At last."
    assert talk.bot.clock.slept == list(PAUSES_SECONDS)


def test_and_no_more_often_than_there_are_pauses() -> None:
    talk = Talk(*[[BUSY]] * 3)
    assert talk.ask().text == TEXTS[ChatModelFailure.OVERLOADED].en
    assert len(talk.model.asked) == 1 + len(PAUSES_SECONDS)


def test_a_delay_that_the_provider_asks_for_is_kept() -> None:
    talk = Talk([limited(4.0)], saying("At last."))
    assert talk.ask().text == "At last."
    assert talk.bot.clock.slept == [4.0]


def test_at_a_limit_without_a_word_of_when_it_ends_it_is_not_asked_again() -> None:
    talk = Talk([limited()])
    assert (
        talk.ask().text
        == "The model has had too many questions for now. Please try again in a minute."
    )
    assert talk.bot.clock.slept == []


def test_a_delay_that_leaves_no_time_to_answer_is_not_waited_for() -> None:
    talk = Talk([limited(120.0)])
    assert "in about 2 min" in talk.ask().text
    assert talk.bot.clock.slept == []


def test_one_that_was_not_reached_is_asked_once_more_before_another_is() -> None:
    lost = ChatModelError(ChatModelFailure.UNREACHABLE, "refused")
    them = Models(
        cards=[elsewhere("third")], first=[[lost], [lost]], second=[], third=[saying("Hello.")] * 2
    )
    busy = "-# (first is busy at the moment; third answered.)"
    assert them.talk.ask().text == f"Hello.\n\n{busy}"
    assert them.asked() == {"first": 2, "second": 0, "third": 1}, "the second is just as far away"
    assert them.talk.ask().text == f"Hello.\n\n{busy}"
    assert them.asked() == {"first": 2, "second": 0, "third": 2}, "for a while it is not tried"


def test_one_that_is_reached_at_the_second_try_does_not_rest() -> None:
    lost = ChatModelError(ChatModelFailure.UNREACHABLE, "refused")
    them = Models(cards=[elsewhere("second")], first=[[lost], saying("Hello.")], second=[])
    assert them.talk.ask().text == "Hello."
    assert them.talk.chat.cooling == {}


def test_each_try_has_the_time_that_is_left() -> None:
    talk = Talk([BUSY], saying("At last."))
    talk.ask()
    first, second = (asked.deadline_seconds for asked in talk.model.asked)
    assert second == first - PAUSES_SECONDS[0]


def test_a_database_that_is_away_when_a_model_should_rest_costs_no_answer() -> None:
    them = Models(first=[[BUSY]], second=[saying("Hello.")])
    them.talk.chat.refuse("cool_model", StoreError("cool_model", "unreachable", "away"))
    assert them.talk.ask().text.startswith("Hello.")
