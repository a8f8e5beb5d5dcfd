"""/debug: what the owner looks at when something is odd.

It shows and never evaluates: a command that ran code which somebody sends would hand the keys of
the bot to whoever gets hold of the owner's Discord account.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Final

from lib import ports
from lib.commands._tables import require_database, told_plainly
from lib.interactions.checks import owners_only
from lib.interactions.command import (
    Command,
    Context,
    Deferred,
    Group,
    Option,
    OptionKind,
    Reply,
    Subcommand,
    WorkContext,
)
from lib.interactions.errors import UserFacingError
from lib.interactions.response import Choice, Message
from lib.interactions.timestamp import ago, time_of_day
from lib.locales import Locale, Text
from lib.locales.numbers import count, megabytes, milliseconds
from lib.logs import get_logger
from lib.settings import LOG_LEVELS, Environment, Settings
from lib.version import VERSION

log = get_logger(__name__)

MOST_ROWS: Final = 10
MOST_TYPES: Final = 10
MOST_MODELS: Final = 8
LONGEST_ERROR: Final = 90
DAY: Final = timedelta(days=1)
DEFAULT_MINUTES: Final = 30
MOST_MINUTES: Final = 240
RESET: Final = "reset"

STATE = Text(en="### The instance that answers", ja="### 応答中のインスタンス")
RUNS = Text(
    en="- Halley {version} on Python {python}, environment `{environment}`",
    ja="- Halley {version}、Python {python}、環境 `{environment}`",
)
PROCESS = Text(
    en="- Process {pid}, began {ago}, {threads} threads",
    ja="- プロセス {pid}、開始 {ago}、スレッド {threads}",
)
DEPLOYMENT = Text(en="- Deployment `{name}`", ja="- デプロイ `{name}`")
MODEL = Text(en="- Model `{name}`", ja="- モデル `{name}`")
OTHERS = Text(en=", beside it {names}", ja="、ほかに {names}")
OFFLINE = Text(en="- Offline model", ja="- オフラインモデル")
CONFIGURED = Text(
    en="- Log level `{level}`, time zone `{zone}`",
    ja="- ログレベル `{level}`、タイムゾーン `{zone}`",
)
ALLOWED = Text(en="- Allowed servers: {n}", ja="- 許可サーバー: {n}")
ALL = Text(en="all", ja="すべて")
SET = Text(en="- Set: {names}", ja="- 設定済み: {names}")
NOT_SET = Text(en="- Not set: {names}", ja="- 未設定: {names}")
NEXT_TIME = Text(
    en="-# Another instance may answer the next time.",
    ja="-# 次回は別のインスタンスが応答する場合があります。",
)
SLOWEST = Text(
    en="### Slowest commands of the last 24 hours", ja="### 直近24時間で最も遅かったコマンド"
)
FAILED = Text(en="### Latest errors", ja="### 最近のエラー")
NOT_OF_THE_QUEUE = Text(
    en="-# Of commands. For rows of the queue: `python3 dev queue --status failed`",
    ja="-# コマンドのみ。キューの行は `python3 dev queue --status failed` で確認できます。",
)
NONE = Text(en="None.", ja="ありません。")
COLD = Text(en=" · cold start", ja=" · コールドスタート")
ENDED_IN_ERROR = Text(en=" · failed", ja=" · 失敗")
MEMORY = Text(en="### Memory of the instance that answers", ja="### 応答中のインスタンスのメモリ")
USES = Text(
    en="{rss} resident, {objects} objects known to the garbage collector",
    ja="常駐メモリ {rss}、ガベージコレクターの管理対象 {objects}個",
)
COLLECTED = Text(
    en="Collected: {objects} objects that nobody could reach; {before} became {after}.",
    ja="回収しました: 到達不能なオブジェクト {objects}個、{before} → {after}",
)
TRACING_BEGUN = Text(
    en="Tracing has begun in this instance. Call this again after some work; it slows the process"
    " down until that ends.",
    ja="このインスタンスで追跡を開始しました。しばらく使ってから再度実行してください。"
    "プロセスが終了するまで動作が遅くなります。",
)
TRACED = Text(
    en="### Memory allocated since tracing began", ja="### 追跡開始後に割り当てられたメモリ"
)
NOT_IN_PRODUCTION = Text(
    en="Not in production: tracing would slow every answer of this instance down until the host"
    " ends it. `/debug memory` costs next to nothing.",
    ja="本番環境では使えません。ホストがこのインスタンスを終了するまで、すべての応答が遅くなるためです。"
    "`/デバッグ メモリ` ならほとんど負荷がかかりません。",
)
LEVEL_SET = Text(
    en="Everything from `{level}` on is logged until {time} ({ago}). Each instance follows with its"
    " next command.",
    ja="{time}（{ago}）まで `{level}` 以上をログに出力します。"
    "各インスタンスには次のコマンドから反映されます。",
)
LEVEL_RESET = Text(
    en="Logged is what the settings say again: from `{level}` on. Each instance follows with its"
    " next command.",
    ja="設定どおり `{level}` 以上の出力に戻しました。"
    "各インスタンスには次のコマンドから反映されます。",
)


def show_state(context: WorkContext) -> Message:
    """Which process answers, and with which settings; of secrets, only whether they are set."""
    locale, settings = context.locale, context.settings
    instance = context.services.instance.describe()
    guilds = settings.allowed_guilds
    names = _settings_by_name(settings)
    lines = [
        STATE.in_(locale),
        RUNS.in_(
            locale,
            version=VERSION,
            python=instance.python,
            environment=settings.environment.value,
        ),
        PROCESS.in_(
            locale, pid=instance.pid, ago=ago(instance.started_at), threads=instance.threads
        ),
        *([DEPLOYMENT.in_(locale, name=settings.deployment)] if settings.deployment else []),
        _models_line(context),
        CONFIGURED.in_(locale, level=settings.log_level, zone=settings.timezone),
        ALLOWED.in_(locale, n=count(len(guilds)) if guilds else ALL.in_(locale)),
    ]
    for text, is_set in ((SET, True), (NOT_SET, False)):
        found = [f"`{name}`" for name, value in names if (value is not None) is is_set]
        if found:
            lines.append(text.in_(locale, names=" ".join(found)))
    return _private([*lines, NEXT_TIME.in_(locale)])


def _models_line(context: WorkContext) -> str:
    default, *others = context.services.models.cards
    if default.provider is ports.Provider.OFFLINE:
        return OFFLINE.in_(context.locale)
    line = MODEL.in_(context.locale, name=default.name)
    if not others:
        return line
    names = [f"`{card.name}`" for card in others[:MOST_MODELS]]
    more = ["…"] if len(others) > MOST_MODELS else []
    return line + OTHERS.in_(context.locale, names=" ".join([*names, *more]))


def _settings_by_name(settings: Settings) -> list[tuple[str, object]]:
    return [
        ("DISCORD_PUBLIC_KEY", settings.discord_public_key),
        ("DISCORD_APPLICATION_ID", settings.discord_application_id),
        ("DISCORD_BOT_TOKEN", settings.discord_bot_token),
        ("GEMINI_API_KEY", settings.api_key("GEMINI_API_KEY")),
        *((name, key) for name, key in settings.api_keys.items() if name != "GEMINI_API_KEY"),
        ("SUPABASE_URL", settings.supabase_url),
        ("SUPABASE_SECRET_KEY", None if settings.supabase_key_is_anon else settings.supabase_key),
        ("CRON_SECRET", settings.cron_secret),
        ("ALERT_CHANNEL_ID", settings.alert_channel_id),
        ("LAVALINK_URL", settings.lavalink_url),
    ]


def show_slow(context: WorkContext) -> Message:
    """The commands of the last day that took longest."""
    require_database(context)
    with told_plainly():
        rows = context.services.watch.read_slowest(limit=MOST_ROWS, within=DAY)
    return _listed(context, [_slow_line(row, context.locale) for row in rows], title=SLOWEST)


def _slow_line(row: ports.LoggedInteraction, locale: Locale) -> str:
    took = milliseconds(row.finished_ms or 0.0, locale)
    cold = COLD.in_(locale) if row.cold_start else ""
    failed = ENDED_IN_ERROR.in_(locale) if row.outcome is ports.Outcome.FAILED else ""
    return f"1. **{took}** · `{_plain(row.command)}` · {ago(row.created_at)}{cold}{failed}"


def show_errors(context: WorkContext) -> Message:
    """The commands that failed last, and why."""
    require_database(context)
    with told_plainly():
        rows = context.services.watch.read_errors(limit=MOST_ROWS)
    lines = [
        f"- `{_plain(row.command)}` · {ago(row.created_at)}"
        + (f"\n  `{_plain(row.error)}`" if row.error else "")
        for row in rows
    ]
    lines = lines or [NONE.in_(context.locale)]
    return _listed(context, [*lines, NOT_OF_THE_QUEUE.in_(context.locale)], title=FAILED)


def show_memory(context: WorkContext) -> Message:
    """What fills the memory of the process that happens to answer; and a collection, if asked."""
    locale, instance = context.locale, context.services.instance
    lines = [MEMORY.in_(locale)]
    if context.flag_option("collect"):
        done = instance.collect()
        log.info(
            "memory_collected",
            objects=done.objects,
            before_mb=done.rss_before_mb,
            after_mb=done.rss_after_mb,
        )
        lines.append(
            COLLECTED.in_(
                locale,
                objects=count(done.objects),
                before=megabytes(done.rss_before_mb),
                after=megabytes(done.rss_after_mb),
            )
        )
    memory = instance.read_memory(most_types=MOST_TYPES)
    rss, objects = megabytes(memory.rss_mb), count(memory.objects)
    lines.append(USES.in_(locale, rss=rss, objects=objects))
    lines += [f"- {count(kind.count)} `{_plain(kind.name)}`" for kind in memory.types]
    return _private([*lines, NEXT_TIME.in_(locale)])


def show_allocations(context: WorkContext) -> Message:
    """Where memory was allocated, by tracemalloc; not where it would slow users down."""
    if context.settings.environment is Environment.PRODUCTION:
        raise UserFacingError(NOT_IN_PRODUCTION)
    locale = context.locale
    allocations = context.services.instance.read_allocations(limit=MOST_ROWS)
    if allocations is None:
        return Message(content=TRACING_BEGUN.in_(locale), ephemeral=True)
    lines = [
        f"- {count(round(entry.kilobytes))} kB · `{_plain(entry.place)}`"
        f" ×\N{NO-BREAK SPACE}{count(entry.blocks)}"
        for entry in allocations
    ]
    return _private([TRACED.in_(locale), *lines, NEXT_TIME.in_(locale)])


def set_log_level(context: WorkContext) -> Message:
    """Have all instances log from another level on, until a time."""
    require_database(context)
    locale, chosen = context.locale, context.text_option("level")
    minutes = _minutes(context)
    level = chosen if chosen in LOG_LEVELS else None
    with told_plainly():
        context.services.watch.set_log_level(level=level, seconds=minutes * 60 if level else 0)
    log.info("log_level_set", level=level or RESET, minutes=minutes if level else 0)
    if level is None:
        return Message(content=LEVEL_RESET.in_(locale, level=context.settings.log_level))
    until = context.clock.now() + timedelta(minutes=minutes)
    text = LEVEL_SET.in_(locale, level=level, time=time_of_day(until), ago=ago(until))
    return Message(content=text)


def _minutes(context: Context) -> int:
    given = context.interaction.options.get("minutes")
    if not isinstance(given, int):
        return DEFAULT_MINUTES
    return max(1, min(MOST_MINUTES, given))


def _listed(context: Context, lines: Sequence[str], *, title: Text) -> Message:
    return _private([title.in_(context.locale), *(lines or [NONE.in_(context.locale)])])


def _private(lines: Sequence[str]) -> Message:
    return Message(content="\n".join(lines), ephemeral=True)


def _plain(text: str) -> str:
    """A short piece that can stand between backticks."""
    return " ".join(text.replace("`", "'").split())[:LONGEST_ERROR]


def _privately(run: Callable[[WorkContext], Reply]) -> Deferred:
    return Deferred(run=run, ephemeral=lambda _context: True)


command = Command(
    name=Text(en="debug", ja="デバッグ"),
    description=Text(en="For the owner: look inside", ja="オーナー用: 内部の状態を確認します"),
    group=Group.BOT,
    checks=(owners_only,),
    default_member_permissions=0,  # hides it from all but administrators, whom the check refuses
    subcommands=(
        Subcommand(
            name=Text(en="state", ja="状態"),
            description=Text(
                en="The process that answers, and what is set",
                ja="応答中のプロセスと設定の状態を表示します",
            ),
            handler=_privately(show_state),
        ),
        Subcommand(
            name=Text(en="slow", ja="遅延"),
            description=Text(
                en="The slowest commands of the last 24 hours",
                ja="直近24時間で最も遅かったコマンドを表示します",
            ),
            handler=_privately(show_slow),
        ),
        Subcommand(
            name=Text(en="errors", ja="エラー"),
            description=Text(en="The latest errors", ja="最近のエラーを表示します"),
            handler=_privately(show_errors),
        ),
        Subcommand(
            name=Text(en="memory", ja="メモリ"),
            description=Text(
                en="What fills the memory of the instance that answers",
                ja="応答中のインスタンスのメモリの内訳を表示します",
            ),
            options=(
                Option(
                    name=Text(en="collect", ja="回収"),
                    description=Text(
                        en="Run the garbage collector first",
                        ja="先にガベージコレクションを実行します",
                    ),
                    kind=OptionKind.FLAG,
                ),
            ),
            handler=_privately(show_memory),
        ),
        Subcommand(
            name=Text(en="tracemalloc", ja="メモリ追跡"),
            description=Text(
                en="Where memory was allocated (not in production)",
                ja="メモリを割り当てた箇所を表示します（本番環境以外）",
            ),
            handler=_privately(show_allocations),
        ),
        Subcommand(
            name=Text(en="log-level", ja="ログレベル"),
            description=Text(
                en="Log more, or less, for a while", ja="ログの出力レベルを一時的に変更します"
            ),
            options=(
                Option(
                    name=Text(en="level", ja="レベル"),
                    description=Text(
                        en="From which level on; reset: as the settings say",
                        ja="出力する最低レベル。reset で設定どおりに戻します",
                    ),
                    required=True,
                    choices=tuple(Choice(level, level) for level in (*LOG_LEVELS, RESET)),
                ),
                Option(
                    name=Text(en="minutes", ja="分"),
                    description=Text(
                        en=f"For how long; {DEFAULT_MINUTES} if left out",
                        ja=f"変更する時間（分）。省略時は{DEFAULT_MINUTES}分",
                    ),
                    kind=OptionKind.INTEGER,
                    minimum=1,
                    maximum=MOST_MINUTES,
                ),
            ),
            handler=_privately(set_log_level),
        ),
    ),
)
