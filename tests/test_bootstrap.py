"""From the settings to the services: which adapter stands behind which port, and what is said."""

from __future__ import annotations

import io
import sys

import pytest

from lib.bootstrap import Assembly, assemble
from lib.interactions.dispatch import Dispatcher
from lib.interactions.registry import CommandRegistry
from lib.jobs.schedule import SCHEDULED
from lib.logs import configure_logs
from lib.services.discord_rest import DiscordRest
from lib.services.gemini import GeminiChatModel
from lib.services.offline_model import OfflineChatModel
from lib.services.supabase import SupabaseStore
from lib.services.supabase_chat import SupabaseChatStore
from lib.services.unrecorded import UnrecordedStore
from lib.services.unrecorded_chat import UnrecordedChatStore
from lib.settings import Settings, SettingsError
from lib.web.front import SWITCH_SECONDS, create_app
from tests.fakes.clock import ManualClock

DATABASE = {"SUPABASE_URL": "https://abc.supabase.co"}


def assembled(**environ: str) -> tuple[Assembly, str]:
    """The services of those settings, and what the log said meanwhile."""
    stream = io.StringIO()
    output = configure_logs(level="INFO", as_json=True, stream=stream)
    settings, clock = Settings.from_env(environ), ManualClock()
    dispatcher = Dispatcher(CommandRegistry("lib.commands"), settings, clock)
    return assemble(settings, clock, dispatcher=dispatcher, output=output), stream.getvalue()


def test_without_any_settings_the_bot_works_and_says_that_nothing_is_recorded() -> None:
    assembly, log = assembled()
    assert isinstance(assembly.services.store, UnrecordedStore)
    assert isinstance(assembly.services.chat, UnrecordedChatStore)
    (card,) = assembly.services.models.cards
    assert isinstance(assembly.services.models.open(card.name), OfflineChatModel)
    assert isinstance(assembly.services.discord, DiscordRest)
    assert log.count("nothing_is_recorded") == 1
    assert "SUPABASE_URL and SUPABASE_SECRET_KEY are not set; answers work without them" in log


@pytest.mark.parametrize("name", ["SUPABASE_SECRET_KEY", "SUPABASE_SERVICE_ROLE_KEY"])
def test_with_a_database_and_a_key_everything_is_used_and_nothing_said(name: str) -> None:
    assembly, log = assembled(**DATABASE, **{name: "a-key-for-all"}, GEMINI_API_KEY="a-models-key")
    assert isinstance(assembly.services.store, SupabaseStore)
    assert isinstance(assembly.services.chat, SupabaseChatStore)
    default, *_ = assembly.services.models.cards
    model = assembly.services.models.open(default.name)
    assert isinstance(model, GeminiChatModel)
    assert model.model == default.name
    assert log == ""


def test_with_the_wrong_kind_of_key_one_line_says_where_the_right_one_is() -> None:
    assembly, log = assembled(**DATABASE, SUPABASE_ANON_KEY="an-anon-key")
    assert isinstance(assembly.services.store, SupabaseStore)
    assert log.count("\n") == 1
    assert "database_degraded" in log
    assert "API Keys" in log
    assert "an-anon-key" not in log


@pytest.mark.parametrize(
    ("environ", "hint"),
    [
        (DATABASE, "SUPABASE_SECRET_KEY is not set; answers work without it"),
        ({"SUPABASE_SECRET_KEY": "sb_secret_alone"}, "SUPABASE_URL is not set; answers work"),
    ],
)
def test_half_a_database_is_none_and_the_missing_half_is_named(
    environ: dict[str, str], hint: str
) -> None:
    assembly, log = assembled(**environ)
    assert isinstance(assembly.services.store, UnrecordedStore)
    assert "nothing_is_recorded" in log
    assert f'"{hint}' in log


def test_a_wrong_setting_stops_the_start_and_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISCORD_PUBLIC_KEY", "not-a-key")
    with pytest.raises(SettingsError, match="DISCORD_PUBLIC_KEY: expected the 64 hexadecimal"):
        create_app()


ALERTING = {"ALERT_CHANNEL_ID": "1180000000000000777", "DISCORD_BOT_TOKEN": "a.bot.token-for-tests"}


def test_the_queue_handles_answers_snapshots_untaken_orders_and_all_scheduled_work() -> None:
    assembly, _ = assembled(DISCORD_APPLICATION_ID="1180000000000000900")
    scheduled = {work.name for work in SCHEDULED}
    assert assembly.queue.kinds == {"answer", "snapshot", "untaken", *scheduled}


def test_and_alerts_where_there_is_somebody_to_tell() -> None:
    assembly, log = assembled(DISCORD_APPLICATION_ID="1180000000000000900", **ALERTING)
    assert "alert" in assembly.queue.kinds
    assert "alerts_are_not_told" not in log


@pytest.mark.parametrize("missing", ["DISCORD_BOT_TOKEN", "DISCORD_APPLICATION_ID"])
def test_a_channel_that_nobody_can_write_to_is_told_at_once(missing: str) -> None:
    settings = {"DISCORD_APPLICATION_ID": "1180000000000000900", **ALERTING}
    assembly, log = assembled(**{name: v for name, v in settings.items() if name != missing})
    assert "alert" not in assembly.queue.kinds
    assert "alerts_are_not_told" in log
    assert missing in log


def test_while_answers_are_streamed_another_command_has_its_turn_soon() -> None:
    sys.setswitchinterval(0.005)
    create_app(Settings())
    assert sys.getswitchinterval() == pytest.approx(SWITCH_SECONDS)
