"""What every ChatStore keeps to in what is told of a conversation: its summary, its bounds."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest

from lib.ports import OpenedChat
from tests.services.chat_steps import (
    ANNA,
    BEN,
    answer,
    ask,
    begin,
    end,
    question,
    questions,
    reservation,
    settlement,
    share,
)
from tests.services.chat_worlds import ChatWorld

TEN_MINUTES = 600


def opened_by(world: ChatWorld) -> OpenedChat:
    return world.chat.open_chat(ANNA, command_id=uuid4())


def span(world: ChatWorld) -> tuple[UUID, int, int]:
    """Anna's conversation, and from where to where it may be summed up."""
    opened = opened_by(world)
    assert opened.conversation_id is not None
    return opened.conversation_id, opened.summarised_through, opened.exchanges[-1].place


def begin_summary(world: ChatWorld, of: tuple[UUID, int, int]) -> bool:
    return bool(to_sum_up(world, of))


def to_sum_up(world: ChatWorld, of: tuple[UUID, int, int]) -> list[str]:
    """Begin it; the questions that it is to be made of."""
    conversation_id, since, through = of
    begun = world.chat.begin_summary(conversation_id=conversation_id, since=since, through=through)
    return [exchange.question for exchange in begun]


def sum_up(world: ChatWorld) -> None:
    conversation_id, since, through = span(world)
    assert world.chat.save_summary(
        conversation_id=conversation_id, summary="They spoke.", since=since, through=through
    )


class TestBeginningASummary:
    def test_one_begins_it_and_nobody_else_for_ten_minutes(self, chat_world: ChatWorld) -> None:
        ask(chat_world.chat, "first")
        of = span(chat_world)
        assert [begin_summary(chat_world, of) for _ in range(2)] == [True, False]
        chat_world.let_pass(TEN_MINUTES - 10)
        assert begin_summary(chat_world, of) is False
        chat_world.let_pass(10)
        assert [begin_summary(chat_world, of) for _ in range(2)] == [True, False]

    def test_the_next_may_begin_once_it_is_kept(self, chat_world: ChatWorld) -> None:
        ask(chat_world.chat, "first")
        assert begin_summary(chat_world, span(chat_world)) is True
        sum_up(chat_world)
        ask(chat_world.chat, "second")
        assert begin_summary(chat_world, span(chat_world)) is True

    def test_or_once_what_it_would_tell_is_gone(self, chat_world: ChatWorld) -> None:
        chat = chat_world.chat
        ask(chat, "first")
        sum_up(chat_world)
        ask(chat, "second")
        assert begin_summary(chat_world, span(chat_world)) is True
        first = chat.read_history(ANNA, limit=9).exchanges[0]
        chat.delete_exchange(exchange_id=first.id, user_id="301")
        assert begin_summary(chat_world, span(chat_world)) is True

    def test_nobody_begins_where_somebody_was_faster_or_is_under_way(
        self, chat_world: ChatWorld
    ) -> None:
        chat = chat_world.chat
        ask(chat, "first")
        conversation_id, since, through = span(chat_world)
        for wrong in ((since + 1, through), (since, since), (through, since)):
            assert begin_summary(chat_world, (conversation_id, *wrong)) is False
        assert begin_summary(chat_world, (uuid4(), since, through)) is False
        begun = begin(chat, "slow")
        ask(chat, "third")
        of = span(chat_world)
        assert begin_summary(chat_world, of) is False
        end(chat, begun)
        assert begin_summary(chat_world, of) is True


class TestWhatItIsMadeOf:
    def test_of_what_is_there_when_it_is_begun(self, chat_world: ChatWorld) -> None:
        chat = chat_world.chat
        secret, *_ = [ask(chat, text) for text in ("my secret", "second", "third")]
        of = span(chat_world)
        ask(chat, "later")
        chat.delete_exchange(exchange_id=secret, user_id="301")
        assert to_sum_up(chat_world, of) == ["second", "third"]

    def test_where_nothing_is_left_nobody_has_to_wait(self, chat_world: ChatWorld) -> None:
        chat = chat_world.chat
        secret = ask(chat, "my secret")
        of = span(chat_world)
        chat.delete_exchange(exchange_id=secret, user_id="301")
        assert to_sum_up(chat_world, of) == []
        ask(chat, "second")
        assert to_sum_up(chat_world, span(chat_world)) == ["second"]

    @pytest.mark.parametrize(
        ("tokens", "made_of"),
        [
            ((6000, 6000, 1), ["0", "1"]),
            ((6000, 6001, 1), ["0"]),
            ((12_001, 1), ["0"]),
            ((1, 2, 3), ["0", "1", "2"]),
        ],
    )
    def test_of_the_oldest_first(
        self, chat_world: ChatWorld, tokens: tuple[int, ...], made_of: list[str]
    ) -> None:
        TestWhatIsOpened().asked(chat_world, *tokens)
        assert to_sum_up(chat_world, span(chat_world)) == made_of

    def test_also_of_what_is_out_of_sight_since_a_summary_was_taken_away(
        self, chat_world: ChatWorld
    ) -> None:
        chat = chat_world.chat
        told = ask(chat, "first")
        sum_up(chat_world)
        TestWhatIsOpened().asked(chat_world, 30_000, 30_000, 100)
        begun = reservation()
        chat.reserve(begun)
        chat.settle(settlement(begun, answer=answer(told, "Something else.")))
        assert questions(chat) == ["1", "2"]
        conversation_id, since, through = span(chat_world)
        begun_with = chat.begin_summary(
            conversation_id=conversation_id, since=since, through=through
        )
        assert [each.answer for each in begun_with] == ["Something else."]
        assert chat.save_summary(
            conversation_id=conversation_id,
            summary="They began.",
            since=since,
            through=begun_with[-1].place,
        )
        assert to_sum_up(chat_world, span(chat_world)) == ["0"]


class TestASummaryAndWhatBecomesOfIt:
    def test_it_goes_with_an_answer_that_it_told_of(self, chat_world: ChatWorld) -> None:
        chat = chat_world.chat
        first = ask(chat, "first")
        sum_up(chat_world)
        begun = reservation()
        chat.reserve(begun)
        chat.settle(settlement(begun, answer=answer(first, "Something else.")))
        opened = opened_by(chat_world)
        assert opened.summary == ""
        assert [each.answer for each in opened.exchanges] == ["Something else."]

    def test_it_stays_with_one_that_it_did_not(self, chat_world: ChatWorld) -> None:
        chat = chat_world.chat
        ask(chat, "first")
        sum_up(chat_world)
        second = ask(chat, "second")
        begun = reservation()
        chat.reserve(begun)
        chat.settle(settlement(begun, answer=answer(second, "Something else.")))
        assert opened_by(chat_world).summary == "They spoke."

    def test_one_that_is_being_written_is_not_kept(self, chat_world: ChatWorld) -> None:
        chat = chat_world.chat
        first = ask(chat, "first")
        sum_up(chat_world)
        ask(chat, "second")
        conversation_id, since, through = span(chat_world)
        begun = reservation()
        chat.reserve(begun)
        chat.settle(settlement(begun, answer=answer(first, "Something else.")))
        assert not chat.save_summary(
            conversation_id=conversation_id, summary="Old.", since=since, through=through
        )


class TestWhatChangesWhileItIsWritten:
    """Of what was read for a summary that nobody has kept yet."""

    def save(self, world: ChatWorld, of: tuple[UUID, int, int], summary: str = "A secret.") -> bool:
        conversation_id, since, through = of
        return world.chat.save_summary(
            conversation_id=conversation_id, summary=summary, since=since, through=through
        )

    def test_words_that_are_deleted_meanwhile_are_in_no_summary(
        self, chat_world: ChatWorld
    ) -> None:
        chat = chat_world.chat
        secret = ask(chat, "my secret")
        ask(chat, "second")
        of = span(chat_world)
        assert begin_summary(chat_world, of) is True
        chat.delete_exchange(exchange_id=secret, user_id="301")
        assert self.save(chat_world, of) is False
        assert opened_by(chat_world).summary == ""
        assert questions(chat) == ["second"]

    def test_nor_in_that_of_a_channel(self, chat_world: ChatWorld) -> None:
        chat = chat_world.chat
        share(chat)
        secret = ask(chat, "my secret")
        ask(chat, "Ben's", BEN)
        of = span(chat_world)
        assert begin_summary(chat_world, of) is True
        chat.delete_exchange(exchange_id=secret, user_id="301")
        assert self.save(chat_world, of) is False
        assert chat.read_history(BEN, limit=1).summary == ""

    def test_the_earlier_summary_stands_and_the_next_may_begin_at_once(
        self, chat_world: ChatWorld
    ) -> None:
        chat = chat_world.chat
        ask(chat, "first")
        sum_up(chat_world)
        secret = ask(chat, "my secret")
        ask(chat, "third")
        of = span(chat_world)
        assert begin_summary(chat_world, of) is True
        chat.delete_exchange(exchange_id=secret, user_id="301")
        assert begin_summary(chat_world, of) is False
        assert self.save(chat_world, of) is False
        assert opened_by(chat_world).summary == "They spoke."
        assert begin_summary(chat_world, of) is True
        assert self.save(chat_world, of, "They spoke of the third.") is True

    def test_an_answer_that_is_given_anew_is_not_told_as_it_was(
        self, chat_world: ChatWorld
    ) -> None:
        chat = chat_world.chat
        first = ask(chat, "first")
        ask(chat, "second")
        of = span(chat_world)
        assert begin_summary(chat_world, of) is True
        begun = reservation()
        chat.reserve(begun)
        chat.settle(settlement(begun, answer=answer(first, "Something else.")))
        assert self.save(chat_world, of) is False
        assert opened_by(chat_world).exchanges[0].answer == "Something else."

    def test_what_it_does_not_tell_of_may_change(self, chat_world: ChatWorld) -> None:
        chat = chat_world.chat
        ask(chat, "first")
        of = span(chat_world)
        later = ask(chat, "later")
        assert begin_summary(chat_world, of) is True
        begun = reservation()
        chat.reserve(begun)
        chat.settle(settlement(begun, answer=answer(later, "Something else.")))
        chat.delete_exchange(exchange_id=later, user_id="301")
        assert self.save(chat_world, of, "They spoke.") is True

    def test_of_a_claim_that_ran_out_nothing_is_left(self, chat_world: ChatWorld) -> None:
        chat = chat_world.chat
        secret = ask(chat, "my secret")
        ask(chat, "second")
        of = span(chat_world)
        assert begin_summary(chat_world, of) is True
        chat.delete_exchange(exchange_id=secret, user_id="301")
        chat_world.let_pass(TEN_MINUTES)
        assert begin_summary(chat_world, of) is True
        assert self.save(chat_world, of, "They spoke.") is True


class TestWhoIsQuoted:
    def quote(self, world: ChatWorld, author_id: str) -> None:
        """Ben asks about a message of somebody else's."""
        begun = reservation(BEN, question=question("What is meant?", quoted_author_id=author_id))
        assert begun.question is not None
        world.chat.reserve(begun)
        world.chat.settle(settlement(begun, answer=answer(begun.question.exchange_id)))

    def test_what_others_asked_about_their_words_goes_with_the_rest(
        self, chat_world: ChatWorld
    ) -> None:
        self.quote(chat_world, "777")
        ask(chat_world.chat, "mine", BEN)
        counts = chat_world.store.delete_user_data(user_id="777")
        assert counts["messages"] == 2
        assert questions(chat_world.chat, BEN) == ["mine"]

    def test_and_so_does_a_summary_that_tells_of_them(self, chat_world: ChatWorld) -> None:
        chat = chat_world.chat
        self.quote(chat_world, "777")
        opened = chat.open_chat(BEN, command_id=uuid4())
        assert opened.conversation_id is not None
        chat.save_summary(
            conversation_id=opened.conversation_id,
            summary="Ben asked what 777 meant.",
            since=0,
            through=opened.exchanges[-1].place,
        )
        chat_world.store.delete_user_data(user_id="778")
        assert chat.read_history(BEN, limit=1).summary == "Ben asked what 777 meant."
        chat_world.store.delete_user_data(user_id="777")
        assert chat.read_history(BEN, limit=1).summary == ""

    def test_who_forgets_their_own_takes_nothing_of_who_quoted_them(
        self, chat_world: ChatWorld
    ) -> None:
        chat = chat_world.chat
        share(chat)
        ask(chat, "mine", ANNA)
        self.quote(chat_world, ANNA.user_id)
        assert chat.forget(ANNA, everybody=False) == 1


class TestWhatIsOpened:
    def asked(self, world: ChatWorld, *tokens: int) -> None:
        for number, each in enumerate(tokens):
            begun = reservation(question=question(str(number), tokens=each))
            assert begun.question is not None
            world.chat.reserve(begun)
            kept = answer(begun.question.exchange_id, tokens=0)
            world.chat.settle(settlement(begun, answer=kept))

    @pytest.mark.parametrize(
        ("tokens", "seen"),
        [
            ((30_000, 30_000, 1, 29_999), ["1", "2", "3"]),
            ((30_000, 30_000, 30_000), ["1", "2"]),
            ((10, 60_001), ["1"]),
            ((10, 60_000, 1), ["2"]),
            ((70_000, 10), ["1"]),
            ((10,), ["0"]),
        ],
    )
    def test_as_many_of_the_newest_as_may_be_told(
        self, chat_world: ChatWorld, tokens: tuple[int, ...], seen: list[str]
    ) -> None:
        self.asked(chat_world, *tokens)
        assert questions(chat_world.chat) == seen

    def test_a_history_shows_them_all(self, chat_world: ChatWorld) -> None:
        self.asked(chat_world, 70_000, 70_000)
        assert len(chat_world.chat.read_history(ANNA, limit=9).exchanges) == 2
