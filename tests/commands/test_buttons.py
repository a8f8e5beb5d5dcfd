"""The buttons below an answer: what each does, for whom, and that none needs the process it came
from.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from lib.chat.prompting import CONTINUE, SHORTER
from lib.ports import (
    ChatModelError,
    ChatModelFailure,
    ChatPlace,
    ConversationKind,
    Limits,
    StoreError,
)
from tests.bot import Bot
from tests.commands.asking import ASK, EPHEMERAL, OTHER, Talk
from tests.fakes.chat_model import ScriptedChatModel, Step, saying
from tests.fakes.discord import CallKind
from tests.payloads import CHANNEL, GUILD, attached, message_command, press

LONG = "A sentence of some length. " * 150
PNG = b"\x89PNG\r\n\x1a\n" + bytes(64)
AWAY = StoreError("any", "unreachable", "it is restarting")
LABELS = ["Regenerate", "Continue", "Shorter", "Delete"]


def redeployed(talk: Talk, *scripts: Sequence[Step]) -> Talk:
    """The same tables under another process."""
    model = ScriptedChatModel(*scripts)
    bot = Bot(model, clock=talk.bot.clock)
    new = Talk(bot=bot)
    new.model = model
    bot.chat = talk.chat
    bot.services = replace(bot.services, chat=talk.chat)
    return new


# --- regenerate -----------------------------------------------------------------------------------


def test_every_answer_that_is_kept_has_the_four() -> None:
    talk = Talk(saying("Hello."))
    assert list(talk.ask().buttons) == LABELS


def test_while_it_grows_an_answer_has_none() -> None:
    talk = Talk(saying("Hel", "lo."))
    shown = talk.ask()
    first = next(call for call in talk.bot.discord.calls if call.kind is CallKind.EDIT_ORIGINAL)
    assert first.content == "Hel"
    assert not (first.body or {}).get("components")
    assert shown.buttons


def test_regenerate_asks_the_same_again_and_takes_the_answers_place() -> None:
    talk = Talk(saying("Before."), saying("One."), saying("Another."), saying("Next."))
    talk.ask("First")
    shown = talk.ask("Second")
    again = talk.press("Regenerate", shown)
    assert again.reply.json == {"type": 6}
    assert again.text == "Another."
    assert talk.told() == ["First", "Before.", "Second"]
    assert again.buttons == shown.buttons
    talk.ask("Third")
    assert talk.told() == ["First", "Before.", "Second", "Another.", "Third"]


def test_an_earlier_answer_is_given_anew_as_if_nothing_had_followed() -> None:
    talk = Talk(saying("One."), saying("Two."), saying("One, anew."), saying("Three."))
    first = talk.ask("First")
    talk.ask("Second")
    talk.press("Regenerate", first)
    assert talk.told() == ["First"]
    talk.ask("Third")
    assert talk.told() == ["First", "One, anew.", "Second", "Two.", "Third"]


def test_a_long_answer_is_given_anew_below_it() -> None:
    talk = Talk(saying(LONG), saying("Another."), saying("A third."))
    shown = talk.ask()
    assert len(shown.texts) > 1
    again = talk.press("Regenerate", shown)
    assert again.reply.json == {"type": 5}
    assert again.text == "Another."
    assert "".join(shown.texts).startswith("A sentence")
    assert talk.press("Regenerate", again).reply.json == {"type": 6}


def test_it_gets_the_files_again_that_came_with_the_question() -> None:
    talk = Talk(saying("A comet."), saying("A star."))
    file = attached()
    talk.bot.files.files[file["url"]] = PNG
    talk.press("Regenerate", talk.ask("What is it?", file=file))
    assert [media.content for media in talk.model.asked[1].media] == [PNG]


def test_where_the_file_is_no_longer_there_the_answer_stays_and_its_asker_is_told() -> None:
    talk = Talk(saying("A comet."))
    file = attached()
    talk.bot.files.files[file["url"]] = PNG
    shown = talk.ask("What is it?", file=file)
    talk.bot.files.files.clear()
    again = talk.press("Regenerate", shown)
    assert again.is_told_apart
    assert "no longer there" in again.text
    assert shown.text == "A comet."
    assert [each.answer for each in talk.chat.exchanges.values()] == ["A comet."]


def test_a_model_that_fails_leaves_the_answer_that_was_there() -> None:
    talk = Talk(saying("One."), [ChatModelError(ChatModelFailure.BLOCKED, "safety")])
    shown = talk.ask()
    assert talk.press("Regenerate", shown).is_told_apart
    assert [each.answer for each in talk.chat.exchanges.values()] == ["One."]
    assert all(kept.settled_at for kept in talk.chat.reservations.values())


# --- shorter and continue -------------------------------------------------------------------------


def test_shorter_takes_the_answers_place() -> None:
    talk = Talk(saying("A long story."), saying("A story."), saying("Next."))
    shown = talk.ask("Tell me")
    shorter = talk.press("Shorter", shown)
    assert shorter.reply.json == {"type": 6}
    assert shorter.text == "A story."
    assert talk.told() == ["Tell me", "A long story.", SHORTER.en]
    talk.ask("Go on")
    assert talk.told() == ["Tell me", "A story.", "Go on"]


def test_continue_answers_below_and_is_remembered() -> None:
    talk = Talk(saying("Once"), saying("upon a time."), saying("Next."))
    shown = talk.ask("Tell me")
    more = talk.press("Continue", shown)
    assert more.reply.json == {"type": 5}
    assert more.text == "upon a time."
    assert talk.told() == ["Tell me", "Once", CONTINUE.en]
    assert more.buttons != shown.buttons
    talk.ask("And then?")
    assert talk.told() == ["Tell me", "Once", CONTINUE.en, "upon a time.", "And then?"]


def test_what_they_ask_for_in_english_is_to_come_in_the_language_that_was_spoken() -> None:
    talk = Talk(saying("むかしむかし"), saying("むかし"), saying("つづき"))
    shown = talk.ask("お話をして")
    for label in ("Shorter", "Continue"):
        talk.press(label, shown)
        assert "in its own language" in talk.told()[-1]


def test_each_press_is_an_answer_that_counts() -> None:
    talk = Talk(*[saying("Hello.")] * 4)
    shown = talk.ask()
    for label in ("Regenerate", "Shorter", "Continue"):
        talk.press(label, shown)
    place = ChatPlace(guild_id=GUILD, channel_id=CHANNEL, user_id=talk.chat.calls[0].place.user_id)
    assert talk.chat.quotas.read(place, "Asia/Tokyo").answers_today == 4
    assert len(talk.chat.calls) == 4


# --- delete ---------------------------------------------------------------------------------------


def test_delete_takes_the_answer_away_and_out_of_the_conversation() -> None:
    talk = Talk(saying("Regrettable."), saying("Next."))
    deleted = talk.press("Delete", talk.ask("Say something"))
    assert deleted.texts == []
    assert talk.bot.discord.kinds()[-1] is CallKind.DELETE_ORIGINAL
    talk.ask("Hi")
    assert talk.told() == ["Hi"]


def test_of_a_long_answer_every_message_goes() -> None:
    talk = Talk(saying(LONG))
    shown = talk.ask()
    (exchange,) = talk.chat.exchanges.values()
    assert len(exchange.message_ids) == len(shown.texts) > 1
    talk.press("Delete", shown)
    gone = [call.message_id for call in talk.bot.discord.calls if call.kind == "delete_message"]
    assert gone == list(exchange.message_ids[:-1])
    assert talk.bot.discord.kinds()[-1] is CallKind.DELETE_ORIGINAL, "that of the button"


def test_an_answer_that_is_forgotten_can_still_be_deleted() -> None:
    talk = Talk(saying("Hello."))
    shown = talk.ask()
    talk.chat.exchanges.clear()
    talk.press("Delete", shown)
    assert talk.bot.discord.kinds()[-1] is CallKind.DELETE_ORIGINAL


def test_with_the_database_away_nothing_is_deleted_and_the_asker_is_told() -> None:
    talk = Talk(saying("Hello."))
    shown = talk.ask()
    talk.chat.refuse("delete_exchange", AWAY)
    pressed = talk.press("Delete", shown)
    assert pressed.is_told_apart
    assert "The database didn't answer" in pressed.text
    assert CallKind.DELETE_ORIGINAL not in talk.bot.discord.kinds()
    assert len(talk.chat.exchanges) == 1


# --- whose they are -------------------------------------------------------------------------------


@pytest.mark.parametrize("label", LABELS)
def test_nobody_else_can_use_them_and_is_told_at_once(label: str) -> None:
    talk = Talk(saying("Hello."))
    pressed = talk.press(label, talk.ask(), by=OTHER)
    assert pressed.reply.json["type"] == 4
    assert pressed.reply.json["data"]["flags"] == EPHEMERAL
    assert "Only the one who asked" in pressed.reply.content
    assert len(talk.model.asked) == 1
    assert len(talk.chat.exchanges) == 1


def test_a_custom_id_made_up_by_somebody_else_reaches_no_exchange_of_others() -> None:
    talk = Talk(saying("Hello."))
    shown = talk.ask()
    for label in LABELS:
        forged = shown.buttons[label].split(":")
        forged[2] = OTHER
        pressed = talk.send(press(":".join(forged), ephemeral=False).by(OTHER))
        if label != "Delete":
            assert "I don't remember this answer" in pressed.text
    assert [each.answer for each in talk.chat.exchanges.values()] == ["Hello."]
    assert len(talk.model.asked) == 1


@pytest.mark.parametrize("label", ["Regenerate", "Continue", "Shorter"])
def test_of_an_answer_that_is_forgotten_they_tell_so_and_leave_it(label: str) -> None:
    talk = Talk(saying("Hello."))
    shown = talk.ask()
    talk.chat.exchanges.clear()
    pressed = talk.press(label, shown)
    assert pressed.is_told_apart
    assert "I don't remember this answer any more." in pressed.text
    assert shown.text == "Hello."
    assert len(talk.model.asked) == 1


@pytest.mark.parametrize("label", ["Regenerate", "Continue", "Shorter"])
def test_with_the_database_away_they_tell_so_and_leave_it(label: str) -> None:
    talk = Talk(saying("Hello."))
    shown = talk.ask()
    talk.chat.refuse("open_chat", AWAY)
    pressed = talk.press(label, shown)
    assert pressed.is_told_apart
    assert "without it I don't know what this answer was about" in pressed.text
    assert len(talk.model.asked) == 1


@pytest.mark.parametrize("label", ["Regenerate", "Continue", "Shorter"])
def test_they_work_after_a_redeploy(label: str) -> None:
    talk = Talk(saying("Hello."))
    shown = talk.ask("Hi")
    new = redeployed(talk, saying("From a new process."))
    pressed = new.press(label, shown)
    assert pressed.text == "From a new process."
    assert "Hi" in new.told()


def test_delete_works_after_a_redeploy() -> None:
    talk = Talk(saying("Hello."))
    shown = talk.ask()
    new = redeployed(talk)
    new.press("Delete", shown)
    assert talk.chat.exchanges == {}
    assert new.bot.discord.kinds() == [CallKind.DELETE_ORIGINAL]


def test_below_a_private_answer_what_follows_is_private_and_kept_apart() -> None:
    talk = Talk(saying("Psst."), saying("More."), saying("In public."))
    shown = talk.ask("a secret", private=True)
    more = talk.press("Continue", shown)
    assert more.reply.json == {"type": 5, "data": {"flags": EPHEMERAL}}
    assert talk.told() == ["a secret", "Psst.", CONTINUE.en]
    kinds = {each.conversation.kind for each in talk.chat.exchanges.values()}
    assert kinds == {ConversationKind.PRIVATE}
    talk.ask("Hi")
    assert talk.told() == ["Hi"]


def test_an_answer_that_is_not_kept_can_only_be_deleted() -> None:
    talk = Talk(saying("A summary."), saying("Hello."))
    assert list(talk.send(message_command("Summarise", content="Long.")).buttons) == ["Delete"]
    talk.chat.refuse("open_chat", AWAY)
    assert list(talk.ask().buttons) == ["Delete"]


def test_without_a_database_an_answer_can_only_be_deleted() -> None:
    bot = Bot(ScriptedChatModel(saying("Hello.")), without=("SUPABASE_URL", "SUPABASE_SECRET_KEY"))
    assert list(Talk(bot=bot).ask().buttons) == ["Delete"]


def test_their_labels_are_in_the_users_language() -> None:
    talk = Talk(saying("こんにちは。"))
    assert list(talk.send(ASK.in_japanese()).buttons) == ["再生成", "続ける", "短くする", "削除"]


# --- what takes the place of what -----------------------------------------------------------------


def test_an_answer_that_becomes_a_long_one_has_its_buttons_below_the_last_message() -> None:
    talk = Talk(saying("Short."), saying(LONG))
    again = talk.press("Regenerate", talk.ask())
    assert len(again.texts) > 1
    assert all(key.split(":")[1].endswith("_anew") for key in _keys_of(again.buttons))


def _keys_of(buttons: dict[str, str]) -> list[str]:
    return [buttons[label] for label in ("Regenerate", "Shorter")]


def test_the_file_of_a_very_long_answer_goes_with_it() -> None:
    talk = Talk(saying("A sentence of some length. " * 400), saying("Short."))
    shown = talk.ask()
    assert "is in the file" in shown.text
    (sent,) = [call for call in talk.bot.discord.calls if call.files]
    assert sent.files[0].name == "answer.md"
    shorter = talk.press("Shorter", shown)
    assert shorter.text == "Short."
    assert shorter.bodies[0]["attachments"] == []


def test_continuing_an_answer_sums_nothing_up() -> None:
    talk = Talk(*[saying("word " * 3000)] * 5)
    shown = talk.ask()
    talk.ask()
    calls = len(talk.model.asked)
    talk.press("Continue", shown)
    assert len(talk.model.asked) == calls + 1


@pytest.mark.parametrize("label", ["Regenerate", "Shorter"])
def test_a_private_answer_is_replaced_where_it_stands(label: str) -> None:
    talk = Talk(saying("Psst."), saying("Hush."))
    pressed = talk.press(label, talk.ask("a secret", private=True))
    assert pressed.reply.json == {"type": 6}
    assert pressed.text == "Hush."
    assert [each.answer for each in talk.chat.exchanges.values()] == ["Hush."]


@pytest.mark.parametrize("label", ["Regenerate", "Shorter", "Continue"])
def test_they_work_in_direct_messages(label: str) -> None:
    talk = Talk(saying("Hello."), saying("Hello again."))
    pressed = talk.press(label, talk.ask_in_dm("Hi"))
    assert pressed.texts[0].startswith("Hello again.")
    assert talk.told()[0] == "Hi"


def test_where_the_administrators_no_longer_want_it_they_do_nothing() -> None:
    talk = Talk(saying("Hello."))
    shown = talk.ask()
    talk.settle_in(channel_ids=frozenset({"1180000000000000222"}))
    pressed = talk.press("Regenerate", shown)
    assert pressed.is_told_apart
    assert "let me answer in" in pressed.text
    assert len(talk.model.asked) == 1


def test_at_a_limit_the_answer_stays_and_its_asker_is_told() -> None:
    talk = Talk(saying("Hello."))
    shown = talk.ask()
    limits = Limits(answers_a_day=1, tokens_a_day=None, budget_usd_a_month=None)
    talk.chat.change_limits(scope=GUILD, limits=limits)
    pressed = talk.press("Shorter", shown)
    assert pressed.is_told_apart
    assert "all your answers for today" in pressed.text
    assert [each.answer for each in talk.chat.exchanges.values()] == ["Hello."]
