"""The settings: read once from the environment, checked, frozen.

This is the only reader of `os.environ`. A wrong value is named together with what was expected;
the value itself is never repeated, since it may be a secret that stands in the wrong place.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeVar

DISCORD_API_URL = "https://discord.com/api/v10"
DEFAULT_GEMINI_MODEL = "gemini-flash-lite-latest"
DEFAULT_TIMEZONE = "Asia/Tokyo"
PUBLIC_KEY_BYTES = 32
SHORTEST_SECRET = 8
"""A shorter one would be guessed, and taking it out of the log would leave no word whole."""
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
LONGEST_WORKER_NAME = 60
API_KEY_ENDING = "_API_KEY"
_NOT_IN_ADDRESSES = frozenset("\\@?#[]")
_IN_IPV6 = frozenset("0123456789abcdefABCDEF:.")
GEMINI_API_KEY = "GEMINI_API_KEY"

T = TypeVar("T")


class SettingsError(ValueError):
    """One or more settings are wrong; the message has a line for each."""

    def __init__(self, complaints: Iterable[str]) -> None:
        self.complaints = tuple(complaints)
        super().__init__("\n".join(("the settings are not usable:", *self.complaints)))


class Secret:
    """A value that shows itself only when asked to by name, so that no log or traceback has it."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The value itself: for the request that needs it, and nothing else."""
        return self._value

    def __repr__(self) -> str:
        return "Secret(***)"


class MusicSearch(StrEnum):
    """Where words that are no address are looked for."""

    YOUTUBE = "youtube"
    SOUNDCLOUD = "soundcloud"


class Environment(StrEnum):
    """Where the bot runs: it decides the form of the log, and nothing a user sees."""

    DEVELOPMENT = "development"
    TEST = "test"
    PRODUCTION = "production"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that can be set. What is absent switches a part off, and is None here.

    `api_keys` are the keys for models, by the names of their variables. `gemini_model` is the model
    to answer by default, `discord_cdn_url` one more place than Discord's own where attachments may
    lie: the local stack's. `supabase_publishable_key` holds what stands in the place of that key,
    which may be a secret one by mistake.

    Only the voice worker has the following: `database_url` is Postgres' own address, by which it
    hears of orders at once; `worker_name` tells it from others (None: the host's name), and
    `discord_gateway_url` is where it hears of Discord's events (None: where Discord says).
    `music_cookies_file` holds a browser's cookies, in Netscape's format, for sites that ask who one
    is. `music_private_addresses`: it may fetch sounds from this machine and its network.
    """

    environment: Environment = Environment.PRODUCTION
    log_level: str = "INFO"
    timezone: str = DEFAULT_TIMEZONE
    discord_public_key: bytes | None = None
    discord_application_id: str | None = None
    discord_bot_token: Secret | None = None
    discord_api_url: str = DISCORD_API_URL
    discord_cdn_url: str | None = None
    gemini_api_key: Secret | None = None
    api_keys: Mapping[str, Secret] = field(default_factory=dict)
    gemini_model: str | None = None
    gemini_base_url: str | None = None
    supabase_url: str | None = None
    supabase_key: Secret | None = None
    supabase_key_is_anon: bool = False
    supabase_publishable_key: Secret | None = None
    cron_secret: Secret | None = None
    lavalink_url: str | None = None
    database_url: Secret | None = None
    worker_name: str | None = None
    discord_gateway_url: str | None = None
    music_search: MusicSearch = MusicSearch.YOUTUBE
    music_cookies_file: str | None = None
    music_private_addresses: bool = False
    alert_channel_id: str | None = None
    log_file: str | None = None
    deployment: str | None = None
    owner_ids: frozenset[str] = frozenset()
    allowed_guilds: frozenset[str] = frozenset()

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> Settings:
        """The settings that `environ` (the process' own, if not given) holds.

        Raises SettingsError naming every wrong value.
        """
        source = _Source(os.environ if environ is None else environ)
        anon_key = source.read("SUPABASE_ANON_KEY", _secret)
        service_key = source.read("SUPABASE_SECRET_KEY", _secret) or source.read(
            "SUPABASE_SERVICE_ROLE_KEY", _secret
        )
        environment = source.read("ENVIRONMENT", _environment) or (
            Environment.PRODUCTION if source.has("VERCEL") else Environment.DEVELOPMENT
        )
        is_production = environment is Environment.PRODUCTION
        settings = cls(
            environment=environment,
            log_level=source.read("LOG_LEVEL", _log_level) or "INFO",
            timezone=source.read("TIMEZONE", _timezone) or DEFAULT_TIMEZONE,
            discord_public_key=source.read("DISCORD_PUBLIC_KEY", _public_key),
            discord_application_id=source.read("DISCORD_APPLICATION_ID", _snowflake),
            discord_bot_token=source.read("DISCORD_BOT_TOKEN", _secret),
            discord_api_url=source.read("DISCORD_API_URL", web_address) or DISCORD_API_URL,
            discord_cdn_url=source.read(
                "DISCORD_CDN_URL", _nothing if is_production else web_address
            ),
            gemini_api_key=source.read(GEMINI_API_KEY, _secret),
            api_keys=source.api_keys(),
            gemini_model=source.read("GEMINI_MODEL", _model),
            gemini_base_url=source.read("GEMINI_BASE_URL", web_address),
            supabase_url=source.read("SUPABASE_URL", _project_url),
            supabase_key=service_key or anon_key,
            supabase_key_is_anon=service_key is None and anon_key is not None,
            supabase_publishable_key=source.read("SUPABASE_PUBLISHABLE_KEY", _publishable_key)
            or anon_key,
            cron_secret=source.read("CRON_SECRET", _secret),
            lavalink_url=source.read("LAVALINK_URL", web_address),
            database_url=source.read("DATABASE_URL", _database_address),
            worker_name=source.read("WORKER_NAME", _worker_name),
            discord_gateway_url=source.read("DISCORD_GATEWAY_URL", _gateway_address),
            music_search=source.read("MUSIC_SEARCH", _music_search) or MusicSearch.YOUTUBE,
            music_cookies_file=source.read("MUSIC_COOKIES_FILE", str),
            music_private_addresses=source.read("MUSIC_PRIVATE_ADDRESSES", _is_allowed) or False,
            alert_channel_id=source.read("ALERT_CHANNEL_ID", _snowflake),
            log_file=source.read("LOG_FILE", str),
            deployment=source.read("VERCEL_DEPLOYMENT_ID", _word),
            owner_ids=source.read("OWNER_IDS", _snowflakes) or frozenset(),
            allowed_guilds=source.read("ALLOWED_GUILDS", _snowflakes) or frozenset(),
        )
        if source.complaints:
            raise SettingsError(source.complaints)
        return settings

    @property
    def has_database(self) -> bool:
        """Whether anything is kept: it takes the project's address and a key."""
        return self.supabase_url is not None and self.supabase_key is not None

    def secrets(self) -> tuple[str, ...]:
        """Every secret value that is set, for the log's redaction; each of them once."""
        fields = (
            self.discord_bot_token,
            self.gemini_api_key,
            self.supabase_key,
            self.cron_secret,
            self.database_url,
            *self.api_keys.values(),
        )
        return tuple(dict.fromkeys(secret.reveal() for secret in fields if secret is not None))

    def api_key(self, name: str) -> Secret | None:
        """The key that the variable of that name holds; None where there is no usable one."""
        if name == GEMINI_API_KEY and self.gemini_api_key is not None:
            return self.gemini_api_key
        return self.api_keys.get(name)


class _Source:
    """Reads single values and collects what is wrong with them."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self.complaints: list[str] = []

    def has(self, name: str) -> bool:
        return bool(self._environ.get(name, "").strip())

    def api_keys(self) -> dict[str, Secret]:
        """Every key by its variable's name. What is no key there is somebody else's business."""
        keys = {}
        for name, value in self._environ.items():
            if name.endswith(API_KEY_ENDING):
                with suppress(ValueError):
                    keys[name] = _secret(value.strip())
        return keys

    def read(self, name: str, parse: Callable[[str], T]) -> T | None:
        """The parsed value; None if it is absent, empty or wrong."""
        value = self._environ.get(name, "").strip()
        if not value:
            return None
        try:
            return parse(value)
        except ValueError as error:
            self.complaints.append(f"{name}: expected {error}")
            return None


# Each parser raises ValueError with what was expected, never with what was found.


def _secret(value: str) -> Secret:
    if not _is_word(value) or len(value) < SHORTEST_SECRET:
        raise ValueError(
            f"a key or token of {SHORTEST_SECRET} characters or more, without spaces or accents"
        )
    return Secret(value)


def _word(value: str) -> str:
    if not _is_word(value):
        raise ValueError("one word without spaces or accents")
    return value


def _publishable_key(value: str) -> Secret:
    return Secret(_word(value))


def _model(value: str) -> str:
    # Keys have capitals, names of models none: one in the wrong place must not be shown by /about.
    if not _is_word(value) or value != value.lower():
        raise ValueError(f"a model's name in lower case, one word, such as {DEFAULT_GEMINI_MODEL}")
    return value


def _is_word(value: str) -> bool:
    """Whether an HTTP header can hold it."""
    return value.isascii() and value.isprintable() and " " not in value


def _public_key(value: str) -> bytes:
    try:
        key = bytes.fromhex(value)
    except ValueError:
        key = b""
    if len(key) != PUBLIC_KEY_BYTES:
        raise ValueError(
            "the 64 hexadecimal digits that the Discord developer portal shows as Public Key"
        )
    return key


def _snowflake(value: str) -> str:
    if not (value.isascii() and value.isdigit() and len(value) <= 20):  # noqa: PLR2004 - 64 bits
        raise ValueError("a Discord id: digits only")
    return value


def _snowflakes(value: str) -> frozenset[str]:
    try:
        return frozenset(_snowflake(part) for part in value.replace(",", " ").split())
    except ValueError:
        raise ValueError("Discord ids (digits only), separated by commas") from None


def web_address(value: str) -> str:
    """`value` without a slash at its end. Raises ValueError, with what was expected, if it is no
    address that a request could be sent to.
    """
    # By hand: urllib.parse takes longer to import than all settings to read.
    scheme, _, rest = value.partition("://")
    authority, _, path = rest.partition("/")
    is_plain = _is_word(value) and not _NOT_IN_ADDRESSES & set(path)
    is_usable = scheme.lower() in {"http", "https"} and is_plain and _is_host(authority)
    if not is_usable:
        raise ValueError("an address that begins with https:// (or http:// on your own machine)")
    return value.rstrip("/")


def _is_host(authority: str) -> bool:
    """Whether it is a name or a number, or an IPv6 one in brackets, and perhaps a port."""
    name, _, port = authority.partition(":")
    is_name = all(name.split(".")) and not _NOT_IN_ADDRESSES & set(name)
    if authority.startswith("["):
        name, bracket, rest = authority[1:].partition("]")
        colon, port = rest[:1], rest[1:]
        is_name = bool(bracket) and ":" in name and set(name) <= _IN_IPV6 and colon in {"", ":"}
    return is_name and (port.isdigit() or not port)


def _project_url(value: str) -> str:
    address = web_address(value)
    if "/" in address.partition("://")[2]:
        raise ValueError("the project's address without a path, https://<project>.supabase.co")
    return address


def _database_address(value: str) -> Secret:
    scheme, separator, rest = value.partition("://")
    if scheme not in {"postgres", "postgresql"} or not (separator and rest and _is_word(value)):
        raise ValueError("an address that begins with postgresql://")
    return Secret(value)


def _gateway_address(value: str) -> str:
    scheme, _, rest = value.partition("://")
    try:
        web_address(f"http://{rest}")
    except ValueError:
        rest = ""
    if scheme.lower() not in {"ws", "wss"} or not rest:
        raise ValueError("an address that begins with wss:// (or ws:// on your own machine)")
    return value.rstrip("/")


def _worker_name(value: str) -> str:
    if not (value.isascii() and value.isprintable() and len(value) <= LONGEST_WORKER_NAME):
        raise ValueError(f"up to {LONGEST_WORKER_NAME} letters without accents")
    return value


def _music_search(value: str) -> MusicSearch:
    try:
        return MusicSearch(value.lower())
    except ValueError:
        raise ValueError(" or ".join(MusicSearch)) from None


def _is_allowed(value: str) -> bool:
    if value.lower() != "allow":
        raise ValueError("allow, or nothing")
    return True


def _nothing(_value: str) -> None:
    raise ValueError("nothing in production, where attachments lie on Discord's own hosts")


def _environment(value: str) -> Environment:
    try:
        return Environment(value.lower())
    except ValueError:
        raise ValueError(" or ".join(Environment)) from None


def _log_level(value: str) -> str:
    if value.upper() not in LOG_LEVELS:
        raise ValueError(f"one of {', '.join(LOG_LEVELS)}")
    return value.upper()


def _timezone(value: str) -> str:
    # The shape alone: loading the zone's data has no place before Discord is answered.
    if not all(
        part.replace("_", "").replace("-", "").replace("+", "").isalnum()
        for part in value.split("/")
    ):
        raise ValueError("the name of a time zone, such as Asia/Tokyo")
    return value
