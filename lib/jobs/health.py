"""The check of how the bot is. It takes 1.5 s at most, whoever does not answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from http import HTTPStatus
from threading import Lock
from typing import Final, Generic, NamedTuple, TypeVar

from lib.jobs import alert
from lib.jobs.inquiry import Inquiry
from lib.locales import Locale, Text
from lib.locales.numbers import duration, milliseconds
from lib.logs import get_logger
from lib.ports import (
    ChatModel,
    ChatModelError,
    Clock,
    DiscordAPI,
    DiscordError,
    Finding,
    Health,
    HealthReading,
    HealthStatus,
    Reach,
    ReachState,
    StoreError,
    Watch,
)
from lib.settings import Settings

log = get_logger(__name__)

T = TypeVar("T")

PATIENCE_SECONDS: Final = 1.5
GLANCE_SECONDS: Final = 15.0
CHECK_SECONDS: Final = 5.0
"""How long a glance and a check hold, so that nobody makes us ask others as often as they like."""
TIMED_OUT: Final = "timed_out"

NO_PUBLIC_KEY: Final = Text(
    en="DISCORD_PUBLIC_KEY is not set, so no command can be answered.",
    ja="DISCORD_PUBLIC_KEY が設定されていないため、コマンドに応答できません。",
)
NO_DISCORD: Final = Text(
    en="Discord's API is not reached: {fault}.", ja="DiscordのAPIに接続できません（{fault}）。"
)
NO_DATABASE: Final = Text(
    en="The database is not reached: {fault}.", ja="データベースに接続できません（{fault}）。"
)
READ_ONLY: Final = Text(
    en="The database's key may not write; SUPABASE_SECRET_KEY is needed.",
    ja="データベースに書き込めないキーです。SUPABASE_SECRET_KEY を設定してください。",
)
NO_MODEL: Final = Text(
    en="The model is not reached: {fault}.", ja="モデルに接続できません（{fault}）。"
)
SLOW: Final = Text(
    en="Discord is answered late: one command in twenty waits longer than {time}.",
    ja="Discordへの応答が遅れています（20回に1回は{time}以上）。",
)
FOUND: Final = Text(en="{title}: {detail}", ja="{title}: {detail}")
NOT_RUN: Final = Text(
    en="{title}: {name} has not run for {time}.", ja="{title}: {name}（最後の実行から{time}）"
)
NOT_HEARD: Final = Text(
    en="{title}: {name} has not been heard of for {time}.",
    ja="{title}: {name}（最後の応答から{time}）",
)
NOT_CLAIMED: Final = Text(
    en="{title}: the oldest of {n} waiting rows has waited for {time}.",
    ja="{title}: {n}件が待機中（最長{time}）",
)
NOTHING_KEPT: Final = Text(
    en="No database is set, so nothing is recorded.",
    ja="データベースが設定されていないため、記録は残りません。",
)
NO_GUILDS: Final = Text(
    en="Discord does not say how many servers there are: {fault}.",
    ja="サーバー数を取得できません（{fault}）。",
)
FAULTS: Final[Mapping[str, Text]] = {
    TIMED_OUT: Text(en="no answer in time", ja="時間内に応答なし"),
    "unreachable": Text(en="no connection", ja="接続不可"),
    "bad_key": Text(en="the key is refused", ja="キーが拒否されました"),
    "unknown_model": Text(en="there is no such model", ja="存在しないモデルです"),
    "rate_limited": Text(en="the quota is used up", ja="利用上限に到達"),
    "overloaded": Text(en="overloaded", ja="混雑中"),
}
"""The faults that have words; any other is told by its code."""


class _Held(Generic[T]):
    """What was seen, for some seconds. Who comes while somebody looks waits for the same."""

    def __init__(self, look: Callable[[], T], clock: Clock, *, seconds: float) -> None:
        self._look = look
        self._clock = clock
        self._seconds = seconds
        self._looking = Lock()
        self._seen: tuple[float, T] | None = None

    def get(self) -> T:
        with self._looking:
            now = self._clock.monotonic()
            if self._seen is None or now - self._seen[0] >= self._seconds:
                self._seen = (now, self._look())
            return self._seen[1]


class _Tables(NamedTuple):
    """What the tables say, and how long they took."""

    reading: HealthReading
    ms: int


class BoundedHealthCheck:
    """A HealthCheck (see lib.ports). `deployment` names what runs, `chat_model` is the one that
    answers by default; None: nobody outside is asked.

    `discord` and what else is given may be slow or hang; their own time-outs should be short, so
    that no thread stays for long.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        watch: Watch,
        discord: DiscordAPI,
        chat_model: ChatModel | None,
        clock: Clock,
        deployment: str,
        patience_seconds: float = PATIENCE_SECONDS,
    ) -> None:
        self._settings = settings
        self._watch = watch
        self._discord = discord
        self._chat_model = chat_model
        self._clock = clock
        self._deployment = deployment
        self._patience_seconds = patience_seconds
        self._glance = _Held(self._ask_some, clock, seconds=GLANCE_SECONDS)
        self._check = _Held(self._ask_all, clock, seconds=CHECK_SECONDS)

    def check(self) -> Health:
        return self._check.get()

    def glance(self) -> HealthStatus:
        return self._glance.get()

    def _ask_all(self) -> Health:
        settings = self._settings
        inquiry = self._inquiry()
        asked_tables = inquiry.ask(self._read_tables) if settings.has_database else None
        asked_discord = inquiry.ask(self._discord.measure_ping_ms)
        asked_guilds = inquiry.ask(self._discord.count_guilds)
        chat_model = self._chat_model
        asked_model = None if chat_model is None else inquiry.ask(chat_model.measure_ping_ms)
        tables, database = _tables(asked_tables)
        discord, model = _reach(asked_discord), _reach(asked_model)
        guild_count, guilds_fault = _answered(asked_guilds)
        fatal = self._fatal(discord)
        wrong = self._wrong_with_tables(tables, database)
        if model.state is ReachState.NOT_REACHED:
            wrong += (NO_MODEL.filled(fault=_words(model.fault)),)
        notes: tuple[Text, ...] = () if settings.has_database else (NOTHING_KEPT,)
        if guilds_fault is not None and discord.state is ReachState.REACHED:
            notes += (NO_GUILDS.filled(fault=_words(guilds_fault)),)
        return Health(
            status=_status(fatal, wrong),
            reasons=fatal + wrong,
            notes=notes,
            checked_at=self._clock.now(),
            deployed_at=None if tables is None else tables.reading.deployed_at,
            database=database,
            discord=discord,
            model=model,
            guild_count=guild_count,
            reading=None if tables is None else tables.reading,
        )

    def _ask_some(self) -> HealthStatus:
        inquiry = self._inquiry()
        asked_tables = inquiry.ask(self._read_tables) if self._settings.has_database else None
        asked_discord = inquiry.ask(self._discord.measure_ping_ms)
        tables, database = _tables(asked_tables)
        fatal = self._fatal(_reach(asked_discord))
        return _status(fatal, self._wrong_with_tables(tables, database))

    def _inquiry(self) -> Inquiry:
        return Inquiry(self._clock, patience_seconds=self._patience_seconds)

    def _read_tables(self) -> _Tables:
        begun = self._clock.monotonic()
        reading = self._watch.read_health(deployment=self._deployment)
        return _Tables(reading, round((self._clock.monotonic() - begun) * 1000))

    def _fatal(self, discord: Reach) -> tuple[Text, ...]:
        reasons: tuple[Text, ...] = ()
        if self._settings.discord_public_key is None:
            reasons += (NO_PUBLIC_KEY,)
        if discord.state is ReachState.NOT_REACHED:
            reasons += (NO_DISCORD.filled(fault=_words(discord.fault)),)
        return reasons

    def _wrong_with_tables(self, tables: _Tables | None, database: Reach) -> tuple[Text, ...]:
        if self._settings.has_database and self._settings.supabase_key_is_anon:
            return (READ_ONLY,)  # which is why it answers nothing either
        if database.state is ReachState.NOT_REACHED:
            return (NO_DATABASE.filled(fault=_words(database.fault)),)
        if tables is None:
            return ()
        reading = tables.reading
        found = tuple(_found(finding, reading) for finding in reading.findings)
        window = reading.window
        if not window.is_slow:
            return found
        return (*found, SLOW.filled(time=_time(window.acknowledged_p95_ms or 0.0)))


def _status(fatal: tuple[Text, ...], wrong: tuple[Text, ...]) -> HealthStatus:
    if fatal:
        return HealthStatus.UNHEALTHY
    return HealthStatus.DEGRADED if wrong else HealthStatus.HEALTHY


def _tables(asked: Callable[[], _Tables] | None) -> tuple[_Tables | None, Reach]:
    if asked is None:
        return None, Reach(ReachState.UNSET)
    tables, fault = _answered(asked)
    if tables is None:
        return None, Reach(ReachState.NOT_REACHED, fault=fault)
    return tables, Reach(ReachState.REACHED, tables.ms)


def _reach(asked: Callable[[], int] | None) -> Reach:
    if asked is None:
        return Reach(ReachState.UNSET)
    ping_ms, fault = _answered(asked)
    if fault == str(HTTPStatus.TOO_MANY_REQUESTS.value):
        return Reach(ReachState.REACHED, fault=fault)  # it is there, and says so
    if ping_ms is None:
        return Reach(ReachState.NOT_REACHED, fault=fault)
    return Reach(ReachState.REACHED, ping_ms)


def _answered(asked: Callable[[], T]) -> tuple[T | None, str | None]:
    """The answer, or a word for why there is none."""
    try:
        return asked(), None
    except TimeoutError:
        return None, TIMED_OUT
    except StoreError as error:
        return None, error.code
    except DiscordError as error:
        return None, str(error.status) if error.status else "unreachable"
    except ChatModelError as error:
        return None, error.failure.value
    except Exception as error:  # noqa: BLE001 - whatever is broken, the rest is worth telling
        log.error("check_failed", error=error)
        return None, type(error).__name__


def _words(fault: str | None) -> Text:
    code = fault or "?"
    return FAULTS.get(code, Text(en=f"`{code}`", ja=f"`{code}`"))


def _time(ms: float) -> Text:
    return Text(en=milliseconds(ms, Locale.ENGLISH), ja=milliseconds(ms, Locale.JAPANESE))


def _found(finding: Finding, reading: HealthReading) -> Text:
    """The finding in words of both languages where the reading has its figures; the watch's own
    sentence is English.
    """
    kind, _, name = finding.name.partition(":")
    title = alert.TITLES.get(kind, alert.OTHERWISE)
    ran = {schedule.name: schedule.last_run_at for schedule in reading.schedules}.get(name)
    beat = {heartbeat.name: heartbeat.last_beat_at for heartbeat in reading.heartbeats}.get(name)
    if kind == "schedule" and ran is not None:
        return NOT_RUN.filled(title=title, name=name, time=_length(reading.now - ran))
    if kind == "heartbeat" and beat is not None:
        return NOT_HEARD.filled(title=title, name=name, time=_length(reading.now - beat))
    if kind == "queue_age" and reading.oldest_seconds is not None:
        waited = _length(timedelta(seconds=reading.oldest_seconds))
        return NOT_CLAIMED.filled(title=title, n=reading.queue_depth, time=waited)
    return FOUND.filled(title=title, detail=finding.detail)


def _length(length: timedelta) -> Text:
    return Text(en=duration(length, Locale.ENGLISH), ja=duration(length, Locale.JAPANESE))
