"""What every ChatStore keeps to, in memory and on PostgREST: what `/history` reads."""

from __future__ import annotations

from lib.ports import ConversationKind
from tests.services.chat_steps import (
    ANNA,
    IN_PRIVATE,
    ask,
    begin,
    share,
    summarised,
)
from tests.services.chat_worlds import ChatWorld


class TestHistory:
    def test_it_shows_the_newest_of_what_a_question_there_would_continue(
        self, chat_world: ChatWorld
    ) -> None:
        for number in range(5):
            ask(chat_world.chat, str(number))
        ask(chat_world.chat, "not here", IN_PRIVATE)
        begin(chat_world.chat, "under way")
        history = chat_world.chat.read_history(ANNA, limit=3)
        assert (history.kind, history.total) == (ConversationKind.PERSONAL, 5)
        assert [exchange.question for exchange in history.exchanges] == ["2", "3", "4"]
        assert chat_world.chat.read_history(ANNA, limit=0).exchanges == ()
        assert chat_world.chat.read_history(IN_PRIVATE, limit=3).total == 1

    def test_it_shows_also_what_is_in_the_summary(self, chat_world: ChatWorld) -> None:
        summarised(chat_world.chat, "a", "b")
        history = chat_world.chat.read_history(ANNA, limit=9)
        assert history.summary == "They spoke of a, b."
        assert [exchange.question for exchange in history.exchanges] == ["a", "b"]

    def test_there_may_be_none(self, chat_world: ChatWorld) -> None:
        share(chat_world.chat)
        history = chat_world.chat.read_history(ANNA, limit=3)
        assert history.kind is ConversationKind.SHARED
        assert (history.summary, history.exchanges, history.total) == ("", (), 0)
