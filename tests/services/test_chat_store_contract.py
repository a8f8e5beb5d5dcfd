"""What every ChatStore keeps to, in memory and on PostgREST: conversations."""

from __future__ import annotations

from functools import partial
from uuid import uuid4

import pytest

from lib.ports import ChatPlace, ConversationKind, GuildSettings, Reserved
from tests.services.chat_steps import (
    ANNA,
    BEN,
    DIRECT,
    GUILD,
    IN_PRIVATE,
    answer,
    ask,
    begin,
    end,
    question,
    questions,
    reservation,
    settlement,
    share,
    summarised,
)
from tests.services.chat_worlds import ChatWorld


class TestOpening:
    def test_where_nobody_ever_asked_there_is_nothing_but_defaults(
        self, chat_world: ChatWorld
    ) -> None:
        opened = chat_world.chat.open_chat(ANNA, command_id=uuid4())
        assert opened.settings == GuildSettings()
        assert opened.kind is ConversationKind.PERSONAL
        assert (opened.conversation_id, opened.summary, opened.exchanges) == (None, "", ())
        assert (opened.about, opened.settled, opened.chosen_model) == (None, None, None)
        assert opened.summarised_through == 0
        assert dict(opened.cooling) == {}

    def test_what_was_asked_and_answered_is_there_the_next_time(
        self, chat_world: ChatWorld
    ) -> None:
        chat = chat_world.chat
        before = chat_world.now()
        file = {"id": "1", "filename": "空.png", "size": 5}
        asked = question("空はなぜ青い? 😀", attachments=(file,), author_name="あんな")
        begun = reservation(question=asked)
        chat.reserve(begun)
        chat.settle(settlement(begun, answer=answer(asked.exchange_id, "散乱 \\ \"'")))
        (exchange,) = chat.open_chat(ANNA, command_id=uuid4()).exchanges
        assert exchange.id == asked.exchange_id
        assert (exchange.question, exchange.answer) == ("空はなぜ青い? 😀", "散乱 \\ \"'")
        assert (exchange.author_id, exchange.author_name) == ("301", "あんな")
        assert (exchange.tokens, exchange.model) == (12, "gemini-3")
        assert exchange.attachments == (file,)
        assert (exchange.channel_id, exchange.message_ids) == ("200", ("1", "2"))
        assert exchange.asked_at >= before

    def test_a_question_without_an_answer_is_not_there_yet(self, chat_world: ChatWorld) -> None:
        begun = begin(chat_world.chat, "first")
        assert questions(chat_world.chat) == []
        end(chat_world.chat, begun)
        assert questions(chat_world.chat) == ["first"]

    def test_they_stand_in_the_order_of_asking_whoever_is_answered_first(
        self, chat_world: ChatWorld
    ) -> None:
        first, second = begin(chat_world.chat, "first"), begin(chat_world.chat, "second")
        end(chat_world.chat, second)
        end(chat_world.chat, first)
        assert questions(chat_world.chat) == ["first", "second"]

    def test_everyone_has_their_own_in_each_channel_and_for_themselves_alone(
        self, chat_world: ChatWorld
    ) -> None:
        elsewhere = ChatPlace(guild_id=GUILD, channel_id="201", user_id="301")
        for place in (ANNA, BEN, IN_PRIVATE, DIRECT, elsewhere):
            ask(chat_world.chat, f"{place.channel_id} {place.user_id} {place.private}", place)
        assert questions(chat_world.chat, ANNA) == ["200 301 False"]
        assert questions(chat_world.chat, BEN) == ["200 302 False"]
        assert questions(chat_world.chat, IN_PRIVATE) == ["200 301 True"]
        assert questions(chat_world.chat, DIRECT) == ["900 301 False"]
        assert questions(chat_world.chat, elsewhere) == ["201 301 False"]

    def test_a_channel_with_one_conversation_has_what_everybody_said_but_in_private(
        self, chat_world: ChatWorld
    ) -> None:
        share(chat_world.chat)
        for place in (ANNA, BEN, IN_PRIVATE):
            ask(chat_world.chat, f"{place.user_id} {place.private}", place)
        opened = chat_world.chat.open_chat(BEN, command_id=uuid4())
        assert opened.kind is ConversationKind.SHARED
        assert [(e.author_id, e.question) for e in opened.exchanges] == [
            ("301", "301 False"),
            ("302", "302 False"),
        ]
        assert questions(chat_world.chat, IN_PRIVATE) == ["301 True"]

    def test_the_newest_two_hundred_are_enough(self, chat_world: ChatWorld) -> None:
        for number in range(202):
            begun = reservation(question=question(str(number)), answers=0, tokens=0, cost_usd=0)
            chat_world.chat.reserve(begun)
            end(chat_world.chat, begun)
        assert questions(chat_world.chat) == [str(number) for number in range(2, 202)]

    @pytest.mark.parametrize("text", ["a\x00b", "half \ud83d of it", "\udfff", "\\u0000 \\ud83d"])
    def test_texts_that_no_database_stores_are_kept_as_far_as_can_be(
        self, chat_world: ChatWorld, text: str
    ) -> None:
        ask(chat_world.chat, text)
        (kept,) = questions(chat_world.chat)
        stored = text.translate({0: 0xFFFD, 0xD83D: 0xFFFD, 0xDFFF: 0xFFFD})
        assert kept in {text, stored}


class TestAnExchange:
    def test_about_it_only_what_came_before_is_told(self, chat_world: ChatWorld) -> None:
        chat = chat_world.chat
        ids = [ask(chat, text) for text in ("first", "second", "third")]
        opened = chat.open_chat(ANNA, command_id=uuid4(), about=ids[1])
        assert opened.about is not None
        assert (opened.about.question, opened.about.answer) == ("second", "Re: second")
        assert [exchange.question for exchange in opened.exchanges] == ["first"]

    def test_it_is_found_in_its_own_conversation_wherever_one_asks(
        self, chat_world: ChatWorld
    ) -> None:
        chat = chat_world.chat
        ask(chat, "in public", ANNA)
        ask(chat, "before", IN_PRIVATE)
        about = ask(chat, "in private", IN_PRIVATE)
        opened = chat.open_chat(ANNA, command_id=uuid4(), about=about)
        assert opened.kind is ConversationKind.PRIVATE
        assert [exchange.question for exchange in opened.exchanges] == ["before"]

    def test_one_of_somebody_else_is_shown_as_theirs(self, chat_world: ChatWorld) -> None:
        about = ask(chat_world.chat, "mine", BEN)
        opened = chat_world.chat.open_chat(ANNA, command_id=uuid4(), about=about)
        assert opened.about is not None
        assert opened.about.author_id == "302"

    def test_one_that_is_gone_is_none_and_the_conversation_there_goes_on(
        self, chat_world: ChatWorld
    ) -> None:
        ask(chat_world.chat, "first")
        opened = chat_world.chat.open_chat(ANNA, command_id=uuid4(), about=uuid4())
        assert opened.about is None
        assert [exchange.question for exchange in opened.exchanges] == ["first"]

    def test_a_new_answer_stands_in_the_place_of_the_old_one(self, chat_world: ChatWorld) -> None:
        chat = chat_world.chat
        again = ask(chat, "first")
        ask(chat, "second")
        shown = (("anew", (), ("1", "2")), ("again", ("9", "2"), ("1", "2", "9")))
        for text, message_ids, seen in shown:
            begun = reservation()
            chat.reserve(begun)
            new = answer(again, text, model="other", message_ids=message_ids)
            assert chat.settle(settlement(begun, answer=new)) is True
            first, second = chat.open_chat(ANNA, command_id=uuid4()).exchanges
            assert (first.question, first.answer, first.model) == ("first", text, "other")
            assert first.message_ids == seen
            assert second.question == "second"

    def test_only_who_asked_deletes_it_with_its_answer(self, chat_world: ChatWorld) -> None:
        chat = chat_world.chat
        share(chat)
        mine, theirs = ask(chat, "mine", ANNA), ask(chat, "theirs", BEN)
        assert chat.delete_exchange(exchange_id=theirs, user_id="301") is None
        deleted = chat.delete_exchange(exchange_id=mine, user_id="301")
        assert deleted is not None
        assert (deleted.id, deleted.question, deleted.message_ids) == (mine, "mine", ("1", "2"))
        assert chat.delete_exchange(exchange_id=mine, user_id="301") is None
        assert questions(chat) == ["theirs"]


class TestACommandThatRunsAgain:
    def test_it_finds_the_answer_that_its_first_run_left(self, chat_world: ChatWorld) -> None:
        chat = chat_world.chat
        begun = begin(chat, "first")
        assert chat.open_chat(ANNA, command_id=begun.command_id).settled is None
        exchange_id = end(chat, begun)
        settled = chat.open_chat(ANNA, command_id=begun.command_id).settled
        assert settled is not None
        assert (settled.id, settled.answer) == (exchange_id, "It scatters.")

    def test_also_one_that_answered_anew(self, chat_world: ChatWorld) -> None:
        chat = chat_world.chat
        exchange_id = ask(chat, "first")
        again = reservation()
        chat.reserve(again)
        chat.settle(settlement(again, answer=answer(exchange_id, "anew")))
        settled = chat.open_chat(ANNA, command_id=again.command_id, about=exchange_id).settled
        assert settled is not None
        assert settled.answer == "anew"

    def test_its_question_stands_there_once(self, chat_world: ChatWorld) -> None:
        begun = begin(chat_world.chat, "first")
        assert chat_world.chat.reserve(begun) == Reserved()
        end(chat_world.chat, begun)
        assert chat_world.chat.reserve(begun) == Reserved()
        assert questions(chat_world.chat) == ["first"]

    def test_it_is_settled_once(self, chat_world: ChatWorld) -> None:
        begun = begin(chat_world.chat, "first")
        exchange_id = end(chat_world.chat, begun)
        late = settlement(begun, answer=answer(exchange_id, "late"))
        assert chat_world.chat.settle(late) is False
        (exchange,) = chat_world.chat.open_chat(ANNA, command_id=uuid4()).exchanges
        assert exchange.answer == "It scatters."
        assert len(chat_world.usage()) == 1

    def test_an_answer_that_never_came_leaves_no_question(self, chat_world: ChatWorld) -> None:
        begun = begin(chat_world.chat, "first")
        assert begun.question is not None
        assert chat_world.chat.settle(settlement(begun, calls=())) is True
        later = reservation()
        late = answer(begun.question.exchange_id)
        assert chat_world.chat.settle(settlement(later, answer=late)) is True
        assert questions(chat_world.chat) == []


class TestForgetting:
    def test_a_user_forgets_their_own_in_the_channel(self, chat_world: ChatWorld) -> None:
        chat = chat_world.chat
        elsewhere = ChatPlace(guild_id=GUILD, channel_id="201", user_id="301")
        for place in (ANNA, ANNA, IN_PRIVATE, BEN, elsewhere):
            ask(chat, "something", place)
        assert chat.forget(ANNA, everybody=False) == 3
        assert questions(chat, ANNA) == questions(chat, IN_PRIVATE) == []
        assert questions(chat, BEN) == questions(chat, elsewhere) == ["something"]
        assert chat.forget(ANNA, everybody=False) == 0

    def test_of_the_shared_one_they_forget_what_they_said(self, chat_world: ChatWorld) -> None:
        chat = chat_world.chat
        share(chat)
        for place, text in ((ANNA, "a"), (BEN, "b"), (ANNA, "c")):
            ask(chat, text, place)
        assert chat.forget(ANNA, everybody=False) == 2
        assert questions(chat) == ["b"]

    def test_an_admin_forgets_the_channel_s_but_nobody_s_private_one(
        self, chat_world: ChatWorld
    ) -> None:
        chat = chat_world.chat
        bens_own = ChatPlace(guild_id=GUILD, channel_id="200", user_id="302", private=True)
        for place in (ANNA, BEN, IN_PRIVATE, bens_own):
            ask(chat, "something", place)
        share(chat)
        ask(chat, "something", BEN)
        assert chat.forget(ANNA, everybody=True) == 4
        assert questions(chat, BEN) == []
        assert questions(chat, bens_own) == ["something"]

    def test_what_is_forgotten_while_it_is_answered_stays_so(self, chat_world: ChatWorld) -> None:
        chat = chat_world.chat
        begun = begin(chat, "first")
        assert chat.forget(ANNA, everybody=False) == 0
        end(chat, begun)
        assert questions(chat) == []
        assert len(chat_world.usage()) == 1


class TestSummaries:
    def test_what_it_tells_is_told_no_more(self, chat_world: ChatWorld) -> None:
        through = summarised(chat_world.chat, "a", "b")
        ask(chat_world.chat, "c")
        opened = chat_world.chat.open_chat(ANNA, command_id=uuid4())
        assert (opened.summary, opened.summarised_through) == ("They spoke of a, b.", through)
        assert [exchange.question for exchange in opened.exchanges] == ["c"]

    def test_who_is_slower_keeps_none(self, chat_world: ChatWorld) -> None:
        through = summarised(chat_world.chat, "a", "b")
        opened = chat_world.chat.open_chat(ANNA, command_id=uuid4())
        assert opened.conversation_id is not None
        for since in (0, through, through + 5):
            assert not chat_world.chat.save_summary(
                conversation_id=opened.conversation_id,
                summary="Something else.",
                since=since,
                through=through,
            )
        assert not chat_world.chat.save_summary(
            conversation_id=uuid4(), summary="Of nothing.", since=0, through=1
        )

    def test_it_waits_for_a_question_that_would_be_lost(self, chat_world: ChatWorld) -> None:
        chat = chat_world.chat
        slow = begin(chat, "slow")
        ask(chat, "fast")
        opened = chat.open_chat(ANNA, command_id=uuid4())
        assert opened.conversation_id is not None
        place = opened.exchanges[-1].place
        save = partial(
            chat.save_summary,
            conversation_id=opened.conversation_id,
            summary="They spoke.",
            since=0,
            through=place,
        )
        assert save() is False
        end(chat, slow)
        assert save() is True

    def test_about_what_is_in_it_only_what_came_before_is_told(self, chat_world: ChatWorld) -> None:
        about = ask(chat_world.chat, "z")
        summarised(chat_world.chat, "a")
        opened = chat_world.chat.open_chat(ANNA, command_id=uuid4(), about=about)
        assert (opened.summary, opened.summarised_through, opened.exchanges) == ("", 0, ())

    def test_it_goes_with_the_conversation(self, chat_world: ChatWorld) -> None:
        summarised(chat_world.chat, "a", "b")
        assert chat_world.chat.forget(ANNA, everybody=False) == 2
        assert chat_world.chat.read_history(ANNA, limit=5).summary == ""

    def test_it_tells_nothing_of_who_forgot_and_the_rest_is_told_again(
        self, chat_world: ChatWorld
    ) -> None:
        chat = chat_world.chat
        share(chat)
        ask(chat, "b", BEN)
        summarised(chat_world.chat, "a")
        ask(chat, "c", BEN)
        chat.forget(ANNA, everybody=False)
        opened = chat.open_chat(BEN, command_id=uuid4())
        assert opened.summary == ""
        assert [exchange.question for exchange in opened.exchanges] == ["b", "c"]

    def test_one_that_is_written_while_somebody_forgets_is_not_kept(
        self, chat_world: ChatWorld
    ) -> None:
        chat = chat_world.chat
        share(chat)
        ask(chat, "a", ANNA)
        ask(chat, "b", BEN)
        before = chat.open_chat(BEN, command_id=uuid4())
        assert before.conversation_id is not None
        chat.forget(ANNA, everybody=False)
        assert not chat.save_summary(
            conversation_id=before.conversation_id,
            summary="A and B spoke.",
            since=before.summarised_through,
            through=before.exchanges[-1].place,
        )
        after = chat.open_chat(BEN, command_id=uuid4())
        assert chat.save_summary(
            conversation_id=before.conversation_id,
            summary="B spoke.",
            since=after.summarised_through,
            through=after.exchanges[-1].place,
        )

    def test_deleting_what_it_tells_takes_it_away(self, chat_world: ChatWorld) -> None:
        deleted = ask(chat_world.chat, "z")
        summarised(chat_world.chat, "a")
        chat_world.chat.delete_exchange(exchange_id=deleted, user_id="301")
        opened = chat_world.chat.open_chat(ANNA, command_id=uuid4())
        assert opened.summary == ""
        assert [exchange.question for exchange in opened.exchanges] == ["a"]
