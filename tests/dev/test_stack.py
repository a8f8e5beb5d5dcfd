"""What is looked at before the stack starts anything."""

from __future__ import annotations

from pathlib import Path

import pytest

from dev import cli
from dev.checkout import Checkout
from dev.errors import StackError
from dev.keys import LocalKeys
from dev.settings_file import has_key, hosted_address
from dev.stack import check_settings

WRONG = {
    "SUPABASE_URL": "foo",
    "LOG_LEVEL": "loud",
    "GEMINI_MODEL": "AIzaSyA-key-in-the-wrong-place",
    "GEMINI_API_KEY": "abc def ghi",
    "ALLOWED_GUILDS": "my server",
}


@pytest.fixture
def keys(tmp_path: Path) -> LocalKeys:
    return LocalKeys.load_or_make(tmp_path / "keys.json")


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_setting_is_named_and_its_value_is_not_shown(keys: LocalKeys, name: str) -> None:
    with pytest.raises(StackError, match="The settings are not usable") as failure:
        check_settings({name: WRONG[name]}, keys)
    (complaint,) = failure.value.details
    assert complaint.startswith(f"{name}: expected ")
    assert WRONG[name] not in complaint


def test_settings_that_the_stack_overrides_may_be_anything(keys: LocalKeys) -> None:
    check_settings({"DISCORD_PUBLIC_KEY": "foo", "CRON_SECRET": "x", "OWNER_IDS": "me"}, keys)
    check_settings({"SUPABASE_SECRET_KEY": "a b"}, keys)  # a local Supabase has its own
    with pytest.raises(StackError):
        check_settings({"SUPABASE_URL": "https://a.supabase.co", "SUPABASE_SECRET_KEY": "a"}, keys)


@pytest.mark.parametrize("command", ["up", "ask"])
def test_each_command_says_it_in_plain_lines_before_it_starts_anything(
    checkout: Checkout,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    command: str,
) -> None:
    for name, value in WRONG.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(Checkout, "here", classmethod(lambda _: checkout))
    known = cli.COMMANDS[command]
    monkeypatch.setitem(cli.COMMANDS, command, cli.Command(known.module, known.help, ()))
    assert cli.main([command, *(["hello"] if command == "ask" else [])]) == 1
    first, *rest = capsys.readouterr().out.splitlines()
    assert first == "  ✗ The settings are not usable."
    assert sorted(line.split(":")[0].strip() for line in rest) == sorted(WRONG)
    assert not checkout.logs.exists()


@pytest.mark.parametrize("name", ["SUPABASE_SECRET_KEY", "SUPABASE_SERVICE_ROLE_KEY"])
def test_a_hosted_project_without_a_key_is_noticed(name: str) -> None:
    settings = {"SUPABASE_URL": " https://a.supabase.co "}
    assert hosted_address(settings) == "https://a.supabase.co"
    assert not has_key(settings | {name: " "})
    assert has_key(settings | {name: "sb_secret_abcdefgh"})
