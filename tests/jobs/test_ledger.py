"""The ledger: one entry an interaction, written after the answer with what was logged meanwhile."""

from __future__ import annotations

from datetime import timedelta

import pytest

from lib.interactions.errors import UserFacingError
from lib.jobs.ledger import LARGEST_MARGIN_MS, MOST_ENTRIES, SILENCE_SECONDS
from lib.jobs.outcome import outcome_of
from lib.locales import Text
from lib.logs import MOST_KEPT, get_logger
from lib.ports import (
    ChatModelError,
    ChatModelFailure,
    CompletionChunk,
    InteractionEntry,
    InteractionKind,
    Outcome,
    StoreError,
)
from tests.bot import Bot
from tests.captured_log import CapturedLog
from tests.fakes.chat_model import ScriptedChatModel, saying
from tests.fakes.clock import ManualClock
from tests.fakes.discord import CallKind, discord_error
from tests.payloads import (
    ASKER,
    GUILD,
    InteractionBuilder,
    press,
    slash,
    subcommand,
    submit,
    typing,
)

ASK = slash("ask", prompt="When is Halley back?")
log_here = get_logger("lib.tests")


def entry_of(bot: Bot, builder: InteractionBuilder) -> InteractionEntry:
    """Send an interaction; what the ledger says of it, at the latest with the next."""
    before = len(bot.watch.interactions)
    bot.client.send(builder)
    if len(bot.watch.interactions) == before:
        bot.client.send(slash("ping").numbered(10_000))
    return bot.watch.interactions[before][1]


# --- what an entry says ---------------------------------------------------------------------------


def test_an_instant_answer_is_written_down_whole() -> None:
    bot = Bot()
    ping = slash("ping").at(bot.clock.now())
    assert entry_of(bot, ping) == InteractionEntry(
        interaction_id=ping.id,
        command="ping",
        kind=InteractionKind.COMMAND,
        guild_id=GUILD,
        user_id=ASKER,
        deferred=False,
        acknowledged_ms=0,
        margin_ms=3000,
        finished_ms=0,
        outcome=Outcome.ANSWERED,
        error=None,
        cold_start=True,
        created_at=bot.clock.now(),
    )


def test_a_deferred_answer_is_acknowledged_at_once_and_finished_when_it_is_given() -> None:
    clock = ManualClock()
    model = ScriptedChatModel([lambda: clock.advance(12.5), *saying("In 2061.")])
    bot = Bot(model, clock=clock)
    entry = entry_of(bot, ASK)
    assert (entry.command, entry.deferred) == ("ask", True)
    assert (entry.acknowledged_ms, entry.finished_ms) == (0, 12_500)


def test_in_a_direct_message_there_is_no_guild() -> None:
    assert entry_of(Bot(), slash("ping").in_dm()).guild_id is None


@pytest.mark.parametrize(
    ("builder", "command", "kind"),
    [
        (slash("ping"), "ping", InteractionKind.COMMAND),
        (subcommand("debug", "state"), "debug state", InteractionKind.COMMAND),
        (slash("nothing"), "nothing", InteractionKind.COMMAND),
        (press("privacy:delete"), "privacy:delete", InteractionKind.COMPONENT),
        (press("privacy:delete:of:7"), "privacy:delete", InteractionKind.COMPONENT),
        (submit("ask:form", prompt="x"), "ask:form", InteractionKind.MODAL),
        (typing("ask", focused="prompt", prompt="H"), "ask", InteractionKind.AUTOCOMPLETE),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_each_kind_is_written_by_its_name_and_without_its_state(
    builder: InteractionBuilder, command: str, kind: InteractionKind
) -> None:
    entry = entry_of(Bot(), builder)
    assert (entry.command, entry.kind) == (command, kind)


def test_the_same_is_an_entry_each_time_but_a_ping_of_discords_is_none() -> None:
    bot = Bot()
    for number in (1, 2):
        bot.client.send(slash("ping").numbered(number))
    assert len(bot.watch.interactions) == 2
    bot.client.post_signed({"type": 1})
    assert len(bot.watch.interactions) == 2


def test_only_the_first_of_an_instance_is_a_cold_start() -> None:
    bot = Bot()
    cold = [entry_of(bot, slash("ping").numbered(number)).cold_start for number in (1, 2, 3)]
    assert cold == [True, False, False]


@pytest.mark.parametrize(
    ("seconds", "margin_ms"), [(0, 3000), (1.25, 1750), (2.999, 1), (3.5, -500), (-120, 60_000)]
)
def test_the_margin_is_what_was_left_of_three_seconds_by_discords_clock(
    seconds: float, margin_ms: int
) -> None:
    bot = Bot()
    sent = bot.clock.now() - timedelta(seconds=seconds)
    assert entry_of(bot, slash("ping").at(sent)).margin_ms == margin_ms


def test_an_id_from_the_edge_of_time_leaves_a_margin_that_the_table_can_hold() -> None:
    for id_ in ("0", "1", "99999999999999999999"):
        entry = entry_of(Bot(), slash("ping").changed(id=id_))
        assert entry.margin_ms is not None
        assert abs(entry.margin_ms) <= LARGEST_MARGIN_MS


# --- how it ended ---------------------------------------------------------------------------------

TEXT = Text(en="No.", ja="いいえ。")


def caused(error: Exception, cause: Exception) -> Exception:
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (None, Outcome.ANSWERED),
        (UserFacingError(TEXT), Outcome.REFUSED),
        (
            caused(UserFacingError(TEXT), ChatModelError(ChatModelFailure.BLOCKED, "")),
            Outcome.REFUSED,
        ),
        (
            caused(UserFacingError(TEXT), ChatModelError(ChatModelFailure.OVERLOADED, "")),
            Outcome.FAILED,
        ),
        (caused(UserFacingError(TEXT), StoreError("x", "42501", "")), Outcome.FAILED),
        (caused(UserFacingError(TEXT), ValueError("x")), Outcome.REFUSED),
        (ZeroDivisionError(), Outcome.FAILED),
        (discord_error(503), Outcome.FAILED),
    ],
    ids=repr,
)
def test_who_is_told_why_not_is_refused_and_who_meets_a_fault_has_met_a_failure(
    error: Exception | None, outcome: Outcome
) -> None:
    assert outcome_of(error) is outcome


def test_an_answer_that_failed_says_why_in_words_that_hold_no_secret() -> None:
    def fall() -> None:
        raise ZeroDivisionError("with a secret in it")

    bot = Bot(ScriptedChatModel([CompletionChunk(text="Hel"), fall]))
    entry = entry_of(bot, ASK)
    assert (entry.outcome, entry.error) == (Outcome.FAILED, "ZeroDivisionError")


@pytest.mark.parametrize("failure", ChatModelFailure)
def test_a_model_that_failed_is_a_failure_but_one_that_declined_is_not(
    failure: ChatModelFailure,
) -> None:
    entry = entry_of(Bot(ScriptedChatModel([ChatModelError(failure, "as scripted")])), ASK)
    declined = failure is ChatModelFailure.BLOCKED
    assert entry.outcome is (Outcome.REFUSED if declined else Outcome.FAILED)
    assert entry.error


def test_an_answer_that_discord_will_not_take_is_a_failure() -> None:
    bot = Bot(ScriptedChatModel(saying("Hello.")))
    bot.discord.refuse(CallKind.EDIT_ORIGINAL, discord_error(401, 50027))
    entry = entry_of(bot, ASK)
    assert entry.outcome is Outcome.FAILED
    assert entry.error
    assert ASK.token not in entry.error


def test_who_must_wait_is_refused() -> None:
    bot = Bot(ScriptedChatModel(saying("Hello.")))
    bot.client.send(ASK)
    entry = entry_of(bot, ASK.numbered(2))
    assert (entry.outcome, entry.deferred) == (Outcome.REFUSED, True)
    assert entry.error
    assert "you can ask again" in entry.error


def test_a_command_that_nobody_knows_is_refused() -> None:
    assert entry_of(Bot(), slash("nothing")).outcome is Outcome.REFUSED


# --- what goes with it ----------------------------------------------------------------------------


def records(bot: Bot) -> int:
    return bot.store.calls.count("record_invocation")


def test_what_was_logged_meanwhile_goes_in_the_same_call(log: CapturedLog) -> None:
    failure = ChatModelError(ChatModelFailure.REFUSED_REQUEST, "400")
    bot = Bot(ScriptedChatModel([failure]), output=log.output)
    bot.client.send(ASK)
    assert records(bot) == 1
    assert [event.message.split()[0] for event in bot.watch.events] == ["model_failed"]
    assert bot.store.calls.index("record_invocation") < bot.store.calls.index("claim_commands")


def test_what_is_logged_by_a_leftovers_work_goes_in_one_more(log: CapturedLog) -> None:
    bot = Bot(output=log.output)
    bot.store.insert("answer")  # which holds no interaction
    bot.client.send(slash("ping"))
    assert records(bot) == 2
    assert [event.message.split()[0] for event in bot.watch.events] == ["command_failed"]


def test_many_events_are_one_call(log: CapturedLog) -> None:
    bot = Bot(output=log.output)
    bot.client.send(slash("ping"))
    for number in range(50):
        log_here.warning("something_odd", number=number)
    bot.client.send(slash("ping").numbered(2))
    assert records(bot) == 2
    assert len(bot.watch.events) == 50


@pytest.mark.parametrize(
    ("code", "tries"),
    [("unreachable", 1), ("timed_out", 1), ("answer", 2), ("503", 2), ("PGRST202", 2)],
)
def test_what_a_database_could_not_take_goes_with_the_next_record(
    log: CapturedLog, code: str, tries: int
) -> None:
    bot = Bot(output=log.output)
    log_here.warning("something_odd")
    error = StoreError("record_invocation", code, "as scripted")
    bot.store.refuse("record_invocation", *[error] * tries)
    assert bot.client.send(slash("ping")).status == 200
    assert bot.watch.interactions == []
    bot.clock.advance(SILENCE_SECONDS)
    bot.client.send(slash("ping").numbered(2))
    assert [event.message.split()[0] for event in bot.watch.events] == [
        "something_odd",
        *["not_recorded"] * tries,
    ]
    assert len(bot.watch.interactions) == 2


@pytest.mark.parametrize("code", ["22P02", "23514"])
def test_what_a_database_will_never_take_is_let_go(log: CapturedLog, code: str) -> None:
    bot = Bot(output=log.output)
    log_here.warning("something_odd")
    bot.store.refuse("record_invocation", StoreError("record_invocation", code, "as scripted"))
    bot.client.send(slash("ping"))
    bot.client.send(slash("ping").numbered(2))
    assert [event.message.split()[0] for event in bot.watch.events] == ["not_recorded"]
    ((_, entry),) = bot.watch.interactions
    assert entry.interaction_id == slash("ping").numbered(2).id


def test_of_too_much_that_waits_the_newest_is_kept(log: CapturedLog) -> None:
    bot = Bot(output=log.output)
    bot.store.is_down = True
    pings = [slash("ping").numbered(number) for number in range(MOST_ENTRIES + 5)]
    for ping in pings:
        bot.client.send(ping)
    bot.store.is_down = False
    bot.tick("/api/cron_stats")
    written = [entry.interaction_id for _, entry in bot.watch.interactions]
    assert written == [ping.id for ping in pings[5:]]
    assert len(bot.watch.events) == MOST_KEPT


def test_an_entry_that_waited_bears_the_time_at_which_it_was_made() -> None:
    bot = Bot()
    bot.store.refuse("record_invocation", StoreError("record_invocation", "timed_out", "hung"))
    bot.client.send(slash("ping"))
    then = bot.clock.now()
    bot.clock.advance(60)
    bot.tick("/api/cron_stats")
    assert [at for at, _ in bot.watch.interactions] == [then]


def test_keys_pressed_are_no_calls_and_go_with_the_next_record() -> None:
    bot = Bot()
    for number, typed in enumerate(("W", "Wh", "Whe")):
        bot.client.send(typing("ask", focused="prompt", prompt=typed).numbered(number))
    assert records(bot) == 0
    bot.client.send(slash("ping").numbered(4))
    assert records(bot) == 1
    kinds = [entry.kind for _, entry in bot.watch.interactions]
    assert kinds == [InteractionKind.AUTOCOMPLETE] * 3 + [InteractionKind.COMMAND]


def test_a_database_that_is_down_costs_no_answer_and_is_told(log: CapturedLog) -> None:
    bot = Bot(ScriptedChatModel(saying("Hello.")), output=log.output)
    bot.store.is_down = True
    bot.client.send(ASK)
    (seen,) = bot.seen
    assert seen.startswith("Hello.")
    said = {line["what"] for line in log.of("not_recorded")}
    assert "the interaction and its events" in said


# --- who it was -----------------------------------------------------------------------------------


def test_who_presses_keys_is_not_written_down() -> None:
    assert entry_of(Bot(), typing("ask", focused="prompt", prompt="H")).user_id is None


def test_who_had_their_data_deleted_is_not_written_down_for_it() -> None:
    assert entry_of(Bot(), slash("privacy")).user_id == ASKER
    assert entry_of(Bot(), press("privacy:delete")).user_id is None
