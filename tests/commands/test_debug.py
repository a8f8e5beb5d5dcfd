"""/debug: for the owner alone, and nothing in it runs what somebody sends."""

from __future__ import annotations

from datetime import timedelta

import pytest

from lib.chat.catalogue import OFFLINE_CARD
from lib.interactions.command import Command
from lib.interactions.registry import CommandRegistry
from lib.ports import ChatModels, InteractionEntry, InteractionKind, LogLevel, Outcome, Record, Tick
from lib.services.offline_model import OfflineChatModel
from tests.bot import ENVIRONMENT, Bot
from tests.fakes.chat_model import ScriptedChatModel
from tests.fakes.chat_models import FixedModels
from tests.fakes.clock import ManualClock
from tests.fakes.instance import STARTED_AT
from tests.payloads import ASKER, InteractionBuilder, slash, subcommand

STRANGER = "1180000000000000301"
SUBCOMMANDS = ["state", "slow", "errors", "memory", "tracemalloc"]


def declared() -> Command:
    command = CommandRegistry("lib.commands").find("debug")
    assert command is not None
    return command


def owners(*, models: ChatModels | None = None, **environ: str) -> Bot:
    return Bot(models=models, base={**ENVIRONMENT, "OWNER_IDS": ASKER, **environ})


def told(bot: Bot, builder: InteractionBuilder) -> str:
    reply = bot.client.send(builder)
    assert reply.json == {"type": 5, "data": {"flags": 64}}  # nobody else sees it
    return bot.discord.seen(builder.token)[0]


def log(bot: Bot, command: str, *, ms: float, error: str | None = None, cold: bool = False) -> None:
    entry = InteractionEntry(
        interaction_id=str(len(bot.watch.interactions)),
        command=command,
        kind=InteractionKind.COMMAND,
        guild_id="1",
        user_id="a-user-of-ours",
        deferred=True,
        acknowledged_ms=10,
        margin_ms=2900,
        finished_ms=ms,
        outcome=Outcome.FAILED if error else Outcome.ANSWERED,
        error=error,
        cold_start=cold,
    )
    bot.watch.interactions.append((bot.clock.now() - timedelta(minutes=5), entry))


# --- whose it is ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SUBCOMMANDS)
@pytest.mark.parametrize("owner_ids", ["", STRANGER])
def test_nobody_but_the_owner_may_use_it(name: str, owner_ids: str) -> None:
    bot = Bot(OWNER_IDS=owner_ids)
    reply = bot.client.send(subcommand("debug", name))
    assert "Only the bot's owner" in reply.content
    assert reply.json["data"]["flags"] == 64
    assert bot.discord.calls == []


def test_a_stranger_changes_no_log_level() -> None:
    bot = Bot(OWNER_IDS=STRANGER)
    bot.client.send(subcommand("debug", "log-level", level="DEBUG"))
    assert "set_log_level" not in bot.store.calls


def test_discord_shows_it_to_nobody_who_is_no_administrator() -> None:
    assert declared().to_payload()["default_member_permissions"] == "0"


def test_it_takes_nothing_that_could_be_code() -> None:
    texts = [
        option
        for entry in declared().subcommands
        for option in entry.options
        if option.to_payload()["type"] == 3 and not option.choices
    ]
    assert texts == []


def test_without_a_subcommand_it_tells_to_reload() -> None:
    assert "This command has changed" in owners().client.send(slash("debug")).content


# --- what it shows --------------------------------------------------------------------------------


def test_state_names_the_process_and_what_is_set_but_no_secret() -> None:
    bot = owners(VERCEL_DEPLOYMENT_ID="dpl_test", ALLOWED_GUILDS="1,2")
    text = told(bot, subcommand("debug", "state"))
    assert "Python 3.12.9" in text
    assert f"Process 4711, began <t:{int(STARTED_AT.timestamp())}:R>" in text
    assert "`dpl_test`" in text
    assert "Allowed servers: 2" in text
    is_set, not_set = text.split("- Not set: ")
    assert "`SUPABASE_SECRET_KEY`" in is_set
    assert "`DISCORD_BOT_TOKEN`" in not_set
    assert not [secret for secret in bot.settings.secrets() if secret in text]


def test_state_names_the_models_and_the_keys_that_are_there_for_them() -> None:
    assert "- Model `scripted`\n" in told(owners(), subcommand("debug", "state"))
    models = FixedModels(*(ScriptedChatModel(model=f"model-{number}") for number in range(12)))
    text = told(owners(models=models, GROQ_API_KEY="a-key-of-theirs"), subcommand("debug", "state"))
    assert "- Model `model-0`, beside it `model-1` `model-2`" in text
    assert "`model-8` …\n" in text
    assert "`model-9`" not in text
    assert "`GROQ_API_KEY`" in text.split("- Not set: ")[0]
    assert "a-key-of-theirs" not in text


def test_state_says_that_the_model_is_the_offline_one() -> None:
    models = FixedModels(OfflineChatModel(clock=ManualClock()), cards=[OFFLINE_CARD])
    assert "- Offline model\n" in told(owners(models=models), subcommand("debug", "state"))


def test_slow_lists_the_slowest_of_the_day_without_who_it_was() -> None:
    bot = owners()
    log(bot, "ask", ms=1234.5)
    log(bot, "debug state", ms=87)
    log(bot, "ask", ms=61_000, error="DiscordError: 500", cold=True)
    text = told(bot, subcommand("debug", "slow"))
    moment = int(bot.clock.now().timestamp()) - 300
    _, first, second, third = text.splitlines()
    assert first == f"1. **1 min 1 s** · `ask` · <t:{moment}:R> · cold start · failed"
    assert second == f"1. **1.2 s** · `ask` · <t:{moment}:R>"
    assert "87 ms" in third
    assert "a-user-of-ours" not in text


def test_errors_are_listed_the_newest_first_and_stay_within_their_marks() -> None:
    bot = owners()
    log(bot, "ask", ms=10, error="the first")
    log(bot, "privacy:delete", ms=10, error="a `second` with\nlines " + "and more " * 50)
    lines = told(bot, subcommand("debug", "errors")).splitlines()
    assert lines[1].startswith("- `privacy:delete` · <t:")
    assert lines[2].strip().startswith("`a 'second' with lines and more")
    assert lines[4].strip() == "`the first`"


@pytest.mark.parametrize("name", ["slow", "errors"])
def test_a_list_of_nothing_says_so(name: str) -> None:
    assert told(owners(), subcommand("debug", name)).splitlines()[1] == "None."
    japanese = told(owners(), subcommand("debug", name).in_japanese())
    assert japanese.splitlines()[1] == "ありません。"


def test_whoever_looks_for_rows_that_failed_is_told_where_they_are() -> None:
    for builder in (subcommand("debug", "errors"), subcommand("debug", "errors").in_japanese()):
        assert "`python3 dev queue --status failed`" in told(owners(), builder)


def test_full_lists_fit_into_one_message() -> None:
    bot = owners()
    for _ in range(30):
        log(bot, "a-very-long-name " * 8, ms=9_999_999, error="`" + "あ" * 500, cold=True)
    for number, name in enumerate(["slow", "errors"], 1):
        assert len(told(bot, subcommand("debug", name).numbered(number))) <= 2000


def test_memory_is_told_of_the_instance_that_answers() -> None:
    bot = owners()
    text = told(bot, subcommand("debug", "memory"))
    assert "the instance that answers" in text
    assert "48.2 MB resident, 34,567 objects" in text
    assert "- 12,345 `function`" in text
    assert "Another instance may answer" in text
    assert bot.instance.collections == 0


def test_a_collection_is_made_on_request_told_and_kept() -> None:
    bot = owners()
    text = told(bot, subcommand("debug", "memory", collect=True))
    assert "Collected: 1,234 objects that nobody could reach; 48.2 MB became 47.5 MB." in text
    assert bot.instance.collections == 1
    kept = [event.message for event in bot.watch.events]
    assert [line for line in kept if line.startswith("memory_collected")]


def test_tracing_begins_with_the_first_call_and_is_read_with_the_next() -> None:
    bot = owners()
    assert "Tracing has begun" in told(bot, subcommand("debug", "tracemalloc").numbered(1))
    text = told(bot, subcommand("debug", "tracemalloc").numbered(2))
    assert "- 512 kB · `lib/chat/splitting.py:12` ×\N{NO-BREAK SPACE}34" in text


def test_tracing_is_refused_in_production_with_the_reason() -> None:
    bot = owners(ENVIRONMENT="production")
    text = told(bot, subcommand("debug", "tracemalloc"))
    assert "would slow every answer" in text
    assert not bot.instance.is_tracing


# --- the log's level ------------------------------------------------------------------------------


def level_now(bot: Bot) -> LogLevel | None:
    return bot.watch.record(Record(deployment="x", tick=Tick("cron_queue"))).log_level


def test_a_log_level_holds_for_all_until_the_time_that_is_told() -> None:
    bot = owners()
    text = told(bot, subcommand("debug", "log-level", level="DEBUG", minutes=45))
    until = bot.clock.now() + timedelta(minutes=45)
    assert f"<t:{int(until.timestamp())}:t>" in text
    assert level_now(bot) == LogLevel("DEBUG", until)
    bot.clock.advance(46 * 60)
    assert level_now(bot) is None
    kept = [event.message for event in bot.watch.events]
    assert "log_level_set  level=DEBUG minutes=45" in kept


@pytest.mark.parametrize(
    ("given", "minutes"), [({}, 30), ({"minutes": 0}, 1), ({"minutes": 999}, 240)]
)
def test_the_time_is_bounded(given: dict[str, int], minutes: int) -> None:
    bot = owners()
    told(bot, subcommand("debug", "log-level", level="ERROR", **given))
    until = bot.clock.now() + timedelta(minutes=minutes)
    assert level_now(bot) == LogLevel("ERROR", until)


def test_reset_goes_back_to_the_settings() -> None:
    bot = owners(LOG_LEVEL="WARNING")
    told(bot, subcommand("debug", "log-level", level="DEBUG").numbered(1))
    text = told(bot, subcommand("debug", "log-level", level="reset").numbered(2))
    assert "from `WARNING` on" in text
    assert level_now(bot) is None


# --- without a database ---------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["slow", "errors"])
@pytest.mark.parametrize(
    ("in_japanese", "words"), [(False, "needs the database"), (True, "データベースが必要")]
)
def test_what_needs_the_database_says_so(
    name: str,
    in_japanese: bool,  # noqa: FBT001
    words: str,
) -> None:
    builder = subcommand("debug", name)
    bot = owners(SUPABASE_URL="")
    assert words in told(bot, builder.in_japanese() if in_japanese else builder)


@pytest.mark.parametrize(
    ("name", "operation"), [("slow", "slowest_interactions"), ("errors", "failed_interactions")]
)
def test_a_database_that_is_down_is_told_in_words(name: str, operation: str) -> None:
    bot = owners()
    bot.store.is_down = True
    assert "didn't answer (`unreachable`)" in told(bot, subcommand("debug", name))
    assert operation in bot.store.calls


def test_a_log_level_that_nobody_could_learn_of_is_not_promised() -> None:
    bot = owners()
    bot.store.is_down = True
    text = told(bot, subcommand("debug", "log-level", level="DEBUG"))
    assert "didn't answer" in text
