"""What is done after an answer, where the database does not answer or the answer was late."""

from __future__ import annotations

import pytest

from lib.jobs.ledger import SILENCE_SECONDS
from lib.ports import GuildSettings, StoreError
from lib.web.front import Front
from tests.bot import Bot
from tests.captured_log import CapturedLog
from tests.client import Client
from tests.fakes.chat_model import ScriptedChatModel, saying
from tests.fakes.clock import ManualClock
from tests.payloads import GUILD, slash


@pytest.fixture
def bot() -> Bot:
    bot = Bot(ScriptedChatModel(saying("Hello.")))
    bot.chat.settings[GUILD] = GuildSettings(footer=False)
    return bot


# --- a database that is away ------------------------------------------------------------------


@pytest.mark.parametrize("code", ["timed_out", "unreachable"])
def test_one_that_does_not_answer_is_asked_once_after_an_answer(code: str) -> None:
    bot = Bot()
    bot.store.refuse("record_invocation", StoreError("record_invocation", code, "as scripted"))
    assert bot.client.send(slash("ping")).json["type"] == 4
    assert bot.store.calls == ["record_invocation"]


def test_one_that_hung_is_left_alone_for_a_while_and_then_told_all() -> None:
    bot = Bot()
    bot.store.refuse("record_invocation", StoreError("record_invocation", "timed_out", "hung"))
    for number in range(3):
        bot.client.send(slash("ping").numbered(number))
    assert bot.store.calls == ["record_invocation"]
    bot.clock.advance(SILENCE_SECONDS)
    bot.client.send(slash("ping").numbered(4))
    assert bot.store.calls[1:3] == ["record_invocation", "claim_commands"]
    assert len(bot.watch.interactions) == 4


def test_one_that_hung_is_asked_for_an_answers_row_all_the_same(bot: Bot) -> None:
    bot.store.refuse("record_invocation", StoreError("record_invocation", "timed_out", "hung"))
    bot.client.send(slash("ping"))
    bot.client.send(slash("ask", prompt="Hi").numbered(2))
    assert bot.seen == ["Hello."]
    assert "begin_command" in bot.store.calls


def test_one_that_hangs_when_it_is_asked_for_leftovers_is_told_no_more() -> None:
    bot = Bot()
    bot.store.refuse("claim_commands", StoreError("claim_commands", "timed_out", "hung"))
    bot.client.send(slash("ping"))
    assert bot.store.calls == ["record_invocation", "claim_commands"]


# --- slow answers -----------------------------------------------------------------------------


@pytest.mark.parametrize("without", [(), ("SUPABASE_URL", "SUPABASE_SECRET_KEY")])
def test_a_command_that_answers_late_is_told_with_and_without_a_database(
    log: CapturedLog, without: tuple[str, ...]
) -> None:
    bot = Bot(without=without, output=log.output)

    class LateClock(ManualClock):
        """Each look at it costs a second and a half."""

        def monotonic(self) -> float:
            self.advance(1.5)
            return super().monotonic()

    front = Front(bot.settings, LateClock(), log.output, assemble=bot._assemble)
    with Client(front, bot.clock).sending(slash("ping")) as reply:
        assert reply.json["type"] == 4
        assert [(line["what"], line["ms"]) for line in log.of("slow")] == [("command.ping", 1500)]
