"""The settings: what is read, what is refused, and that no wrong value is ever repeated."""

from __future__ import annotations

import dataclasses
import traceback

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.settings import (
    DEFAULT_TIMEZONE,
    DISCORD_API_URL,
    SHORTEST_SECRET,
    Environment,
    MusicSearch,
    Secret,
    Settings,
    SettingsError,
)
from tests.payloads import PUBLIC_KEY

SECRETS = [
    "DISCORD_BOT_TOKEN",
    "GEMINI_API_KEY",
    "SUPABASE_SECRET_KEY",
    "SUPABASE_SERVICE_ROLE_KEY",
    "SUPABASE_ANON_KEY",
    "CRON_SECRET",
]
WORKERS = [
    "DATABASE_URL",
    "WORKER_NAME",
    "DISCORD_GATEWAY_URL",
    "MUSIC_SEARCH",
    "MUSIC_COOKIES_FILE",
    "MUSIC_PRIVATE_ADDRESSES",
]
ADDRESSES = [
    "SUPABASE_URL",
    "DISCORD_API_URL",
    "DISCORD_CDN_URL",
    "GEMINI_BASE_URL",
    "LAVALINK_URL",
]
CHECKED = [
    *SECRETS,
    *ADDRESSES,
    *WORKERS,
    "DISCORD_PUBLIC_KEY",
    "DISCORD_APPLICATION_ID",
    "OWNER_IDS",
    "ALLOWED_GUILDS",
    "ENVIRONMENT",
    "LOG_LEVEL",
    "TIMEZONE",
    "GEMINI_MODEL",
    "SUPABASE_PUBLISHABLE_KEY",
]


def complaint(name: str, value: str) -> str:
    """What is said about a value that is wrong."""
    with pytest.raises(SettingsError) as caught:
        Settings.from_env({name: value})
    (line,) = caught.value.complaints
    return line


def test_nothing_has_to_be_set() -> None:
    settings = Settings.from_env({})
    assert settings == Settings(environment=Environment.DEVELOPMENT)
    assert settings.discord_public_key is None
    assert settings.gemini_model is None
    assert settings.discord_api_url == DISCORD_API_URL
    assert settings.timezone == DEFAULT_TIMEZONE == "Asia/Tokyo"
    assert settings.allowed_guilds == frozenset()
    assert not settings.has_database


def test_everything_that_is_set_is_read() -> None:
    settings = Settings.from_env(
        {
            "ENVIRONMENT": "Test",
            "LOG_LEVEL": "debug",
            "TIMEZONE": "America/Argentina/Buenos_Aires",
            "DISCORD_PUBLIC_KEY": f" {PUBLIC_KEY.upper()} ",
            "DISCORD_APPLICATION_ID": "1180000000000000900",
            "DISCORD_BOT_TOKEN": "a-bots-token",
            "GEMINI_API_KEY": "a-models-key",
            "GEMINI_MODEL": "gemini-x",
            "GEMINI_BASE_URL": "http://127.0.0.1:8000",
            "DISCORD_CDN_URL": "http://127.0.0.1:8001/",
            "SUPABASE_URL": "https://abc.supabase.co/",
            "SUPABASE_SECRET_KEY": "sb_secret_abc",
            "SUPABASE_PUBLISHABLE_KEY": "sb_publishable_abc",
            "CRON_SECRET": "a-ticks-secret",
            "LAVALINK_URL": "http://localhost:2333",
            "OWNER_IDS": "1,2",
            "ALLOWED_GUILDS": " 3 , 4  5,",
        }
    )
    assert settings.environment is Environment.TEST
    assert settings.log_level == "DEBUG"
    assert settings.discord_public_key == bytes.fromhex(PUBLIC_KEY)
    assert settings.gemini_model == "gemini-x"
    assert settings.discord_cdn_url == "http://127.0.0.1:8001"
    assert settings.supabase_url == "https://abc.supabase.co"
    assert settings.supabase_key is not None
    assert settings.supabase_key.reveal() == "sb_secret_abc"
    assert not settings.supabase_key_is_anon
    assert settings.owner_ids == {"1", "2"}
    assert settings.allowed_guilds == {"3", "4", "5"}
    assert settings.has_database


def test_what_the_worker_alone_needs_is_read() -> None:
    address = "postgresql://halley:pass-word@db.example:5432/postgres"
    settings = Settings.from_env(
        {
            "DATABASE_URL": address,
            "WORKER_NAME": "the attic's",
            "DISCORD_GATEWAY_URL": "ws://127.0.0.1:8002/",
            "MUSIC_SEARCH": "SoundCloud",
            "MUSIC_COOKIES_FILE": "/etc/halley/cookies.txt",
            "MUSIC_PRIVATE_ADDRESSES": "Allow",
        }
    )
    assert settings.database_url is not None
    assert settings.database_url.reveal() == address
    assert settings.secrets() == (address,)
    assert settings.worker_name == "the attic's"
    assert settings.discord_gateway_url == "ws://127.0.0.1:8002"
    assert settings.music_search is MusicSearch.SOUNDCLOUD
    assert settings.music_cookies_file == "/etc/halley/cookies.txt"
    assert settings.music_private_addresses


@pytest.mark.parametrize("value", ["", " ", "\t\n"])
def test_an_empty_value_is_none(value: str) -> None:
    assert Settings.from_env(dict.fromkeys(CHECKED, value)) == Settings.from_env({})


def test_on_vercel_the_environment_is_production() -> None:
    assert Settings.from_env({"VERCEL": "1"}).environment is Environment.PRODUCTION
    both = Settings.from_env({"VERCEL": "1", "ENVIRONMENT": "development"})
    assert both.environment is Environment.DEVELOPMENT


def test_the_better_of_several_supabase_keys_is_used() -> None:
    keys = {
        "SUPABASE_SECRET_KEY": "sb_secret_1",
        "SUPABASE_SERVICE_ROLE_KEY": "service-role",
        "SUPABASE_ANON_KEY": "anon-key-1",
    }
    for name, is_anon in zip(list(keys), [False, False, True], strict=True):
        settings = Settings.from_env(keys)
        assert settings.supabase_key is not None
        assert settings.supabase_key.reveal() == keys.pop(name)
        assert settings.supabase_key_is_anon is is_anon


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("DISCORD_PUBLIC_KEY", "abc", "64 hexadecimal digits"),
        ("DISCORD_PUBLIC_KEY", PUBLIC_KEY + "00", "64 hexadecimal digits"),
        ("DISCORD_PUBLIC_KEY", "zz" * 32, "64 hexadecimal digits"),
        ("DISCORD_APPLICATION_ID", "my-bot", "digits only"),
        ("OWNER_IDS", "1, me", "digits only"),
        ("ALLOWED_GUILDS", "１２３", "digits only"),
        ("ALLOWED_GUILDS", "1;2", "digits only"),
        ("ENVIRONMENT", "staging", "production"),
        ("LOG_LEVEL", "LOUD", "DEBUG, INFO"),
        ("TIMEZONE", "Asia/To kyo", "Asia/Tokyo"),
        ("TIMEZONE", "../../etc/passwd", "Asia/Tokyo"),
        ("GEMINI_MODEL", "gemini flash", "one word"),
        ("GEMINI_MODEL", "AIzaSyA-key-in-the-wrong-place", "a model's name"),
        ("CRON_SECRET", "two words here", "without spaces"),
        ("CRON_SECRET", "päßword-long", "without spaces"),
        ("CRON_SECRET", "a" * (SHORTEST_SECRET - 1), "8 characters or more"),
        ("GEMINI_API_KEY", "line\nbreak-in-it", "without spaces"),
        ("SUPABASE_SECRET_KEY", "nul\0in-the-middle", "without spaces"),
        ("DATABASE_URL", "mysql://user:word@host/db", "postgresql://"),
        ("DATABASE_URL", "postgresql:/host/db", "postgresql://"),
        ("DATABASE_URL", "host=localhost dbname=x", "postgresql://"),
        ("WORKER_NAME", "ホスト", "without accents"),
        ("WORKER_NAME", "x" * 61, "up to 60"),
        ("DISCORD_GATEWAY_URL", "https://gateway.discord.gg", "wss://"),
        ("DISCORD_GATEWAY_URL", "wss://host:port", "wss://"),
        ("DISCORD_GATEWAY_URL", "wss://a..b", "wss://"),
        ("MUSIC_SEARCH", "everywhere", "youtube or soundcloud"),
        ("MUSIC_PRIVATE_ADDRESSES", "yes", "allow, or nothing"),
    ],
)
def test_a_wrong_value_is_named_with_what_was_expected_and_not_repeated(
    name: str, value: str, expected: str
) -> None:
    line = complaint(name, value)
    assert line.startswith(f"{name}: expected ")
    assert expected in line
    assert value not in line


@pytest.mark.parametrize("name", ADDRESSES)
@pytest.mark.parametrize(
    "value",
    [
        "abc.supabase.co",
        "//abc.supabase.co",
        "ftp://abc.supabase.co",
        "file:///etc/passwd",
        "https://",
        "https:///path",
        "https://user:password@abc.supabase.co",
        "https://abc.supabase.co?apikey=secret",
        "https://abc.supabase.co#x",
        "https://a b",
        "https://a..b",
        "https://.b",
        "https://host:port",
        "https://[::1",
        "https://[1]",
        "https://[::1]x",
        "https://[::1]:x",
        "https://[::g]",
        "https://[::1%25eth0]",
        "https://a/[::1]",
        "https://bücher.example",
        "https://a\\b",
        "https://a\x00b",
    ],
)
def test_an_address_that_could_not_work_is_refused_at_the_start(name: str, value: str) -> None:
    host = value.removeprefix("https://")
    assert not host or host not in complaint(name, value)


@pytest.mark.parametrize(
    "value", ["http://[::1]:11434/v1", "http://[fd00::7]", "http://LOCALHOST:1"]
)
def test_an_address_may_be_any_host(value: str) -> None:
    assert Settings.from_env({"GEMINI_BASE_URL": value}).gemini_base_url == value


def test_all_wrong_values_are_told_at_once() -> None:
    with pytest.raises(SettingsError) as caught:
        Settings.from_env({"LOG_LEVEL": "LOUD", "OWNER_IDS": "me", "CRON_SECRET": "x"})
    assert len(caught.value.complaints) == 3
    assert str(caught.value).count("\n") == 3


@given(name=st.sampled_from(CHECKED), value=st.text(min_size=1))
def test_any_value_is_read_or_refused_and_never_repeated(name: str, value: str) -> None:
    marked = f"mark-of-the-value {value}"
    told = ""
    try:
        Settings.from_env({name: value})
        Settings.from_env({name: marked})
    except SettingsError as error:
        told = "".join(traceback.format_exception(error))
    assert "mark-of-the-value" not in told


@pytest.mark.parametrize("name", SECRETS)
def test_a_secret_shows_itself_only_when_asked_to(name: str) -> None:
    value = "sb_secret_do_not_show"
    settings = Settings.from_env({name: value, "SUPABASE_URL": "https://abc.supabase.co"})
    assert settings.secrets() == (value,)
    shown = [repr(settings), str(settings), f"{settings}", str(dataclasses.asdict(settings))]
    assert not any(value in text for text in shown)
    assert "Secret(***)" in repr(settings)
    assert f"{Secret(value)} {Secret(value)!r} {[Secret(value)]}".count(value) == 0


@pytest.mark.parametrize("path", ["/rest/v1", "/dashboard/project/abc"])
def test_a_project_is_named_by_its_bare_address(path: str) -> None:
    with pytest.raises(SettingsError, match=r"SUPABASE_URL: expected .* without a path"):
        Settings.from_env({"SUPABASE_URL": f"https://abc.supabase.co{path}"})


def test_every_models_key_is_found_by_the_name_of_its_variable() -> None:
    settings = Settings.from_env(
        {"GEMINI_API_KEY": "a-models-key", "GROQ_API_KEY": " gsk-a-key ", "GROQ_URL": "of-no-key-1"}
    )
    assert set(settings.api_keys) == {"GEMINI_API_KEY", "GROQ_API_KEY"}
    for name, value in (("GEMINI_API_KEY", "a-models-key"), ("GROQ_API_KEY", "gsk-a-key")):
        key = settings.api_key(name)
        assert key is not None
        assert key.reveal() == value
    assert settings.api_key("OPENAI_API_KEY") is None
    assert set(settings.secrets()) == {"a-models-key", "gsk-a-key"}
    assert "gsk-a-key" not in repr(settings)


@pytest.mark.parametrize("value", ["", "none", "two words here", "schlüssel-der-bank"])
def test_a_key_of_somebody_elses_that_is_none_is_left_alone(value: str) -> None:
    assert Settings.from_env({"WEATHER_API_KEY": value}).api_keys == {}


def test_attachments_come_from_discord_alone_in_production() -> None:
    with pytest.raises(SettingsError, match="DISCORD_CDN_URL: expected nothing in production"):
        Settings.from_env({"VERCEL": "1", "DISCORD_CDN_URL": "https://files.example"})
    with pytest.raises(SettingsError, match="DISCORD_CDN_URL"):
        Settings.from_env({"ENVIRONMENT": "production", "DISCORD_CDN_URL": "http://127.0.0.1:1"})
    assert Settings.from_env({"VERCEL": "1", "DISCORD_CDN_URL": ""}).discord_cdn_url is None
