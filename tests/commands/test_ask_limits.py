"""/ask and its limits: what may be used, where it may be asked, and that nothing stays reserved."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from lib.interactions.timestamp import ago, date_and_time
from lib.jobs.heartbeat import LEASE_SECONDS
from lib.locales import Locale
from lib.ports import (
    ChatModelError,
    ChatModelFailure,
    CompletionChunk,
    Limits,
    Settlement,
    StoreError,
    Usage,
)
from tests.bot import Bot
from tests.commands.asking import ASK, OTHER, Shown, Talk, without_footer
from tests.fakes.chat_model import ScriptedChatModel, Step, saying
from tests.fakes.chat_store import MemoryChatStore
from tests.fakes.discord import CallKind, discord_error
from tests.payloads import CHANNEL, GUILD, slash

ANOTHER_CHANNEL = "1180000000000000222"
ROLE = "1180000000000000444"


def limited(
    talk: Talk,
    *,
    scope: str = GUILD,
    answers: int | None = None,
    tokens: int | None = None,
    budget: Decimal | None = None,
) -> None:
    limits = Limits(answers_a_day=answers, tokens_a_day=tokens, budget_usd_a_month=budget)
    talk.chat.change_limits(scope=scope, limits=limits)


def nothing_is_reserved(talk: Talk) -> bool:
    return all(kept.settled_at is not None for kept in talk.chat.reservations.values())


# --- quotas ---------------------------------------------------------------------------------------


def test_who_has_had_their_answers_is_told_apart_when_there_are_more() -> None:
    model = ScriptedChatModel(saying("One."), saying("Another's."))
    talk = Talk(bot=Bot(model, TIMEZONE="UTC"))
    limited(talk, answers=1)
    assert talk.ask().text == "One."
    shown = talk.ask()
    tomorrow = (talk.bot.clock.now() + timedelta(days=1)).replace(hour=0, minute=0, second=0)
    midnight = tomorrow.replace(microsecond=0)
    assert shown.is_told_apart
    assert "had all your answers for today" in shown.text
    assert ago(midnight) in shown.text
    assert date_and_time(midnight) in shown.text
    assert talk.ask(by=OTHER).text == "Another's."
    assert len(model.asked) == 2


def test_the_day_is_the_owners() -> None:
    bot = Bot(ScriptedChatModel(saying("One.")), TIMEZONE="Asia/Tokyo")
    talk = Talk(bot=bot)
    limited(talk, answers=1)
    talk.ask()
    now = bot.clock.now()
    midnight_in_tokyo = now.replace(hour=15, minute=0, second=0, microsecond=0)
    assert now < midnight_in_tokyo
    assert ago(midnight_in_tokyo) in talk.ask().text


def test_the_next_day_there_are_answers_again() -> None:
    talk = Talk(saying("One."), saying("Two."))
    limited(talk, answers=1)
    talk.ask()
    talk.bot.clock.advance(timedelta(days=1).total_seconds())
    assert talk.ask().text == "Two."


def test_a_question_that_is_too_long_for_what_is_left_is_told_so() -> None:
    talk = Talk()
    limited(talk, tokens=5_000)
    shown = talk.ask("word " * 700)
    assert "What's left of your tokens for today" in shown.text
    assert "`/forget`" in shown.text
    assert shown.is_told_apart


def test_the_tokens_that_were_not_used_are_free_again() -> None:
    talk = Talk(saying("One.", usage=Usage(100, 100, 200)), saying("Two."))
    limited(talk, tokens=5_000)
    talk.ask()
    assert talk.ask().text == "Two."


def test_a_guilds_budget_is_used_by_all_and_opens_with_the_next_month() -> None:
    talk = Talk(bot=Bot(ScriptedChatModel(saying("One.")), TIMEZONE="UTC"))
    limited(talk, budget=Decimal("0.0415"))
    assert talk.ask().text == "One."
    limited(talk, budget=Decimal("0.0413"))
    shown = talk.ask(by=OTHER)
    assert "The budget for this month is used up." in shown.text
    first = talk.bot.clock.now().replace(
        month=talk.bot.clock.now().month + 1, day=1, hour=0, minute=0, second=0, microsecond=0
    )
    assert ago(first) in shown.text


def test_direct_messages_have_a_budget_of_their_own() -> None:
    talk = Talk(saying("In the guild."))
    limited(talk, scope="direct", budget=Decimal("0.0001"))
    assert "budget" in talk.ask_in_dm().texts[0]
    assert talk.ask().text == "In the guild."


def test_it_is_told_in_japanese() -> None:
    talk = Talk(saying("はい。"))
    talk.ask()
    limited(talk, answers=1)
    assert "本日の利用回数の上限" in talk.send(ASK.in_japanese()).text
    limited(talk, tokens=1)
    assert "`/会話削除`" in talk.send(ASK.in_japanese()).text
    limited(talk, budget=Decimal("0.0001"))
    assert "今月の予算の上限" in talk.send(ASK.in_japanese()).text


@pytest.mark.parametrize(
    "limits",
    [
        Limits(answers_a_day=0, tokens_a_day=None, budget_usd_a_month=None),
        Limits(answers_a_day=None, tokens_a_day=0, budget_usd_a_month=None),
        Limits(answers_a_day=None, tokens_a_day=None, budget_usd_a_month=Decimal(0)),
    ],
    ids=["answers", "tokens", "budget"],
)
def test_where_nothing_at_all_is_allowed_no_time_is_named_at_which_it_opens(
    limits: Limits,
) -> None:
    talk = Talk()
    talk.chat.change_limits(scope=GUILD, limits=limits)
    shown = talk.ask()
    assert shown.is_told_apart
    assert shown.text == "The assistant is switched off here."
    talk.chat.refuse("read_quota", AWAY)
    assert "<t:" in talk.ask().text, "which limit it is is not known then"


def test_what_was_refused_leaves_no_question_and_no_cost() -> None:
    talk = Talk()
    limited(talk, answers=0)
    talk.ask()
    assert talk.chat.exchanges == {}
    assert talk.chat.reservations == {}
    assert talk.chat.calls == []


def fall() -> None:
    raise ZeroDivisionError("a mistake")


@pytest.mark.parametrize(
    "script",
    [
        saying("Hello."),
        [CompletionChunk(text="Hel"), ChatModelError(ChatModelFailure.TIMED_OUT, "late")],
        [ChatModelError(ChatModelFailure.BLOCKED, "safety")],
        [ChatModelError(ChatModelFailure.EMPTY, "nothing")],
        [ChatModelError(ChatModelFailure.BAD_KEY, "401")],
        saying(" "),
        saying("the guard takes it: a-key-for-tests-only"),
        [CompletionChunk(text="Hel"), fall],
        [fall],
    ],
    ids=["whole", "broken off", "blocked", "empty", "key", "blank", "guard", "fault", "at once"],
)
def test_however_an_answer_ends_nothing_stays_reserved_and_the_call_is_counted(
    script: list[Step],
) -> None:
    talk = Talk(script)
    talk.ask()
    assert len(talk.chat.reservations) == 1
    assert nothing_is_reserved(talk)
    assert len(talk.chat.calls) == 1


@pytest.mark.parametrize("status", [401, 503])
def test_nor_when_discord_takes_no_message(status: int) -> None:
    talk = Talk(saying("Hello."))
    talk.bot.discord.refuse(CallKind.EDIT_ORIGINAL, *[discord_error(status)] * 5)
    talk.ask()
    assert len(talk.chat.reservations) == 1
    assert nothing_is_reserved(talk)
    assert len(talk.chat.calls) == 1


def test_an_answer_that_failed_for_nothing_leaves_the_users_answers_as_they_were() -> None:
    talk = Talk([ChatModelError(ChatModelFailure.BAD_KEY, "401")], saying("Hello."))
    limited(talk, answers=1)
    talk.ask()
    assert talk.ask().text == "Hello."


def test_the_worst_case_is_reserved_before_the_model_is_asked() -> None:
    seen: list[tuple[int, Decimal]] = []

    def look() -> None:
        (kept,) = talk.chat.reservations.values()
        assert kept.settled_at is None
        seen.append((kept.tokens, kept.cost_usd))

    talk = Talk([look, *saying("Hello.")])
    talk.ask()
    ((tokens, cost),) = seen
    (card,) = talk.bot.services.models.cards
    assert tokens > card.output_tokens
    assert cost > Decimal(card.output_tokens * 10) / 1_000_000


def test_what_a_process_that_died_had_set_aside_is_free_again_after_three_minutes() -> None:
    def die() -> None:
        raise KeyboardInterrupt

    talk = Talk([die], saying("Hello."))
    limited(talk, answers=1)
    with pytest.raises(KeyboardInterrupt):
        talk.ask()
    assert "had all your answers for today" in talk.ask().text
    talk.bot.clock.advance(timedelta(minutes=3).total_seconds())
    assert talk.ask().text == "Hello."


# --- the database is away -------------------------------------------------------------------------

AWAY = StoreError("any", "unreachable", "it is restarting")


@pytest.mark.parametrize("step", ["open_chat", "reserve", "settle"])
def test_with_the_database_away_at_one_step_the_answer_is_shown_and_counted(step: str) -> None:
    talk = Talk(saying("Hello."))
    talk.chat.refuse(step, AWAY)
    assert talk.ask().texts[0].startswith("Hello.")
    talk.send(slash("ping"))  # with which comes what was kept
    assert [noted.call.usage.total_tokens for noted in talk.chat.calls] == [30]
    assert nothing_is_reserved(talk)


def test_what_was_said_before_a_conversation_could_not_be_read_is_told_to_be_missing() -> None:
    talk = Talk(saying("Hello."))
    talk.chat.refuse("open_chat", AWAY)
    assert "(The database didn't answer, so I don't remember what was said before.)" in (
        talk.ask().text
    )


def test_an_answer_is_kept_though_its_settlement_needed_another_try() -> None:
    talk = Talk(saying("Hello."), saying("Again."))
    talk.chat.refuse("settle", *[AWAY] * 4)
    talk.ask("First")
    talk.ask("Second")
    assert [each.answer for each in talk.chat.exchanges.values()] == ["Hello.", "Again."]
    assert len(talk.chat.calls) == 2


class DyingAfterSettling(MemoryChatStore):
    """A store whose process dies once, straight after it has settled an answer."""

    has_died = False

    def settle(self, settlement: Settlement) -> bool:
        is_new = super().settle(settlement)
        if not self.has_died:
            self.has_died = True
            raise KeyboardInterrupt
        return is_new


def test_an_answer_that_was_settled_before_its_process_died_is_shown_without_asking_again() -> None:
    bot = without_footer(Bot(ScriptedChatModel(saying("Hello."))))
    bot.chat = DyingAfterSettling(bot.clock, store=bot.store)
    bot.services = replace(bot.services, chat=bot.chat)
    with pytest.raises(KeyboardInterrupt):
        bot.client.send(ASK)
    bot.clock.advance(LEASE_SECONDS + 1)
    assert bot.tick() == 200
    assert bot.seen == ["Hello."]
    assert len(bot.chat.calls) == 1


# --- where, and by whom ---------------------------------------------------------------------------


def refused(shown: Shown, sentence: str) -> bool:
    return shown.is_told_apart and sentence in shown.text


def test_it_answers_in_the_channels_that_the_administrators_chose() -> None:
    talk = Talk(saying("Here."))
    talk.settle_in(channel_ids=frozenset({ANOTHER_CHANNEL}))
    assert refused(talk.ask(), f"let me answer in <#{ANOTHER_CHANNEL}> only.")
    talk.settle_in(channel_ids=frozenset({CHANNEL, ANOTHER_CHANNEL}))
    assert talk.ask().text == "Here."


def test_a_thread_counts_as_its_channel() -> None:
    talk = Talk(saying("Here."))
    talk.settle_in(channel_ids=frozenset({ANOTHER_CHANNEL}))
    assert talk.send(ASK.in_thread(ANOTHER_CHANNEL)).text == "Here."


def test_it_answers_to_the_roles_that_the_administrators_chose_and_to_them() -> None:
    talk = Talk(saying("Yours."), saying("The administrator's."))
    talk.settle_in(role_ids=frozenset({ROLE}))
    nobody = ASK.with_member(roles=[], permissions="0")
    assert refused(talk.send(nobody), f"let me answer to <@&{ROLE}> only.")
    assert talk.send(ASK.with_member(roles=[ROLE], permissions="0")).text == "Yours."
    manages = ASK.with_member(roles=[], permissions=str(1 << 5))
    assert talk.send(manages).text == "The administrator's."


def test_a_direct_message_is_nobodys_channel() -> None:
    talk = Talk(saying("Hello."))
    talk.settle_in(channel_ids=frozenset({ANOTHER_CHANNEL}), role_ids=frozenset({ROLE}))
    assert talk.ask_in_dm().texts[0].startswith("Hello.")


def test_who_is_refused_uses_nothing() -> None:
    talk = Talk()
    talk.settle_in(channel_ids=frozenset({ANOTHER_CHANNEL}))
    talk.ask()
    assert talk.chat.reservations == {}
    assert talk.model.asked == []


# --- what the guild decides -----------------------------------------------------------------------


def test_the_footer_tells_what_an_answer_took() -> None:
    talk = Talk([lambda: talk.bot.clock.advance(2.5), *saying("Hello.")])
    talk.settle_in(footer=True)
    assert talk.ask().text == "Hello.\n\n-# scripted · 30 tokens · $0.0002 · 2.5 s"


def test_the_guilds_language_is_that_of_every_word() -> None:
    talk = Talk(saying("はい。"))
    talk.settle_in(language=Locale.JAPANESE)
    shown = talk.ask()
    assert set(shown.buttons) == {"再生成", "続ける", "短くする", "削除"}
    assert "Answer in Japanese" in talk.instruction()


def test_the_guilds_instruction_is_told_below_ours() -> None:
    talk = Talk(saying("Ahoy."))
    talk.settle_in(system_instruction="Talk like a pirate.")
    talk.ask()
    instruction = talk.instruction()
    assert instruction.index("You are Halley") < instruction.index("Talk like a pirate.")


def test_settings_hold_with_the_next_question() -> None:
    talk = Talk(saying("One."), saying("Two."))
    talk.ask()
    talk.settle_in(system_instruction="Be a pirate.")
    talk.ask()
    assert "pirate" not in talk.instruction(0)
    assert "pirate" in talk.instruction(1)
