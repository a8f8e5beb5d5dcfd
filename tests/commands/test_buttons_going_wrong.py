"""The buttons below an answer, when what they are for does not come about."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import pytest

from lib.chat.assistant import GUARDED
from lib.chat.failures import TEXTS
from lib.jobs.heartbeat import LEASE_SECONDS
from lib.locales import Locale, Text
from lib.ports import (
    ChatModelError,
    ChatModelFailure,
    ChatPlace,
    CommandStatus,
    CompletionChunk,
    Exchange,
    FailureReason,
    OpenedChat,
    Outcome,
)
from tests.bot import Bot
from tests.commands.asking import EPHEMERAL, Talk, without_footer
from tests.fakes.chat_model import ScriptedChatModel, Step, saying
from tests.fakes.chat_store import MemoryChatStore
from tests.fakes.discord import CallKind, discord_error
from tests.payloads import GUILD, slash, submit

LONG = "A sentence of some length. " * 150
BLOCKED = ChatModelError(ChatModelFailure.BLOCKED, "safety")
LATE = ChatModelError(ChatModelFailure.TIMED_OUT, "late")


class SettlingLate(MemoryChatStore):
    """A store in which an answer is found at the second look: its settlement was under way."""

    looks = 0

    def open_chat(
        self, place: ChatPlace, *, command_id: UUID, about: UUID | None = None
    ) -> OpenedChat:
        opened = super().open_chat(place, command_id=command_id, about=about)
        return replace(opened, about=None) if about is not None and self._is_first() else opened

    def delete_exchange(self, *, exchange_id: UUID, user_id: str) -> Exchange | None:
        if self._is_first():
            return None
        return super().delete_exchange(exchange_id=exchange_id, user_id=user_id)

    def _is_first(self) -> bool:
        self.looks += 1
        return self.looks == 1


def settling_late(*scripts: list[Step]) -> Talk:
    bot = Bot(ScriptedChatModel(*scripts))
    bot.chat = SettlingLate(bot.clock, store=bot.store)
    bot.services = replace(bot.services, chat=bot.chat)
    return Talk(bot=without_footer(bot))


# --- no new answer --------------------------------------------------------------------------------


@pytest.mark.parametrize("label", ["Regenerate", "Shorter"])
@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ([CompletionChunk(text="Half of "), BLOCKED], TEXTS[ChatModelFailure.BLOCKED].en),
        ([CompletionChunk(text="Half of "), LATE], TEXTS[ChatModelFailure.TIMED_OUT].en),
        ([CompletionChunk(text="Half of "), *saying("a-key-for-tests-only")], "I don't tell how"),
    ],
    ids=["blocked", "broken off", "guarded"],
)
def test_where_a_new_answer_fails_midway_the_one_before_comes_back_with_the_reason(
    label: str, script: list[Step], reason: str
) -> None:
    talk = Talk(saying("One."), script, saying("Three."))
    shown = talk.ask()
    pressed = talk.press(label, shown)
    assert pressed.text.startswith("One.\n\n-# (There is no new answer, so the one before stays. ")
    assert reason in pressed.text
    assert pressed.buttons == shown.buttons
    assert [each.answer for each in talk.chat.exchanges.values()] == ["One."]
    assert all(kept.settled_at for kept in talk.chat.reservations.values())
    assert talk.press("Regenerate", pressed).text == "Three."


@pytest.mark.parametrize(
    ("script", "text", "outcome", "reason"),
    [
        (saying("a-key-for-tests-only"), GUARDED, Outcome.REFUSED, FailureReason.REFUSED),
        ([BLOCKED], TEXTS[ChatModelFailure.BLOCKED], Outcome.REFUSED, FailureReason.REFUSED),
        ([LATE], TEXTS[ChatModelFailure.TIMED_OUT], Outcome.FAILED, FailureReason.ERROR),
    ],
    ids=["guarded", "blocked", "late"],
)
def test_where_nothing_of_a_new_answer_was_shown_the_asker_alone_is_told(
    script: list[Step], text: Text, outcome: Outcome, reason: FailureReason
) -> None:
    talk = Talk(saying("One."), script)
    pressed = talk.press("Regenerate", talk.ask())
    assert pressed.is_told_apart
    assert pressed.text == text.en
    ended(talk, outcome, reason)


def test_an_answer_that_came_back_is_noted_as_what_it_was() -> None:
    talk = Talk(saying("One."), [CompletionChunk(text="Half of "), LATE])
    talk.press("Regenerate", talk.ask())
    ended(talk, Outcome.FAILED, FailureReason.ERROR)


def ended(talk: Talk, outcome: Outcome, reason: FailureReason) -> None:
    """Check how ledger and queue say that the last interaction ended."""
    assert talk.bot.watch.records[-1].interactions[-1].outcome is outcome
    row = list(talk.bot.store.rows.values())[-1]
    assert (row.status, row.failure_reason) == (CommandStatus.FAILED, reason)


def test_after_a_run_that_died_midway_the_answer_before_comes_back() -> None:
    def die() -> None:
        raise KeyboardInterrupt  # nothing in the code gets hold of it

    talk = Talk(saying("One."), [CompletionChunk(text="Half of "), die], [LATE])
    shown = talk.ask()
    with pytest.raises(KeyboardInterrupt):
        talk.press("Regenerate", shown)
    talk.bot.clock.advance(LEASE_SECONDS + 1)
    talk.bot.tick()
    last = talk.bot.discord.calls[-1]
    assert last.kind is CallKind.EDIT_ORIGINAL
    assert last.content.startswith("One.\n\n-# (There is no new answer, so the one before stays. ")


def test_below_a_long_answer_which_stands_there_anyway_the_reason_alone_is_told() -> None:
    talk = Talk(saying(LONG), [CompletionChunk(text="Half of "), LATE])
    shown = talk.ask()
    pressed = talk.press("Regenerate", shown)
    assert pressed.text == TEXTS[ChatModelFailure.TIMED_OUT].en
    assert [each.answer for each in talk.chat.exchanges.values()] == [LONG]


def test_a_refusal_is_in_the_guilds_language_where_it_chose_one() -> None:
    talk = Talk(saying("一。"), [BLOCKED])
    shown = talk.ask()
    talk.settle_in(language=Locale.JAPANESE)
    pressed = talk.press("Regenerate", shown)
    assert pressed.is_told_apart
    assert pressed.text == TEXTS[ChatModelFailure.BLOCKED].ja


# --- a moment too early ---------------------------------------------------------------------------


@pytest.mark.parametrize("label", ["Regenerate", "Continue", "Shorter"])
def test_an_answer_that_is_only_just_being_kept_is_looked_for_once_more(label: str) -> None:
    talk = settling_late(saying("One."), saying("Two."))
    assert talk.press(label, talk.ask()).text == "Two."
    assert talk.bot.clock.slept == [1.0]


def test_and_is_forgotten_though_it_was_not_yet_there_to_forget() -> None:
    talk = settling_late(saying("One."))
    assert talk.press("Delete", talk.ask()).texts == []
    assert talk.chat.exchanges == {}


# --- what cannot be deleted -----------------------------------------------------------------------


@pytest.mark.parametrize("status", [401, 403, 503])
def test_parts_that_could_not_be_deleted_are_told_to_the_asker_alone(status: int) -> None:
    talk = Talk(saying(LONG))
    shown = talk.ask()
    (exchange,) = talk.chat.exchanges.values()
    talk.bot.discord.refuse(CallKind.DELETE_MESSAGE, discord_error(status))
    deleted = talk.press("Delete", shown)
    assert deleted.is_told_apart
    assert "I couldn't delete all of this answer." in deleted.text
    assert f"https://discord.com/channels/{GUILD}/" in deleted.text
    assert exchange.message_ids[0] in deleted.text
    assert exchange.message_ids[-1] not in deleted.text
    assert talk.chat.exchanges == {}
    assert CallKind.DELETE_ORIGINAL in talk.bot.discord.kinds()


def test_of_a_private_answer_no_part_is_within_reach_and_the_asker_is_told_so() -> None:
    talk = Talk(saying(LONG))
    deleted = talk.press("Delete", talk.ask(private=True))
    assert "which only you see" in deleted.text
    assert deleted.bodies[0]["flags"] == EPHEMERAL
    assert CallKind.DELETE_MESSAGE not in talk.bot.discord.kinds()
    assert talk.chat.exchanges == {}


# --- one pace for all -----------------------------------------------------------------------------


def test_question_form_and_buttons_have_one_pace() -> None:
    talk = Talk(saying("One."), saying("Two."))
    shown = talk.ask()
    talk.press("Regenerate", shown)
    for number, too_soon in enumerate(
        (slash("ask", prompt="Hi"), submit("ask:long", prompt="Hi")), start=100
    ):
        builder = too_soon.at(talk.bot.clock.now()).numbered(number)
        talk.bot.client.send(builder)
        assert "you can ask again in 5 s" in talk.bot.discord.seen(builder.token)[0]
    assert len(talk.model.asked) == 2
