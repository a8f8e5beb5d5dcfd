"""/health: how the bot is. Everybody sees whether it works, its owner sees why not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from lib import ports
from lib.commands._tables import COOLDOWN_SECONDS, QUEUE, waiting
from lib.interactions.command import Command, Context, Deferred, Group, WorkContext
from lib.interactions.response import Embed, EmbedField, Message
from lib.interactions.timestamp import ago
from lib.locales import Locale, Text
from lib.locales.numbers import count, milliseconds, percent
from lib.version import VERSION

LONGEST_REASON: Final = 300
MOST_LINES: Final = 10

# By the statuses' values: loading their module has no place before Discord is answered.
STATUS: Final[Mapping[str, Text]] = {
    "healthy": Text(en="🟢 Healthy", ja="🟢 正常"),
    "degraded": Text(en="🟡 Degraded", ja="🟡 一部に問題があります"),
    "unhealthy": Text(en="🔴 Unhealthy", ja="🔴 異常があります"),
}
COLORS: Final[Mapping[str, int]] = {
    "healthy": 0x3BA55D,
    "degraded": 0xF0B232,
    "unhealthy": 0xED4245,
}
DATABASE = Text(en="Database", ja="データベース")
MODEL = Text(en="Model", ja="モデル")
REACHED = Text(en="✅ reached", ja="✅ 接続中")
NOT_REACHED = Text(en="❌ not reached", ja="❌ 接続できません")
UNSET = Text(en="➖ not set", ja="➖ 未設定")
OFFLINE = Text(en="➖ offline model", ja="➖ オフラインモデル")
GUILDS = Text(en="Servers", ja="サーバー数")
UNKNOWN = Text(en="unknown", ja="不明")
DEPLOYED = Text(en="Deployed", ja="デプロイ")
LATEST = Text(en="Latest commands ({n})", ja="直近のコマンド（{n}件）")
FIGURES = Text(
    en="{share} errors · response p95 {response} · whole answer p95 {answer}",
    ja="エラー {share} · 応答 p95 {response} · 回答の完了 p95 {answer}",
)
SCHEDULES = Text(en="Last runs", ja="定期処理の最終実行")
NOT_YET = Text(en="not yet", ja="未実行")
PROCESSES = Text(en="Last signs of life", ja="常駐プロセスの最終応答")
MORE = Text(en="… and {n} more", ja="… 他{n}件")


def show_health(context: WorkContext) -> Message:
    """A card in the status' colour."""
    locale = context.locale
    health = context.services.health.check()
    fields = [
        EmbedField(name="Discord", value=_reach(health.discord, locale), inline=True),
        EmbedField(name=DATABASE.in_(locale), value=_reach(health.database, locale), inline=True),
        EmbedField(
            name=MODEL.in_(locale), value=_reach(health.model, locale, unset=OFFLINE), inline=True
        ),
    ]
    description = ""
    if is_owner(context):
        fields += _of_instances(health, locale)
        if health.reading is not None:
            fields += _of_tables(health.reading, locale)
        description = _reasons(health, locale)
    embed = Embed(
        title=STATUS[health.status].in_(locale),
        description=description,
        color=COLORS[health.status],
        fields=tuple(fields),
        footer=f"Halley {VERSION}",
    )
    return Message(embeds=(embed,))


def is_owner(context: Context) -> bool:
    """Whether OWNER_IDS names the asker."""
    return context.interaction.user.id in context.settings.owner_ids


def _reach(reach: ports.Reach, locale: Locale, *, unset: Text = UNSET) -> str:
    match reach.state:
        case ports.ReachState.UNSET:
            return unset.in_(locale)
        case ports.ReachState.NOT_REACHED:
            return NOT_REACHED.in_(locale)
        case ports.ReachState.REACHED:
            if reach.latency_ms is None:
                return REACHED.in_(locale)
            return f"✅ {milliseconds(reach.latency_ms, locale)}"


def _reasons(health: ports.Health, locale: Locale) -> str:
    lines = [f"- {reason.in_(locale)[:LONGEST_REASON]}" for reason in health.reasons]
    lines += [f"-# {note.in_(locale)}" for note in health.notes]
    return "\n".join(_some(lines, locale))


def _of_instances(health: ports.Health, locale: Locale) -> list[EmbedField]:
    guilds, deployed_at = health.guild_count, health.deployed_at
    unknown = UNKNOWN.in_(locale)
    return [
        EmbedField(
            name=GUILDS.in_(locale), value=unknown if guilds is None else count(guilds), inline=True
        ),
        EmbedField(
            name=DEPLOYED.in_(locale),
            value=unknown if deployed_at is None else ago(deployed_at),
            inline=True,
        ),
    ]


def _of_tables(reading: ports.HealthReading, locale: Locale) -> list[EmbedField]:
    fields = [EmbedField(name=QUEUE.in_(locale), value=waiting(reading, locale), inline=True)]
    if reading.window.executed:
        name = LATEST.in_(locale, n=count(reading.window.executed))
        fields.append(EmbedField(name=name, value=_figures(reading.window, locale)))
    runs = [
        f"`{schedule.name}` {ago(at) if (at := schedule.last_run_at) else NOT_YET.in_(locale)}"
        for schedule in reading.schedules
    ]
    beats = [f"`{beat.name}` {ago(beat.last_beat_at)}" for beat in reading.heartbeats]
    for title, lines in ((SCHEDULES, runs), (PROCESSES, beats)):
        if lines:
            value = "\n".join(_some(lines, locale))
            fields.append(EmbedField(name=title.in_(locale), value=value))
    return fields


def _figures(window: ports.Window, locale: Locale) -> str:
    return FIGURES.in_(
        locale,
        share=percent(window.error_rate, locale),
        response=milliseconds(window.acknowledged_p95_ms or 0.0, locale),
        answer=milliseconds(window.p95_ms or 0.0, locale),
    )


def _some(lines: list[str], locale: Locale) -> list[str]:
    """No more than fit into a card."""
    if len(lines) <= MOST_LINES:
        return lines
    return [*lines[:MOST_LINES], MORE.in_(locale, n=len(lines) - MOST_LINES)]


command = Command(
    name=Text(en="health", ja="ヘルス"),
    description=Text(en="See how the bot is", ja="Botの稼働状況を確認します"),
    group=Group.BOT,
    handler=Deferred(
        run=show_health,
        ephemeral=lambda _context: True,  # what the owner sees is for the owner
        cooldown_seconds=COOLDOWN_SECONDS,
    ),
)
