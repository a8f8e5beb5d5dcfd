"""GET /config.json: what the dashboard's page is told, and what it must never be."""

from __future__ import annotations

import pytest

from dev.keys import sign_jwt
from lib.version import VERSION
from tests.bot import CRON_SECRET, ENVIRONMENT, Bot
from tests.captured_log import CapturedLog

PUBLISHABLE = "sb_publishable_for_tests"
ANON = sign_jwt({"role": "anon"}, secret="s" * 32)
SERVICE = sign_jwt({"role": "service_role"}, secret="s" * 32)


def test_the_page_learns_where_its_database_is() -> None:
    reply = Bot(SUPABASE_PUBLISHABLE_KEY=PUBLISHABLE, TIMEZONE="Europe/Berlin").client.get(
        "/config.json"
    )
    assert (reply.status, reply.json) == (
        200,
        {
            "supabase_url": ENVIRONMENT["SUPABASE_URL"],
            "publishable_key": PUBLISHABLE,
            "timezone": "Europe/Berlin",
            "version": VERSION,
        },
    )
    assert reply.headers["Cache-Control"] == "no-store"


def test_without_settings_the_page_is_told_so() -> None:
    told = Bot(without=("SUPABASE_URL", "SUPABASE_SECRET_KEY")).client.get("/config.json").json
    assert (told["supabase_url"], told["publishable_key"]) == (None, None)
    assert told["timezone"] == "Asia/Tokyo"


@pytest.mark.parametrize("key", [ANON, PUBLISHABLE])
@pytest.mark.parametrize("without", [(), ("SUPABASE_SECRET_KEY",)])
def test_a_key_in_the_older_variable_counts(key: str, without: tuple[str, ...]) -> None:
    bot = Bot(without=without, SUPABASE_ANON_KEY=key)
    assert bot.client.get("/config.json").json["publishable_key"] == key


def test_the_newer_variable_goes_before_the_older() -> None:
    bot = Bot(SUPABASE_ANON_KEY=ANON, SUPABASE_PUBLISHABLE_KEY=PUBLISHABLE)
    assert bot.client.get("/config.json").json["publishable_key"] == PUBLISHABLE


@pytest.mark.parametrize("variable", ["SUPABASE_PUBLISHABLE_KEY", "SUPABASE_ANON_KEY"])
@pytest.mark.parametrize(
    "key",
    [
        SERVICE,
        "sb_secret_in_the_wrong_place",
        "nonsense-that-is-no-key",
        "abc.def.ghi",
        "header.W10.signature",  # a body that is no object
        ANON.rpartition(".")[0] + ".",
    ],
)
def test_no_key_that_can_do_more_ever_leaves(variable: str, key: str, log: CapturedLog) -> None:
    reply = Bot(base={**ENVIRONMENT, variable: key}, output=log.output).client.get("/config.json")
    assert reply.json["publishable_key"] is None
    assert key not in reply.text
    assert "publishable_key_withheld" in log.text
    assert key not in log.text


def test_no_secret_is_in_what_is_told() -> None:
    text = Bot(SUPABASE_PUBLISHABLE_KEY=PUBLISHABLE).client.get("/config.json").text
    secrets = (CRON_SECRET, ENVIRONMENT["SUPABASE_SECRET_KEY"], ENVIRONMENT["GEMINI_API_KEY"])
    assert not [secret for secret in secrets if secret in text]
